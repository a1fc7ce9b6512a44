//! Other names of keys and of their values, as other programs and people have them, and the name that is meant by one.

use strsim::normalized_damerau_levenshtein;

/// Other programs' and people's names of keys, without punctuation.
pub(super) const KEYS: &[(&str, &str)] = &[
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
    ("layer", "model.hidden"),
    ("nlayers", "model.depth"),
    ("numlayers", "model.depth"),
    ("act", "model.activation"),
    ("activations", "model.activation"),
    ("nonlinearity", "model.activation"),
    ("criterion", "model.cost"),
    ("loss", "model.cost"),
    ("dropoutrate", "model.dropout"),
    ("keepprob", "model.dropout"),
    ("initialisation", "model.init"),
    ("initialization", "model.init"),
    ("initializer", "model.init"),
    ("gain", "model.init_gain"),
    ("nparameters", "model.parameters"),
    ("params", "model.parameters"),
    ("precision", "model.dtype"),
    ("type", "model.dtype"),
    ("manualseed", "seed"),
    ("randomstate", "seed"),
    ("seeds", "seed"),
    ("eta", "train.learning_rate"),
    ("lr", "train.learning_rate"),
    ("rate", "train.learning_rate"),
    ("epoch", "train.epochs"),
    ("maxiter", "train.epochs"),
    ("nepochs", "train.epochs"),
    ("numepochs", "train.epochs"),
    ("iters", "train.iterations"),
    ("numiterations", "train.iterations"),
    ("steps", "train.iterations"),
    ("algorithm", "train.optimizer"),
    ("optim", "train.optimizer"),
    ("solver", "train.optimizer"),
    ("batchsize", "train.batch"),
    ("minibatch", "train.batch"),
    ("minibatchsize", "train.batch"),
    ("beta", "train.momentum"),
    ("mu", "train.momentum"),
    ("epsilon", "train.eps"),
    ("l2", "train.weight_decay"),
    ("lambd", "train.weight_decay"),
    ("lambda", "train.weight_decay"),
    ("wd", "train.weight_decay"),
    ("clipgradnorm", "train.clip_norm"),
    ("gradclip", "train.clip_norm"),
    ("decayrate", "train.rate_decay"),
    ("scheduler", "train.schedule"),
    ("earlystopping", "train.patience"),
    ("niternochange", "train.patience"),
    ("restorebestweights", "train.restore_best"),
    ("checkpoint", "run.checkpoint_every"),
    ("saveevery", "run.checkpoint_every"),
    ("savesteps", "run.checkpoint_every"),
];

/// Other names of values, without punctuation; one may be another value's for another key.
const VALUES: &[(&str, &str)] = &[
    ("sgd", "gd"),
    ("gradientdescent", "gd"),
    ("batchgd", "gd"),
    ("vanilla", "gd"),
    ("sgdm", "momentum"),
    ("nag", "nesterov"),
    ("linear", "identity"),
    ("none", "identity"),
    ("swish", "silu"),
    ("logistic", "sigmoid"),
    ("lrelu", "leaky-relu"),
    ("bce", "binary-cross-entropy"),
    ("bceloss", "binary-cross-entropy"),
    ("bcewithlogitsloss", "binary-cross-entropy"),
    ("logloss", "binary-cross-entropy"),
    ("ce", "softmax-cross-entropy"),
    ("crossentropy", "softmax-cross-entropy"),
    ("crossentropyloss", "softmax-cross-entropy"),
    ("categoricalcrossentropy", "softmax-cross-entropy"),
    ("softmax", "softmax-cross-entropy"),
    ("mse", "mean-squared-error"),
    ("mseloss", "mean-squared-error"),
    ("l2", "mean-squared-error"),
    ("kaiming", "he"),
    ("kaimingnormal", "he"),
    ("henormal", "he"),
    ("kaiminguniform", "he-uniform"),
    ("glorot", "xavier"),
    ("glorotnormal", "xavier"),
    ("xaviernormal", "xavier"),
    ("glorotuniform", "xavier-uniform"),
    ("normal", "scaled-normal"),
    ("random", "scaled-normal"),
    ("zero", "zeros"),
    ("torch", "pytorch"),
    ("single", "f32"),
    ("float", "f32"),
    ("float32", "f32"),
    ("double", "f64"),
    ("float64", "f64"),
    ("standard", "standardize"),
    ("standardise", "standardize"),
    ("zscore", "standardize"),
    ("255", "divide-255"),
    ("cosineannealing", "cosine"),
    ("cosineannealinglr", "cosine"),
    ("steplr", "step"),
    ("regression", "values"),
    ("classification", "classes"),
    ("accuracy", "validation_accuracy"),
    ("loss", "cost"),
    ("testloss", "test_cost"),
    ("validationloss", "validation_cost"),
    ("valloss", "validation_cost"),
    ("valaccuracy", "validation_accuracy"),
];

/// Below it two names have little in common: of five letters three must be the same.
const ALIKE: f64 = 0.6;

/// The candidate that `word` is most like, if it is like any.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<_> = candidates.into_iter().collect();
    let (section, name) = parts(word);
    let alias = KEYS.iter().find(|(alias, _)| *alias == bare(name)).map(|(_, key)| *key);
    let known = alias.filter(|key| candidates.contains(key));
    let likeness = |candidate: &&str| {
        let (its_section, its_name) = parts(candidate);
        let sections = if section.is_empty() { 1.0 } else { normalized_damerau_levenshtein(section, its_section) };
        // Its section counts where the names are as much alike.
        (normalized_damerau_levenshtein(&bare(name), &bare(its_name)), sections)
    };
    let alike = candidates.iter().map(|candidate| (likeness(candidate), *candidate));
    let best =
        alike.filter(|((names, _), _)| *names >= ALIKE).max_by(|(a, _), (b, _)| a.partial_cmp(b).expect("numbers"));
    known.or(best.map(|(_, candidate)| candidate)).map(str::to_owned)
}

/// The section and the name in it.
pub(super) fn parts(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

/// The name that `word` is another one of, or is written most like; `None` if it is like none.
pub(super) fn meant<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let of_table = VALUES.iter().find(|(other, _)| *other == bare(word)).map(|(_, name)| *name);
    let known = names.iter().find(|name| of_table == Some(**name));
    let likeness = |name: &&&str| (normalized_damerau_levenshtein(&bare(word), &bare(name)) * 1e9) as u64;
    let alike = names.iter().max_by_key(likeness).filter(|name| likeness(name) as f64 >= ALIKE * 1e9);
    known.or(alike).copied()
}

/// A name without its punctuation, in small letters.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
