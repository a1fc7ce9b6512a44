//! The laws of an update: what an optimiser makes of W and of b, in the course's notation and in numbers.

use net::{Adam, Algorithm, Curve, LayerRate, Optimiser};

use super::equations::Equation;
use super::subject::Update;
use crate::text::significant;

/// Returns the symbols of an optimiser's moments.
pub(super) fn moment_names(algorithm: Algorithm) -> &'static [&'static str] {
    match algorithm {
        Algorithm::Descent => &[],
        Algorithm::Momentum { .. } | Algorithm::RmsProp { .. } => &["v"],
        Algorithm::Adam(_) => &["m", "v"],
    }
}

/// Returns the constants of an update, a line each. `norm` is that of all dW and db together.
pub(super) fn constants(update: &Update, step: usize, norm: f64) -> Vec<String> {
    let Optimiser { algorithm, decay, clip_norm } = update.training.optimiser;
    let mut lines = vec![format!("α = {}{}", significant(update.learning_rate, 17), scheduled(update, step))];
    for (l, LayerRate { w, b }) in (1..).zip(&update.rates) {
        if (*w, *b) != (1.0, 1.0) {
            let decay = if decay.lambda > 0.0 { format!("; λ/{w}, λ/{b}") } else { String::new() };
            lines.push(format!("layer {l} by muP: {w} α for W, {b} α for b{decay}"));
        }
    }
    if let Some(most) = clip_norm {
        let factor = update.training.optimiser.clip_factor(|| norm);
        lines.push(format!("f = min(1, {most} / (norm of all dW and db + 1e-6)) = {factor}, the norm is {norm}"));
    }
    if decay.lambda > 0.0 {
        let biases = if decay.biases { "" } else { ", for W and not for b" };
        lines.push(format!("λ = {}{biases}", decay.lambda));
    }
    lines.extend(match algorithm {
        Algorithm::Descent => None,
        Algorithm::Momentum { momentum, .. } => Some(format!("μ = {momentum}")),
        Algorithm::RmsProp { alpha, eps } => Some(format!("ρ = {alpha}, ε = {eps:e}")),
        Algorithm::Adam(Adam { beta_1, beta_2, eps }) => {
            Some(format!("t = {step}, β₁ = {beta_1}, β₂ = {beta_2}, ε = {eps:e}"))
        }
    });
    if step == 1 && update.training.optimiser.moment_count() > 0 {
        lines.push("before the first step every moment is 0".to_owned());
    }
    lines
}

/// Says where α comes from, if it isn't the same in every step.
fn scheduled(update: &Update, step: usize) -> String {
    let schedule = &update.training.schedule;
    let (base, after) = (schedule.learning_rate, step - 1);
    let Some(t) = after.checked_sub(schedule.warmup) else {
        return format!(": step {step} of the warm-up to {base}, which takes {}", schedule.warmup);
    };
    match schedule.curve {
        Curve::Constant => String::new(),
        Curve::Step { every, gamma } => format!(" = {base} · {gamma}^⌊{t}/{every}⌋"),
        Curve::Cosine { over, least } => format!(" = {least} + ({base} - {least}) (1 + cos(π {t}/{over})) / 2"),
        Curve::Inverse { decay } => format!(" = {base} / (1 + {decay} · {t})"),
    }
}

/// The laws of one tensor, `W[l]` or `b[l]`.
pub(super) struct TensorLaws<'u> {
    pub(super) update: &'u Update,
    /// The number of the step.
    pub(super) step: usize,
    /// W or b.
    pub(super) tensor: &'static str,
    pub(super) l: usize,
    /// f of clipping.
    pub(super) clip_factor: f64,
}

impl TensorLaws<'_> {
    /// Returns g, the gradient that the optimiser takes; `None` if it is dW or db itself.
    pub(super) fn gradient(&self) -> Option<Equation> {
        let (own, decay) = (self.symbol("d"), self.l2());
        let clips = self.update.training.optimiser.clip_norm.is_some();
        if !clips && decay == 0.0 {
            return None;
        }
        let (mut text, mut numbers) = if clips {
            (format!("f {own}"), format!("{}·⟨{own}⟩", self.clip_factor))
        } else {
            (own.clone(), format!("⟨{own}⟩"))
        };
        if decay > 0.0 {
            text += &format!(" + {} {}", self.lambda_symbol(), self.symbol(""));
            numbers += &format!(" + {decay}·⟨{}⟩", self.symbol(""));
        }
        Some(Equation::of_element(text, numbers))
    }

    /// Returns λ of L2 decay; 0 if there is none, or it is decoupled.
    pub(super) fn l2(&self) -> f64 {
        if self.update.training.optimiser.decay.decoupled { 0.0 } else { self.lambda() }
    }

    /// Returns the moments after the step, in the order of [`moment_names`].
    pub(super) fn moments(&self) -> Vec<Equation> {
        let g = self.gradient_symbol();
        let before = |name: &str| match self.step {
            1 => ["0".to_owned(), "0".to_owned()],
            _ => [format!("{} before", self.symbol(name)), format!("⟨{} before⟩", self.symbol(name))],
        };
        let smoothed = |name: &str, symbol: &str, beta: f64, power: &str| {
            let [text, number] = before(name);
            let numbers = format!("{beta}·{number} + (1 − {beta})·⟨{g}⟩{power}");
            Equation::of_element(format!("{symbol} {text} + (1-{symbol}) {g}{power}"), numbers)
        };
        match self.update.training.optimiser.algorithm {
            Algorithm::Descent => Vec::new(),
            Algorithm::Momentum { momentum, .. } => {
                let [text, number] = before("v");
                vec![Equation::of_element(format!("μ {text} + {g}"), format!("{momentum}·{number} + ⟨{g}⟩"))]
            }
            Algorithm::RmsProp { alpha, .. } => vec![smoothed("v", "ρ", alpha, "²")],
            Algorithm::Adam(Adam { beta_1, beta_2, .. }) => {
                vec![smoothed("m", "β₁", beta_1, ""), smoothed("v", "β₂", beta_2, "²")]
            }
        }
    }

    /// Returns the tensor after the step.
    pub(super) fn new_value(&self) -> Equation {
        let (own, g, t) = (self.symbol(""), self.gradient_symbol(), self.step);
        let factor = self.factor();
        let rate = self.update.learning_rate * factor;
        let alpha = if factor == 1.0 { "α".to_owned() } else { format!("{factor} α") };
        let decays = self.update.training.optimiser.decay.decoupled && self.lambda() > 0.0;
        let (mut text, mut numbers) = (own.clone(), format!("⟨{own}⟩"));
        if decays {
            text += &format!(" - {alpha} {} {own}", self.lambda_symbol());
            numbers += &format!(" − {rate}·{}·⟨{own}⟩", self.lambda());
        }
        let [v, m] = ["v", "m"].map(|name| self.symbol(name));
        let (step, in_numbers) = match self.update.training.optimiser.algorithm {
            Algorithm::Descent => (format!("{alpha} {g}"), format!("{rate}·⟨{g}⟩")),
            Algorithm::Momentum { nesterov: false, .. } => (format!("{alpha} {v}"), format!("{rate}·⟨{v}⟩")),
            Algorithm::Momentum { nesterov: true, momentum } => {
                (format!("{alpha} ({g} + μ {v})"), format!("{rate}·(⟨{g}⟩ + {momentum}·⟨{v}⟩)"))
            }
            Algorithm::RmsProp { eps, .. } => {
                (format!("{alpha} {g} / (√{v} + ε)"), format!("{rate}·⟨{g}⟩ / (√⟨{v}⟩ + {eps:e})"))
            }
            Algorithm::Adam(Adam { beta_1, beta_2, eps }) => (
                format!("{alpha}/(1-β₁ᵗ) {m} / (√{v}/√(1-β₂ᵗ) + ε)"),
                format!("{rate}/(1 − {beta_1}^{t})·⟨{m}⟩ / (√⟨{v}⟩/√(1 − {beta_2}^{t}) + {eps:e})"),
            ),
        };
        Equation::of_element(format!("{text} - {step}"), format!("{numbers} − {in_numbers}"))
    }

    /// Returns `W[l]` with a letter before it, such as `dW[l]`.
    pub(super) fn symbol(&self, letter: &str) -> String {
        format!("{letter}{}[{}]", self.tensor, self.l)
    }

    fn gradient_symbol(&self) -> String {
        self.symbol(if self.gradient().is_some() { "g" } else { "d" })
    }

    /// Returns the factor on α, which divides λ.
    fn factor(&self) -> f64 {
        let LayerRate { w, b } = self.update.rates.get(self.l - 1).copied().unwrap_or_default();
        if self.tensor == "W" { w } else { b }
    }

    fn lambda_symbol(&self) -> String {
        let factor = self.factor();
        if factor == 1.0 { "λ".to_owned() } else { format!("(λ/{factor})") }
    }

    /// Returns λ of this tensor.
    fn lambda(&self) -> f64 {
        let decay = self.update.training.optimiser.decay;
        if self.tensor == "W" || decay.biases { decay.lambda / self.factor() } else { 0.0 }
    }
}
