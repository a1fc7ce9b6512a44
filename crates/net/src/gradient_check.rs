//! The check of the backward pass: its gradients against finite differences of the cost.

use kernels::Step;
use ndarray::{ArrayView2, ArrayViewMutD};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::chain::Chain;
use crate::layer::{Cache, Gradient, Layer};
use crate::optimiser::{Optimiser, OptimiserState};
use crate::training::Training;

/// The course's bound on the relative error of a correct gradient.
pub const TOLERANCE: f64 = 1e-7;

/// The step h of the differences: its truncation error is of order h⁴ and its rounding error of order ε J / h.
const STEP: f64 = 1e-4;

/// The largest share of the norms that rounding and the length of the step may explain: a larger difference may be a mistake as well.
pub const MOST_ROUNDING: f64 = 0.01;

/// The result of the check for one parameter tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorCheck {
    /// `w1`, `b1`, `w2`, …
    pub name: String,
    /// The number of its elements.
    pub elements: usize,
    /// The number of elements that were compared.
    pub compared: usize,
    /// The numeric derivative of each of them, after its place in the tensor, row by row; in the order in which they were drawn.
    pub numeric: Vec<(usize, f64)>,
    /// The number of elements left out because a step moves some z across a kink of its activation, where J has no derivative.
    pub at_kink: usize,
    /// |numeric - analytic| / (|numeric| + |analytic|) over the compared elements, Euclidean norms; NaN if these are not finite.
    pub relative_error: f64,
    /// The outcome.
    pub verdict: Verdict,
}

/// The outcome of the check of a parameter tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The difference stays within [`TOLERANCE`] of the norms plus what rounding and the length of the step explain, at most
    /// [`MOST_ROUNDING`] of the norms.
    Right,
    /// Neither rounding nor the length of the step explains the difference.
    Wrong,
    /// The comparison says nothing, for this reason.
    Unknown(&'static str),
}

impl Verdict {
    /// Every element was left out.
    const AT_KINK: Verdict = Verdict::Unknown("all at a kink");
    /// J, or a numeric derivative, is not finite.
    const NOT_FINITE: Verdict = Verdict::Unknown("J is not finite");
    /// Rounding or the length of the step explains a difference of more than [`MOST_ROUNDING`] of the norms, and so might a mistake.
    const LOST: Verdict = Verdict::Unknown("lost in the rounding of J, or the step is too long");
}

/// Checks every parameter tensor of `chain` on `x` (`n[0]` × m) and `y` (as its cost takes it), at most `per_tensor` elements
/// of each, drawn with a fixed seed. Of `training` it uses what changes the cost: L2 decay, as λ/2 times the sum of squares of each
/// tensor that decays, with its own λ under muP, and dropout, with the masks of the first step.
///
/// The numeric derivative is the fourth-order central difference
/// (8 (J(θ+h) - J(θ-h)) - (J(θ+2h) - J(θ-2h))) / (12 h).
///
/// # Panics
/// If the shapes don't fit.
#[track_caller]
pub fn check(
    chain: &Chain<f64>,
    x: ArrayView2<f64>,
    y: ArrayView2<f64>,
    training: &Training,
    per_tensor: usize,
) -> Vec<TensorCheck> {
    let mut caches = chain.dropout_caches(x.ncols(), &training.dropout, training.dropout_seed);
    let mut gradients = chain.gradients(x.ncols());
    chain.forward(x, &mut caches);
    chain.backward(x, y, &caches, &mut gradients);
    compare(chain, x, y, training, &caches, &gradients, per_tensor)
}

/// Checks `gradients` without decay, which the caller has computed from `caches`, as [`check`] does.
///
/// # Panics
/// If the shapes don't fit.
#[track_caller]
pub fn compare(
    chain: &Chain<f64>,
    x: ArrayView2<f64>,
    y: ArrayView2<f64>,
    training: &Training,
    caches: &[Cache<f64>],
    gradients: &[Gradient<f64>],
    per_tensor: usize,
) -> Vec<TensorCheck> {
    let l2 = l2_of(chain, training.optimiser);
    let gradients = decayed(chain, gradients, &l2);
    let mut probe = Probe { chain: chain.clone(), scratch: caches.to_vec(), base: caches, x, y, l2 };
    let mut checks = Vec::new();
    for (i, gradient) in gradients.iter().enumerate() {
        let dw: Vec<f64> = gradient.dw.iter().copied().collect();
        checks.push(
            probe.tensor(format!("w{}", i + 1), &dw, per_tensor, |chain| chain.layers[i].w.view_mut().into_dyn()),
        );
        checks.push(probe.tensor(format!("b{}", i + 1), &gradient.db.to_vec(), per_tensor, |chain| {
            chain.layers[i].b.view_mut().into_dyn()
        }));
    }
    checks
}

/// Returns the λ of the L2 decay of `W[l]` and of `b[l]`, for each layer: 0 for none, and divided by muP's factors as in training.
fn l2_of(chain: &Chain<f64>, optimiser: Optimiser) -> Vec<[f64; 2]> {
    let state = OptimiserState::new(optimiser, chain);
    (0..chain.layers.len()).map(|i| state.tensor_steps(i, Step::new(1.0)).map(|step| step.l2)).collect()
}

/// Returns the gradients of J with the L2 decay: dW + λ W, and db + λ b.
fn decayed(chain: &Chain<f64>, gradients: &[Gradient<f64>], l2: &[[f64; 2]]) -> Vec<Gradient<f64>> {
    let mut gradients = gradients.to_vec();
    for ((layer, gradient), [w, b]) in chain.layers.iter().zip(&mut gradients).zip(l2) {
        gradient.dw.scaled_add(*w, &layer.w);
        gradient.db.scaled_add(*b, &layer.b);
    }
    gradients
}

const BY_ROWS: &str = "parameters are stored row by row";

/// Bounds the truncation error of a fourth-order difference of about `size`, if the two second-order ones differ by `bend` beyond rounding.
///
/// J bends within the step where features or weights are large. `bend` is of order h² and the truncation error of order h⁴, so that it is
/// `bend` times about `bend / size`. The factor is for derivatives of J that grow from order to order, and the ratio is at most 1, so
/// that a derivative that is 0 by chance doesn't excuse the mistakes in all others.
fn truncation_error(bend: f64, size: f64) -> f64 {
    let bend = bend.max(0.0);
    10.0 * bend * (bend / size.max(f64::MIN_POSITIVE)).min(1.0)
}

/// A net whose cost is evaluated with one parameter moved.
struct Probe<'a> {
    chain: Chain<f64>,
    scratch: Vec<Cache<f64>>,
    base: &'a [Cache<f64>],
    x: ArrayView2<'a, f64>,
    y: ArrayView2<'a, f64>,
    /// The λ of `W[l]` and of `b[l]`, for each layer.
    l2: Vec<[f64; 2]>,
}

impl Probe<'_> {
    fn tensor(
        &mut self,
        name: String,
        analytic: &[f64],
        per_tensor: usize,
        parameters: impl Fn(&mut Chain<f64>) -> ArrayViewMutD<'_, f64>,
    ) -> TensorCheck {
        let elements = analytic.len();
        let mut stream = ChaCha8Rng::seed_from_u64(elements as u64);
        let chosen = index::sample(&mut stream, elements, per_tensor.min(elements));
        let (mut numerics, mut difference, mut numeric_norm, mut analytic_norm) = (Vec::new(), 0.0, 0.0, 0.0);
        let (mut step_rounding, mut truncation) = (0.0, 0.0);
        let cost = self.cost(self.base);
        // A few ulps of J in each of the four costs.
        let one_rounding = 8.0 * f64::EPSILON * cost.max(1.0) / STEP;
        for element in chosen.iter() {
            let costs = [STEP, -STEP, 2.0 * STEP, -2.0 * STEP].map(|step| self.moved_cost(&parameters, element, step));
            let [Some(plus), Some(minus), Some(plus2), Some(minus2)] = costs else { continue };
            let numeric = (8.0 * (plus - minus) - (plus2 - minus2)) / (12.0 * STEP);
            let value = parameters(&mut self.chain).as_slice().expect(BY_ROWS)[element];
            // A parameter is moved by h within its last digit; if that is larger than h, by nothing.
            let step_error = if value + STEP == value { f64::INFINITY } else { f64::EPSILON * value.abs() / STEP };
            let size = f64::max(numeric.abs(), analytic[element].abs());
            step_rounding += (step_error * size).powi(2);
            let (near, far) = ((plus - minus) / (2.0 * STEP), (plus2 - minus2) / (4.0 * STEP));
            truncation += truncation_error((near - far).abs() - one_rounding, size).powi(2);
            numerics.push((element, numeric));
            difference += (numeric - analytic[element]).powi(2);
            numeric_norm += numeric.powi(2);
            analytic_norm += analytic[element].powi(2);
        }
        let compared = numerics.len();
        let (difference, norms) = (difference.sqrt(), numeric_norm.sqrt() + analytic_norm.sqrt());
        let explained = one_rounding * (compared as f64).sqrt() + step_rounding.sqrt() + truncation.sqrt();
        let overflows = !difference.is_finite() || !norms.is_finite();
        TensorCheck {
            name,
            elements,
            compared,
            numeric: numerics,
            at_kink: chosen.len() - compared,
            relative_error: match difference {
                0.0 => 0.0,
                _ if overflows => f64::NAN,
                _ => difference / norms,
            },
            verdict: match () {
                () if compared == 0 => Verdict::AT_KINK,
                () if !cost.is_finite() || !numeric_norm.is_finite() => Verdict::NOT_FINITE,
                () if explained.is_nan() => Verdict::LOST,
                // The squares of finite numbers overflow, and ∞ ≤ ∞ says nothing; beside a finite J, a gradient of ∞ or NaN is a mistake.
                () if overflows && analytic.iter().all(|value| value.is_finite()) => Verdict::LOST,
                () if overflows => Verdict::Wrong,
                () if difference <= TOLERANCE * norms + explained.min(MOST_ROUNDING * norms) => Verdict::Right,
                () if difference <= TOLERANCE * norms + explained => Verdict::LOST,
                () => Verdict::Wrong,
            },
        }
    }

    /// Computes J with one element moved by `step`; `None` if that takes some z across a kink of its activation.
    fn moved_cost(
        &mut self,
        parameters: &impl Fn(&mut Chain<f64>) -> ArrayViewMutD<'_, f64>,
        element: usize,
        step: f64,
    ) -> Option<f64> {
        let set = |chain: &mut Chain<f64>, change: &dyn Fn(f64) -> f64| {
            let mut parameters = parameters(chain);
            let value = &mut parameters.as_slice_mut().expect(BY_ROWS)[element];
            std::mem::replace(value, change(*value))
        };
        let before = set(&mut self.chain, &|value| value + step);
        self.chain.forward(self.x, &mut self.scratch);
        let cost = self.cost(&self.scratch);
        set(&mut self.chain, &|_| before);
        let crossed = self.chain.layers.iter().zip(&self.scratch).zip(self.base).any(|((layer, moved), base)| {
            let kinks = layer.activation.kinks();
            kinks.iter().any(|&kink| moved.z.iter().zip(&base.z).any(|(&moved, &base)| (moved > kink) != (base > kink)))
        });
        (!crossed).then_some(cost)
    }

    /// Computes J from `caches`, plus λ/2 times the sum of squares of each tensor that decays.
    fn cost(&self, caches: &[Cache<f64>]) -> f64 {
        let squares = |layer: &Layer<f64>| [layer.w.iter().map(|w| w * w).sum(), layer.b.dot(&layer.b)];
        let penalty = |(layer, l2): (&Layer<f64>, &[f64; 2])| -> f64 {
            let terms = l2.iter().zip(squares(layer)).filter(|(lambda, _)| **lambda != 0.0);
            terms.map(|(lambda, squares): (&f64, f64)| lambda / 2.0 * squares).sum()
        };
        let penalty: f64 = self.chain.layers.iter().zip(&self.l2).map(penalty).sum();
        self.chain.cost().mean(caches[caches.len() - 1].z.view(), self.y) + penalty
    }
}
