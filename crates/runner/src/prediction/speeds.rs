//! The speeds of a plan's fleets, measured for a moment on all workers at once, as in training.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kernels::with_subnormals_flushed;

use crate::plan::Plan;
use crate::plan::kinds::FleetKind;
use crate::run::fleet::endless;
use crate::run::inputs::Inputs;
use crate::run::untrusted::Untrusted;
use crate::run::workers::{NoThread, Workers};

/// The most kinds of fleets that are measured by their share of all operations; the smallest and the largest come on top.
const MOST_KINDS: usize = 10;
/// The most seconds in which steps are timed, over all kinds.
const STEPPING: f64 = 1.5;
/// The least number of steps that are timed of a kind, however long they take.
const LEAST_STEPS: usize = 2;

/// The speed of a kind of fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Speed {
    /// The kind.
    pub kind: FleetKind,
    /// The seconds of a step; `None` if all of its nets diverge at their initial parameters.
    pub step: Option<f64>,
    /// The seconds from a fleet's trials to its first step, if its first layers are drawn.
    pub cold_start: f64,
    /// The seconds to its first step if other fleets have drawn its first layers.
    pub warm_start: f64,
}

/// Measures the largest kinds of fleets of `plan`.
///
/// # Errors
/// If the BLAS computes a product that is inspected wrongly, or the system has no more threads.
///
/// # Panics
/// If `inputs` weren't made for the plan.
pub fn measure<E>(plan: &Plan, inputs: &Inputs, workers: &Workers) -> Result<Vec<Speed>, E>
where
    E: From<Untrusted> + From<NoThread>,
{
    let kinds = selected(plan.kinds());
    let slice = Duration::from_secs_f64(STEPPING / kinds.len().max(1) as f64);
    let measured = kinds.into_iter().map(|kind| {
        let timings = Mutex::new(Vec::new());
        workers.each(|| {
            let timing = time(plan, &kind, inputs, slice);
            timings.lock().unwrap_or_else(PoisonError::into_inner).push(timing);
        })?;
        let timings = timings.into_inner().unwrap_or_else(PoisonError::into_inner);
        let timings = timings.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mean = |sum: f64| sum / timings.len() as f64;
        let [cold_start, warm_start] = [0, 1].map(|which| mean(timings.iter().map(|(starts, _)| starts[which]).sum()));
        let step = timings.iter().map(|(_, step)| *step).sum::<Option<f64>>().map(mean);
        Ok(Speed { kind, step, cold_start, warm_start: warm_start.min(cold_start) })
    });
    measured.collect()
}

/// Selects the kinds with the most operations in all, and of the others those with the fewest and the most in a step, between which the
/// rest is interpolated.
fn selected(mut kinds: Vec<FleetKind>) -> Vec<FleetKind> {
    let all = |kind: &FleetKind| kind.flop * kind.places.len() as f64;
    kinds.sort_by(|a, b| all(b).total_cmp(&all(a)));
    let mut rest = kinds.split_off(kinds.len().min(MOST_KINDS));
    rest.sort_by(|a, b| a.flop.total_cmp(&b.flop));
    kinds.extend(rest.pop());
    kinds.extend(rest.into_iter().next());
    kinds
}

/// Times the fleet's start twice, the first layers drawn and known, and then its steps: the seconds of each; `None` for the steps if no net
/// is left in training.
fn time(plan: &Plan, kind: &FleetKind, inputs: &Inputs, slice: Duration) -> Result<([f64; 2], Option<f64>), Untrusted> {
    let trials: Vec<_> = plan.trials_of(&kind.fleet).collect();
    let begun = Instant::now();
    drop(endless(plan, &trials, inputs)?);
    let cold = begun.elapsed();
    let begun = Instant::now();
    let mut ready = endless(plan, &trials, inputs)?;
    let warm = begun.elapsed();
    // No worker makes more steps of a kind than the whole sweep does, beyond the least.
    let all = kind.places.len() * plan.iterations(trials[0]);
    let step = with_subnormals_flushed(trials[0].config.flush_subnormals, || {
        // The first step is inspected, and maps memory.
        ready.step()?;
        let (begun, mut steps) = (Instant::now(), 0);
        while ready.is_training() && (steps < LEAST_STEPS || (steps < all && begun.elapsed() < slice)) {
            (0..kind.steps).try_for_each(|_| ready.step())?;
            steps += kind.steps;
        }
        Ok::<_, Untrusted>(ready.is_training().then(|| begun.elapsed().as_secs_f64() / steps as f64))
    })?;
    Ok(([cold, warm].map(|time| time.as_secs_f64()), step))
}

/// The seconds of a step by its operations, for fleets of one element type and form of inputs.
pub(super) struct Steps(BTreeMap<String, Vec<(f64, f64)>>);

impl Steps {
    /// Takes the measured speeds.
    pub(super) fn of(plan: &Plan, speeds: &[Speed]) -> Self {
        let mut steps: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for Speed { kind, step, .. } in speeds {
            let measured = step.map(|step| (kind.flop, step));
            steps.entry(class(plan, &kind.fleet)).or_default().extend(measured);
        }
        steps.values_mut().for_each(|measured| measured.sort_by(|a, b| a.0.total_cmp(&b.0)));
        Steps(steps)
    }

    /// Returns the seconds of a step of a fleet that was not measured itself: interpolated by its operations between the nearest fleets of
    /// its class, on logarithms, and in proportion to them beyond the smallest and the largest.
    pub(super) fn seconds(&self, plan: &Plan, kind: &FleetKind) -> f64 {
        let all = || self.0.values().flatten().copied().collect::<Vec<_>>();
        let measured = self.0.get(&class(plan, &kind.fleet)).cloned().unwrap_or_else(all);
        interpolated(&measured, kind.flop)
    }
}

fn class(plan: &Plan, fleet: &[usize]) -> String {
    let trial = &plan.trials[fleet[0]];
    format!("{:?} {:?}", trial.config.dtype, plan.input_form(trial))
}

/// Interpolates seconds at `flop` between sorted pairs of operations and seconds.
fn interpolated(measured: &[(f64, f64)], flop: f64) -> f64 {
    let above = measured.partition_point(|pair| pair.0 < flop);
    match (above.checked_sub(1).map(|below| measured[below]), measured.get(above)) {
        (Some((f0, s0)), Some(&(f1, s1))) if f1 > f0 => s0 * (s1 / s0).powf((flop / f0).ln() / (f1 / f0).ln()),
        (None, Some(&(f, s))) | (Some((f, s)), _) => s * flop / f,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(flop: f64, fleets: usize) -> FleetKind {
        FleetKind { fleet: vec![0], places: vec![0; fleets], flop, steps: 1, words: String::new(), cost: String::new() }
    }

    #[test]
    fn a_step_that_was_not_measured_lies_between_those_that_were() {
        let measured = [(1e6, 1e-4), (1e8, 1e-3)];
        let close = |flop: f64, seconds: f64| {
            let found = interpolated(&measured, flop);
            assert!((found / seconds - 1.0).abs() < 1e-12, "{flop}: {found}");
        };
        close(1e6, 1e-4);
        close(1e7, 1e-4 * 10f64.sqrt());
        close(1e8, 1e-3);
        close(2e8, 2e-3);
        close(5e5, 5e-5);
        assert_eq!(interpolated(&[], 1e6), 0.0);
    }

    #[test]
    fn the_kinds_with_the_most_operations_are_measured_and_the_ends_between_which_others_lie() {
        let kinds = (1..=20).map(|flop| kind(f64::from(flop), if flop == 3 { 100 } else { 1 })).collect();
        let flops: Vec<f64> = selected(kinds).iter().map(|kind| kind.flop).collect();
        assert_eq!(flops, [3.0, 20.0, 19.0, 18.0, 17.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 1.0]);
        assert_eq!(selected(vec![kind(1.0, 1), kind(2.0, 1)]).len(), 2);
    }
}
