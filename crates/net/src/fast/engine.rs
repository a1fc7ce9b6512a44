//! Three exact ways to train the first layer, and the choice of the cheapest.
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

use crate::fast::chunks::chunk_sizes;
use crate::fast::direct::DirectProfile;
use crate::fast::dual::DualProfile;
use crate::fast::gram::GramSpace;
use crate::fast::profile::{DataSizes, ProductCall, Profile, StackedStep};
use crate::fast::reduced::ReducedProfile;
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

/// The sizes that the operations of one net's first layer depend on.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// `n[0]`.
    pub features: usize,
    /// m, the number of training examples.
    pub examples: usize,
    /// The number of examples of a step; m for full batches.
    pub batch: usize,
    /// `n[1]`, the number of rows of W.
    pub rows: usize,
    /// The number of steps.
    pub iterations: usize,
}

impl Workload {
    fn data(&self, rank: usize) -> DataSizes {
        DataSizes { features: self.features, train: self.examples, test: 0, validation: 0, rank }
    }
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
    /// products within the range of `R`, and the reduced one examples whose sizes |x| differ by at most a factor of 10⁶.
    pub fn is_exact_on<R: Real>(self, space: &GramSpace) -> bool {
        match self {
            Engine::Direct => true,
            Engine::Reduced => space.in_range::<R>() && space.is_even(),
            Engine::Dual => space.in_range::<R>(),
        }
    }

    fn profile(self) -> &'static dyn Profile {
        match self {
            Engine::Direct => &DirectProfile,
            Engine::Reduced => &ReducedProfile,
            Engine::Dual => &DualProfile,
        }
    }

    /// Returns whether it computes the same training as [`Engine::Direct`], except for rounding: the others need a linear optimiser
    /// ([`Optimiser::is_linear`]), and the dual engine needs full batches.
    pub fn is_exact_for(self, optimiser: &Optimiser, full_batch: bool) -> bool {
        self.profile().is_exact_for(optimiser, full_batch)
    }

    /// Counts the floating-point operations of the first layer in one step, for X of the given rank.
    pub fn flops_per_step(self, workload: Workload, rank: usize) -> f64 {
        self.profile().flops_per_step(&workload.data(rank)) * workload.rows as f64 * workload.batch as f64
    }

    /// Counts the floating-point operations before the first step: those for W(0) X, and for G or the factors of X.
    pub fn flops_before(self, workload: Workload) -> f64 {
        self.profile().flops_before(&workload.data(0), workload.rows)
    }

    /// Returns the number of columns of W in its coordinates: `n[0]`, r or m.
    pub fn columns(self, data: &DataSizes) -> usize {
        self.profile().columns(data)
    }

    /// Counts the elements of its input matrix, X, R or G, in the element type of the nets.
    pub fn input_elements(self, data: &DataSizes) -> f64 {
        self.profile().input_elements(data)
    }

    /// Counts the bytes that a row of W takes in training with so many `copies` of the parameters, for elements of `element` bytes.
    pub fn bytes_per_row(self, data: &DataSizes, copies: f64, element: usize) -> f64 {
        self.profile().bytes_per_row(data, copies, element as f64)
    }

    /// Lists the product calls that the stacked first layers make in a step.
    pub fn step_calls(self, data: &DataSizes, step: StackedStep) -> Vec<ProductCall> {
        self.profile().step_calls(data, step)
    }

    /// Lists the product calls that one net with `rows` rows of W makes in its first layer when it is evaluated on all examples, or its z is
    /// computed anew.
    pub fn evaluation_calls(self, data: &DataSizes, rows: usize, column_major: bool) -> Vec<ProductCall> {
        let wx_calls = |all, held_out| {
            chunk_sizes(all)
                .flat_map(move |examples| self.profile().wx_calls(data, rows, examples, held_out, column_major))
        };
        let held_out = [data.test, data.validation].into_iter().flat_map(|all| wx_calls(all, true));
        held_out.chain(wx_calls(data.train, false)).chain(self.profile().refresh_calls(data, rows)).collect()
    }

    /// Returns the best number of rows for the stacked first layers of a fleet, for elements of `bytes` bytes.
    ///
    /// The matrix that all of them are multiplied by (X, R or G) is read again at each step. Where it stays in a core's
    /// cache, products of 20 rows are as fast as any, and more nets only push each other's activations out of it: in
    /// fleets of 64 a net's step took 30% longer than in fleets of 1 (`cargo bench --bench training_step`). Where it
    /// comes from memory, it should come for many rows at once: with 320 rows a net's step takes 0.6 of the time that it takes with 20.
    /// Mini-batches are gathered anew at each step, or come from memory, and so should serve many rows too: in a fleet of four nets of 128
    /// rows, a net's step took 0.9 of the time that it takes alone if batches are shuffled, 0.98 if they aren't.
    pub fn rows_per_fleet(self, workload: Workload, bytes: usize) -> usize {
        let Workload { features, examples, batch, .. } = workload;
        if batch < examples {
            return 512;
        }
        let n_in = self.columns(&workload.data(features.min(examples)));
        if n_in * examples * bytes <= 512 * 1024 { 20 } else { 320 }
    }

    /// Returns the exact engine with the fewest operations for one net that `optimiser` trains.
    ///
    /// `rank` computes the rank of X. It is called only if the reduced engine could be the cheapest and the rank, by the singular values of
    /// X's smaller Gram matrix, costs less than a tenth of the training. On full batches the reduced engine can be the cheapest only if the
    /// rank is below both sides of X.
    pub fn cheapest(workload: Workload, optimiser: &Optimiser, rank: impl FnOnce() -> usize) -> Engine {
        let is_exact = |engine: Engine| engine.is_exact_for(optimiser, workload.batch == workload.examples);
        let total = |engine: Engine, rank: usize| {
            engine.flops_before(workload) + workload.iterations as f64 * engine.flops_per_step(workload, rank)
        };
        let full = workload.features.min(workload.examples);
        let dual_is_cheaper = is_exact(Engine::Dual) && total(Engine::Dual, full) < total(Engine::Direct, full);
        let unreduced = if dual_is_cheaper { Engine::Dual } else { Engine::Direct };
        let flops = total(unreduced, full);
        let may_be_reduced = is_exact(Engine::Reduced)
            && flops_of_rank(workload, unreduced) <= flops / 10.0
            && total(Engine::Reduced, 1) < flops;
        if may_be_reduced && total(Engine::Reduced, rank()) < flops { Engine::Reduced } else { unreduced }
    }
}

/// Counts the operations for the rank of X, beyond those that `engine` needs anyway.
fn flops_of_rank(Workload { features, examples, .. }: Workload, engine: Engine) -> f64 {
    let (n0, m) = (features as f64, examples as f64);
    let least = n0.min(m);
    let has_gram = engine == Engine::Dual && m <= n0;
    8.0 / 3.0 * least.powi(3) + if has_gram { 0.0 } else { 2.0 * n0 * m * least }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimiser::Algorithm;

    fn cheapest(features: usize, examples: usize, iterations: usize, rank: usize) -> Engine {
        let workload = Workload { features, examples, batch: examples, rows: 20, iterations };
        Engine::cheapest(workload, &Optimiser::DESCENT, || rank)
    }

    #[test]
    fn mini_batches_of_few_examples_are_trained_in_their_space_and_adam_always_directly() {
        let workload = Workload { features: 12_288, examples: 209, batch: 32, rows: 20, iterations: 10_000 };
        assert_eq!(Engine::cheapest(workload, &Optimiser::DESCENT, || 209), Engine::Reduced);
        let adam = Optimiser {
            algorithm: Algorithm::Adam(kernels::Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 }),
            ..Optimiser::DESCENT
        };
        for batch in [32, 209] {
            let workload = Workload { batch, ..workload };
            assert_eq!(Engine::cheapest(workload, &adam, || panic!("in vain")), Engine::Direct);
        }
    }

    #[test]
    fn the_cat_pictures_are_trained_by_their_inner_products() {
        assert_eq!(cheapest(12_288, 209, 2500, 209), Engine::Dual);
        let workload = Workload { features: 12_288, examples: 209, batch: 209, rows: 20, iterations: 1 };
        let gain = Engine::Direct.flops_per_step(workload, 209) / Engine::Dual.flops_per_step(workload, 209);
        assert!((gain - 2.0 * 12_288.0 / 209.0).abs() < 1e-9, "{gain}");
    }

    #[test]
    fn a_few_steps_do_not_repay_the_inner_products() {
        assert_eq!(cheapest(12_288, 209, 1, 209), Engine::Direct);
    }

    #[test]
    fn many_examples_of_few_features_are_trained_directly_unless_their_rank_is_low() {
        assert_eq!(cheapest(20, 10_000, 1000, 20), Engine::Direct);
        assert_eq!(cheapest(20, 10_000, 1000, 3), Engine::Reduced);
    }

    #[test]
    fn a_rank_below_half_of_the_examples_makes_the_reduced_engine_the_cheapest() {
        assert_eq!(cheapest(12_288, 209, 100_000, 150), Engine::Dual);
        assert_eq!(cheapest(12_288, 209, 100_000, 60), Engine::Reduced);
    }

    #[test]
    fn the_rank_is_not_looked_for_where_that_costs_more_than_it_can_save() {
        let workload = Workload { features: 3072, examples: 5000, batch: 5000, rows: 200, iterations: 4 };
        assert_eq!(Engine::cheapest(workload, &Optimiser::DESCENT, || panic!("too dear")), Engine::Direct);
    }

    #[test]
    fn the_operations_are_counted() {
        let workload = Workload { features: 10, examples: 4, batch: 4, rows: 3, iterations: 1 };
        let before = Engine::ALL.map(|(_, engine)| engine.flops_before(workload));
        assert_eq!(before, [0.0, 240.0 + 320.0 + 12.0 * 64.0, 240.0 + 320.0]);
    }

    #[test]
    fn the_rank_is_looked_for_where_that_costs_a_two_hundredth_or_comes_with_the_inner_products() {
        assert_eq!(cheapest(20, 10_000, 100, 3), Engine::Reduced);
        assert_eq!(cheapest(12_288, 209, 2500, 60), Engine::Reduced);
    }

    #[test]
    fn the_rank_is_not_looked_for_where_the_reduced_engine_cannot_be_the_cheapest() {
        let workload = Workload { features: 1, examples: 1000, batch: 1000, rows: 20, iterations: 1000 };
        assert_eq!(Engine::cheapest(workload, &Optimiser::DESCENT, || panic!("in vain")), Engine::Direct);
    }

    #[test]
    fn fleets_are_small_where_their_matrix_stays_in_cache() {
        let cats = Workload { features: 12_288, examples: 209, batch: 209, rows: 20, iterations: 1 };
        let rows = |workload| Engine::ALL.map(|(_, engine)| engine.rows_per_fleet(workload, 4));
        assert_eq!(rows(cats), [320, 20, 20]);
        let one_of = |features| rows(Workload { features, examples: 1, batch: 1, ..cats })[0];
        assert_eq!([131_072, 131_073].map(one_of), [20, 320]);
        assert_eq!(rows(Workload { batch: 208, ..cats }), [512; 3]);
    }
}
