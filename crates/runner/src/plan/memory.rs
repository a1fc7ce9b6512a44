//! The memory that a sweep will need: the data, the shared first layers, and the fleets in training.

use net::{Engine, Scheme, chunk_sizes};

use super::Plan;
use super::trial::Trial;
use crate::spec::data::DataShape;
use crate::spec::rungs::RungSize;
use crate::spec::trial::Dtype;

/// The bytes that OpenBLAS 0.3 maps for each calling thread to pack its operands; no other library takes more.
const OPENBLAS_BUFFER: f64 = 128.0 * 1024.0 * 1024.0;

/// The most bytes of the initial first layers that are kept for further trials, see [`crate::run::first_layers`].
pub(crate) const FIRST_LAYER_BYTES: usize = 16 << 20;

const F64: f64 = 8.0;

impl Plan {
    /// Estimates the bytes that a trial holds while its fleet is trained: the engine's form of the first layer;
    /// parameters, gradients and moments of the others; z, a and dz of a batch, with room for two more matrices of their
    /// size; the masks of dropout, and a after them; z and a of the examples that are evaluated at once; the draw of the
    /// largest layer in f64; and the history.
    pub fn bytes(&self, trial: &Trial) -> f64 {
        let Trial { config, engine, .. } = trial;
        let (widths, element) = (self.widths(config), config.dtype.bytes() as f64);
        let rows = widths[1] as f64;
        let units: f64 = widths[1..].iter().map(|&n| n as f64).sum();
        let at_once = |examples| chunk_sizes(examples).max().unwrap_or(0) as f64;
        let batch = config.batches(self.data.train).size() as f64;
        let dropout = if config.dropout.is_empty() { 0.0 } else { 2.0 };
        let evaluated = at_once(self.data.train).max(at_once(self.data.held_out()));
        let activations = units * ((5.0 + dropout) * batch + 2.0 * evaluated) * element;
        let upper: f64 = widths[1..].windows(2).map(|n| (n[0] as f64 + 1.0) * n[1] as f64).sum();
        // Parameters, gradients, the optimiser's moments, and the best parameters.
        let copies_kept = (2 + config.optimiser.moment_count() + usize::from(config.stopping.restore_best)) as f64;
        let first = engine.bytes_per_row(&self.data_sizes(), copies_kept, config.dtype.bytes() as usize);
        // LAPACK's QR works on copies.
        let copies = if matches!(config.initialisation.scheme, Scheme::Orthogonal { .. }) { 5.0 } else { 1.0 };
        let largest_draw = widths.windows(2).map(|n| n[0] as f64 * n[1] as f64).fold(0.0, f64::max) * F64 * copies;
        rows * first + copies_kept * upper * element + activations + largest_draw + self.history_bytes(trial)
    }

    /// Estimates the bytes of a trial's history.
    fn history_bytes(&self, Trial { config, .. }: &Trial) -> f64 {
        let records = config.iterations(self.data.train).div_ceil(config.record_every) as f64 + 1.0;
        let columns: usize = config.metrics.iter().map(|metric| metric.columns(config.hidden.len() + 1).len()).sum();
        (16.0 + F64 * columns as f64) * records
    }

    /// Estimates the bytes of the data in all forms that the fleets use.
    fn data_bytes(&self) -> f64 {
        let DataShape { features, train, .. } = self.data;
        let (features, train, both) = (features as f64, train as f64, (train + self.data.held_out()) as f64);
        let labels_and_inputs = |dtype: Dtype| -> f64 {
            let elements: f64 = self
                .input_forms(dtype)
                .into_iter()
                .map(|form| form.engine.input_elements(&self.data_sizes()) + both)
                .sum();
            elements * dtype.bytes() as f64
        };
        let inputs: f64 = self.dtypes().into_iter().map(labels_and_inputs).sum();
        let has = |engine| self.own_trials().any(|trial| trial.engine == engine);
        let [reduces, is_dual] = [Engine::Reduced, Engine::Dual].map(has);
        let x = if reduces || is_dual { features * both } else { 0.0 };
        // Also the rank of a wide X comes from the inner products.
        let products = if is_dual || reduces && train <= features { train * both } else { 0.0 };
        // R, S⁻¹ Vᵀ and QᵀX_h; they are made from a copy of X, and then from Q.
        let rank = self.rank as f64;
        let factors = if reduces { features * train + rank * (2.0 * both + features) } else { 0.0 };
        inputs + (x + products + factors) * F64
    }

    /// Estimates the bytes of a fleet in training.
    fn fleet_bytes(&self, fleet: &[usize]) -> f64 {
        self.trials_of(fleet).map(|trial| self.bytes(trial)).sum()
    }

    /// Estimates the bytes of the sweep while `jobs` of its largest fleets are trained by `threads` threads each. The
    /// total number of fleets doesn't matter.
    pub fn peak_bytes(&self, jobs: usize, threads: usize) -> f64 {
        let largest = self.largest_fleet().map_or(0.0, |fleet| self.fleet_bytes(fleet));
        self.data_bytes() + FIRST_LAYER_BYTES as f64 + (largest + OPENBLAS_BUFFER * threads as f64) * jobs as f64
    }

    /// Estimates which of these bytes are for histories.
    pub fn peak_history_bytes(&self, jobs: usize) -> f64 {
        let of_fleet = |fleet: &Vec<usize>| self.trials_of(fleet).map(|trial| self.history_bytes(trial)).sum();
        jobs as f64 * self.largest_fleet().map_or(0.0, of_fleet)
    }

    /// Makes the plan of a rung above this one, as if it had the trials that need the most memory, of whichever fleet: as many as that rung
    /// has.
    #[must_use]
    pub fn largest_of(&self, rung: RungSize) -> Self {
        let mut plan = self.clone();
        plan.trials.iter_mut().for_each(|trial| trial.config.length = rung.length);
        let costliest = |fleet: &Vec<usize>| {
            let mut fleet = fleet.clone();
            fleet.sort_by(|&a, &b| plan.bytes(&plan.trials[b]).total_cmp(&plan.bytes(&plan.trials[a])));
            fleet.truncate(rung.trials);
            fleet
        };
        let fleets = plan.fleets.iter().map(costliest).collect();
        plan.set_fleets(fleets);
        plan
    }

    fn largest_fleet(&self) -> Option<&Vec<usize>> {
        self.fleets.iter().max_by(|a, b| self.fleet_bytes(a).total_cmp(&self.fleet_bytes(b)))
    }
}
