//! The keys that differ between two experiments.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// The table of an experiment that says what is swept.
pub const SWEPT: &str = "sweep.";

/// A key that differs, with its values in the first experiment and in the second.
pub type Difference = (String, Option<String>, Option<String>);

/// Lists the keys in which two experiments differ, but for their names and descriptions.
pub fn differences(a: &str, b: &str) -> Vec<Difference> {
    let texts = |toml| flat(toml).into_iter().map(|(key, value)| (key, value.to_string())).collect::<BTreeMap<_, _>>();
    let (a, b) = (texts(a), texts(b));
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let differ = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    let is_about = |key: &&String| matches!(key.as_str(), "name" | "description");
    differ.filter(|key| !is_about(key)).map(|key| (key.clone(), a.get(key).cloned(), b.get(key).cloned())).collect()
}

/// Divides the keys in which two experiments differ into those that either sweeps, with the fixed value where the other doesn't, and the
/// settings that neither sweeps.
pub fn swept_and_fixed(all: Vec<Difference>) -> (Vec<Difference>, Vec<Difference>) {
    let (swept, mut fixed): (Vec<Difference>, Vec<Difference>) =
        all.into_iter().partition(|(key, ..)| key.starts_with(SWEPT));
    let swept = swept.into_iter().map(|(key, a, b)| {
        let key = key[SWEPT.len()..].to_owned();
        let place = fixed.iter().position(|(other, ..)| *other == key);
        let (fixed_a, fixed_b) = place.map_or((None, None), |place| {
            let (_, a, b) = fixed.remove(place);
            (a, b)
        });
        (key, a.or(fixed_a), b.or(fixed_b))
    });
    (swept.collect(), fixed)
}

/// Lists the dotted keys of an experiment with their values, in its order.
pub fn flat(toml: &str) -> Vec<(String, Value)> {
    let mut keys = Vec::new();
    add("", toml.parse().unwrap_or_default(), &mut keys);
    keys
}

fn add(prefix: &str, table: Table, keys: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            Value::Table(inner) => add(&format!("{name}."), inner, keys),
            value => keys.push((name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{differences, swept_and_fixed};

    #[test]
    fn keys_that_differ_or_are_missing_are_listed_however_they_are_written() {
        let a = "name = 'a'\n[train]\niterations = 5\n[model]\nwidth = 3\n[sweep]\n'seed' = [1, 2]\n";
        let b = "name = 'b'\ntrain.iterations = 6\nmodel.width = 3\nmodel.dtype = 'f64'\nsweep.seed = [1, 2]\n";
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            differences(a, b),
            [("model.dtype".to_owned(), None, text("\"f64\"")), ("train.iterations".to_owned(), text("5"), text("6"))]
        );
    }

    #[test]
    fn a_key_that_only_one_sweeps_stands_among_the_swept_with_the_fixed_value_of_the_other() {
        let a = "[model]\ndepth = 4\nwidth = 3\n[sweep]\nseed = [1, 2]\n";
        let b = "[model]\nwidth = 5\n[sweep]\nseed = [1, 2]\n'model.depth' = [2, 4]\n";
        let (swept, fixed) = swept_and_fixed(differences(a, b));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(swept, [("model.depth".to_owned(), text("4"), text("[2, 4]"))]);
        assert_eq!(fixed, [("model.width".to_owned(), text("3"), text("5"))]);
    }
}
