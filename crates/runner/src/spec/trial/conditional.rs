//! Keys that say something of a trial only where other keys have certain values: the one table of them.

use super::draft::Draft;

/// A key with what gives it a meaning. Where that doesn't hold, the key is no part of the trial.
#[derive(Debug)]
pub struct Conditional {
    /// The key.
    pub key: &'static str,
    /// What must hold, in the words of a message.
    pub with: &'static str,
    holds: fn(&Draft) -> bool,
}

const fn only(key: &'static str, with: &'static str, holds: fn(&Draft) -> bool) -> Conditional {
    Conditional { key, with, holds }
}

/// Every such key.
pub const CONDITIONAL: [Conditional; 18] = [
    only("model.init_factor", "init = \"scaled-normal\"", |draft| draft.init() == "scaled-normal"),
    only("model.init_gain", "init = \"orthogonal\"", |draft| draft.init() == "orthogonal"),
    only("model.base_width", "init = \"mup\"", |draft| draft.init() == "mup"),
    only("train.momentum", "optimizer = \"momentum\" or \"nesterov\"", |draft| {
        ["momentum", "nesterov"].contains(&draft.optimizer())
    }),
    only("train.alpha", "optimizer = \"rmsprop\"", |draft| draft.optimizer() == "rmsprop"),
    only("train.betas", "optimizer = \"adam\" or \"adamw\"", |draft| ["adam", "adamw"].contains(&draft.optimizer())),
    only("train.eps", "optimizer = \"rmsprop\", \"adam\" or \"adamw\"", |draft| {
        ["rmsprop", "adam", "adamw"].contains(&draft.optimizer())
    }),
    only("train.decoupled", "weight_decay above 0", |draft| draft.weight_decay() > 0.0),
    only("train.decay_biases", "weight_decay above 0", |draft| draft.weight_decay() > 0.0),
    only("train.step_size", "schedule = \"step\"", |draft| draft.schedule() == "step"),
    only("train.gamma", "schedule = \"step\"", |draft| draft.schedule() == "step"),
    only("train.cosine_iterations", "schedule = \"cosine\"", |draft| draft.schedule() == "cosine"),
    only("train.min_learning_rate", "schedule = \"cosine\"", |draft| draft.schedule() == "cosine"),
    only("train.rate_decay", "schedule = \"inverse\"", |draft| draft.schedule() == "inverse"),
    only("train.warmup_start", "warmup above 0", |draft| draft.warmup() > 0),
    only("train.shuffle", "a number for batch", |draft| draft.batch_size().is_some()),
    only("train.batch_seed", "a number for batch and shuffle = true", |draft| {
        draft.batch_size().is_some() && draft.flag("train.shuffle").unwrap_or(true)
    }),
    only("train.min_delta", "patience", |draft| draft.patience().is_some()),
];

/// Which conditional keys a trial was given: a bit each, by their places in [`CONDITIONAL`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Meanings {
    given: u32,
    meant: u32,
}

impl Meanings {
    /// Those of both that are among `keys`.
    pub fn join(&mut self, other: Meanings, is_among: impl Fn(&str) -> bool) {
        for (place, _) in CONDITIONAL.iter().enumerate().filter(|(_, conditional)| is_among(conditional.key)) {
            self.given |= other.given & 1 << place;
            self.meant |= other.meant & 1 << place;
        }
    }

    /// A key that was given and has no meaning.
    pub fn without(self) -> impl Iterator<Item = &'static Conditional> {
        let idle = self.given & !self.meant;
        CONDITIONAL
            .iter()
            .enumerate()
            .filter(move |(place, _)| idle >> place & 1 == 1)
            .map(|(_, conditional)| conditional)
    }
}

impl Draft {
    /// Takes out the keys that have no meaning here. All conditions are judged before.
    pub(super) fn settle(&mut self) -> Meanings {
        let mut meanings = Meanings::default();
        for (place, conditional) in CONDITIONAL.iter().enumerate() {
            if self.has(conditional.key) {
                meanings.given |= 1 << place;
                meanings.meant |= u32::from((conditional.holds)(self)) << place;
            }
        }
        meanings.without().for_each(|conditional| self.take_out(conditional.key));
        meanings
    }
}
