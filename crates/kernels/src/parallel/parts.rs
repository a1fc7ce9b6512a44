//! The division of a piece of work into parts, which the threads of the current team take.
//!
//! Products and passes are split at the same rows, except for products that are much wider than tall, which are split by columns.
//! So a thread mostly finds its rows in its own cache.

use std::sync::{Mutex, PoisonError};

use super::team::together;
use crate::subnormals::{is_flushing, with_subnormals_flushed};

/// The most parts that a piece of work is split into.
const MOST_PARTS: usize = 64;

/// Runs `work` on the parts of `whole`: at most one per thread, for `threads` threads of the current team. `split` splits `whole`,
/// which is `length` long, and is called with multiples of `step`. Outside of a team, or on a team of one, `whole` is the only part.
#[inline]
pub(crate) fn in_parts<W: Send>(
    threads: usize,
    length_and_step: (usize, usize),
    whole: W,
    split: &impl Fn(W, usize) -> (W, W),
    work: &(impl Fn(W) + Sync),
) {
    if threads < 2 { work(whole) } else { in_several_parts(threads, length_and_step, whole, split, work) }
}

/// Runs `work` on parts as [`in_parts`] does, for two threads or more. It is not inlined, since the room for the parts makes its stack
/// frame so large that entering it takes time, which the many small pieces of work for one thread shouldn't pay.
#[inline(never)]
fn in_several_parts<W: Send>(
    threads: usize,
    (length, step): (usize, usize),
    whole: W,
    split: &impl Fn(W, usize) -> (W, W),
    work: &(impl Fn(W) + Sync),
) {
    let parts: [Mutex<Option<W>>; MOST_PARTS] = std::array::from_fn(|_| Mutex::new(None));
    let (mut rest, mut begin, mut count) = (whole, 0, 0);
    for end in ends(threads, (length, step)) {
        let (part, after) = split(rest, end - begin);
        put(&parts[count], part);
        (rest, begin, count) = (after, end, count + 1);
    }
    if count == 0 {
        return work(rest);
    }
    put(&parts[count], rest);
    let (parts, flush) = (&parts[..=count], is_flushing());
    // A thread begins with the part of its own number, which is most likely in its cache, and goes on with parts that no thread has taken.
    together(&|number| {
        for part in parts.iter().cycle().skip(number % parts.len()).take(parts.len()) {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(part) = part {
                with_subnormals_flushed(flush, || work(part));
            }
        }
    });
}

/// Computes where the parts that [`in_parts`] makes end, but for the last one.
fn ends(threads: usize, (length, step): (usize, usize)) -> impl Iterator<Item = usize> {
    let (threads, mut begin) = (threads.min(MOST_PARTS), 0);
    (1..threads).filter_map(move |number| {
        let end = (length * number / threads + step / 2) / step * step;
        (begin < end && end < length).then(|| {
            begin = end;
            end
        })
    })
}

/// Computes the length of the longest part that [`in_parts`] makes.
pub(crate) fn longest_part(threads: usize, length_and_step @ (length, _): (usize, usize)) -> usize {
    let mut begin = 0;
    let lengths = ends(threads, length_and_step).chain([length]).map(|end| end - std::mem::replace(&mut begin, end));
    lengths.max().unwrap_or(length)
}

/// Puts a part where the threads of the team find it.
fn put<W>(slot: &Mutex<Option<W>>, part: W) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use ndarray::{Array2, Axis};

    use super::*;
    use crate::rows::par_rows;
    use crate::{Activation, Adam, Real, Step, Team, binary_cross_entropy_dz, mean_squared_error_dz};
    use crate::{activation_backward, adam_step, bias_activation, bias_gradient, gradient_step, momentum_step};
    use crate::{rmsprop_step, scale};

    fn team(threads: usize) -> Team {
        Team::new(threads).unwrap()
    }

    /// A barrier that fails if the other threads do not come.
    #[derive(Default)]
    struct Barrier(AtomicUsize);

    impl Barrier {
        fn wait_for(&self, threads: usize) {
            self.0.fetch_add(1, Ordering::SeqCst);
            let start = Instant::now();
            while self.0.load(Ordering::SeqCst) < threads {
                assert!(start.elapsed() < Duration::from_secs(20), "the others don't come");
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn every_row_is_in_one_part_and_no_more_parts_are_made_than_there_are_threads() {
        let teams: Vec<_> = (0..10).map(team).collect();
        for (threads, step) in (1..10).flat_map(|threads| [(threads, 1), (threads, 8)]) {
            for length in 1..200 {
                let parts = Mutex::new(Vec::new());
                let split = |rows: std::ops::Range<usize>, at| (rows.start..rows.start + at, rows.start + at..rows.end);
                let work =
                    || in_parts(threads, (length, step), 0..length, &split, &|rows| parts.lock().unwrap().push(rows));
                teams[threads].install(work);
                let mut parts = parts.into_inner().unwrap();
                parts.sort_by_key(|rows| rows.start);
                assert!(parts.len() <= threads && parts.iter().all(|rows| !rows.is_empty()), "{parts:?}");
                assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..length).collect::<Vec<_>>());
                let longest = parts.iter().map(ExactSizeIterator::len).max().unwrap();
                assert!(longest < length.div_ceil(threads) + 2 * step, "{threads} threads: {parts:?}");
            }
        }
    }

    #[test]
    fn the_threads_of_the_team_work_at_once_and_others_do_not() {
        let rows = Array2::<f32>::zeros((300, 300));
        let all = Barrier::default();
        team(3).install(|| par_rows(rows.view(), |_| all.wait_for(3)));
        let this = std::thread::current().id();
        par_rows(rows.view(), |rows| assert_eq!((rows.nrows(), std::thread::current().id()), (300, this)));
        let few = rows.slice_axis(Axis(0), (..27).into());
        team(3).install(|| par_rows(few, |rows| assert_eq!(rows.nrows(), 27)));
    }

    /// Runs every pass that is shared, one after the other, on matrices of 700 × 50.
    fn passes<R: Real>() -> Vec<Array2<R>> {
        let drawn = |salt: usize| {
            Array2::from_shape_fn((700, 50), |(i, j)| {
                R::from_f64(((i * 31 + j * 17 + salt * 7) % 101) as f64 / 50.0 - 1.0)
            })
        };
        let [mut w, mut z, mut a, mut dz, mut m, mut v, mut db, mut loss] = [0, 1, 2, 3, 4, 5, 6, 8].map(drawn);
        v.mapv_inplace(|v| v * v);
        let b = drawn(7);
        for (_, activation) in Activation::ALL {
            bias_activation(activation, b.column(0), z.view_mut(), a.view_mut());
            activation_backward(activation, z.view(), a.view(), dz.view_mut());
        }
        scale(R::from_f64(0.75), dz.view_mut());
        binary_cross_entropy_dz(a.view(), m.view(), loss.view_mut());
        mean_squared_error_dz(z.view(), loss.view(), m.view_mut());
        bias_gradient(dz.view(), R::from_f64(0.5), db.column_mut(3));
        let step = Step { t: 3, learning_rate: 0.1, grad_scale: 0.9, l2: 0.01, decay: 0.001 };
        gradient_step(step, w.view_mut(), dz.view());
        momentum_step(step, 0.9, true, w.view_mut(), dz.view(), m.view_mut());
        rmsprop_step(step, 0.99, 1e-8, w.view_mut(), dz.view(), v.view_mut());
        let adam = Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 };
        adam_step(step, adam, w.view_mut(), dz.view(), [m.view_mut(), v.view_mut()]);
        vec![w, z, a, dz, m, v, db, loss]
    }

    #[test]
    fn a_shared_pass_leaves_the_same_bits_as_one_thread() {
        assert_eq!(team(3).install(passes::<f32>), passes::<f32>());
        assert_eq!(team(2).install(passes::<f64>), passes::<f64>());
    }

    #[test]
    fn subnormal_numbers_are_zero_in_every_part_or_in_none() {
        let rows = Array2::<f32>::zeros((300, 300));
        for flush in [true, false] {
            let all = Barrier::default();
            let part = |_| {
                all.wait_for(3); // or one thread would do all of them
                assert_eq!(is_flushing(), flush && crate::CAN_FLUSH);
            };
            team(3).install(|| with_subnormals_flushed(flush, || par_rows(rows.view(), part)));
        }
    }
}
