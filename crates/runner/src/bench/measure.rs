//! How a case is timed: all libraries in turn, round after round, so that whatever slows the machine slows all of them.

use std::fs;
use std::time::{Duration, Instant};

use kernels::blas::Library;
use kernels::{peak, threads};
use serde::{Deserialize, Serialize};

use super::statistics::Estimate;
use crate::experiment::trial::Dtype;

/// How long a sample takes at least: a thousand times the resolution of the clock.
const SAMPLE: Duration = Duration::from_micros(300);

/// Samples of a library: the fewest whose outermost ones are a confidence interval of 95%, and as many as are worth their time.
const LEAST_ROUNDS: usize = 6;
const MOST_ROUNDS: usize = 42;

/// Places in memory that the matrices are put to.
const PLACEMENTS: usize = 3;

/// Operations of the loop that says how fast the core is just now: some fifty microseconds.
const PACE_OPERATIONS: f64 = 4e6;

/// The samples of one case on one library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Samples {
    /// Seconds of one call.
    pub(crate) seconds: Vec<f64>,
    /// Operations a second of the loop of multiply-adds around each of them: the pace of the core at that moment.
    pub(crate) pace: Vec<f64>,
    /// Calls that a sample is the mean of.
    pub(crate) calls: usize,
}

impl Samples {
    /// Seconds of a call.
    pub(crate) fn time(&self) -> Estimate {
        Estimate::of(&self.seconds)
    }

    /// Operations of the loop of multiply-adds in the time of a call: a duration that doesn't depend on the clock rate of the
    /// moment, nor on a neighbour that shares the core.
    pub(crate) fn paced(&self) -> Vec<f64> {
        self.seconds.iter().zip(&self.pace).map(|(seconds, pace)| seconds * pace).collect()
    }
}

/// What is timed: makes the call anew for a placement of its matrices.
pub(crate) type Prepare<'p, E> = dyn FnMut(usize) -> Result<Box<dyn FnMut() + 'p>, E> + 'p;

/// Times a case on each of `libraries`, for about so many `seconds` in all.
///
/// # Errors
/// Whatever `prepare` says.
pub(crate) fn measure<'p, E>(
    libraries: &[&'static Library],
    dtype: Dtype,
    seconds: f64,
    prepare: &mut Prepare<'p, E>,
) -> Result<Vec<Samples>, E> {
    let mut samples = vec![Samples::default(); libraries.len()];
    let mut rounds = MOST_ROUNDS;
    let mut round = 0;
    for placement in 0..PLACEMENTS {
        let mut call = prepare(placement)?;
        if placement == 0 {
            let cost: f64 = libraries
                .iter()
                .zip(&mut samples)
                .map(|(library, samples)| calibrate(library, samples, &mut call))
                .sum();
            rounds = ((seconds / cost) as usize).clamp(LEAST_ROUNDS, MOST_ROUNDS);
        }
        while round < rounds * (placement + 1) / PLACEMENTS {
            // None is always the first one after the matrices were made or another library's.
            for turn in 0..libraries.len() {
                let which = (round + turn) % libraries.len();
                libraries[which].put_into_use();
                sample(&mut samples[which], dtype, &mut call);
            }
            round += 1;
        }
    }
    Ok(samples)
}

/// Finds out how many calls a sample needs, and the seconds that one takes.
fn calibrate(library: &'static Library, samples: &mut Samples, call: &mut dyn FnMut()) -> f64 {
    library.put_into_use();
    call(); // the first one maps memory
    let mut calls = 1;
    loop {
        let took = time(calls, call);
        if took >= SAMPLE {
            samples.calls = calls;
            return took.as_secs_f64();
        }
        // Some more than seem to be needed, and not too many after a call that was interrupted.
        let missing = 1.2 * SAMPLE.as_secs_f64() / took.as_secs_f64().max(1e-9);
        calls = (calls as f64 * missing.clamp(1.5, 100.0)).ceil() as usize;
    }
}

fn sample(samples: &mut Samples, dtype: Dtype, call: &mut dyn FnMut()) {
    if samples.calls > 1 {
        call(); // the matrices come back to the cache that another library's buffers were in
    }
    let before = pace(dtype);
    let took = time(samples.calls, call);
    let after = pace(dtype);
    samples.seconds.push(took.as_secs_f64() / samples.calls as f64);
    samples.pace.push(before.max(after)); // either may have been interrupted
}

/// The time of some calls, but for that in which this thread was ready and others had its core. Where threads share a call, those
/// that wait for one another can't be told from those that wait for a core, and all of it counts.
fn time(calls: usize, call: &mut dyn FnMut()) -> Duration {
    let before = waited();
    let start = Instant::now();
    (0..calls).for_each(|_| call());
    let took = start.elapsed();
    let waited = waited().saturating_sub(before);
    if threads() == 1 { took.saturating_sub(waited).max(took / 100) } else { took }
}

/// How long this thread has waited for a core since it began, as the scheduler counts it to the nanosecond; 0 where it doesn't.
fn waited() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(statistics.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0))
}

fn pace(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => peak::flops_now::<f32>(PACE_OPERATIONS),
        Dtype::F64 => peak::flops_now::<f64>(PACE_OPERATIONS / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicBool, Ordering};

    use kernels::blas::{Request, choose, in_use};

    use super::*;

    #[test]
    fn libraries_take_turns_in_every_round_and_every_placement_has_its_share() {
        let library = choose(&Request::Auto).unwrap().library;
        let seen = RefCell::new(Vec::new());
        let samples = measure(&[library, library], Dtype::F32, 1.0, &mut |placement| {
            let seen = &seen;
            Ok::<_, ()>(Box::new(move || {
                seen.borrow_mut().push(placement);
                std::thread::sleep(Duration::from_micros(300));
                assert!(std::ptr::eq(in_use(), library));
            }))
        });
        let samples = samples.unwrap();
        for of_library in &samples {
            assert_eq!((of_library.seconds.len(), of_library.pace.len(), of_library.calls), (42, 42, 1));
            assert!(of_library.time().low >= 3e-4);
        }
        // Two calls each to calibrate, in the first placement.
        let count = |placement| seen.borrow().iter().filter(|&&seen| seen == placement).count();
        assert_eq!([0, 1, 2].map(count), [32, 28, 28]);
    }

    #[test]
    fn a_long_case_gets_the_fewest_samples_that_say_something_and_a_short_one_many_calls_a_sample() {
        let library = choose(&Request::Auto).unwrap().library;
        let sleep = || std::thread::sleep(Duration::from_millis(2));
        let long = measure(&[library], Dtype::F64, 0.001, &mut |_| Ok::<_, ()>(Box::new(sleep))).unwrap();
        assert_eq!((long[0].seconds.len(), long[0].calls), (6, 1));
        let short = measure(&[library], Dtype::F64, 0.001, &mut |_| Ok::<_, ()>(Box::new(|| ()))).unwrap();
        assert!(short[0].calls > 1000, "{} calls", short[0].calls);
    }

    #[test]
    fn the_time_in_which_others_have_the_core_is_not_counted() {
        let spin = |length: Duration| {
            let start = Instant::now();
            while start.elapsed() < length {}
        };
        let done = AtomicBool::new(false);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (whole, took, waited) = std::thread::scope(|scope| {
            // More than there are cores: each has one for a part of the time.
            for _ in 0..2 * cores {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        spin(Duration::from_micros(10));
                    }
                });
            }
            let result = {
                let (start, before) = (Instant::now(), waited());
                let took = time(100, &mut || spin(Duration::from_millis(1)));
                (start.elapsed(), took, waited() - before)
            };
            done.store(true, Ordering::Relaxed);
            result
        });
        assert!(whole >= Duration::from_millis(100));
        assert!(whole.abs_diff(took + waited) < Duration::from_millis(10), "{whole:?} {took:?} {waited:?}");
    }

    #[test]
    fn a_paced_time_is_the_same_on_a_core_that_runs_at_half_its_clock() {
        let at = |seconds, pace| Samples { seconds: vec![seconds], pace: vec![pace], calls: 1 }.paced();
        assert_eq!(at(1e-3, 8e10), at(2e-3, 4e10));
    }
}
