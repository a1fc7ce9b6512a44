//! The progress of the fleets in training: workers write it at each step, and the display of progress reads it now and then.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use net::HistoryPoint;

use crate::plan::Plan;
use crate::plan::trial::Trial;

/// The fleets that train at the moment.
#[derive(Clone, Default)]
pub struct RunningFleets(Arc<Mutex<Vec<Arc<RunningFleet>>>>);

/// A fleet that trains.
pub struct RunningFleet {
    /// The ids of its trials.
    pub trials: Vec<String>,
    /// The first of them, in words.
    pub label: String,
    /// The updates that it is to make.
    pub iterations: usize,
    /// The operations of all its updates.
    pub flops: f64,
    steps: AtomicUsize,
    /// The updates that earlier runs had made, once the first step has begun.
    before: AtomicUsize,
    /// The bits of the last recorded cost of its first net; those of NaN before there is one.
    cost: AtomicU64,
}

/// The entry of a fleet, for as long as it trains.
pub(super) struct RunningGuard {
    all: RunningFleets,
    running: Arc<RunningFleet>,
}

impl RunningFleets {
    /// Lists the fleets that train at the moment.
    pub fn list(&self) -> Vec<Arc<RunningFleet>> {
        self.lock().clone()
    }

    /// Enters the fleet of `trials`.
    pub(super) fn enter(&self, plan: &Plan, trials: &[&Trial]) -> RunningGuard {
        let running = Arc::new(RunningFleet {
            trials: trials.iter().map(|trial| trial.id.clone()).collect(),
            label: plan.label(trials[0]),
            iterations: trials.iter().map(|trial| plan.iterations(trial)).max().unwrap_or(0),
            flops: trials.iter().map(|trial| plan.flops(trial)).sum(),
            steps: AtomicUsize::new(0),
            before: AtomicUsize::new(usize::MAX),
            cost: AtomicU64::new(f64::NAN.to_bits()),
        });
        self.lock().push(Arc::clone(&running));
        RunningGuard { all: self.clone(), running }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<RunningFleet>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningFleet {
    /// Counts the updates made, of [`RunningFleet::iterations`].
    pub fn iteration(&self) -> usize {
        self.steps.load(Ordering::Relaxed).min(self.iterations)
    }

    /// Returns the last recorded cost of its first net; `None` before there is a finite one.
    pub fn cost(&self) -> Option<f64> {
        Some(f64::from_bits(self.cost.load(Ordering::Relaxed))).filter(|cost| cost.is_finite())
    }

    /// Counts the operations done so far.
    pub fn flops_done(&self) -> f64 {
        self.flops_until(self.iteration())
    }

    /// Counts those of them that earlier runs had done.
    pub fn flops_before(&self) -> f64 {
        self.flops_until(self.iteration().min(self.before.load(Ordering::Relaxed)))
    }

    fn step(&self, iteration: usize, latest: Option<HistoryPoint>) {
        self.before.fetch_min(iteration, Ordering::Relaxed);
        self.steps.store(iteration + 1, Ordering::Relaxed);
        if let Some(HistoryPoint { cost, .. }) = latest {
            self.cost.store(cost.to_bits(), Ordering::Relaxed);
        }
    }

    fn flops_until(&self, iteration: usize) -> f64 {
        self.flops * iteration as f64 / self.iterations.max(1) as f64
    }
}

impl RunningGuard {
    /// Enters that the step `iteration` begins, with the last recorded cost of the first net.
    pub(super) fn step(&self, iteration: usize, latest: Option<HistoryPoint>) {
        self.running.step(iteration, latest);
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.all.lock().retain(|running| !Arc::ptr_eq(running, &self.running));
    }
}

#[cfg(test)]
impl RunningFleets {
    /// Enters a fleet that goes on from the update `before`, and begins its step `iteration`, for tests.
    pub(crate) fn resumed(flops: f64, iterations: usize, before: usize, iteration: usize) -> Self {
        let (fleets, id) = (RunningFleets::default(), "a".to_owned());
        let running = RunningFleet {
            trials: vec![id.clone()],
            label: id,
            iterations,
            flops,
            steps: AtomicUsize::new(0),
            before: AtomicUsize::new(usize::MAX),
            cost: AtomicU64::new(0),
        };
        [before, iteration].into_iter().for_each(|iteration| running.step(iteration, None));
        fleets.lock().push(Arc::new(running));
        fleets
    }
}
