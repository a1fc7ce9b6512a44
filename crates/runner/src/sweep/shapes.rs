//! The shapes that a sweep multiplies at: where the BLAS is checked before it is trusted.

use std::collections::BTreeSet;

use kernels::LayerShape;
use net::{Engine, evaluated_at_once};

use super::plan::{Plan, Trial};
use crate::experiment::trial::Dtype;

impl Plan {
    /// Every layer shape that the fleets multiply at, in training and when they are evaluated, as they begin: where nets
    /// leave a fleet, it goes on with fewer rows.
    pub fn layer_shapes(&self) -> BTreeSet<(Dtype, LayerShape)> {
        let mut shapes = BTreeSet::new();
        for fleet in &self.fleets {
            let first = &self.trials[fleet[0]];
            let n_out = fleet.iter().map(|&trial| self.widths(&self.trials[trial].config)[1]).sum();
            let n_in = self.columns(first.engine);
            shapes.extend(self.steps(first).map(|examples| (first.config.dtype, LayerShape { n_out, n_in, examples })));
        }
        for trial in &self.trials {
            self.first_layer_alone(trial, &mut shapes);
            let sets = [self.data.train, self.data.test, self.data.validation];
            let evaluated = sets.into_iter().flat_map(evaluated_at_once);
            for examples in self.steps(trial).chain(evaluated) {
                for n in self.widths(&trial.config)[1..].windows(2) {
                    shapes.insert((trial.config.dtype, LayerShape { n_out: n[1], n_in: n[0], examples }));
                }
            }
        }
        shapes
    }

    /// The numbers of examples that a trial's steps see.
    fn steps(&self, trial: &Trial) -> impl Iterator<Item = usize> {
        let batches = trial.config.batches(self.data.train);
        [batches.size(), batches.last_size()].into_iter()
    }

    /// Columns of what the first layers of an engine are multiplied by.
    pub(super) fn columns(&self, engine: Engine) -> usize {
        match engine {
            Engine::Direct => self.data.features,
            Engine::Reduced => self.rank(),
            Engine::Dual => self.data.train,
        }
    }

    /// What is multiplied net by net: W X and W X_h, T XᵀX_h, and T XᵀX and D S⁻¹ Vᵀ, the latter ones always in f64.
    fn first_layer_alone(&self, trial: &Trial, shapes: &mut BTreeSet<(Dtype, LayerShape)>) {
        let (dtype, train, features, rank) = (trial.config.dtype, self.data.train, self.data.features, self.rank());
        let n_out = self.widths(&trial.config)[1];
        let mut add = |dtype, n_in, examples| {
            shapes.insert((dtype, LayerShape { n_out, n_in, examples }));
        };
        for examples in [self.data.test, self.data.validation].into_iter().flat_map(evaluated_at_once) {
            match trial.engine {
                Engine::Direct => add(dtype, features, examples),
                Engine::Reduced | Engine::Dual => add(Dtype::F64, train, examples),
            }
        }
        for examples in evaluated_at_once(train) {
            match trial.engine {
                Engine::Direct => add(dtype, features, examples),
                Engine::Reduced => add(dtype, rank, examples),
                Engine::Dual => {}
            }
        }
        match trial.engine {
            Engine::Direct => {}
            Engine::Reduced => add(Dtype::F64, rank, train),
            Engine::Dual => add(Dtype::F64, train, train),
        }
    }
}
