//! Measurements of the speed that the machine allows: multiply-adds of its vector units, and bytes from its caches and memory.
//!
//! The loops are our own, so that a slow library can't pass for a slow machine.

mod multiply_adds;

use std::hint::black_box;
use std::sync::OnceLock;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use itertools::izip;

pub(crate) use self::multiply_adds::MultiplyAdds;
use crate::simd::{Vectors, vectorised};

/// The length of a window of a measurement.
const WINDOW: Duration = Duration::from_micros(500);

/// The number of windows. The fastest one counts, since other programs can only take time away.
const WINDOWS: usize = 20;

/// Measures the floating-point operations per second of one core, in multiply-adds of `vectors`: two operations per multiply-add
/// and lane.
///
/// # Panics
/// If this processor lacks `vectors`.
pub fn flops<R: MultiplyAdds>(vectors: Vectors) -> f64 {
    let (run, flop) = R::multiply_adds(vectors);
    best_rate(|rounds| {
        run(rounds);
        rounds as f64 * flop
    })
}

/// Measures the floating-point operations per second of the widest vectors in one run of about `operations`: the present pace of
/// this core, while [`flops`] is the best of many runs.
pub fn flops_now<R: MultiplyAdds>(operations: f64) -> f64 {
    let (run, flop) = R::multiply_adds(Vectors::detect());
    let rounds = (operations / flop).ceil();
    let start = Instant::now();
    run(rounds as usize);
    rounds * flop / start.elapsed().as_secs_f64()
}

/// Measures [`flops`] of the widest vectors on `threads` cores at once, and adds them up. For a thread that the system can't start, the
/// calling thread's figure is added.
pub fn flops_of_threads<R: MultiplyAdds>(threads: usize) -> f64 {
    sum_over_threads(threads, || flops::<R>(Vectors::detect()))
}

/// Measures [`bandwidth`] on `threads` cores at once, each in its share of a working set of `bytes`, and adds it up as [`flops_of_threads`]
/// does.
pub fn bandwidth_of_threads(bytes: usize, threads: usize) -> f64 {
    sum_over_threads(threads, || bandwidth(bytes / threads))
}

/// Adds up what `measure` returns on each of `threads` threads at once.
fn sum_over_threads(threads: usize, measure: impl Fn() -> f64 + Sync) -> f64 {
    let begin = OnceLock::new();
    thread::scope(|scope| {
        let measure_with_all = || {
            let () = begin.wait();
            measure()
        };
        let start = |_| thread::Builder::new().spawn_scoped(scope, measure_with_all).ok();
        let others: Vec<_> = (1..threads).map(start).collect();
        let _ = begin.set(());
        let own = measure();
        let of = |other: Option<ScopedJoinHandle<f64>>| {
            other.map_or(own, |other| other.join().expect("a measurement does not panic"))
        };
        others.into_iter().fold(own, |sum, other| sum + of(other))
    })
}

/// Measures the bytes per second that a core moves in the triad `a = b + s c` over three arrays of `bytes` in all: two are read, one
/// is written.
pub fn bandwidth(bytes: usize) -> f64 {
    let length = (bytes / (3 * size_of::<f64>())).max(64);
    let (mut a, b, c) = (vec![0.0f64; length], vec![1.0; length], vec![2.0; length]);
    let moved = (3 * size_of::<f64>() * length) as f64;
    best_rate(|count| {
        for _ in 0..count {
            let (sum, b, c, s) = (&mut a[..], &b[..], &c[..], black_box(0.5));
            vectorised!(for (sum, b, c) in izip!(sum, b, c) {
                *sum = b + s * c;
            });
            black_box(&mut a[0]);
        }
        count as f64 * moved
    })
}

/// Measures the best rate of `work` per second. `work` is given a number of repetitions and returns the amount of work that it did;
/// the number is doubled until a window is long enough.
pub(crate) fn best_rate(mut work: impl FnMut(usize) -> f64) -> f64 {
    let mut count = 1;
    let mut best = 0.0f64;
    let mut windows = 0;
    while windows < WINDOWS {
        let start = Instant::now();
        let done = work(count);
        let elapsed = start.elapsed();
        if elapsed < WINDOW {
            count *= 2;
        } else {
            windows += 1;
            best = best.max(done / elapsed.as_secs_f64());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_was_done_in_a_second() {
        let rate = best_rate(|count| {
            let length = Duration::from_micros(100) * count as u32;
            let start = Instant::now();
            while start.elapsed() < length {}
            count as f64
        });
        assert!((9_000.0..=10_000.0).contains(&rate), "{rate} times a hundred microseconds in a second");
    }

    #[test]
    fn every_loop_that_this_processor_has_counts_its_operations() {
        for vectors in [Vectors::Sse, Vectors::Avx, Vectors::Avx2, Vectors::Avx512] {
            if vectors <= Vectors::detect() {
                let rates = [flops::<f32>(vectors), flops::<f64>(vectors)];
                // From a slow embedded core to a core of the next decade.
                assert!(rates.iter().all(|rate| (1e8..1e13).contains(rate)), "{vectors}: {rates:?}");
            }
        }
        assert!((1e8..1e14).contains(&bandwidth(1 << 16)));
        let (now, best) = (flops_now::<f32>(1e7), flops::<f32>(Vectors::detect()));
        assert!((1e6..1.3 * best).contains(&now), "{now}, at best {best}");
    }
}
