//! Work shared among threads: those of the rayon pool that calls. Outside of a pool, or in one of a single thread, nothing is
//! shared.
//!
//! OpenBLAS itself always uses one thread. Its own threads, before 0.3.34, can return wrong numbers when several callers
//! use them (OpenBLAS #5836), and know nothing of the passes between the products. Here each thread has its own rows of a
//! matrix in product after pass after product, so that they stay in its core's cache.

use crate::subnormals::{flushed, is_flushing};
use ndarray::{ArrayView, ArrayViewMut, Axis, Dimension, RemoveAxis};

/// Elements that a pass must have to be shared: handing a part over takes two microseconds, and fifty where the other thread
/// has gone to sleep.
const LEAST_ELEMENTS: usize = 1 << 15;

/// Where a part begins: kernels take so many rows or columns at once.
const STEP: usize = 8;

/// The threads of the rayon pool that calls, 1 outside of any.
pub(crate) fn threads() -> usize {
    if rayon::current_thread_index().is_some() { rayon::current_num_threads() } else { 1 }
}

/// Runs `work` on `whole`, cut into parts for so many `threads`; `cut` cuts what is `length` long.
pub(crate) fn in_parts<W: Send>(
    threads: usize,
    length: usize,
    whole: W,
    cut: &(impl Fn(W, usize) -> (W, W) + Sync),
    work: &(impl Fn(W) + Sync),
) {
    let left_threads = threads / 2;
    let at = (length * left_threads / threads).next_multiple_of(STEP);
    if at == 0 || at >= length {
        return work(whole);
    }
    let (left, right) = cut(whole, at);
    let flush = is_flushing();
    rayon::join(
        || in_parts(left_threads, at, left, cut, work),
        || flushed(flush, || in_parts(threads - left_threads, length - at, right, cut, work)),
    );
}

/// Runs a pass on `views` of the shape `dim`, all of as many rows, shared by rows where it is long enough.
pub(crate) fn by_rows<V: Rows>(dim: (usize, usize), views: V, pass: impl Fn(V) + Sync) {
    let threads = if dim.0 * dim.1 < LEAST_ELEMENTS { 1 } else { threads() };
    in_parts(threads, dim.0, views, &V::cut, &pass);
}

/// What can be cut between two rows.
pub(crate) trait Rows: Send + Sized {
    fn cut(self, row: usize) -> (Self, Self);
}

impl<T: Sync, D: Dimension + RemoveAxis> Rows for ArrayView<'_, T, D> {
    fn cut(self, row: usize) -> (Self, Self) {
        self.split_at(Axis(0), row)
    }
}

impl<T: Send, D: Dimension + RemoveAxis> Rows for ArrayViewMut<'_, T, D> {
    fn cut(self, row: usize) -> (Self, Self) {
        self.split_at(Axis(0), row)
    }
}

macro_rules! rows_of_each {
    ($($view:ident $type:ident),+) => {
        impl<$($type: Rows),+> Rows for ($($type,)+) {
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
