//! Work shared among the threads of the team that calls. Outside of a team, or in one of a single thread, nothing is shared.
//!
//! The BLAS itself always uses one thread. OpenBLAS's own threads, before 0.3.34, can return wrong numbers when several callers
//! use them (OpenBLAS #5836), and know nothing of the passes between the products. Here products and passes are cut at the
//! same rows, but for products that are much wider than high: two threads mostly find the rows that they have in their cache.

use std::sync::{Mutex, PoisonError};

use ndarray::{ArrayView, ArrayViewMut, Axis, Dimension, RemoveAxis};

use crate::subnormals::{flushed, is_flushing};
use crate::team::{threads, together};

/// Elements that a pass must have to be shared: handing a part over takes a microsecond, and fifty where the other thread
/// has gone to sleep.
const LEAST_ELEMENTS: usize = 1 << 13;

/// The most parts that anything is cut into.
const MOST_PARTS: usize = 64;

/// Runs `work` on `whole`, cut into at most a part for each of `threads` of the current team; `cut` cuts what is `length` long, at
/// multiples of `step`.
pub(crate) fn in_parts<W: Send>(
    threads: usize,
    (length, step): (usize, usize),
    whole: W,
    cut: &impl Fn(W, usize) -> (W, W),
    work: &(impl Fn(W) + Sync),
) {
    let threads = threads.min(MOST_PARTS);
    if threads < 2 {
        return work(whole);
    }
    let parts: [Mutex<Option<W>>; MOST_PARTS] = std::array::from_fn(|_| Mutex::new(None));
    let (mut rest, mut begin, mut count) = (whole, 0, 0);
    for number in 1..threads {
        let end = (length * number / threads + step / 2) / step * step;
        if begin < end && end < length {
            let (part, after) = cut(rest, end - begin);
            put(&parts[count], part);
            (rest, begin, count) = (after, end, count + 1);
        }
    }
    if count == 0 {
        return work(rest);
    }
    put(&parts[count], rest);
    let (parts, flush) = (&parts[..=count], is_flushing());
    // Each thread begins with the part of its own number, which it mostly had before, and goes on with those that nobody took.
    together(&|number| {
        for part in parts.iter().cycle().skip(number % parts.len()).take(parts.len()) {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(part) = part {
                flushed(flush, || work(part));
            }
        }
    });
}

fn put<W>(place: &Mutex<Option<W>>, part: W) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
}

/// Runs a pass over so many `elements` on `views`, all of as many rows, shared by rows where it is long enough.
pub(crate) fn by_rows<V: Rows>(elements: usize, views: V, pass: impl Fn(V) + Sync) {
    let threads = if elements < LEAST_ELEMENTS { 1 } else { threads() };
    in_parts(threads, (views.rows(), 1), views, &V::cut, &pass);
}

/// What can be cut between two rows.
pub(crate) trait Rows: Send + Sized {
    fn rows(&self) -> usize;
    fn cut(self, row: usize) -> (Self, Self);
}

impl<T: Sync, D: Dimension + RemoveAxis> Rows for ArrayView<'_, T, D> {
    fn rows(&self) -> usize {
        self.len_of(Axis(0))
    }

    fn cut(self, row: usize) -> (Self, Self) {
        self.split_at(Axis(0), row)
    }
}

impl<T: Send, D: Dimension + RemoveAxis> Rows for ArrayViewMut<'_, T, D> {
    fn rows(&self) -> usize {
        self.len_of(Axis(0))
    }

    fn cut(self, row: usize) -> (Self, Self) {
        self.split_at(Axis(0), row)
    }
}

macro_rules! rows_of_each {
    ($($view:ident $type:ident),+) => {
        impl<$($type: Rows),+> Rows for ($($type,)+) {
            fn rows(&self) -> usize {
                self.0.rows()
            }

            fn cut(self, row: usize) -> (Self, Self) {
                let ($($view,)+) = self;
                $(let $view = $view.cut(row);)+
                (($($view.0,)+), ($($view.1,)+))
            }
        }
    };
}

rows_of_each!(a A, b B);
rows_of_each!(a A, b B, c C);
rows_of_each!(a A, b B, c C, d D);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use ndarray::Array2;

    use super::*;
    use crate::{Activation, Adam, Real, Step, Team};
    use crate::{activation_backward, adam_step, bias_activation, bias_gradient, gradient_step, momentum_step};
    use crate::{rmsprop_step, scale};

    fn team(threads: usize) -> Team {
        Team::new(threads).unwrap()
    }

    /// Where threads wait for one another.
    #[derive(Default)]
    struct Meeting(AtomicUsize);

    impl Meeting {
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
    fn every_row_is_in_one_part_and_no_more_parts_are_cut_than_there_are_threads() {
        let teams: Vec<_> = (0..10).map(team).collect();
        for (threads, step) in (1..10).flat_map(|threads| [(threads, 1), (threads, 8)]) {
            for length in 1..200 {
                let parts = Mutex::new(Vec::new());
                let cut = |rows: std::ops::Range<usize>, at| (rows.start..rows.start + at, rows.start + at..rows.end);
                let work =
                    || in_parts(threads, (length, step), 0..length, &cut, &|rows| parts.lock().unwrap().push(rows));
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
        let all = Meeting::default();
        team(3).install(|| by_rows(rows.len(), rows.view(), |_| all.wait_for(3)));
        let this = std::thread::current().id();
        by_rows(rows.len(), rows.view(), |rows| assert_eq!((rows.nrows(), std::thread::current().id()), (300, this)));
        let few = rows.slice_axis(Axis(0), (..27).into());
        team(3).install(|| by_rows(few.len(), few, |rows| assert_eq!(rows.nrows(), 27)));
    }

    /// Every pass that is shared, one after the other, on matrices of 700 × 50.
    fn passes<R: Real>() -> Vec<Array2<R>> {
        let drawn = |salt: usize| {
            Array2::from_shape_fn((700, 50), |(i, j)| {
                R::from_f64(((i * 31 + j * 17 + salt * 7) % 101) as f64 / 50.0 - 1.0)
            })
        };
        let [mut w, mut z, mut a, mut dz, mut m, mut v, mut db] = [0, 1, 2, 3, 4, 5, 6].map(drawn);
        v.mapv_inplace(|v| v * v);
        let b = drawn(7);
        for (_, activation) in Activation::ALL {
            bias_activation(activation, b.column(0), z.view_mut(), a.view_mut());
            activation_backward(activation, z.view(), a.view(), dz.view_mut());
        }
        scale(R::from_f64(0.75), dz.view_mut());
        bias_gradient(dz.view(), R::from_f64(0.5), db.column_mut(3));
        let step = Step { rate: 0.1, factor: 0.9, l2: 0.01, keep: 0.999 };
        gradient_step(step, w.view_mut(), dz.view());
        momentum_step(step, 0.9, true, w.view_mut(), dz.view(), m.view_mut());
        rmsprop_step(step, 0.99, 1e-8, w.view_mut(), dz.view(), v.view_mut());
        let adam = Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 };
        adam_step(step, adam, 3, w.view_mut(), dz.view(), [m.view_mut(), v.view_mut()]);
        vec![w, z, a, dz, m, v, db]
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
            let all = Meeting::default();
            let part = |_| {
                all.wait_for(3); // or one thread would do all of them
                assert_eq!(is_flushing(), flush && crate::CAN_FLUSH);
            };
            team(3).install(|| flushed(flush, || by_rows(rows.len(), rows.view(), part)));
        }
    }
}
