//! Suggestions for unknown keys.

use strsim::normalized_damerau_levenshtein;

use super::error::{Error, Place};
use super::experiment_keys;
use super::source::LISTS;
use super::sweep_keys;
use super::trial::keys::keys;

/// Names that other programs and people use, without punctuation, and the keys that they mean.
const ALIASES: [(&str, &str); 54] = [
    ("architecture", "model.hidden"),
    ("hiddenlayers", "model.hidden"),
    ("hiddenlayersizes", "model.hidden"),
    ("hiddensizes", "model.hidden"),
    ("hiddenunits", "model.hidden"),
    ("layerdims", "model.hidden"),
    ("layers", "model.hidden"),
    ("layersdims", "model.hidden"),
    ("layersizes", "model.hidden"),
    ("neurons", "model.hidden"),
    ("units", "model.hidden"),
    ("widths", "model.hidden"),
    ("nlayers", "model.depth"),
    ("numlayers", "model.depth"),
    ("act", "model.activation"),
    ("activations", "model.activation"),
    ("nonlinearity", "model.activation"),
    ("criterion", "model.cost"),
    ("loss", "model.cost"),
    ("dropoutrate", "model.dropout"),
    ("initialisation", "model.init"),
    ("initialization", "model.init"),
    ("initializer", "model.init"),
    ("gain", "model.init_gain"),
    ("nparameters", "model.parameters"),
    ("params", "model.parameters"),
    ("precision", "model.dtype"),
    ("type", "model.dtype"),
    ("randomstate", "seed"),
    ("seeds", "seed"),
    ("eta", "train.learning_rate"),
    ("lr", "train.learning_rate"),
    ("rate", "train.learning_rate"),
    ("epoch", "train.epochs"),
    ("nepochs", "train.epochs"),
    ("numepochs", "train.epochs"),
    ("iters", "train.iterations"),
    ("maxiter", "train.iterations"),
    ("numiterations", "train.iterations"),
    ("steps", "train.iterations"),
    ("algorithm", "train.optimizer"),
    ("optim", "train.optimizer"),
    ("solver", "train.optimizer"),
    ("batchsize", "train.batch"),
    ("minibatch", "train.batch"),
    ("beta", "train.momentum"),
    ("mu", "train.momentum"),
    ("epsilon", "train.eps"),
    ("l2", "train.weight_decay"),
    ("lambd", "train.weight_decay"),
    ("wd", "train.weight_decay"),
    ("gradclip", "train.clip_norm"),
    ("scheduler", "train.schedule"),
    ("earlystopping", "train.patience"),
];

/// The least similarity of a suggestion: three of five letters must be the same.
const ALIKE: f64 = 0.6;

/// Finds the known key that `key` most resembles: by an alias, by its name in another section, or by its letters.
fn nearest_key(key: &str) -> Option<String> {
    let trial_keys = keys().map(|key| key.name());
    let Some(swept) = key.strip_prefix("sweep.") else {
        return nearest(key, trial_keys.chain(experiment_keys::KEYS.iter().map(|key| key.name())));
    };
    let list = LISTS.iter().find(|list| swept.strip_prefix(**list).is_some_and(|rest| rest.starts_with('.')));
    let prefix = list.map_or("sweep.".to_owned(), |list| format!("sweep.{list}."));
    let swept = key.strip_prefix(&prefix).unwrap_or(swept);
    let of_sweep = sweep_keys::KEYS.iter().filter_map(|key| key.name().strip_prefix("sweep.")).chain(LISTS);
    let own = of_sweep.filter(|_| list.is_none());
    nearest(swept, trial_keys.chain(own)).map(|key| format!("{prefix}{key}"))
}

/// Makes the error of an unknown key.
pub(super) fn unknown(key: &str, place: &Place) -> Error {
    Error::UnknownKey { place: place.clone(), key: key.to_owned(), nearest: nearest_key(key) }
}

/// Finds the candidate that `word` most resembles, if it is similar enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<_> = candidates.into_iter().collect();
    let (section, name) = parts(word);
    let bare = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == bare(name)).map(|(_, key)| *key);
    let known = alias.filter(|key| candidates.contains(key));
    let likeness = |candidate: &&str| {
        let (its_section, its_name) = parts(candidate);
        let sections = if section.is_empty() { 1.0 } else { normalized_damerau_levenshtein(section, its_section) };
        // The section decides only between names that are equally similar.
        (normalized_damerau_levenshtein(&bare(name), &bare(its_name)), sections)
    };
    let alike = candidates.iter().map(|candidate| (likeness(candidate), *candidate));
    let best =
        alike.filter(|((names, _), _)| *names >= ALIKE).max_by(|(a, _), (b, _)| a.partial_cmp(b).expect("numbers"));
    known.or(best.map(|(_, candidate)| candidate)).map(str::to_owned)
}

/// Splits a key into its section and its name there.
fn parts(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_answered_with_the_key_that_they_mean() {
        for (typed, meant) in [
            ("train.lr", "train.learning_rate"),
            ("train.LR", "train.learning_rate"),
            ("lr", "train.learning_rate"),
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
            ("train.seed", "seed"),
            ("train.sead", "seed"),
            ("trian.momentum", "train.momentum"),
            ("data.valdation", "data.validation"),
            ("run.job", "run.jobs"),
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

    #[test]
    fn every_other_name_is_one_of_a_key_that_is_known_and_no_key_itself() {
        for (alias, key) in ALIASES {
            assert!(keys().any(|known| known.name() == key), "{key}");
            assert!(!keys().any(|known| parts(known.name()).1 == alias), "{alias}");
        }
    }
}
