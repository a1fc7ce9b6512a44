//! Suggestions for unknown keys.

use super::error::{Error, Place};
use super::experiment_keys;
use super::role::LISTS;
use super::sweep_keys;
use super::synonyms::nearest;
use super::trial::keys::keys;

/// The tables of an experiment.
pub(super) const SECTIONS: [&str; 5] = ["data", "model", "train", "run", "sweep"];

/// Finds the known key that `key` most resembles: by another name of it, by its name in another section, or by its letters.
fn nearest_key(key: &str) -> Option<String> {
    let trial_keys = keys().map(|key| key.name());
    let Some(swept) = key.strip_prefix("sweep.") else {
        let own = experiment_keys::KEYS.iter().map(|key| key.name());
        let sections = SECTIONS.into_iter().filter(|_| !key.contains('.'));
        return nearest(key, trial_keys.chain(own).chain(sections));
    };
    let list = LISTS.iter().find(|list| swept.strip_prefix(**list).is_some_and(|rest| rest.starts_with('.')));
    let prefix = list.map_or("sweep.".to_owned(), |list| format!("sweep.{list}."));
    let swept = key.strip_prefix(&prefix).unwrap_or(swept);
    let of_sweep = sweep_keys::KEYS.iter().filter_map(|key| key.name().strip_prefix("sweep.")).chain(LISTS);
    let own = of_sweep.filter(|_| list.is_none());
    nearest(swept, trial_keys.chain(own)).map(|key| format!("{prefix}{key}"))
}

/// Returns whether `key` is in a table: `model.depth` in `model`.
pub(super) fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}

/// Makes the error of an unknown key, of a table in the place of a key, or of a key that can't be swept.
pub(super) fn unknown(key: &str, place: &Place) -> Error {
    let swept = key.strip_prefix("sweep.").map(|swept| {
        let in_list = LISTS.into_iter().find_map(|list| swept.strip_prefix(list)?.strip_prefix('.'));
        in_list.unwrap_or(swept)
    });
    if swept.is_some_and(|swept| experiment_keys::KEYS.iter().any(|known| known.name() == swept)) {
        return Error::setting(place, key, "can't be swept: all trials of an experiment have the same");
    }
    let whole = [experiment_keys::KEYS, sweep_keys::KEYS].into_iter().flatten().map(|known| known.name().to_owned());
    let of_trials = keys().flat_map(|known| [known.name().to_owned(), format!("sweep.{}", known.name())]);
    let within: Vec<_> = whole.chain(of_trials).filter(|known| is_within(known, key)).take(3).collect();
    if !within.is_empty() {
        return Error::setting(place, key, format!("a table with keys such as {}", within.join(", ")));
    }
    Error::UnknownKey { place: place.clone(), key: key.to_owned(), nearest: nearest_key(key) }
}

#[cfg(test)]
mod tests {
    use super::super::synonyms::{KEYS, parts};
    use super::*;

    #[test]
    fn what_people_type_is_answered_with_the_key_that_they_mean() {
        for (typed, meant) in [
            ("train.lr", "train.learning_rate"),
            ("train.LR", "train.learning_rate"),
            ("lr", "train.learning_rate"),
            ("epochs", "train.epochs"),
            ("weight_decay", "train.weight_decay"),
            ("train.lambda", "train.weight_decay"),
            ("train.learning-rate", "train.learning_rate"),
            ("model.learning_rate", "train.learning_rate"),
            ("train.leraning_rate", "train.learning_rate"),
            ("train.optimiser", "train.optimizer"),
            ("optimizer", "train.optimizer"),
            ("train.batch_size", "train.batch"),
            ("train.epoch", "train.epochs"),
            ("train.steps", "train.iterations"),
            ("train.itertions", "train.iterations"),
            ("train.depth", "model.depth"),
            ("model.hidden_layers", "model.hidden"),
            ("model.layers_dims", "model.hidden"),
            ("model.units", "model.hidden"),
            ("model.hiden", "model.hidden"),
            ("model.actvation", "model.activation"),
            ("model.loss", "model.cost"),
            ("train.l2", "train.weight_decay"),
            ("train.epsilon", "train.eps"),
            ("decay_rate", "train.rate_decay"),
            ("train.seed", "seed"),
            ("train.sead", "seed"),
            ("trian.momentum", "train.momentum"),
            ("data.valdation", "data.validation"),
            ("run.job", "run.jobs"),
            ("run.checkpoint", "run.checkpoint_every"),
            ("save_every", "run.checkpoint_every"),
            ("sweep.train.lr", "sweep.train.learning_rate"),
            ("sweep.zip.model.dept", "sweep.zip.model.depth"),
            ("sweep.sample", "sweep.samples"),
            ("sweep.halving.leats", "sweep.halving.least"),
        ] {
            assert_eq!(nearest_key(typed).as_deref(), Some(meant), "{typed}");
        }
        for nonsense in ["train.xyzzy", "model.qqqq", "zzz", "train."] {
            assert_eq!(nearest_key(nonsense), None, "{nonsense}");
        }
    }

    /// Lists the texts in backticks of a cell.
    fn quoted(cell: &str) -> Vec<&str> {
        cell.split('`').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_names_of_the_documentation_are_answered_with_the_keys_beside_them() {
        let docs = include_str!("../../../../docs/experiments.md");
        let table = docs.split("| you know it as |").nth(1).expect("a table").split("\n\n").next().unwrap();
        let mut names = 0;
        for row in table.lines().skip(2) {
            let cells: Vec<&str> = row.split(" | ").collect();
            let (theirs, ours) = (quoted(cells[0]), quoted(cells[1]));
            // A key whose value is meant stands in the first of them: `key = "value"`.
            let key = ours[0].split(" = ").next().unwrap();
            for (place, name) in theirs.iter().enumerate() {
                names += 1;
                let mine = ours.get(place).unwrap_or(&ours[0]);
                let value = mine.rsplit(" = ").next().filter(|value| value.starts_with('"'));
                if let Some(value) = value {
                    let known = keys().find(|known| known.name() == key).expect("a key");
                    let problem = known.check(&toml::Value::from(*name)).expect_err(name);
                    assert!(problem.ends_with(&format!("(did you mean {value}?)")), "{name}: {problem}");
                    continue;
                }
                let answered = nearest_key(name).unwrap_or_default();
                let is_warned = cells[2].contains(&format!("`{answered}`"));
                assert!(answered == *mine || is_warned, "{name}: {answered}, not {mine}");
            }
        }
        assert!(names > 35, "{names}");
    }

    #[test]
    fn every_other_name_is_one_of_a_key_that_is_known_and_no_key_itself() {
        let known: Vec<_> = keys().chain(experiment_keys::KEYS.iter().copied()).map(|known| known.name()).collect();
        for &(key, aliases) in KEYS {
            assert!(known.contains(&key), "{key}");
            for alias in aliases.split_whitespace() {
                assert!(!known.iter().any(|known| parts(known).1 == alias), "{alias}");
            }
        }
    }
}
