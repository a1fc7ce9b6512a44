//! The text of an experiment as it can be run again.

use toml::Value;

use super::axis::Axis;
use super::role::{CLAIMS, LISTS, Role, claim_of};
use super::source::Entry;
use super::trial::TrialConfig;

/// Writes the entries as one file again, with defaults filled in. `[sweep]` stays as it was written, in its order.
pub(super) fn resolve(entries: &[Entry], axes: &[Axis], first: &TrialConfig) -> String {
    let is_given = |key: &str| entries.iter().any(|entry| entry.key == key) || axes.iter().any(|axis| axis.key == key);
    let canonical = first.canonical();
    // The values of these keys follow from other keys, so that each point may have another one.
    let follows = ["model.hidden", "model.init_factor", "model.base_width", "train.weight_decay"];
    let has_default = |key: &str| !follows.contains(&key) && !is_given(key);
    let defaults = canonical.as_object().into_iter().flatten().filter(|(key, _)| has_default(key));
    // TOML has no null: a key without a value is not written.
    let defaults = defaults.filter_map(|(key, value)| Some((key.as_str(), Value::try_from(value).ok()?)));
    let given = entries.iter().map(|entry| (entry.key.as_str(), entry.value.clone()));

    let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
    for (key, value) in given.chain(defaults) {
        let (role, inner) = Role::of(key);
        let (header, name) = match (claim_of(key), role.table(), key.split_once('.')) {
            (Some((number, name)), ..) => (format!("[[{CLAIMS}]] # {}", number + 1), name),
            (None, Some((list, number)), _) => (format!("[[sweep.{list}]] # {}", number + 1), inner),
            (None, None, Some((section, name))) => (format!("[{section}]"), name),
            (None, None, None) => (String::new(), key),
        };
        let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let name = if is_bare { name.to_owned() } else { Value::from(name).to_string() };
        let line = format!("{name} = {value}\n");
        match sections.iter_mut().find(|(known, _)| *known == header) {
            Some((_, lines)) => *lines += &line,
            None => sections.push((header, line)),
        }
    }
    // The lists come last: a table of a list ends the section before it.
    let lists = LISTS.map(|list| format!("[[sweep.{list}]]")).into_iter().chain([format!("[[{CLAIMS}]]")]);
    let lists: Vec<String> = lists.collect();
    sections.sort_by_key(|(header, _)| lists.iter().position(|list| header.starts_with(list)));
    let sections: Vec<_> = sections.iter().map(|(header, lines)| format!("{header}\n{lines}")).collect();
    sections.join("\n").trim_start().to_owned()
}
