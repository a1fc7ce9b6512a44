//! The keys of the optimisers. Defaults are PyTorch's.

use kernels::Adam;
use net::{Algorithm, Decay, Optimiser};

use crate::spec::key::{Canonical, Key, Problem, RawTrial, keys};
use crate::spec::kind::{FLAG, FRACTION, Flag, NOT_NEGATIVE, Optional, POSITIVE, Real};
use crate::spec::lists::Pair;
use crate::spec::names::{OneOf, name_of};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::spec) enum Name {
    Gd,
    Momentum,
    Nesterov,
    RmsProp,
    Adam,
    AdamW,
}

const OPTIMIZERS: [(&str, Name); 6] = [
    ("gd", Name::Gd),
    ("momentum", Name::Momentum),
    ("nesterov", Name::Nesterov),
    ("rmsprop", Name::RmsProp),
    ("adam", Name::Adam),
    ("adamw", Name::AdamW),
];

keys! {
    pub(super) KEYS;

    /// The optimiser; gd is gradient descent, with mini-batches also called SGD.
    OPTIMIZER: OneOf<Name> = Key::new("train.optimizer", OneOf(&OPTIMIZERS)).or(|| Name::Gd);
    /// The factor μ of momentum and nesterov.
    MOMENTUM: Real = Key::new("train.momentum", FRACTION).or(|| 0.9)
        .only_with("optimizer = \"momentum\" or \"nesterov\"", |raw| is(raw, &[Name::Momentum, Name::Nesterov]));
    /// The smoothing constant α of rmsprop.
    ALPHA: Real = Key::new("train.alpha", FRACTION).or(|| 0.99)
        .only_with("optimizer = \"rmsprop\"", |raw| is(raw, &[Name::RmsProp]));
    /// The decay rates [β1, β2] of adam and adamw.
    BETAS: Pair = Key::new("train.betas", Pair).or(|| [0.9, 0.999])
        .only_with("optimizer = \"adam\" or \"adamw\"", |raw| is(raw, &[Name::Adam, Name::AdamW]));
    /// The number ε that is added to the denominator of rmsprop, adam and adamw.
    EPS: Real = Key::new("train.eps", POSITIVE).or(|| 1e-8)
        .only_with("optimizer = \"rmsprop\", \"adam\" or \"adamw\"", |raw| is(raw, &[Name::RmsProp, Name::Adam, Name::AdamW]));
    /// The weight decay λ, by default 0, and 0.01 for adamw.
    WEIGHT_DECAY: Real = Key::new("train.weight_decay", NOT_NEGATIVE);
    /// Whether w shrinks by η λ w (true, as adamw does) or λ w is added to the gradient (false).
    DECOUPLED: Flag = Key::new("train.decoupled", FLAG).only_with("weight_decay above 0", |raw| weight_decay(raw) > 0.0);
    /// Whether biases decay too.
    DECAY_BIASES: Flag = Key::new("train.decay_biases", FLAG).or(|| true)
        .only_with("weight_decay above 0", |raw| weight_decay(raw) > 0.0);
    /// The largest norm of the whole gradient; a larger one is scaled down.
    CLIP_NORM: Optional<Real> = Key::new("train.clip_norm", Optional::off(POSITIVE)).or(|| None);
}

fn is(raw: &RawTrial, names: &[Name]) -> bool {
    names.contains(&raw.value(&OPTIMIZER))
}

/// The decay of adamw unless another one is set.
pub(super) const DECAY_OF_ADAMW: f64 = 0.01;

/// Reads λ, whose default follows from the optimiser.
fn weight_decay(raw: &RawTrial) -> f64 {
    raw.get(&WEIGHT_DECAY).unwrap_or(if is(raw, &[Name::AdamW]) { DECAY_OF_ADAMW } else { 0.0 })
}

/// Reads the optimiser.
pub(super) fn read(raw: &RawTrial) -> Result<Optimiser, Problem> {
    let name = raw.value(&OPTIMIZER);
    let algorithm = match name {
        Name::Gd => Algorithm::Descent,
        Name::Momentum | Name::Nesterov => {
            Algorithm::Momentum { momentum: raw.value(&MOMENTUM), nesterov: name == Name::Nesterov }
        }
        Name::RmsProp => Algorithm::RmsProp { alpha: raw.value(&ALPHA), eps: raw.value(&EPS) },
        Name::Adam | Name::AdamW => {
            let [beta_1, beta_2] = raw.value(&BETAS);
            Algorithm::Adam(Adam { beta_1, beta_2, eps: raw.value(&EPS) })
        }
    };
    let decoupled = raw.get(&DECOUPLED).unwrap_or(name == Name::AdamW);
    if name == Name::AdamW && !decoupled {
        return Err(DECOUPLED.problem("must be true with optimizer = \"adamw\"; use \"adam\""));
    }
    let (lambda, biases) = (weight_decay(raw), raw.value(&DECAY_BIASES));
    // Without decay, `decoupled` and `biases` have no effect: one id for all their values.
    let decay = if lambda > 0.0 { Decay { lambda, decoupled, biases } } else { Decay::NONE };
    Ok(Optimiser { algorithm, decay, clip_norm: raw.value(&CLIP_NORM) })
}

/// Returns ε with its key; `None` if the algorithm has none.
pub(super) fn eps(algorithm: Algorithm) -> Option<(&'static Key<Real>, f64)> {
    match algorithm {
        Algorithm::RmsProp { eps, .. } | Algorithm::Adam(Adam { eps, .. }) => Some((&EPS, eps)),
        Algorithm::Descent | Algorithm::Momentum { .. } => None,
    }
}

/// Returns the name of an optimiser in experiments.
pub(crate) fn optimizer_name(optimiser: &Optimiser) -> &'static str {
    name_of(&OPTIMIZERS, name(optimiser))
}

fn name(Optimiser { algorithm, decay, .. }: &Optimiser) -> Name {
    match algorithm {
        Algorithm::Descent => Name::Gd,
        Algorithm::Momentum { nesterov: false, .. } => Name::Momentum,
        Algorithm::Momentum { nesterov: true, .. } => Name::Nesterov,
        Algorithm::RmsProp { .. } => Name::RmsProp,
        Algorithm::Adam(_) if decay.decoupled => Name::AdamW,
        Algorithm::Adam(_) => Name::Adam,
    }
}

pub(super) fn write(optimiser: &Optimiser, canonical: &mut Canonical) {
    let Optimiser { algorithm, decay, clip_norm } = optimiser;
    match algorithm {
        Algorithm::Descent => {}
        Algorithm::Momentum { momentum, .. } => canonical.put(&MOMENTUM, momentum),
        Algorithm::RmsProp { alpha, eps } => {
            canonical.put(&ALPHA, alpha);
            canonical.put(&EPS, eps);
        }
        Algorithm::Adam(Adam { beta_1, beta_2, eps }) => {
            canonical.put(&BETAS, &[*beta_1, *beta_2]);
            canonical.put(&EPS, eps);
        }
    }
    let name = name(optimiser);
    canonical.always(&OPTIMIZER, &name);
    if decay.lambda > 0.0 {
        canonical.always(&WEIGHT_DECAY, &decay.lambda);
        canonical.put_some(&DECOUPLED, (decay.decoupled != (name == Name::AdamW)).then_some(&decay.decoupled));
        canonical.put(&DECAY_BIASES, &decay.biases);
    }
    canonical.put(&CLIP_NORM, clip_norm);
}
