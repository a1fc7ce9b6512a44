//! The timing of a case: all libraries take turns, round after round, so that whatever slows the machine slows all of
//! them.

use std::fs;
use std::time::{Duration, Instant};

use kernels::blas::Library;
use kernels::{peak, threads};
use serde::{Deserialize, Serialize};

use super::statistics::Quantile;
use crate::spec::trial::Dtype;

/// The least time of a sample: a thousand times the resolution of the clock.
const SAMPLE: Duration = Duration::from_micros(300);

/// The least number of samples of a library, whose outermost ones are a confidence interval of 95%, and the largest
/// number that is worth its time.
const LEAST_ROUNDS: usize = 6;
const MOST_ROUNDS: usize = 42;

/// The number of passes over all cases: the samples of each case are spread over them, so that a disturbance of a part
/// of the run affects only a part of its samples.
pub(crate) const PASSES: usize = 6;

/// The operations of the loop that measures the pace of the core: some fifty microseconds.
const PACE_OPERATIONS: f64 = 4e6;

/// The samples of one case on one library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Samples {
    /// Seconds of one call.
    pub(crate) seconds: Vec<f64>,
    /// The pace of the core at each sample: operations per second of a loop of multiply-adds before and after it.
    pub(crate) pace: Vec<f64>,
    /// The number of calls of a sample, which is their mean.
    pub(crate) calls: usize,
}

impl Samples {
    /// Estimates the median of the seconds of a call.
    pub(crate) fn time(&self) -> Quantile {
        Quantile::of(&self.seconds, 0.5)
    }

    /// Returns the times of a call in operations of the loop of multiply-adds: durations that depend neither on the
    /// clock rate at that moment, nor on a neighbour that shares the core.
    pub(crate) fn paced(&self) -> Vec<f64> {
        self.seconds.iter().zip(&self.pace).map(|(seconds, pace)| seconds * pace).collect()
    }
}

/// The measurement of a case, pass by pass.
pub(crate) struct Measurement {
    /// The samples of each library.
    pub(crate) samples: Vec<Samples>,
    rounds: usize,
}

/// The settings of the timing of a case.
pub(crate) struct Settings<'l> {
    /// The libraries that take turns.
    pub(crate) libraries: &'l [&'static Library],
    /// The element type.
    pub(crate) dtype: Dtype,
    /// The approximate seconds of all its samples together.
    pub(crate) seconds: f64,
    /// The number that the calls of a sample are a multiple of: the steps of an epoch, if they differ.
    pub(crate) calls: usize,
}

impl Measurement {
    /// Starts without samples.
    pub(crate) fn new(libraries: usize) -> Self {
        Measurement { samples: vec![Samples::default(); libraries], rounds: 0 }
    }

    /// Adds the samples of one of [`PASSES`] passes, on matrices that were made for this pass.
    pub(crate) fn pass(&mut self, settings: &Settings, pass: usize, call: &mut dyn FnMut()) {
        let Settings { libraries, dtype, seconds, calls } = *settings;
        if pass == 0 {
            let all = libraries.iter().zip(&mut self.samples);
            let cost: f64 = all.map(|(library, samples)| calibrate(library, samples, calls, call)).sum();
            self.rounds = ((seconds / cost) as usize).clamp(LEAST_ROUNDS, MOST_ROUNDS);
        } else {
            call(); // the first one maps memory
        }
        for round in self.rounds * pass / PASSES..self.rounds * (pass + 1) / PASSES {
            // Each round begins with the next library: none is always the first on fresh matrices, or always follows
            // the same other one.
            for turn in 0..libraries.len() {
                let which = (round + turn) % libraries.len();
                libraries[which].put_into_use();
                sample(&mut self.samples[which], dtype, call);
            }
        }
    }
}

/// Finds out how many calls a sample needs, a multiple of `unit`, and the seconds that one takes.
fn calibrate(library: &'static Library, samples: &mut Samples, unit: usize, call: &mut dyn FnMut()) -> f64 {
    library.put_into_use();
    call(); // the first one maps memory
    let mut calls = unit;
    loop {
        let took = time(calls, call);
        if took >= SAMPLE {
            samples.calls = calls;
            return took.as_secs_f64();
        }
        // A few more than seem necessary, and not too many after a call that was interrupted.
        let missing = 1.2 * SAMPLE.as_secs_f64() / took.as_secs_f64().max(1e-9);
        calls = ((calls as f64 * missing.clamp(1.5, 100.0)).ceil() as usize).next_multiple_of(unit);
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

/// Times `calls` calls, less the time in which this thread waited for a core. If threads share a call, all time counts:
/// threads that wait for one another can't be told from those that wait for a core.
fn time(calls: usize, call: &mut dyn FnMut()) -> Duration {
    let outer = Instant::now();
    let before = waited();
    let inner = Instant::now();
    (0..calls).for_each(|_| call());
    let took = inner.elapsed();
    let waited = waited().saturating_sub(before);
    if threads() == 1 { on_core(took, outer.elapsed(), waited) } else { took }
}

/// Returns the time of calls that `took` a time by the clock, of which this thread may have `waited` a part. The wait is
/// counted over a longer time, `around` the calls and the two readings of it, each of which takes as long as many a call:
/// a wait beside the calls lengthens only that. So the time is what the thread had a core for in all, and the time by the
/// clock if that is shorter, as it is without a wait. It is never too short, and too long by the readings at most.
fn on_core(took: Duration, around: Duration, waited: Duration) -> Duration {
    took.min(around.saturating_sub(waited)).max(Duration::from_nanos(1))
}

/// Returns the time that this thread has waited for a core since it began, as the scheduler counts it to the
/// nanosecond; 0 if it doesn't.
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

    fn measured(libraries: &[&'static Library], seconds: f64, call: &dyn Fn(usize)) -> Vec<Samples> {
        measured_by(1, libraries, seconds, call)
    }

    fn measured_by(calls: usize, libraries: &[&'static Library], seconds: f64, call: &dyn Fn(usize)) -> Vec<Samples> {
        let mut measurement = Measurement::new(libraries.len());
        let settings = Settings { libraries, dtype: Dtype::F32, seconds, calls };
        (0..PASSES).for_each(|pass| measurement.pass(&settings, pass, &mut || call(pass)));
        measurement.samples
    }

    #[test]
    fn libraries_take_turns_and_every_pass_has_its_share_of_the_samples() {
        let library = choose(&Request::Auto).unwrap().library;
        let seen = RefCell::new(Vec::new());
        let samples = measured(&[library, library], 1.0, &|pass| {
            seen.borrow_mut().push(pass);
            std::thread::sleep(Duration::from_micros(300));
            assert!(std::ptr::eq(in_use(), library));
        });
        for of_library in &samples {
            assert_eq!((of_library.seconds.len(), of_library.pace.len(), of_library.calls), (42, 42, 1));
            assert!(of_library.time().low >= 3e-4);
        }
        // Two calls each to calibrate in the first pass, and one in each other.
        let count = |pass| seen.borrow().iter().filter(|&&seen| seen == pass).count();
        assert_eq!([0, 1, 5].map(count), [18, 15, 15]);
    }

    #[test]
    fn a_long_case_gets_the_fewest_samples_that_say_something_and_a_short_one_many_calls_a_sample() {
        let library = choose(&Request::Auto).unwrap().library;
        let long = measured(&[library], 0.001, &|_| std::thread::sleep(Duration::from_millis(2)));
        assert_eq!((long[0].seconds.len(), long[0].calls), (6, 1));
        let short = measured(&[library], 0.001, &|_| ());
        assert!(short[0].calls > 1000, "{} calls", short[0].calls);
    }

    #[test]
    fn a_sample_has_whole_epochs_of_calls_that_differ() {
        let library = choose(&Request::Auto).unwrap().library;
        let long = measured_by(3, &[library], 0.001, &|_| std::thread::sleep(Duration::from_millis(1)));
        assert_eq!(long[0].calls, 3);
        let short = measured_by(7, &[library], 0.001, &|_| ());
        assert!(short[0].calls > 1000 && short[0].calls.is_multiple_of(7), "{} calls", short[0].calls);
    }

    #[test]
    fn the_time_in_which_others_have_the_core_is_not_counted() {
        let spin = |length: Duration| {
            let start = Instant::now();
            while start.elapsed() < length {}
        };
        let done = AtomicBool::new(false);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // The first number is the time on a core, the second that of waits.
        let ran_on_a_core = || {
            let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
            Duration::from_nanos(statistics.split(' ').next().and_then(|on_core| on_core.parse().ok()).unwrap_or(0))
        };
        let (whole, took, waited, on_core) = std::thread::scope(|scope| {
            // More than there are cores: each has one for a part of the time.
            for _ in 0..2 * cores {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        spin(Duration::from_micros(10));
                    }
                });
            }
            let result = {
                let (start, before, on_core) = (Instant::now(), waited(), ran_on_a_core());
                let took = time(100, &mut || spin(Duration::from_millis(1)));
                (start.elapsed(), took, waited() - before, ran_on_a_core() - on_core)
            };
            done.store(true, Ordering::Relaxed);
            result
        });
        assert!(whole >= Duration::from_millis(100));
        assert!(whole.abs_diff(took + waited) < Duration::from_millis(10), "{whole:?} {took:?} {waited:?}");
        assert!(on_core.is_zero() || took.abs_diff(on_core) < Duration::from_millis(10), "{took:?} {on_core:?}");
    }

    #[test]
    fn a_wait_beside_the_calls_does_not_shorten_their_time() {
        let us = Duration::from_micros;
        let (took, readings) = (us(300), us(16));
        assert_eq!(on_core(took, took + readings, us(0)), took);
        // The core was lost during a reading of the wait, for ten times as long as the calls took.
        assert_eq!(on_core(took, took + readings + us(3000), us(3000)), took);
        // During the calls, and during both.
        assert_eq!(on_core(took + us(3000), took + us(3000) + readings, us(3000)), took + readings);
        assert_eq!(on_core(took + us(3000), took + us(5000) + readings, us(5000)), took + readings);
    }

    #[test]
    fn a_paced_time_is_the_same_on_a_core_that_runs_at_half_its_clock() {
        let at = |seconds, pace| Samples { seconds: vec![seconds], pace: vec![pace], calls: 1 }.paced();
        assert_eq!(at(1e-3, 8e10), at(2e-3, 4e10));
    }
}
