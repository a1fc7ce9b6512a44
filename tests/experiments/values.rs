//! The values from which each key is drawn: ordinary ones, ones at the ends of the allowed range, and wrong ones.

/// A key with its values, as they are written in TOML.
pub(crate) struct Values {
    pub(crate) key: &'static str,
    pub(crate) ordinary: &'static [&'static str],
    pub(crate) extreme: &'static [&'static str],
}

const fn key(key: &'static str, ordinary: &'static [&'static str], extreme: &'static [&'static str]) -> Values {
    Values { key, ordinary, extreme }
}

/// A SHA-256 that no file here has.
const CONTENT: &str = "\"0000000000000000000000000000000000000000000000000000000000000000\"";

/// Keys that are not a trial's.
pub(crate) const OF_ALL: &[Values] = &[
    key("data.scale", &["\"auto\"", "\"standardize\"", "\"none\"", "\"divide-255\""], &["\"sideways\""]),
    key("data.validation", &["0.25", "0.5"], &["0", "0.01", "0.99", "1e-300"]),
    key("data.validation_seed", &["1", "7"], &["0", "4294967295"]),
    key("data.train_x", &["\"train_set_x\""], &["\"\""]),
    key("data.train_y", &["\"train_set_y\""], &["\"a/b\""]),
    key("data.test_x", &["\"test_set_x\""], &["3"]),
    key("data.test_y", &["\"test_set_y\""], &["[]"]),
    key("data.classes", &["\"list_classes\""], &["true"]),
    key("data.targets", &["\"auto\"", "\"classes\""], &["\"values\"", "\"one-hot\"", "\"both\""]),
    key("data.train_sha256", &[CONTENT], &["\"\"", "\"0\""]),
    key("data.test_sha256", &[CONTENT], &["0"]),
    key("data.test_share", &["0.25"], &["0", "1", "-0.5"]),
    key("data.test_seed", &["1", "7"], &["-1", "4294967295"]),
    key("data.max_bytes", &["8000000"], &["1", "1125899906842624"]),
    key("run.jobs", &["1", "2"], &["4096", "0"]),
    key("run.threads", &["1"], &["1024"]),
    key("run.checkpoint_every", &["600", "\"10 min\"", "\"3 iterations\"", "\"never\""], &["1e-9", "0", "\"soon\""]),
    key("run.blas", &["\"auto\"", "\"system\""], &["\"/none\""]),
];

/// The keys of a trial, without those of its shape and its length.
pub(crate) const OF_A_TRIAL: &[Values] = &[
    key(
        "model.activation",
        &[
            "\"relu\"",
            "\"leaky-relu\"",
            "\"tanh\"",
            "\"sigmoid\"",
            "\"identity\"",
            "\"elu\"",
            "\"softplus\"",
            "\"gelu\"",
            "\"gelu-tanh\"",
            "\"hard-tanh\"",
            "\"silu\"",
        ],
        &["[\"tanh\"]", "[\"relu\", \"sigmoid\"]", "[\"elu\", \"silu\", \"relu\"]", "[]"],
    ),
    key(
        "model.cost",
        &["\"auto\"", "\"auto\"", "\"softmax-cross-entropy\""],
        &["\"binary-cross-entropy\"", "\"mean-squared-error\""],
    ),
    key("model.dropout", &["0.1", "0.5"], &["0", "0.999999999999", "1e-300", "[0.5]", "[0.2, 0.3]", "1"]),
    key(
        "model.init",
        &[
            "\"course\"",
            "\"scaled-normal\"",
            "\"he\"",
            "\"he-uniform\"",
            "\"xavier\"",
            "\"xavier-uniform\"",
            "\"lecun\"",
            "\"lecun-uniform\"",
            "\"orthogonal\"",
            "\"pytorch\"",
            "\"mup\"",
            "\"zeros\"",
        ],
        &["\"ones\""],
    ),
    key("model.init_factor", &["0.01", "1"], &["1e-30", "1e30", "1e-300", "1e300"]),
    key("model.init_gain", &["1", "1.4"], &["1e-30", "1e30", "1e-300", "1e300"]),
    key("model.init_scale", &["0.5", "2"], &["1e-30", "1e30", "1e-300", "1e300", "[1]", "[0.5, 2]", "[1, 2, 3]"]),
    key("model.base_width", &["2", "64"], &["1", "1000000"]),
    key("model.dtype", &["\"f32\"", "\"f64\""], &["\"f16\""]),
    key(
        "train.optimizer",
        &["\"gd\"", "\"momentum\"", "\"nesterov\"", "\"rmsprop\"", "\"adam\"", "\"adamw\""],
        &["\"sgd\""],
    ),
    key("train.momentum", &["0.5", "0.9"], &["0", "0.999999999999", "1"]),
    key("train.alpha", &["0.9", "0.99"], &["0", "0.999999999999", "1e-300"]),
    key(
        "train.betas",
        &["[0.9, 0.999]", "[0.8, 0.9]"],
        &["[0, 0]", "[0.999999999999, 0]", "[0, 0.999999999999]", "[0.9]"],
    ),
    key("train.eps", &["1e-8", "0.01"], &["1e-300", "1e300", "5e-324"]),
    key("train.weight_decay", &["0.01", "0.1"], &["0", "1e-30", "1e10", "1e30", "1e300"]),
    key("train.decoupled", &["true", "false"], &["0"]),
    key("train.decay_biases", &["true", "false"], &["1"]),
    key("train.clip_norm", &["0.1", "1"], &["1e-300", "1e-30", "1e300"]),
    key("train.schedule", &["\"constant\"", "\"step\"", "\"cosine\"", "\"inverse\""], &["\"linear\""]),
    key("train.step_size", &["1", "3"], &["1000000000"]),
    key("train.gamma", &["0.1", "0.5"], &["1e-30", "1e-300", "1e30", "2"]),
    key("train.cosine_iterations", &["3", "10"], &["1", "1000000000"]),
    key("train.min_learning_rate", &["0", "0.001"], &["1e-300", "1e30", "1e300"]),
    key("train.rate_decay", &["0.1", "1"], &["0", "1e300", "1e-300"]),
    key("train.warmup", &["2", "5"], &["0", "1000000000"]),
    key("train.warmup_start", &["0.1", "0.5"], &["1e-300", "1", "1e300"]),
    key("train.batch", &["\"full\"", "4", "5"], &["1", "1000000000", "12", "0"]),
    key("train.shuffle", &["true", "false"], &["\"yes\""]),
    key("train.batch_seed", &["1", "2"], &["0", "4294967295"]),
    key("train.record_every", &["1", "3"], &["1000000000"]),
    key(
        "train.metrics",
        &[
            "[\"train_accuracy\", \"test_cost\"]",
            "[\"gradient_norm\"]",
            "[\"weight_norm\", \"dead_relu\"]",
            "[\"test_accuracy\", \"validation_accuracy\", \"validation_cost\"]",
        ],
        &[
            "[]",
            "[\"train_accuracy\", \"test_accuracy\", \"test_cost\", \"validation_accuracy\", \"validation_cost\", \"gradient_norm\", \"weight_norm\", \"dead_relu\"]",
            "[\"dead_relu\", \"dead_relu\"]",
        ],
    ),
    key("train.stop_cost", &["0.3", "0.6"], &["1e-300", "1e300"]),
    key("train.patience", &["2", "5"], &["1", "1000000000"]),
    key("train.min_delta", &["0", "0.01"], &["1e300", "1e-300"]),
    key("train.restore_best", &["true", "false"], &["\"yes\""]),
    key("train.stop_seconds", &["10"], &["1e-300", "1e300"]),
    key("train.diverge_above", &["10", "100"], &["1e-300", "1e300"]),
    key("seed", &["1", "2", "3"], &["0", "4294967295"]),
    key("run.engine", &["\"auto\"", "\"auto\"", "\"direct\"", "\"reduced\"", "\"dual\""], &["\"fast\""]),
    key("run.flush_subnormals", &["true", "false"], &["\"no\""]),
];

pub(crate) const RATE: Values = key(
    "train.learning_rate",
    &["0.01", "0.1", "1", "0.5"],
    &["1e-30", "1e-38", "1e-45", "1e-300", "5e-324", "1e10", "1e30", "1e300"],
);
pub(crate) const ITERATIONS: Values = key("train.iterations", &["5", "12", "30"], &["1", "2", "1000000000"]);
pub(crate) const EPOCHS: Values = key("train.epochs", &["2", "7"], &["1", "1000000000"]);
pub(crate) const HIDDEN: Values = key(
    "model.hidden",
    &["[4]", "[5, 3]", "[3, 4, 5]"],
    &["[]", "[1]", "[1, 1, 1, 1, 1, 1, 1, 1]", "[1000000]", "[0]"],
);
pub(crate) const DEPTH: Values = key("model.depth", &["2", "3", "4"], &["1", "60", "10000"]);
pub(crate) const WIDTH: Values = key("model.width", &["3", "6"], &["1", "500", "1000000"]);
pub(crate) const PARAMETERS: Values = key("model.parameters", &["40", "200"], &["1", "100000", "1125899906842624"]);
