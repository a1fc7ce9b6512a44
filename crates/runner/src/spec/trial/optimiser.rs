//! The optimisers and schedules by their keys.

use kernels::Adam;
use net::{Curve, Decay, Optimiser, Rule, Schedule};

use super::draft::{Draft, Problem};

/// PyTorch's default of ε.
pub(super) const EPS: f64 = 1e-8;
/// PyTorch's default of α.
pub(super) const ALPHA: f64 = 0.99;
/// PyTorch's defaults of β₁ and β₂.
pub(super) const BETAS: [f64; 2] = [0.9, 0.999];
/// The usual μ.
pub(super) const MOMENTUM: f64 = 0.9;
/// PyTorch's default of `StepLR`'s γ.
pub(super) const GAMMA: f64 = 0.1;
/// PyTorch's default of `LinearLR`'s start.
pub(super) const WARMUP_START: f64 = 1.0 / 3.0;
/// PyTorch's default of AdamW's weight decay.
pub(super) const ADAMW_DECAY: f64 = 0.01;

impl Draft {
    pub(super) fn optimizer(&self) -> &str {
        self.text("train.optimizer").unwrap_or("gd")
    }

    pub(super) fn weight_decay(&self) -> f64 {
        let default = if self.optimizer() == "adamw" { ADAMW_DECAY } else { 0.0 };
        self.number("train.weight_decay").unwrap_or(default)
    }

    pub(super) fn schedule(&self) -> &str {
        self.text("train.schedule").unwrap_or("constant")
    }

    pub(super) fn warmup(&self) -> usize {
        self.integer("train.warmup").unwrap_or(0)
    }
}

/// What the draft says of the optimiser.
pub(super) fn of(draft: &Draft) -> Result<Optimiser, Problem> {
    let name = draft.optimizer();
    let eps = draft.number("train.eps").unwrap_or(EPS);
    let momentum = draft.number("train.momentum").unwrap_or(MOMENTUM);
    let rule = match name {
        "momentum" | "nesterov" => Rule::Momentum { momentum, nesterov: name == "nesterov" },
        "rmsprop" => Rule::RmsProp { alpha: draft.number("train.alpha").unwrap_or(ALPHA), eps },
        "adam" | "adamw" => {
            let betas = draft.numbers("train.betas").unwrap_or_else(|| BETAS.to_vec());
            Rule::Adam(Adam { beta_1: betas[0], beta_2: betas[1], eps })
        }
        _ => Rule::Descent,
    };
    let factor = draft.weight_decay();
    let decoupled = draft.flag("train.decoupled").unwrap_or(name == "adamw");
    if name == "adamw" && !decoupled {
        return Err(("train.decoupled", "must be true with optimizer = \"adamw\"; use \"adam\"".to_owned()));
    }
    let biases = draft.flag("train.decay_biases").unwrap_or(true);
    // Without a decay these two say nothing.
    let decay = if factor > 0.0 { Decay { factor, decoupled, biases } } else { Optimiser::DESCENT.decay };
    Ok(Optimiser { rule, decay, clip_norm: draft.number("train.clip_norm") })
}

/// What the draft says of the learning rate.
pub(super) fn schedule(draft: &Draft) -> Result<Schedule, Problem> {
    let rate = draft.number("train.learning_rate").ok_or_else(|| ("train.learning_rate", "missing".to_owned()))?;
    let name = draft.schedule();
    let needed = |key: &'static str| (key, format!("missing; schedule = {name:?} needs it"));
    let curve = match name {
        "step" => Curve::Step {
            every: draft.integer("train.step_size").ok_or_else(|| needed("train.step_size"))?,
            gamma: draft.number("train.gamma").unwrap_or(GAMMA),
        },
        "cosine" => Curve::Cosine {
            over: draft.integer("train.cosine_iterations").unwrap_or(0),
            least: draft.number("train.min_learning_rate").unwrap_or(0.0),
        },
        "inverse" => {
            Curve::Inverse { decay: draft.number("train.rate_decay").ok_or_else(|| needed("train.rate_decay"))? }
        }
        _ => Curve::Constant,
    };
    let warmup = draft.warmup();
    let start = draft.number("train.warmup_start").unwrap_or(WARMUP_START);
    Ok(Schedule { rate, warmup, warmup_start: if warmup > 0 { start } else { 1.0 }, curve })
}
