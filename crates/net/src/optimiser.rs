//! How parameters follow their gradients. The equations of each step stand in `kernels`.

use kernels::{Adam, Real, Step, adam_step, gradient_step, momentum_step, rmsprop_step};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::LayerRate;

/// The rule of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Gradient descent.
    Descent,
    /// Gradient descent with momentum μ: the heavy ball, or Nesterov's.
    Momentum {
        /// μ.
        momentum: f64,
        /// Whether the step looks ahead.
        nesterov: bool,
    },
    /// RMSProp.
    RmsProp {
        /// α, of the running mean of g².
        alpha: f64,
        /// ε.
        eps: f64,
    },
    /// Adam.
    Adam(Adam),
}

/// Weight decay λ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// λ; 0 for none.
    pub factor: f64,
    /// Whether the parameters themselves shrink by η λ a step (AdamW's way), or λ w is added to the gradient (L2: the
    /// gradient of λ/2 |w|²).
    pub decoupled: bool,
    /// Whether biases decay too (PyTorch's way), or weights alone (scikit-learn's way).
    pub biases: bool,
}

/// An optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimiser {
    /// The rule.
    pub rule: Rule,
    /// Weight decay.
    pub decay: Decay,
    /// The whole gradient of a net is scaled down to this Euclidean norm where it is longer (Pascanu et al., ICML 2013), by
    /// c / (norm + 10⁻⁶) as in PyTorch's `clip_grad_norm_`.
    pub clip_norm: Option<f64>,
}

impl Optimiser {
    /// Gradient descent without decay or clipping.
    pub const DESCENT: Optimiser = Optimiser {
        rule: Rule::Descent,
        decay: Decay { factor: 0.0, decoupled: false, biases: true },
        clip_norm: None,
    };

    /// Whether a step is a linear function of the parameters, their gradient and what is remembered of them, with the same
    /// numbers for every element of a tensor: then it commutes with every change of coordinates, and the reduced and the
    /// dual engine are exact.
    pub fn is_linear(&self) -> bool {
        matches!(self.rule, Rule::Descent | Rule::Momentum { .. })
    }

    /// Whether a step is W -= η dW and nothing else, which one product does without a dW of its own: W += (-η/m) dz aᵀ.
    pub(crate) fn is_plain(&self) -> bool {
        self.rule == Rule::Descent && self.decay.factor == 0.0 && self.clip_norm.is_none()
    }

    /// What a gradient of Euclidean norm `norm` is multiplied by.
    pub(crate) fn clip_factor(&self, norm: f64) -> f64 {
        self.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm + 1e-6)))
    }

    /// Arrays that the rule remembers of each array of parameters.
    pub fn memories(&self) -> usize {
        match self.rule {
            Rule::Descent => 0,
            Rule::Momentum { .. } | Rule::RmsProp { .. } => 1,
            Rule::Adam(_) => 2,
        }
    }
}

/// One step of an optimiser: the same for all arrays of a net but for [`LayerRate`] and the decay of biases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    pub(crate) optimiser: Optimiser,
    /// η of this step.
    pub(crate) rate: f64,
    /// From clipping.
    pub(crate) factor: f64,
    /// The steps made before this one.
    pub(crate) iteration: usize,
}

impl Update {
    /// Of the weights of a layer.
    pub(crate) fn of_weights(self, rate: LayerRate) -> Rated {
        self.rated(rate.w, self.optimiser.decay.factor)
    }

    /// Of its bias.
    pub(crate) fn of_bias(self, rate: LayerRate) -> Rated {
        let Decay { factor, biases, .. } = self.optimiser.decay;
        self.rated(rate.b, if biases { factor } else { 0.0 })
    }

    fn rated(self, by: f64, decay: f64) -> Rated {
        // The product of rate and decay stays what it is, as in muP's own optimisers.
        let (rate, decay) = (self.rate * by, decay / by);
        let (l2, keep) = if self.optimiser.decay.decoupled { (0.0, 1.0 - rate * decay) } else { (decay, 1.0) };
        let step = Step { rate, factor: self.factor, l2, keep };
        Rated { rule: self.optimiser.rule, step, t: self.iteration + 1 }
    }
}

/// An update with everything that one array of parameters needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rated {
    rule: Rule,
    step: Step,
    t: usize,
}

impl Rated {
    /// The parameters `w`, with their gradient `g`, take the step.
    pub(crate) fn apply<R: Real>(self, w: ArrayViewMut2<R>, g: ArrayView2<R>, memory: &mut Memory<R>) {
        match (self.rule, memory.0.as_mut_slice()) {
            (Rule::RmsProp { alpha, eps }, [v]) => rmsprop_step(self.step, alpha, eps, w, g, v.view_mut()),
            (Rule::Adam(adam), [m, v]) => adam_step(self.step, adam, self.t, w, g, [m.view_mut(), v.view_mut()]),
            _ => self.apply_linear(w, g, memory),
        }
    }

    /// As [`Rated::apply`], for the linear rules alone; the gradient may be of another element type.
    ///
    /// # Panics
    /// If the rule isn't linear.
    pub(crate) fn apply_linear<R: Real, G: Real>(self, w: ArrayViewMut2<R>, g: ArrayView2<G>, memory: &mut Memory<R>) {
        match (self.rule, memory.0.as_mut_slice()) {
            (Rule::Descent, []) => gradient_step(self.step, w, g),
            (Rule::Momentum { momentum, nesterov }, [v]) => {
                momentum_step(self.step, momentum, nesterov, w, g, v.view_mut());
            }
            (rule, memories) => panic!("{rule:?} is not linear, or remembers other than {} arrays", memories.len()),
        }
    }
}

/// What an optimiser remembers of one array of parameters: zeros at the start.
#[derive(Clone, Debug)]
pub(crate) struct Memory<R>(Vec<Array2<R>>);

impl<R: Real> Memory<R> {
    pub(crate) fn new(optimiser: &Optimiser, dim: (usize, usize)) -> Self {
        Memory(vec![Array2::zeros(dim); optimiser.memories()])
    }
}

/// A bias as a matrix of one row.
pub(crate) fn row<R>(b: &mut ndarray::Array1<R>) -> ArrayViewMut2<'_, R> {
    b.view_mut().insert_axis(Axis(0))
}
