//! Optimisers: the steps of the parameters against their gradients.

use kernels::{Adam, Real, Step, adam_step, gradient_step, momentum_step, rmsprop_step, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::chain::Chain;
use crate::layer::{Gradient, Layer};
use crate::matrix::{row, row_mut};
use crate::rates::{LayerRate, LayerRates};

/// The algorithm of a step. Letters and equations are PyTorch's: w is `W[l]` or `b[l]`, g its gradient, η the learning rate, t the number of
/// the step, from 1 on.
///
/// | algorithm | its moments | its step | in the course's letters |
/// |---|---|---|---|
/// | gradient descent | | w ← w - η g | α = η |
/// | momentum | v ← μ v + g | w ← w - η v | V = (1-β) v, β = μ, α = η / (1-β) |
/// | Nesterov's momentum | v ← μ v + g | w ← w - η (g + μ v) | |
/// | RMSProp | v ← α v + (1-α) g² | w ← w - η g / (√v + ε) | S = v, β₂ = α, α = η |
/// | Adam | m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g² | w ← w - η m̂ / (√v̂ + ε), m̂ = m / (1-β₁ᵗ), v̂ = v / (1-β₂ᵗ) | V = m, S = v, α = η |
///
/// Before that, g is multiplied by a factor if it is clipped, and then decay adds λ w to it, or multiplies w by 1 - η λ. A step is one pass
/// over the parameters, in `kernels/src/update.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// Gradient descent.
    Descent,
    /// Gradient descent with momentum.
    Momentum {
        /// μ.
        momentum: f64,
        /// True if it is Nesterov's.
        nesterov: bool,
    },
    /// RMSProp.
    RmsProp {
        /// α.
        alpha: f64,
        /// ε.
        eps: f64,
    },
    /// Adam.
    Adam(Adam),
}

/// Weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// λ, the course's λ/m; 0 for none. J is computed without the penalty λ/2 |w|².
    pub lambda: f64,
    /// True if a step multiplies w by 1 - η λ (AdamW), instead of adding λ w to g (L2).
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
    /// `clip_grad_norm_` (Pascanu et al., ICML 2013). The decay is not clipped.
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

    /// Returns the number of moments of each parameter.
    pub fn moment_count(&self) -> usize {
        match self.algorithm {
            Algorithm::Descent => 0,
            Algorithm::Momentum { .. } | Algorithm::RmsProp { .. } => 1,
            Algorithm::Adam(_) => 2,
        }
    }

    /// Returns whether a step is linear in w, g and the moments, so that every [`crate::Engine`] is exact.
    pub fn is_linear(&self) -> bool {
        matches!(self.algorithm, Algorithm::Descent | Algorithm::Momentum { .. })
    }

    /// Returns the factors on the learning rates of a net's layers that muP has for optimisers of this kind.
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
    /// The factors on the learning rates of each layer: 1, except with muP.
    rates: Vec<LayerRate>,
    /// The moments of each layer's W and b.
    pub(crate) moments: Vec<[Moments<R>; 2]>,
    pub(crate) steps: usize,
}

impl<R: Real> OptimiserState<R> {
    /// Makes the state before the first step of `chain`.
    ///
    /// # Panics
    /// If `chain.rates` has factors for another number of layers.
    #[track_caller]
    pub fn new(optimiser: Optimiser, chain: &Chain<R>) -> Self {
        let layers = chain.layers.len();
        let mut rates = optimiser.layer_rates(&chain.rates).to_vec();
        assert!(rates.is_empty() || rates.len() == layers, "{} factors on the rates of {layers} layers", rates.len());
        rates.resize(layers, LayerRate::default()); // empty: all are 1
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
        for (i, (layer, gradient)) in chain.layers.iter_mut().zip(gradients).enumerate() {
            let [w_step, b_step] = self.tensor_steps(i, step);
            let [w_moments, b_moments] = &mut self.moments[i];
            algorithm.apply(w_step, layer.w.view_mut(), gradient.dw.view(), w_moments);
            algorithm.apply(b_step, row_mut(&mut layer.b), row(&gradient.db), b_moments);
        }
    }

    /// Begins the next step of the net, at the learning rate η: a [`Step`] holds t, η, the factor of clipping, λ and 1 - η λ. The gradient's
    /// `norm` is computed only if it may be clipped.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, norm: impl FnOnce() -> f64) -> Step {
        self.steps += 1;
        let grad_scale = self.optimiser.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm() + 1e-6)));
        Step { t: self.steps, grad_scale, ..Step::new(learning_rate) } // no decay yet
    }

    /// Makes of a `step` of the net those of `W[l]` and `b[l]`, each with its own learning rate and decay; `i` is the layer's index.
    pub(crate) fn tensor_steps(&self, i: usize, step: Step) -> [Step; 2] {
        let (LayerRate { w, b }, Decay { lambda, biases, .. }) = (self.rates[i], self.optimiser.decay);
        [self.tensor_step(step, w, lambda), self.tensor_step(step, b, if biases { lambda } else { 0.0 })]
    }

    /// Makes of a `step` of the net that of a tensor. `factor` multiplies η and divides λ, so that their product is the same in every layer,
    /// as in the `mup` package.
    fn tensor_step(&self, step: Step, factor: f64, lambda: f64) -> Step {
        let (learning_rate, lambda) = (step.learning_rate * factor, lambda / factor);
        if self.optimiser.decay.decoupled {
            Step { learning_rate, weight_scale: 1.0 - learning_rate * lambda, ..step } // w ← (1 - η λ) w
        } else {
            Step { learning_rate, l2: lambda, ..step } // g ← grad_scale g + λ w
        }
    }
}

impl Algorithm {
    /// Makes the step of w, as in the table. g may be of another element type, which engines of `fast/` make use of.
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

/// The moments of one tensor: \[\], \[v\] or \[m, v\], zeros at the start.
#[derive(Clone, Debug)]
pub(crate) struct Moments<R>(pub(crate) Vec<Array2<R>>);

impl<R: Real> Moments<R> {
    pub(crate) fn new(optimiser: &Optimiser, dim: (usize, usize)) -> Self {
        Moments(vec![Array2::zeros(dim); optimiser.moment_count()])
    }
}

/// Returns |dW|² + |db|².
pub(crate) fn gradient_square<R: Real>(gradient: &Gradient<R>) -> f64 {
    square_sum(gradient.dw.view()) + square_sum(row(&gradient.db))
}
