//! What one trial is: every key that describes it, the values each may take, and its canonical form.

use kernels::Activation;
use net::{Architecture, Descent, Engine, Initialisation, Scheme};
use serde_json::json;
use toml::Value;

/// The element type that a net is trained in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dtype {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

impl Dtype {
    /// `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
        }
    }

    /// Bytes an element.
    pub fn bytes(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F64 => 8,
        }
    }
}

/// A trial, every value checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialConfig {
    /// Widths of the hidden layers, `n[1]` to `n[L-1]`.
    pub hidden: Vec<usize>,
    /// g of the hidden layers.
    pub activation: Activation,
    /// How the parameters are drawn.
    pub initialisation: Initialisation,
    /// The element type.
    pub dtype: Dtype,
    /// Learning rate, iterations and what is recorded.
    pub descent: Descent,
    /// What the weights are drawn from.
    pub seed: u32,
    /// How the first layer is trained; `None` for the cheapest way, which is chosen when the data are known.
    pub engine: Option<Engine>,
    /// Whether subnormal numbers are taken as zero.
    pub flush_subnormals: bool,
}

impl TrialConfig {
    /// `n[1]`.
    pub fn first_width(&self) -> usize {
        self.hidden.first().copied().unwrap_or(1)
    }

    /// `n[0]` to `n[L]` for inputs of `n_in` features: the output is one unit.
    pub fn widths(&self, n_in: usize) -> Vec<usize> {
        std::iter::once(n_in).chain(self.hidden.iter().copied()).chain([1]).collect()
    }

    /// The net for inputs of `n_in` features: the output is one sigmoid unit.
    pub fn architecture(&self, n_in: usize) -> Architecture {
        Architecture::classifier(n_in, &self.hidden, self.activation)
    }

    /// The same for the same trial however it was written: what a trial's id is the hash of.
    pub fn canonical(&self) -> serde_json::Value {
        let scheme = self.initialisation.scheme;
        let factor = match scheme {
            Scheme::ScaledNormal { factor } => Some(factor),
            _ => None,
        };
        json!({
            "model.activation": name_of(&Activation::ALL, self.activation),
            "model.dtype": self.dtype.name(),
            "model.hidden": self.hidden,
            "model.init": INITS.iter().find(|(_, known)| same_kind(*known, scheme)).map(|(name, _)| *name),
            "model.init_factor": factor,
            "run.engine": self.engine.map_or(AUTO, Engine::name),
            "run.flush_subnormals": self.flush_subnormals,
            "seed": self.seed,
            "train.iterations": self.descent.iterations,
            "train.learning_rate": self.descent.learning_rate,
            "train.optimizer": "gd",
            "train.record_every": self.descent.record_every,
        })
    }
}

const INITS: [(&str, Scheme); 11] = [
    ("course", Scheme::Course),
    ("scaled-normal", Scheme::ScaledNormal { factor: 0.01 }),
    ("he", Scheme::HeNormal),
    ("he-uniform", Scheme::HeUniform),
    ("xavier", Scheme::XavierNormal),
    ("xavier-uniform", Scheme::XavierUniform),
    ("lecun", Scheme::LecunNormal),
    ("lecun-uniform", Scheme::LecunUniform),
    ("orthogonal", Scheme::Orthogonal { gain: 1.0 }),
    ("pytorch", Scheme::PyTorch),
    ("zeros", Scheme::Zeros),
];
/// The name of no engine in particular.
const AUTO: &str = "auto";
const ENGINES: [(&str, Option<Engine>); 4] =
    [(AUTO, None), ("direct", Some(Engine::Direct)), ("reduced", Some(Engine::Reduced)), ("dual", Some(Engine::Dual))];
const DTYPES: [(&str, Dtype); 2] = [("f32", Dtype::F32), ("f64", Dtype::F64)];
const OPTIMIZERS: [(&str, ()); 1] = [("gd", ())];

fn same_kind(one: Scheme, other: Scheme) -> bool {
    std::mem::discriminant(&one) == std::mem::discriminant(&other)
}

fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: T) -> Option<&'static str> {
    table.iter().find(|(_, known)| *known == value).map(|(name, _)| *name)
}

/// A trial as far as it has been written, key by key.
#[derive(Clone, Debug)]
pub struct Draft {
    depth: Option<usize>,
    width: Option<usize>,
    hidden: Option<Vec<usize>>,
    activation: Activation,
    scheme: Scheme,
    init_factor: Option<f64>,
    dtype: Dtype,
    learning_rate: Option<f64>,
    iterations: Option<usize>,
    record_every: usize,
    seed: u32,
    engine: Option<Engine>,
    flush_subnormals: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Draft {
            depth: None,
            width: None,
            hidden: None,
            activation: Activation::Relu,
            scheme: Scheme::HeNormal,
            init_factor: None,
            dtype: Dtype::F32,
            learning_rate: None,
            iterations: None,
            record_every: 1,
            seed: 1,
            engine: None,
            flush_subnormals: true,
        }
    }
}

type Setter = fn(&mut Draft, &Value) -> Result<(), String>;

/// Every key of a trial. Each may stand in the base and on an axis.
pub const KEYS: [(&str, Setter); 14] = [
    ("model.depth", |draft, value| integer(value, 1, 10_000).map(|depth| draft.depth = Some(depth))),
    ("model.width", |draft, value| integer(value, 1, MAX_WIDTH).map(|width| draft.width = Some(width))),
    ("model.hidden", |draft, value| widths(value).map(|hidden| draft.hidden = Some(hidden))),
    ("model.activation", |draft, value| one_of(value, &Activation::ALL).map(|known| draft.activation = known)),
    ("model.init", |draft, value| one_of(value, &INITS).map(|known| draft.scheme = known)),
    ("model.init_factor", |draft, value| positive(value).map(|factor| draft.init_factor = Some(factor))),
    ("model.dtype", |draft, value| one_of(value, &DTYPES).map(|known| draft.dtype = known)),
    ("train.optimizer", |_, value| one_of(value, &OPTIMIZERS)),
    ("train.learning_rate", |draft, value| positive(value).map(|rate| draft.learning_rate = Some(rate))),
    ("train.iterations", |draft, value| {
        integer(value, 1, 1_000_000_000).map(|iterations| draft.iterations = Some(iterations))
    }),
    ("train.record_every", |draft, value| integer(value, 1, 1_000_000_000).map(|every| draft.record_every = every)),
    ("seed", |draft, value| integer(value, 0, u32::MAX as usize).map(|seed| draft.seed = seed as u32)),
    ("run.engine", |draft, value| one_of(value, &ENGINES).map(|known| draft.engine = known)),
    ("run.flush_subnormals", |draft, value| {
        let flush = value.as_bool().ok_or_else(|| format!("must be true or false, found {value}"));
        flush.map(|flush| draft.flush_subnormals = flush)
    }),
];

const MAX_WIDTH: usize = 1_000_000;

impl Draft {
    /// Sets one key; `None` if a trial has no such key.
    pub fn set(&mut self, key: &str, value: &Value) -> Option<Result<(), String>> {
        let (_, setter) = KEYS.iter().find(|(known, _)| *known == key)?;
        Some(setter(self, value))
    }

    /// The trial, if nothing is missing or contradictory; else the key at fault and the problem.
    ///
    /// # Errors
    /// A key and what is wrong with it.
    pub fn finish(self) -> Result<TrialConfig, (&'static str, String)> {
        let hidden = match (self.hidden, self.depth, self.width) {
            (Some(hidden), None, None) => hidden,
            (Some(_), _, _) => return Err(("model.hidden", "give it or depth and width, not both".to_owned())),
            (None, Some(1), _) => Vec::new(),
            (None, Some(depth), Some(width)) => vec![width; depth - 1],
            (None, None, _) => return Err(("model.depth", "missing; give depth and width, or hidden".to_owned())),
            (None, _, None) => return Err(("model.width", "missing; a net of this depth needs it".to_owned())),
        };
        let scheme = match (self.scheme, self.init_factor) {
            (Scheme::ScaledNormal { .. }, Some(factor)) => Scheme::ScaledNormal { factor },
            (other, None) => other,
            (_, Some(_)) => {
                return Err(("model.init_factor", "has a meaning only with init = \"scaled-normal\"".to_owned()));
            }
        };
        let descent = Descent {
            learning_rate: self.learning_rate.ok_or_else(|| ("train.learning_rate", "missing".to_owned()))?,
            iterations: self.iterations.ok_or_else(|| ("train.iterations", "missing".to_owned()))?,
            record_every: self.record_every,
        };
        let Draft { activation, dtype, seed, engine, flush_subnormals, .. } = self;
        let factor = match scheme {
            Scheme::ScaledNormal { factor } => factor,
            _ => 1.0,
        };
        for (key, value) in [("train.learning_rate", descent.learning_rate), ("model.init_factor", factor)] {
            if dtype == Dtype::F32 && !(value as f32).is_normal() {
                return Err((key, format!("{value:e} is beyond f32; use dtype = \"f64\"")));
            }
        }
        let initialisation = Initialisation::from(scheme);
        Ok(TrialConfig { hidden, activation, initialisation, dtype, descent, seed, engine, flush_subnormals })
    }
}

pub(super) fn integer(value: &Value, least: usize, most: usize) -> Result<usize, String> {
    let allowed = format!("must be an integer from {least} to {most}, found {value}");
    let found = value.as_integer().ok_or_else(|| allowed.clone())?;
    usize::try_from(found).ok().filter(|found| (least..=most).contains(found)).ok_or(allowed)
}

fn positive(value: &Value) -> Result<f64, String> {
    let found = number(value).filter(|found| found.is_finite() && *found > 0.0);
    found.ok_or_else(|| format!("must be a finite number above 0, found {}", short(value)))
}

pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

/// A number without hundreds of digits.
fn short(value: &Value) -> String {
    let long = value.as_float().filter(|number| number.is_finite() && !(1e-6..1e15).contains(&number.abs()));
    long.filter(|number| *number != 0.0).map_or_else(|| value.to_string(), |number| format!("{number:e}"))
}

fn widths(value: &Value) -> Result<Vec<usize>, String> {
    let list = value.as_array().ok_or_else(|| format!("must be a list of widths such as [20, 7, 5], found {value}"))?;
    list.iter().map(|width| integer(width, 1, MAX_WIDTH).map_err(|problem| format!("a width {problem}"))).collect()
}

fn one_of<T: Copy>(value: &Value, table: &[(&str, T)]) -> Result<T, String> {
    let found = value.as_str().and_then(|text| table.iter().find(|(name, _)| *name == text));
    found.map(|(_, known)| *known).ok_or_else(|| {
        let names: Vec<_> = table.iter().map(|(name, _)| format!("{name:?}")).collect();
        format!("must be one of {}, found {value}", names.join(", "))
    })
}
