//! Optimisers: the steps of parameters against their gradients.

use kernels::{Adam, Real, Step, adam_step, gradient_step, momentum_step, rmsprop_step, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::chain::Chain;
use crate::layer::{Gradient, Layer};
use crate::matrix::{row, row_mut};
use crate::rates::{LayerRate, LayerRates};

/// The algorithm of a step: how the parameters w and their moments move, given the gradient g and the learning rate η. Names and
/// equations are PyTorch's; each is one pass over the parameters, in `kernels/src/update.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// Gradient descent: w ← w - η g. In the course's letters, W = W - α dW.
    Descent,
    /// Gradient descent with momentum: v ← μ v + g, then w ← w - η v, or w ← w - η (g + μ v) if Nesterov's. The course has
    /// V = β V + (1-β) dW and W = W - α V, so that μ = β and η = α (1-β).
    Momentum {
        /// μ.
        momentum: f64,
        /// True if the step looks ahead.
        nesterov: bool,
    },
    /// RMSProp: v ← α v + (1-α) g², then w ← w - η g / (√v + ε). In the course's letters, S = β₂ S + (1-β₂) dW² and
    /// W = W - α dW / (√S + ε).
    RmsProp {
        /// α, of the running mean of g².
        alpha: f64,
        /// ε.
        eps: f64,
    },
    /// Adam: m ← β₁ m + (1-β₁) g and v ← β₂ v + (1-β₂) g², then at step t, w ← w - η / (1-β₁ᵗ) · m / (√v / √(1-β₂ᵗ) + ε). m and v are
    /// the course's V and S.
    Adam(Adam),
}

/// Weight decay λ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// λ, the course's λ/m; 0 for none. J is computed without the penalty.
    pub lambda: f64,
    /// True if a step multiplies the parameters by 1 - η λ (AdamW), instead of adding λ w to the gradient (L2: the gradient of
    /// λ/2 |w|²).
    pub decoupled: bool,
    /// True if biases decay too (PyTorch's way); else weights decay alone (scikit-learn's way).
    pub biases: bool,
}

/// An optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimiser {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Weight decay.
    pub decay: Decay,
    /// The greatest Euclidean norm of a net's whole gradient: a longer one is multiplied by clip_norm / (norm + 10⁻⁶), as in PyTorch's
    /// `clip_grad_norm_` (Pascanu et al., ICML 2013).
    pub clip_norm: Option<f64>,
}

impl Optimiser {
    /// Gradient descent without decay or clipping.
    pub const DESCENT: Optimiser = Optimiser {
        algorithm: Algorithm::Descent,
        decay: Decay { lambda: 0.0, decoupled: false, biases: true },
        clip_norm: None,
    };

    /// Adam with the constants of its authors: β₁ 0.9, β₂ 0.999, ε 10⁻⁸.
    pub const ADAM: Optimiser =
        Optimiser { algorithm: Algorithm::Adam(Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 }), ..Optimiser::DESCENT };

    /// Returns whether a step is a linear function of the parameters, their gradient and their moments, with the same
    /// coefficients for every element of a tensor. Such a step commutes with linear changes of coordinates, so that the reduced and
    /// the dual engine are exact.
    pub fn is_linear(&self) -> bool {
        matches!(self.algorithm, Algorithm::Descent | Algorithm::Momentum { .. })
    }

    /// Returns those of a net's factors on its learning rates that are for optimisers of this kind.
    pub fn layer_rates<'r>(&self, rates: &'r LayerRates) -> &'r [LayerRate] {
        if self.is_linear() { &rates.linear } else { &rates.adaptive }
    }

    /// Returns the factor on a gradient whose Euclidean norm is computed by `norm`: below 1 where the gradient is clipped.
    pub(crate) fn clip_scale(&self, norm: impl FnOnce() -> f64) -> f64 {
        self.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm() + 1e-6)))
    }

    /// Returns the number of moments that are kept for each parameter.
    pub fn moments(&self) -> usize {
        match self.algorithm {
            Algorithm::Descent => 0,
            Algorithm::Momentum { .. } | Algorithm::RmsProp { .. } => 1,
            Algorithm::Adam(_) => 2,
        }
    }
}

/// The moments of all parameters of a chain, and the number of steps so far.
///
/// ```
/// use net::ndarray::array;
/// use net::{Activation, Architecture, Optimiser, OptimiserState, Scheme, initialise};
///
/// let architecture = Architecture::classifier(2, &[3], Activation::Tanh);
/// let mut chain = initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 1);
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[0.0, 1.0]]);
/// let (mut caches, mut gradients) = (chain.caches(2), chain.gradients(2));
/// let mut state = OptimiserState::new(Optimiser::DESCENT, &chain);
/// let mut costs = Vec::new();
/// for _ in 0..100 {
///     let output = chain.forward(x.view(), &mut caches);
///     costs.push(chain.cost().mean(output.z.view(), y.view()));
///     chain.backward(x.view(), y.view(), &caches, &mut gradients);
///     state.step(&mut chain, &gradients, 0.5);
/// }
/// assert!(costs[99] < 0.1 * costs[0]);
/// ```
#[derive(Clone, Debug)]
pub struct OptimiserState<R> {
    optimiser: Optimiser,
    rates: Vec<LayerRate>,
    /// The moments of `W[l]` and `b[l]`, layer l at index l - 1.
    pub(crate) moments: Vec<[Moments<R>; 2]>,
    pub(crate) steps: usize,
}

impl<R: Real> OptimiserState<R> {
    /// Makes the state before the first step: moments of 0, and the factors of `chain` on the learning rates of its layers.
    ///
    /// # Panics
    /// If the number of these factors is neither 0 nor that of the layers.
    #[track_caller]
    pub fn new(optimiser: Optimiser, chain: &Chain<R>) -> Self {
        let layers = chain.layers.len();
        let mut rates = optimiser.layer_rates(&chain.rates).to_vec();
        assert!(rates.is_empty() || rates.len() == layers, "{} factors on the rates of {layers} layers", rates.len());
        rates.resize(layers, LayerRate::default());
        // b is stepped as a matrix of one row.
        let moments = |layer: &Layer<R>| [layer.w.dim(), (1, layer.n_out())].map(|dim| Moments::new(&optimiser, dim));
        OptimiserState { optimiser, rates, moments: chain.layers.iter().map(moments).collect(), steps: 0 }
    }

    /// Makes one step of all parameters of `chain` against their `gradients`, at the learning rate η.
    ///
    /// # Panics
    /// If the shapes differ from those of the chain that it began with.
    #[track_caller]
    pub fn step(&mut self, chain: &mut Chain<R>, gradients: &[Gradient<R>], learning_rate: f64) {
        assert_eq!((chain.layers.len(), gradients.len()), (self.rates.len(), self.rates.len()), "one for each layer");
        let norm = || gradients.iter().map(gradient_square).sum::<f64>().sqrt();
        let step = self.begin_step(learning_rate, self.optimiser.clip_scale(norm));
        // NetStep::tensor_step settles the rate, the decay and the clipping; TensorStep::apply chooses the equation.
        for (l, (layer, gradient)) in chain.layers.iter_mut().zip(gradients).enumerate() {
            self.step_weights(l, layer, gradient, step);
            self.step_bias(l, layer, gradient, step);
        }
    }

    /// Begins the next step at the learning rate η, for a gradient that is multiplied by `grad_scale`.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, grad_scale: f64) -> NetStep {
        self.steps += 1;
        NetStep { optimiser: self.optimiser, learning_rate, grad_scale, t: self.steps }
    }

    /// Moves `W[l]`; `l` is its index.
    pub(crate) fn step_weights(&mut self, l: usize, layer: &mut Layer<R>, gradient: &Gradient<R>, step: NetStep) {
        step.of_weights(self.rates[l]).apply(layer.w.view_mut(), gradient.dw.view(), &mut self.moments[l][0]);
    }

    /// Moves `b[l]`; `l` is its index.
    pub(crate) fn step_bias(&mut self, l: usize, layer: &mut Layer<R>, gradient: &Gradient<R>, step: NetStep) {
        step.of_bias(self.rates[l]).apply(row_mut(&mut layer.b), row(&gradient.db), &mut self.moments[l][1]);
    }

    /// Returns the factors on the rates of the layer at index `l`.
    pub(crate) fn rate(&self, l: usize) -> LayerRate {
        self.rates[l]
    }
}

/// Returns |dW|² + |db|².
pub(crate) fn gradient_square<R: Real>(gradient: &Gradient<R>) -> f64 {
    square_sum(gradient.dw.view()) + square_sum(row(&gradient.db))
}

/// One step of a net: the same for all its parameters but for [`LayerRate`] and the decay of biases. [`NetStep::of_weights`] and
/// [`NetStep::of_bias`] make it the step of a tensor, and [`TensorStep::apply`] makes that, by the pass of the algorithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetStep {
    optimiser: Optimiser,
    /// η of this step.
    pub(crate) learning_rate: f64,
    /// The factor on the gradient, below 1 where it is clipped.
    grad_scale: f64,
    /// The number of this step, from 1 on.
    t: usize,
}

impl NetStep {
    /// Returns the step of a layer's weights.
    pub(crate) fn of_weights(self, rate: LayerRate) -> TensorStep {
        self.tensor_step(rate.w, self.optimiser.decay.lambda)
    }

    /// Returns the step of a layer's bias.
    pub(crate) fn of_bias(self, rate: LayerRate) -> TensorStep {
        let Decay { lambda, biases, .. } = self.optimiser.decay;
        self.tensor_step(rate.b, if biases { lambda } else { 0.0 })
    }

    /// Settles η, λ and the clipping of one tensor. A step begins with g ← grad_scale g + l2 w, and ends with w ← weight_scale w minus
    /// what the algorithm makes of g.
    fn tensor_step(self, rate: f64, lambda: f64) -> TensorStep {
        // λ is divided by the rate's factor, so that η λ is the same in every layer, as in the `mup` package.
        let (learning_rate, lambda) = (self.learning_rate * rate, lambda / rate);
        // Decoupled: w is multiplied by 1 - η λ; else λ w is added to g.
        let is_decoupled = self.optimiser.decay.decoupled;
        let (l2, weight_scale) = if is_decoupled { (0.0, 1.0 - learning_rate * lambda) } else { (lambda, 1.0) };
        let step = Step { learning_rate, grad_scale: self.grad_scale, l2, weight_scale };
        TensorStep { algorithm: self.optimiser.algorithm, step, t: self.t }
    }
}

/// One step of one tensor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TensorStep {
    algorithm: Algorithm,
    step: Step,
    t: usize,
}

impl TensorStep {
    /// Makes the step of the parameters `w` against their gradient `g`.
    pub(crate) fn apply<R: Real>(self, w: ArrayViewMut2<R>, g: ArrayView2<R>, moments: &mut Moments<R>) {
        match (self.algorithm, moments.0.as_mut_slice()) {
            (Algorithm::RmsProp { alpha, eps }, [v]) => rmsprop_step(self.step, alpha, eps, w, g, v.view_mut()),
            (Algorithm::Adam(adam), [m, v]) => adam_step(self.step, adam, self.t, w, g, [m.view_mut(), v.view_mut()]),
            _ => self.apply_linear(w, g, moments), // gradient descent, with momentum or without
        }
    }

    /// Moves them as [`TensorStep::apply`], by the linear rules alone. Some engines of the first layer (`fast/`) need it, whose gradient may
    /// be of another element type.
    ///
    /// # Panics
    /// If the algorithm is not linear.
    pub(crate) fn apply_linear<R: Real, G: Real>(
        self,
        w: ArrayViewMut2<R>,
        g: ArrayView2<G>,
        moments: &mut Moments<R>,
    ) {
        match (self.algorithm, moments.0.as_mut_slice()) {
            (Algorithm::Descent, []) => gradient_step(self.step, w, g),
            (Algorithm::Momentum { momentum, nesterov }, [v]) => {
                momentum_step(self.step, momentum, nesterov, w, g, v.view_mut());
            }
            (algorithm, moments) => {
                panic!("{algorithm:?} is not linear, or has another number of moments than {}", moments.len())
            }
        }
    }
}

/// The moments of one tensor, such as Adam's m and v: zeros at the start.
#[derive(Clone, Debug)]
pub(crate) struct Moments<R>(pub(crate) Vec<Array2<R>>);

impl<R: Real> Moments<R> {
    pub(crate) fn new(optimiser: &Optimiser, dim: (usize, usize)) -> Self {
        Moments(vec![Array2::zeros(dim); optimiser.moments()])
    }
}
