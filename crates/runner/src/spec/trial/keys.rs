//! Every key of a trial and what its value may be.

use kernels::Activation;
use net::{Cost, Engine, Metric};
use toml::Value;

/// What a key's value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number from the first to the second.
    Integer(usize, usize),
    /// A finite number above 0.
    Positive,
    /// A finite number of at least 0.
    NotNegative,
    /// A number of at least 0 and below 1.
    Share,
    /// One, or a list with one a layer, of numbers as [`Kind::Share`].
    Shares,
    /// One, or a list with one a layer, of finite numbers above 0.
    Factors,
    /// true or false.
    Flag,
    /// One of these names.
    Name(fn() -> Vec<&'static str>),
    /// One of these names, or a list with one a layer.
    NameALayer(fn() -> Vec<&'static str>),
    /// A list of these names, each at most once.
    Names(fn() -> Vec<&'static str>),
    /// A list of widths.
    Widths,
    /// Two numbers as [`Kind::Share`].
    Betas,
    /// "full", or a whole number of examples.
    Batch,
}

/// The name of no engine, cost or scaling in particular.
pub(super) const AUTO: &str = "auto";
/// The batch of all examples.
pub(super) const FULL: &str = "full";

/// The optimisers' names.
pub(super) const OPTIMIZERS: [&str; 6] = ["gd", "momentum", "nesterov", "rmsprop", "adam", "adamw"];
/// The schedules' names.
pub(super) const SCHEDULES: [&str; 4] = ["constant", "step", "cosine", "inverse"];
/// The most units of a layer.
const MAX_WIDTH: usize = 1_000_000;
const MAX_STEPS: usize = 1_000_000_000;

/// Every key of a trial. Each may stand in the base and on an axis.
pub const KEYS: [(&str, Kind); 46] = [
    ("model.depth", Kind::Integer(1, 10_000)),
    ("model.width", Kind::Integer(1, MAX_WIDTH)),
    ("model.parameters", Kind::Integer(1, 1 << 50)),
    ("model.hidden", Kind::Widths),
    ("model.activation", Kind::NameALayer(|| names(&Activation::ALL))),
    ("model.cost", Kind::Name(|| with_auto(names(&Cost::ALL)))),
    ("model.dropout", Kind::Shares),
    ("model.init", Kind::Name(super::initialisation::names)),
    ("model.init_factor", Kind::Positive),
    ("model.init_gain", Kind::Positive),
    ("model.init_scale", Kind::Factors),
    ("model.base_width", Kind::Integer(1, MAX_WIDTH)),
    ("model.dtype", Kind::Name(|| vec!["f32", "f64"])),
    ("train.optimizer", Kind::Name(|| OPTIMIZERS.to_vec())),
    ("train.learning_rate", Kind::Positive),
    ("train.momentum", Kind::Share),
    ("train.alpha", Kind::Share),
    ("train.betas", Kind::Betas),
    ("train.eps", Kind::Positive),
    ("train.weight_decay", Kind::NotNegative),
    ("train.decoupled", Kind::Flag),
    ("train.decay_biases", Kind::Flag),
    ("train.clip_norm", Kind::Positive),
    ("train.schedule", Kind::Name(|| SCHEDULES.to_vec())),
    ("train.step_size", Kind::Integer(1, MAX_STEPS)),
    ("train.gamma", Kind::Positive),
    ("train.cosine_iterations", Kind::Integer(1, MAX_STEPS)),
    ("train.min_learning_rate", Kind::NotNegative),
    ("train.rate_decay", Kind::NotNegative),
    ("train.warmup", Kind::Integer(0, MAX_STEPS)),
    ("train.warmup_start", Kind::Positive),
    ("train.batch", Kind::Batch),
    ("train.shuffle", Kind::Flag),
    ("train.batch_seed", Kind::Integer(0, u32::MAX as usize)),
    ("train.iterations", Kind::Integer(1, MAX_STEPS)),
    ("train.epochs", Kind::Integer(1, MAX_STEPS)),
    ("train.record_every", Kind::Integer(1, MAX_STEPS)),
    ("train.metrics", Kind::Names(|| names(&Metric::ALL))),
    ("train.stop_cost", Kind::Positive),
    ("train.patience", Kind::Integer(1, MAX_STEPS)),
    ("train.min_delta", Kind::NotNegative),
    ("train.stop_seconds", Kind::Positive),
    ("train.diverge_above", Kind::Positive),
    ("seed", Kind::Integer(0, u32::MAX as usize)),
    ("run.engine", Kind::Name(|| with_auto(names(&Engine::ALL)))),
    ("run.flush_subnormals", Kind::Flag),
];

fn names<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

fn with_auto(names: Vec<&'static str>) -> Vec<&'static str> {
    [AUTO].into_iter().chain(names).collect()
}

/// Whether every value of this key is a list.
pub fn is_always_list(key: &str) -> bool {
    let is_list = |kind| matches!(kind, Kind::Widths | Kind::Betas | Kind::Names(_));
    KEYS.iter().any(|(known, kind)| *known == key && is_list(*kind))
}

/// Whether every value of this key is a whole number.
pub fn is_whole(key: &str) -> bool {
    KEYS.iter().any(|(known, kind)| *known == key && matches!(kind, Kind::Integer(..) | Kind::Batch))
}

impl Kind {
    /// What is wrong with `value`, if anything is.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        match self {
            Kind::Integer(least, most) => integer(value, least, most).map(drop),
            Kind::Positive => real(value, "a finite number above 0", |number| number > 0.0),
            Kind::NotNegative => real(value, "a finite number of at least 0", |number| number >= 0.0),
            Kind::Share => real(value, "a number of at least 0 and below 1", |number| (0.0..1.0).contains(&number)),
            Kind::Shares => each(value, Kind::Share),
            Kind::Factors => each(value, Kind::Positive),
            Kind::Flag => value.as_bool().map(drop).ok_or_else(|| format!("must be true or false, found {value}")),
            Kind::Name(names) => one_of(value, &names()).map(drop),
            Kind::NameALayer(names) => each(value, Kind::Name(names)),
            Kind::Names(known) => {
                let list = value.as_array().ok_or_else(|| format!("must be a list of names, found {value}"))?;
                list.iter().try_for_each(|name| one_of(name, &known()).map(drop))?;
                let twice = list.iter().enumerate().find(|(place, name)| list[..*place].contains(name));
                twice.map_or(Ok(()), |(_, name)| Err(format!("has {name} twice")))
            }
            Kind::Widths => {
                let wrong = || format!("must be a list of widths such as [20, 7, 5], found {value}");
                let list = value.as_array().ok_or_else(wrong)?;
                let width = |width| integer(width, 1, MAX_WIDTH).map_err(|problem| format!("a width {problem}"));
                list.iter().try_for_each(|value| width(value).map(drop))
            }
            Kind::Betas => {
                let list = value.as_array().filter(|list| list.len() == 2);
                let list = list.ok_or_else(|| format!("must be two numbers such as [0.9, 0.999], found {value}"))?;
                list.iter().try_for_each(|beta| Kind::Share.check(beta))
            }
            Kind::Batch if value.as_str() == Some(FULL) => Ok(()),
            Kind::Batch => {
                let size = integer(value, 1, MAX_STEPS).map(drop);
                size.map_err(|_| format!("must be \"full\" or a number of examples of at least 1, found {value}"))
            }
        }
    }
}

/// A value, or each of a list.
fn each(value: &Value, kind: Kind) -> Result<(), String> {
    match value.as_array() {
        Some(list) if list.is_empty() => Err("must not be an empty list".to_owned()),
        Some(list) => list.iter().try_for_each(|value| kind.check(value)),
        None => kind.check(value),
    }
}

/// The place of a name among `names`.
pub fn one_of(value: &Value, names: &[&str]) -> Result<usize, String> {
    let place = value.as_str().and_then(|text| names.iter().position(|name| *name == text));
    place.ok_or_else(|| {
        let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
        format!("must be one of {}, found {value}", names.join(", "))
    })
}

fn real(value: &Value, allowed: &str, is_allowed: impl Fn(f64) -> bool) -> Result<(), String> {
    let found = number(value).filter(|found| found.is_finite() && is_allowed(*found));
    found.map(drop).ok_or_else(|| format!("must be {allowed}, found {}", short(value)))
}

/// A whole number from `least` to `most`.
pub fn integer(value: &Value, least: usize, most: usize) -> Result<usize, String> {
    let allowed = format!("must be an integer from {least} to {most}, found {value}");
    let found = value.as_integer().ok_or_else(|| allowed.clone())?;
    usize::try_from(found).ok().filter(|found| (least..=most).contains(found)).ok_or(allowed)
}

/// A number, whole or not.
pub fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

/// A number without hundreds of digits.
fn short(value: &Value) -> String {
    let long = value.as_float().filter(|number| number.is_finite() && !(1e-6..1e15).contains(&number.abs()));
    long.filter(|number| *number != 0.0).map_or_else(|| value.to_string(), |number| format!("{number:e}"))
}
