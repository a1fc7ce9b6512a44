//! Three exact ways to train the first layer.
//!
//! Every gradient dW = (1/m) dz Xᵀ of W = W\[1\] lies in the span of the examples, so that after t steps of gradient descent
//! W(t) = W(0) + T(t) Xᵀ, with T n\[1\] × m. Hence W need not be kept in its `n[0]` columns:
//!
//! | engine | keeps | z - b | its gradient | flops per step and row of W |
//! |---|---|---|---|---|
//! | direct | W | W X | (1/m) dz Xᵀ | 4 n\[0\] m |
//! | reduced, X = Q R | D, where W = W(0) + D Qᵀ | W(0) X + D R | (1/m) dz Rᵀ | 4 r m |
//! | dual, G = XᵀX | P = W X, and T | P | (1/m) dz G, and (1/m) dz | 2 m² |
//!
//! with r = rank X. All three are the same training, except for rounding, with every linear optimiser: if W and dW are multiplied by the
//! same matrix, so is its step. Momentum and weight decay act on D, P and T as they do on W, and W(0) gets a factor c that decays. The norm
//! of dW, for clipping, is computed from its coordinates. A mini-batch takes the columns of R that belong to its examples.
//!
//! In f32, rounding differs where features lie far from 0: the dual engine takes the norm of dW from <dT, dT G>, whose terms all but cancel
//! where their means are large beside their deviations. At means of 1000 deviations that norm, by which clipping scales, was off by 4%
//! (`docs/engines.md`).
//!
//! Sources: Hastie and Tibshirani, Biostatistics 5(3), 2004 (the reduced space); Wadia et al., ICML 2021 (the dual).

use kernels::Real;

use crate::fast::gram::GramSpace;
use crate::optimiser::Optimiser;

/// A way to train the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// By the products W X and dz Xᵀ over all features.
    Direct,
    /// In the coordinates of an orthonormal basis of the examples.
    Reduced,
    /// By the inner products of the examples.
    Dual,
}

impl Engine {
    /// Every engine with its name in experiments.
    pub const ALL: [(&'static str, Engine); 3] =
        [("direct", Engine::Direct), ("reduced", Engine::Reduced), ("dual", Engine::Dual)];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, engine)| *engine == self).map_or("", |(name, _)| name)
    }

    /// Returns whether it computes the training of [`Engine::Direct`] in `R` on these examples, except for rounding: the others need inner
    /// products within the range of `R`, and the reduced one examples whose sizes |x| differ by at most a factor of 10⁶, and no more than 26,753
    /// of them, or of their features.
    pub fn is_exact_on<R: Real>(self, space: &GramSpace) -> bool {
        match self {
            Engine::Direct => true,
            Engine::Reduced => space.in_range::<R>() && space.is_even() && space.has_factors(),
            Engine::Dual => space.in_range::<R>(),
        }
    }

    /// Returns whether it computes the same training as [`Engine::Direct`], except for rounding: the others need a linear optimiser
    /// ([`Optimiser::is_linear`]), and the dual engine needs full batches.
    pub fn is_exact_for(self, optimiser: &Optimiser, full_batch: bool) -> bool {
        match self {
            Engine::Direct => true,
            Engine::Reduced => optimiser.is_linear(),
            Engine::Dual => optimiser.is_linear() && full_batch,
        }
    }
}
