//! The equations of a step in the course's notation.

use net::{Adam, Algorithm, Cost, LayerRate, Optimiser};

use super::subject::{Subject, Update};
use crate::spec::names::activation_name;

/// The equations of one net.
pub(super) struct Equations<'s>(pub(super) &'s Subject);

impl Equations<'_> {
    /// Returns the symbol of the input of layer `l`.
    pub(super) fn input(&self, l: usize) -> String {
        match l {
            1 => "X".to_owned(),
            l if self.0.dropout(l - 2) > 0.0 => format!("ã[{}]", l - 1),
            l => format!("a[{}]", l - 1),
        }
    }

    pub(super) fn z(&self, l: usize) -> String {
        format!("W[{l}] {} + b[{l}]", self.input(l))
    }

    pub(super) fn a(&self, l: usize) -> String {
        match self.activation(l) {
            "identity" => format!("z[{l}]"),
            name => format!("{name}(z[{l}])"),
        }
    }

    /// Returns `a[l]` after dropout.
    pub(super) fn dropped(l: usize) -> String {
        format!("a[{l}] · mask / (1 - p)")
    }

    pub(super) fn cost(&self) -> String {
        let l = self.depth();
        match self.0.chain.cost() {
            Cost::BinaryCrossEntropy => format!("-(1/m) sum( Y log a[{l}] + (1-Y) log(1-a[{l}]) )"),
            Cost::SoftmaxCrossEntropy => format!("-(1/m) sum over the examples of log a[{l}] at the class of Y"),
            Cost::MeanSquaredError => format!("(1/(m n[{l}])) sum( (a[{l}] - Y)² )"),
        }
    }

    /// Returns the textbook's `da[L]`.
    pub(super) fn da_output(&self) -> String {
        let l = self.depth();
        format!("-Y/a[{l}] + (1-Y)/(1-a[{l}])")
    }

    pub(super) fn da(l: usize) -> String {
        format!("W[{0}]ᵀ dz[{0}]", l + 1)
    }

    /// Returns `dz[L]` from the cost as a whole.
    pub(super) fn dz_output(&self) -> String {
        let l = self.depth();
        match self.0.chain.cost() {
            Cost::BinaryCrossEntropy => format!("a[{l}] - Y"),
            Cost::SoftmaxCrossEntropy => format!("a[{l}] - one-hot Y"),
            Cost::MeanSquaredError => format!("(2/n[{l}]) (a[{l}] - Y)"),
        }
    }

    pub(super) fn dz(&self, l: usize) -> String {
        let mask = if self.0.dropout(l - 1) > 0.0 { "· mask / (1 - p) " } else { "" };
        match self.activation(l) {
            "identity" => format!("da[{l}]{}", if mask.is_empty() { "" } else { " · mask / (1 - p)" }),
            name => format!("da[{l}] {mask}· {name}'(z[{l}])"),
        }
    }

    pub(super) fn dw(&self, l: usize) -> String {
        format!("(1/m) dz[{l}] {}ᵀ", self.input(l))
    }

    pub(super) fn db(l: usize) -> String {
        format!("(1/m) sum of dz[{l}] over the examples")
    }

    /// Returns the update of `W[l]` or `b[l]`.
    pub(super) fn step(&self, update: &Update, tensor: &str, l: usize) -> String {
        if update.is_plain() {
            format!("{tensor}[{l}] - α d{tensor}[{l}]")
        } else {
            format!("{tensor}[{l}] after the step")
        }
    }

    fn activation(&self, l: usize) -> &'static str {
        activation_name(self.0.chain.layers[l - 1].activation)
    }

    fn depth(&self) -> usize {
        self.0.chain.layers.len()
    }
}

/// Returns the name of an optimiser in experiments.
pub(super) fn optimizer_name(optimiser: &Optimiser) -> &'static str {
    match optimiser.algorithm {
        Algorithm::Descent => "gd",
        Algorithm::Momentum { nesterov: false, .. } => "momentum",
        Algorithm::Momentum { nesterov: true, .. } => "nesterov",
        Algorithm::RmsProp { .. } => "rmsprop",
        Algorithm::Adam(_) if optimiser.decay.decoupled && optimiser.decay.lambda > 0.0 => "adamw",
        Algorithm::Adam(_) => "adam",
    }
}

/// Returns the laws of an update, a line each, for W; b is moved alike.
pub(super) fn laws(update: &Update, step: usize) -> Vec<String> {
    let Optimiser { algorithm, decay, clip_norm } = update.training.optimiser;
    let mut lines = vec![format!("α = {}", update.learning_rate)];
    let differs = |(_, rate): &(usize, &LayerRate)| **rate != LayerRate::default();
    for (l, LayerRate { w, b }) in (1..).zip(&update.rates).filter(differs) {
        lines.push(format!("layer {l}: α · {w} for W, α · {b} for b"));
    }
    if let Some(most) = clip_norm {
        lines.push(format!("g = dW · min(1, {most} / (norm of all dW and db + 1e-6))"));
    } else if !update.is_plain() {
        lines.push("g = dW".to_owned());
    }
    if decay.lambda > 0.0 {
        let biases = if decay.biases { "" } else { ", but not for b" };
        let line = if decay.decoupled { "W := (1 - α λ) W before the step" } else { "g := g + λ W" };
        lines.push(format!("{line}, λ = {}{biases}", decay.lambda));
    }
    lines.extend(match algorithm {
        Algorithm::Descent if update.is_plain() => Vec::new(),
        Algorithm::Descent => vec!["W := W - α g".to_owned()],
        Algorithm::Momentum { momentum, nesterov } => {
            let along = if nesterov { "(g + μ v)" } else { "v" };
            vec![format!("v := μ v + g, W := W - α {along}, μ = {momentum}")]
        }
        Algorithm::RmsProp { alpha, eps } => {
            vec![format!("v := ρ v + (1-ρ) g², W := W - α g / (√v + ε), ρ = {alpha}, ε = {eps:e}")]
        }
        Algorithm::Adam(Adam { beta_1, beta_2, eps }) => vec![
            "m := β₁ m + (1-β₁) g, v := β₂ v + (1-β₂) g²".to_owned(),
            format!("W := W - α/(1-β₁ᵗ) m / (√v/√(1-β₂ᵗ) + ε), t = {step}, β₁ = {beta_1}, β₂ = {beta_2}, ε = {eps:e}"),
        ],
    });
    lines
}
