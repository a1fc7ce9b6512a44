//! Optimisers: the updates of W and b by dW and db.

mod decay;
mod moments;
mod tensor_steps;

use kernels::{Adam, Real, Step, adam_step, gradient_step, momentum_step, rmsprop_step};
use ndarray::{ArrayView2, ArrayViewMut2};

pub use self::decay::Decay;
pub(crate) use self::moments::Moments;
use crate::chain::Chain;
use crate::layer::{Gradient, Layer};
use crate::matrix::{row, row_mut};
use crate::rates::LayerRate;

/// The algorithm of a step, by PyTorch's equations: w is `W[l]` or `b[l]`, g is `dW[l]` or `db[l]`, η the learning rate, t the number of
/// the step, from 1 on.
///
/// | algorithm | its moments, 0 at first | its step | the course's letters = ours |
/// |---|---|---|---|
/// | gradient descent | | w ← w - η g | α = η |
/// | momentum | v ← μ v + g | w ← w - η v | β = μ, V = (1-μ) v, α = η/(1-μ) |
/// | Nesterov's momentum | v ← μ v + g | w ← w - η (g + μ v) | |
/// | RMSProp | v ← β₂ v + (1-β₂) g² | w ← w - η g / (√v + ε) | α = η, S = v |
/// | Adam | m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g² | w ← w - η m̂ / (√v̂ + ε) | α = η, V = our m, S = v |
///
/// Adam's m̂ is m / (1-β₁ᵗ), and its v̂ is v / (1-β₂ᵗ).
///
/// First comes clipping, g ← f g (see [`Optimiser::clip_norm`]), then decay, g ← g + λ w (L2, where λ is the course's λ/m) or
/// w ← w - η λ w (decoupled), then the step of the table. `optimiser/tensor_steps.rs` finds f, and η and λ of each W and b;
/// `kernels/src/update.rs` has the loops.
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
        /// β₂, PyTorch's α.
        alpha: f64,
        /// ε.
        eps: f64,
    },
    /// Adam.
    Adam(Adam),
}

/// An optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimiser {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Weight decay.
    pub decay: Decay,
    /// The bound on the Euclidean norm of all dW and db together: g ← f g, f = min(1, clip_norm / (norm + 10⁻⁶)). `None`: no clipping.
    pub clip_norm: Option<f64>,
}

impl Optimiser {
    /// Gradient descent without decay or clipping.
    pub const DESCENT: Optimiser = Optimiser { algorithm: Algorithm::Descent, decay: Decay::NONE, clip_norm: None };

    /// Adam with its authors' constants.
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

    /// Asserts that its constants are in their ranges: μ, α and β in \[0, 1), ε and λ finite and at least 0, the bound on the norm above 0.
    #[track_caller]
    pub(crate) fn check(&self) {
        let share =
            |name: &str, value: f64| assert!((0.0..1.0).contains(&value), "{name} is {value}: it must be in [0, 1)");
        let size = |name: &str, value: f64| {
            assert!(value >= 0.0 && value.is_finite(), "{name} is {value}: it must be finite and at least 0");
        };
        match self.algorithm {
            Algorithm::Descent => {}
            Algorithm::Momentum { momentum, .. } => share("momentum", momentum),
            Algorithm::RmsProp { alpha, eps } => {
                share("alpha", alpha);
                size("eps", eps);
            }
            Algorithm::Adam(Adam { beta_1, beta_2, eps }) => {
                share("beta_1", beta_1);
                share("beta_2", beta_2);
                size("eps", eps);
            }
        }
        size("lambda", self.decay.lambda);
        assert!(self.clip_norm.is_none_or(|norm| norm > 0.0), "clip_norm is {:?}: it must be above 0", self.clip_norm);
    }

    /// Returns whether a step without clipping is linear in w, g and the moments. `fast/` and muP's rates depend on it.
    pub fn is_linear(&self) -> bool {
        matches!(self.algorithm, Algorithm::Descent | Algorithm::Momentum { .. })
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
    /// The factors of η for W and b of each layer.
    rates: Vec<LayerRate>,
    /// The moments of each layer's W and b.
    pub(crate) moments: Vec<[Moments<R>; 2]>,
    /// t, the number of steps so far.
    pub(crate) steps: usize,
}

impl<R: Real> OptimiserState<R> {
    /// Makes the state before the first step of `chain`.
    ///
    /// # Panics
    /// If a constant of the optimiser is out of its range, or `chain.rates` has factors for another number of layers.
    #[track_caller]
    pub fn new(optimiser: Optimiser, chain: &Chain<R>) -> Self {
        optimiser.check();
        let count = optimiser.moment_count();
        // Moments have W's shape; those of b are one row.
        let moments = |layer: &Layer<R>| [layer.w.dim(), (1, layer.n_out())].map(|dim| Moments::new(count, dim));
        OptimiserState {
            optimiser,
            rates: optimiser.rates_of(chain),
            moments: chain.layers.iter().map(moments).collect(),
            steps: 0,
        }
    }

    /// Makes one step of all W and b of `chain` from their `gradients`, at the learning rate η.
    ///
    /// # Panics
    /// If shapes don't fit, or the number of layers differs from that in [`OptimiserState::new`].
    #[track_caller]
    pub fn step(&mut self, chain: &mut Chain<R>, gradients: &[Gradient<R>], learning_rate: f64) {
        assert_eq!((chain.layers.len(), gradients.len()), (self.rates.len(), self.rates.len()), "one for each layer");
        // t += 1. `step` holds t, f and η. The norm is computed only if `clip_norm` is set.
        let step = self.begin_step(learning_rate, || Gradient::norm(gradients));
        let algorithm = self.optimiser.algorithm;
        for (i, (layer, gradient)) in chain.layers.iter_mut().zip(gradients).enumerate() {
            let [w_step, b_step] = self.tensor_steps(i, step); // with W's and b's own η and λ
            let [w_moments, b_moments] = &mut self.moments[i];
            algorithm.apply(w_step, layer.w.view_mut(), gradient.dw.view(), w_moments);
            algorithm.apply(b_step, row_mut(&mut layer.b), row(&gradient.db), b_moments);
        }
    }

    /// Returns whether all moments are finite.
    pub(crate) fn has_finite_moments(&self) -> bool {
        self.moments.iter().flatten().all(Moments::are_finite)
    }
}

impl Algorithm {
    /// Updates w as in the table. For `fast/dual.rs`, w may be f64 and g f32.
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
