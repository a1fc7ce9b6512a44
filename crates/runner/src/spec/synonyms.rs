//! Other names of keys and of their values, as other programs and people have them, and the name that is meant by one.

use strsim::normalized_damerau_levenshtein;

/// Keys, and other programs' and people's names of each, without punctuation.
pub(super) const KEYS: &[(&str, &str)] = &[
    (
        "model.hidden",
        "architecture hiddenlayers hiddenlayersizes hiddensizes hiddenunits layerdims layers layersdims \
         layersizes neurons units widths layer",
    ),
    ("model.depth", "nlayers numlayers"),
    ("model.activation", "act activations nonlinearity"),
    ("model.cost", "criterion loss"),
    ("model.dropout", "dropoutrate keepprob"),
    ("model.init", "initialisation initialization initializer"),
    ("model.init_gain", "gain"),
    ("model.parameters", "nparameters params"),
    ("model.dtype", "precision type"),
    ("seed", "manualseed randomstate seeds"),
    ("train.learning_rate", "eta lr rate"),
    ("train.epochs", "epoch maxiter nepochs numepochs"),
    ("train.iterations", "iters numiterations steps"),
    ("train.optimizer", "algorithm optim solver"),
    ("train.batch", "batchsize minibatch minibatchsize"),
    ("train.momentum", "beta mu"),
    ("train.eps", "epsilon"),
    ("train.weight_decay", "l2 lambd lambda wd"),
    ("train.clip_norm", "clipgradnorm gradclip"),
    ("train.rate_decay", "decayrate"),
    ("train.schedule", "scheduler"),
    ("train.patience", "earlystopping niternochange"),
    ("train.restore_best", "restorebestweights"),
    ("run.checkpoint_every", "checkpoint saveevery savesteps"),
];

/// Values, and other names of each, without punctuation; one may be another value's for another key.
const VALUES: &[(&str, &str)] = &[
    ("gd", "sgd gradientdescent batchgd vanilla"),
    ("momentum", "sgdm"),
    ("nesterov", "nag"),
    ("identity", "linear none"),
    ("silu", "swish"),
    ("sigmoid", "logistic"),
    ("leaky-relu", "lrelu"),
    ("binary-cross-entropy", "bce bceloss bcewithlogitsloss logloss"),
    ("softmax-cross-entropy", "ce crossentropy crossentropyloss categoricalcrossentropy softmax"),
    ("mean-squared-error", "mse mseloss l2"),
    ("he", "kaiming kaimingnormal henormal"),
    ("he-uniform", "kaiminguniform"),
    ("xavier", "glorot glorotnormal xaviernormal"),
    ("xavier-uniform", "glorotuniform"),
    ("scaled-normal", "normal random"),
    ("zeros", "zero"),
    ("pytorch", "torch"),
    ("f32", "single float float32"),
    ("f64", "double float64"),
    ("standardize", "standard standardise zscore"),
    ("divide-255", "255"),
    ("cosine", "cosineannealing cosineannealinglr"),
    ("step", "steplr"),
    ("values", "regression"),
    ("classes", "classification"),
    ("validation_accuracy", "accuracy valaccuracy"),
    ("cost", "loss"),
    ("test_cost", "testloss"),
    ("validation_cost", "validationloss valloss"),
];

/// Below it two names have little in common: of five letters three must be the same.
const ALIKE: f64 = 0.6;

/// Finds the candidate that `word` is most like, if it is like any.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<_> = candidates.into_iter().collect();
    let (section, name) = parts(word);
    let known = named_otherwise(KEYS, name).filter(|key| candidates.contains(key));
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

/// Finds the name that `word` is another one of in a table of names.
fn named_otherwise(table: &'static [(&str, &str)], word: &str) -> Option<&'static str> {
    let has_word = |(_, others): &&(&str, &str)| others.split_whitespace().any(|other| other == bare(word));
    table.iter().find(has_word).map(|(name, _)| *name)
}

/// Splits a key into its section and the name in it.
pub(super) fn parts(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

/// Finds the name that `word` is another one of, or is written most like; `None` if it is like none.
pub(super) fn meant<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let known = names.iter().find(|name| named_otherwise(VALUES, word) == Some(**name));
    let likeness = |name: &&&str| (normalized_damerau_levenshtein(&bare(word), &bare(name)) * 1e9) as u64;
    let alike = names.iter().max_by_key(likeness).filter(|name| likeness(name) as f64 >= ALIKE * 1e9);
    known.or(alike).copied()
}

/// Returns a name without its punctuation, in small letters.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
