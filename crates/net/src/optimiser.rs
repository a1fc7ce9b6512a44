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

    /// Returns the number of moments that are kept for each parameter.
    pub fn moments(&self) -> usize {
        match self.algorithm {
            Algorithm::Descent => 0,
            Algorithm::Momentum { .. } | Algorithm::RmsProp { .. } => 1,
            Algorithm::Adam(_) => 2,
        }
    }

    /// Returns those of a net's factors on its learning rates that are for optimisers of this kind.
    pub fn layer_rates<'r>(&self, rates: &'r LayerRates) -> &'r [LayerRate] {
        if self.is_linear() { &rates.linear } else { &rates.adaptive }
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
/// let mut adam = OptimiserState::new(Optimiser::ADAM, &chain);
/// for _ in 0..100 {
///     chain.forward(x.view(), &mut caches);
///     chain.backward(x.view(), y.view(), &caches, &mut gradients);
///     adam.step(&mut chain, &gradients, 0.1);
/// }
/// assert!(chain.score(x.view(), y.view()).unwrap().cost < 0.01);
/// ```
#[derive(Clone, Debug)]
pub struct OptimiserState<R> {
    optimiser: Optimiser,
    /// The factors on the learning rates of layer l at index l - 1, as are its moments.
    rates: Vec<LayerRate>,
    /// The moments of `W[l]` and `b[l]`.
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
        let step = self.begin_step(learning_rate, || gradients.iter().map(gradient_square).sum::<f64>().sqrt());
        let algorithm = self.optimiser.algorithm;
        for (l, (layer, gradient)) in chain.layers.iter_mut().zip(gradients).enumerate() {
            let [w_step, b_step] = self.tensor_steps(l, step);
            let [w_moments, b_moments] = &mut self.moments[l];
            algorithm.apply(w_step, layer.w.view_mut(), gradient.dw.view(), w_moments);
            algorithm.apply(b_step, row_mut(&mut layer.b), row(&gradient.db), b_moments);
        }
    }

    /// Begins the next step, at the learning rate η; `norm` computes the Euclidean norm of the net's gradient, for clipping.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, norm: impl FnOnce() -> f64) -> Step {
        self.steps += 1;
        let grad_scale = self.optimiser.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm() + 1e-6)));
        Step { t: self.steps, grad_scale, ..Step::new(learning_rate) }
    }

    /// Returns the steps of `W[l]` and `b[l]` in a `step` of the net, each with its own learning rate and decay; `l` is the layer's index.
    pub(crate) fn tensor_steps(&self, l: usize, step: Step) -> [Step; 2] {
        let (Decay { lambda, decoupled, biases }, factor) = (self.optimiser.decay, self.rates[l]);
        [(factor.w, lambda), (factor.b, if biases { lambda } else { 0.0 })].map(|(factor, lambda)| {
            // λ is divided by the factor, so that η λ is the same in every layer, as in the `mup` package.
            let (learning_rate, lambda) = (step.learning_rate * factor, lambda / factor);
            if decoupled {
                Step { learning_rate, weight_scale: 1.0 - learning_rate * lambda, ..step } // w ← (1 - η λ) w
            } else {
                Step { learning_rate, l2: lambda, ..step } // g ← g + λ w
            }
        })
    }
}

impl Algorithm {
    /// Moves the parameters `w` against their gradient `g`, which may be of another element type, in one pass.
    pub(crate) fn apply<R: Real, G: Real>(
        self,
        step: Step,
        w: ArrayViewMut2<R>,
        g: ArrayView2<G>,
        moments: &mut Moments<R>,
    ) {
        match (self, moments.0.as_mut_slice()) {
            (Algorithm::Descent, []) => gradient_step(step, w, g),
            (Algorithm::Momentum { momentum, nesterov }, [v]) => {
                momentum_step(step, momentum, nesterov, w, g, v.view_mut());
            }
            (Algorithm::RmsProp { alpha, eps }, [v]) => rmsprop_step(step, alpha, eps, w, g, v.view_mut()),
            (Algorithm::Adam(adam), [m, v]) => adam_step(step, adam, w, g, [m.view_mut(), v.view_mut()]),
            (algorithm, moments) => panic!("{} moments are not those of {algorithm:?}", moments.len()),
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

/// Returns |dW|² + |db|².
pub(crate) fn gradient_square<R: Real>(gradient: &Gradient<R>) -> f64 {
    square_sum(gradient.dw.view()) + square_sum(row(&gradient.db))
}
