//! The keys that differ between two experiments.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::axis::comparable;
use super::source::keys_and_values;
use super::trial::keys::canonical;

/// The table of an experiment that says what is swept.
pub const SWEPT: &str = "sweep.";

/// A key that differs, with its values in the first experiment and in the second.
pub type KeyDifference = (String, Option<String>, Option<String>);

/// Lists the keys in which two experiments differ, but for their names, their descriptions, their claims and when they write checkpoints.
pub fn differences(a: &str, b: &str) -> Vec<KeyDifference> {
    differing(&values(a), &values(b))
}

fn differing(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Vec<KeyDifference> {
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let form = |own: &BTreeMap<String, Value>, name: &str| {
        let value = own.get(name)?;
        // JSON has no infinity, which has one spelling.
        let canonical = serde_json::to_value(value).ok().and_then(|json| Value::try_from(canonical(name, json)).ok());
        Some(comparable(canonical.as_ref().unwrap_or(value)))
    };
    let differ = keys.into_iter().filter(|key| form(a, key) != form(b, key));
    let changes_results =
        |key: &&String| !matches!(key.as_str(), "name" | "description" | "run.checkpoint_every" | "claim");
    let text = |own: &BTreeMap<String, Value>, key: &str| own.get(key).map(Value::to_string);
    differ.filter(changes_results).map(|key| (key.clone(), text(a, key), text(b, key))).collect()
}

/// Lists the keys that two experiments sweep differently, as an axis, in a zip or in an included point, with the fixed value where one
/// doesn't sweep it, and the settings that differ and neither sweeps: the value outside `[sweep]` of a swept key is no setting of any
/// trial.
pub fn swept_and_fixed(a: &str, b: &str) -> (Vec<KeyDifference>, Vec<KeyDifference>) {
    let (own_a, own_b) = (with_swept_keys(a), with_swept_keys(b));
    let text = |own: &BTreeMap<String, Value>, key: &str| {
        own.get(&format!("{SWEPT}{key}")).or_else(|| own.get(key)).map(Value::to_string)
    };
    let is_swept = |key: &str| [&own_a, &own_b].iter().any(|own| own.contains_key(&format!("{SWEPT}{key}")));
    let (swept, fixed): (Vec<KeyDifference>, Vec<KeyDifference>) =
        differing(&own_a, &own_b).into_iter().partition(|(key, ..)| key.starts_with(SWEPT));
    let swept = swept.into_iter().map(|(key, ..)| {
        let key = key[SWEPT.len()..].to_owned();
        let (a, b) = (text(&own_a, &key), text(&own_b, &key));
        (key, a, b)
    });
    (swept.collect(), fixed.into_iter().filter(|(key, ..)| !is_swept(key)).collect())
}

fn values(toml: &str) -> BTreeMap<String, Value> {
    keys_and_values(toml).into_iter().collect()
}

/// Lists keys and values as `values` does, with each column of a zip as an axis, and each key that only included points set as an axis of
/// their values.
fn with_swept_keys(toml: &str) -> BTreeMap<String, Value> {
    let columns = |list: &str| {
        let tables = keys_and_values(toml).into_iter().find(|(key, _)| *key == format!("{SWEPT}{list}"));
        let tables = tables.and_then(|(_, tables)| Some(tables.as_array()?.clone())).unwrap_or_default();
        tables.into_iter().filter_map(|table| table.as_table().cloned()).flatten()
    };
    let mut own = values(toml);
    own.remove(&format!("{SWEPT}zip"));
    own.extend(columns("zip").map(|(key, values)| (format!("{SWEPT}{key}"), values)));
    let mut included: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, value) in columns("include").filter(|(key, _)| !own.contains_key(&format!("{SWEPT}{key}"))) {
        included.entry(format!("{SWEPT}{key}")).or_default().push(value);
    }
    own.extend(included.into_iter().map(|(key, values)| (key, Value::Array(values))));
    own
}

#[cfg(test)]
mod tests {
    use super::{differences, swept_and_fixed};

    #[test]
    fn keys_that_differ_or_are_missing_are_listed_however_they_are_written() {
        let a = "name = 'a'\nrun.checkpoint_every = 'never'\n[train]\niterations = 5\n[model]\nwidth = 3\n[sweep]\n'seed' = [1, 2]\n";
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
        let (swept, fixed) = swept_and_fixed(a, b);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(swept, [("model.depth".to_owned(), text("4"), text("[2, 4]"))]);
        assert_eq!(fixed, [("model.width".to_owned(), text("3"), text("5"))]);

        // The value outside of [sweep] counts where the key is not swept, even if it is the same in both, and nowhere else.
        let with =
            |rate: &str, sweep: &str| format!("[train]\nlearning_rate = {rate}\n[sweep]\nseed = [1, 2]\n{sweep}\n");
        let axis = "'train.learning_rate' = [0.1, 0.2]";
        let swept = [("train.learning_rate".to_owned(), text("0.1"), text("[0.1, 0.2]"))];
        assert_eq!(swept_and_fixed(&with("0.1", ""), &with("0.1", axis)), (swept.to_vec(), Vec::new()));
        assert_eq!(swept_and_fixed(&with("0.1", axis), &with("0.7", axis)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn equal_values_are_no_difference_however_they_are_written() {
        let with = |one: &str| {
            format!(
                "[train]\nlearning_rate = {one}\nbetas = [0.5, {one}]\n[sweep]\n'train.momentum' = [0, {one}]\n\
                 'train.weight_decay' = {{ from = 0, to = {one}, count = 3 }}\n[[sweep.include]]\n'train.clip_norm' = {one}\n"
            )
        };
        assert_eq!(differences(&with("1"), &with("1.0")), []);
        assert_eq!(swept_and_fixed(&with("1"), &with("1.0")), (vec![], vec![]));
        assert_eq!(differences("model.activation = 'relu'", "model.activation = ['relu', 'relu']"), []);
        assert_eq!(differences(&with("1"), &with("2.0"))[1].2.as_deref(), Some("[0, 2.0]"));
        let above = |number: &str| format!("train.diverge_above = {number}");
        assert_eq!(differences(&above("inf"), &above("+inf")), []);
        assert_eq!(differences(&above("inf"), &above("nan")).len(), 1);
    }

    #[test]
    fn a_range_is_one_value() {
        let with = |axis: &str| format!("[train]\nlearning_rate = 0.2\n[sweep]\nseed = [1, 2]\n{axis}\n");
        let range = with("'train.learning_rate' = { from = 0.1, to = 0.4, count = 3 }");
        let text = |text: &str| Some(text.to_owned());
        let (swept, fixed) = swept_and_fixed(&range, &with("'train.learning_rate' = [0.1, 0.4]"));
        let (key, a) = ("train.learning_rate".to_owned(), text("{ from = 0.1, to = 0.4, count = 3 }"));
        assert_eq!((swept, fixed), (vec![(key.clone(), a.clone(), text("[0.1, 0.4]"))], Vec::new()));
        // The value outside of [sweep] is no setting of a swept range, and that of a sweep without the axis is one.
        assert_eq!(swept_and_fixed(&range, &with("")), (vec![(key, a, text("0.2"))], Vec::new()));
    }

    #[test]
    fn the_keys_of_a_zip_and_of_included_points_are_swept() {
        let zip = "[train]\nlearning_rate = 0.1\n[sweep]\nseed = [1, 2]\n[[sweep.zip]]\n\"train.momentum\" = [0.5, 0.9]\n\
                   \"model.depth\" = [2, 3]\n[[sweep.include]]\n\"train.learning_rate\" = 0.3\nseed = 1\n";
        let plain = "[train]\nlearning_rate = 0.2\nmomentum = 0.7\n[sweep]\nseed = [1, 2]\n";
        let (swept, fixed) = swept_and_fixed(zip, plain);
        let text = |text: &str| Some(text.to_owned());
        let found = swept.iter().filter(|(key, ..)| key != "include");
        let expected = [
            ("model.depth".to_owned(), text("[2, 3]"), None),
            ("train.learning_rate".to_owned(), text("[0.3]"), text("0.2")),
            ("train.momentum".to_owned(), text("[0.5, 0.9]"), text("0.7")),
        ];
        assert_eq!(found.cloned().collect::<Vec<_>>(), expected);
        assert_eq!(fixed, []);
    }
}
