//! The choice of the cheapest engine, and of the size of its fleets.

use crate::fast::engine::Engine;
use crate::fast::profile::Workload;
use crate::optimiser::Optimiser;

impl Engine {
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

    /// Returns the exact engine with the fewest operations for one net that `optimiser` trains. `is_exact_on` returns whether an engine is
    /// exact on the examples ([`Engine::is_exact_on`]); it is asked only about an engine that could be the cheapest, never about the direct
    /// one.
    ///
    /// `rank` computes the rank of X. It is called only if the reduced engine could be the cheapest and the rank, by the singular values of
    /// X's smaller Gram matrix, costs less than a tenth of the training. On full batches the reduced engine can be the cheapest only if the
    /// rank is below both sides of X, or the dual engine is not exact.
    ///
    /// # Errors
    /// That of `rank`.
    pub fn cheapest<E>(
        workload: Workload,
        optimiser: &Optimiser,
        mut is_exact_on: impl FnMut(Engine) -> bool,
        rank: impl FnOnce() -> Result<usize, E>,
    ) -> Result<Engine, E> {
        let is_exact = |engine: Engine| engine.is_exact_for(optimiser, workload.batch == workload.examples);
        let total = |engine: Engine, rank: usize| {
            engine.flops_before(workload) + workload.iterations as f64 * engine.flops_per_step(workload, rank)
        };
        let full = workload.features.min(workload.examples);
        let dual_is_cheaper = is_exact(Engine::Dual) && total(Engine::Dual, full) < total(Engine::Direct, full);
        let unreduced = if dual_is_cheaper && is_exact_on(Engine::Dual) { Engine::Dual } else { Engine::Direct };
        let flops = total(unreduced, full);
        let may_be_reduced = is_exact(Engine::Reduced)
            && flops_of_rank(workload, unreduced) <= flops / 10.0
            && total(Engine::Reduced, 1) < flops
            && is_exact_on(Engine::Reduced);
        Ok(if may_be_reduced && total(Engine::Reduced, rank()?) < flops { Engine::Reduced } else { unreduced })
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
    use std::convert::Infallible;

    use super::*;
    use crate::optimiser::Algorithm;

    fn cheapest(features: usize, examples: usize, iterations: usize, rank: usize) -> Engine {
        let workload = Workload { features, examples, batch: examples, rows: 20, iterations };
        cheapest_for(workload, &Optimiser::DESCENT, || rank)
    }

    fn cheapest_for(workload: Workload, optimiser: &Optimiser, rank: impl FnOnce() -> usize) -> Engine {
        Engine::cheapest::<Infallible>(workload, optimiser, |_| true, || Ok(rank())).unwrap()
    }

    #[test]
    fn an_engine_that_is_not_exact_on_the_examples_leaves_them_to_the_next_cheapest() {
        let cats = Workload { features: 12_288, examples: 209, batch: 209, rows: 20, iterations: 2500 };
        let without = |inexact: &[Engine], rank| {
            let is_exact_on = |engine| !inexact.contains(&engine);
            Engine::cheapest::<Infallible>(cats, &Optimiser::DESCENT, is_exact_on, || Ok(rank)).unwrap()
        };
        assert_eq!(without(&[Engine::Dual], 209), Engine::Reduced);
        assert_eq!(without(&[Engine::Reduced], 60), Engine::Dual);
        assert_eq!(without(&[Engine::Dual, Engine::Reduced], 60), Engine::Direct);
    }

    #[test]
    fn mini_batches_of_few_examples_are_trained_in_their_space_and_adam_always_directly() {
        let workload = Workload { features: 12_288, examples: 209, batch: 32, rows: 20, iterations: 10_000 };
        assert_eq!(cheapest_for(workload, &Optimiser::DESCENT, || 209), Engine::Reduced);
        let adam = Optimiser {
            algorithm: Algorithm::Adam(kernels::Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 }),
            ..Optimiser::DESCENT
        };
        for batch in [32, 209] {
            let workload = Workload { batch, ..workload };
            assert_eq!(cheapest_for(workload, &adam, || panic!("in vain")), Engine::Direct);
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
        assert_eq!(cheapest_for(workload, &Optimiser::DESCENT, || panic!("too dear")), Engine::Direct);
    }

    #[test]
    fn the_rank_is_looked_for_where_that_costs_a_two_hundredth_or_comes_with_the_inner_products() {
        assert_eq!(cheapest(20, 10_000, 100, 3), Engine::Reduced);
        assert_eq!(cheapest(12_288, 209, 2500, 60), Engine::Reduced);
    }

    #[test]
    fn the_rank_is_not_looked_for_where_the_reduced_engine_cannot_be_the_cheapest() {
        let workload = Workload { features: 1, examples: 1000, batch: 1000, rows: 20, iterations: 1000 };
        assert_eq!(cheapest_for(workload, &Optimiser::DESCENT, || panic!("in vain")), Engine::Direct);
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
