//! Loops over the elements or the rows of several matrices at once, in the widest vectors, so that a pass shows nothing but its formula.
//!
//! ```text
//! par_for_each_element!((w, g), |w, &g| *w -= learning_rate * g);
//! ```
//!
//! The views may be two-dimensional, whose rows are slices, or one-dimensional, whose rows are single elements. All have the same
//! number of rows; the caller has checked that.

use itertools::izip;
use ndarray::{ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut1, Axis, Ix1, Ix2};

use crate::parallel::{in_parts, threads};
use crate::simd::in_widest_vectors;

/// Runs a closure on each row of some views, in order, as compiled for the widest vectors. The closure may change what it borrows.
macro_rules! for_each_row {
    ($views:expr, |$row:pat_param| $body:expr) => {
        $crate::rows::run_on_rows(
            $views,
            #[inline(always)]
            |$row| $body,
        )
    };
}
pub(crate) use for_each_row;

/// Runs a closure on each row of some views, as compiled for the widest vectors. The current team shares the rows, unless they have
/// few elements in all. The closure copies the numbers that it uses: one that is only reachable by reference would be read again
/// for every element, as the rows might overlap it.
macro_rules! par_for_each_row {
    ($views:expr, |$row:pat_param| $body:expr) => {
        $crate::rows::par_run_on_rows(
            $views,
            #[inline(always)]
            move |$row| $body,
        )
    };
}
pub(crate) use par_for_each_row;

/// Runs a closure on the elements at each place of some matrices of the same shape, as [`par_for_each_row!`] does on each row. Where
/// the rows of all of them lie one after the other, they are passed through as one, with one remainder that doesn't fill a vector in
/// place of one per row.
macro_rules! par_for_each_element {
    (($($view:ident),+), |$($element:pat_param),+| $body:expr) => {
        $crate::rows::par_for_each_element!(of ($($view),+), each ($($element),+) in itertools::izip!($($view),+), $body)
    };
    ($view:ident, |$element:pat_param| $body:expr) => {
        $crate::rows::par_for_each_element!(of $view, each $element in $view, $body)
    };
    (of $views:tt, each $elements:pat_param in $iterator:expr, $body:expr) => {
        $crate::rows::par_run_on_joined_rows(
            $views,
            #[inline(always)]
            move |$views| {
                for $elements in $iterator {
                    $body
                }
            },
        )
    };
}
pub(crate) use par_for_each_element;

/// Runs `body` for [`for_each_row!`]; it must be marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn run_on_rows<V: Rows>(mut views: V, mut body: impl for<'r> FnMut(<V as IterRows<'r>>::Row)) {
    in_widest_vectors(
        #[inline(always)]
        || {
            for row in views.row_slices() {
                body(row);
            }
        },
    );
}

/// Runs `body` for [`par_for_each_row!`]; it must be marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn par_run_on_rows<V: Rows + Send>(views: V, body: impl for<'r> Fn(<V as IterRows<'r>>::Row) + Copy + Sync) {
    par_rows(
        views,
        #[inline(always)]
        |part| run_on_rows(part, body),
    );
}

/// Runs `body` for [`par_for_each_element!`]; it must be marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn par_run_on_joined_rows<V: Rows + Send>(
    views: V,
    body: impl for<'r> Fn(<V as IterRows<'r>>::Row) + Copy + Sync,
) {
    par_rows(
        views,
        #[inline(always)]
        |part| {
            let part = if part.is_dense() { part.with_rows_joined() } else { part };
            run_on_rows(part, body);
        },
    );
}

/// The fewest elements of a matrix whose rows are shared: to hand over a part takes a microsecond, and fifty if the other thread has
/// gone to sleep.
const LEAST_ELEMENTS: usize = 1 << 13;

/// Runs `work` on contiguous parts of the rows of `views`, one part per thread of the current team, or on all rows if they have few
/// elements in all.
pub(crate) fn par_rows<V: Rows + Send>(views: V, work: impl Fn(V) + Sync) {
    let threads = if views.elements() < LEAST_ELEMENTS { 1 } else { threads() };
    in_parts(threads, (views.row_count(), 1), views, &V::split, &work);
}

/// A view with rows, or a tuple of views with equally many rows.
pub(crate) trait Rows: Sized + for<'r> IterRows<'r> {
    /// Counts the rows.
    fn row_count(&self) -> usize;

    /// Counts the elements of the largest view.
    fn elements(&self) -> usize;

    /// Splits them into the rows before `row`, and the others.
    fn split(self, row: usize) -> (Self, Self);

    /// Returns whether the rows of each are slices that lie one after the other.
    fn is_dense(&self) -> bool;

    /// Makes all rows of each one row, if they [are dense](Rows::is_dense).
    fn with_rows_joined(self) -> Self;
}

/// The iteration over [`Rows`] that are borrowed for `'r`.
pub(crate) trait IterRows<'r> {
    /// A row, or a tuple of one row of each view.
    type Row;

    /// Iterates over the rows, for reductions: `sum` or `all` over the results of [`vectorised!`](crate::simd::vectorised) for each.
    ///
    /// # Panics
    /// If the elements of a row aren't adjacent.
    fn row_slices(&'r mut self) -> impl Iterator<Item = Self::Row>;
}

macro_rules! rows_of_view {
    ($view:ident, $dimension:ty, $row:ty, |$self:ident| $rows:expr) => {
        impl<T: Send + Sync + 'static> Rows for $view<'_, T, $dimension> {
            fn row_count(&self) -> usize {
                self.len_of(Axis(0))
            }

            fn elements(&self) -> usize {
                self.len()
            }

            fn split(self, row: usize) -> (Self, Self) {
                self.split_at(Axis(0), row)
            }

            fn is_dense(&self) -> bool {
                self.ndim() == 2 && self.is_standard_layout()
            }

            fn with_rows_joined(self) -> Self {
                let (mut shape, last) = (self.raw_dim(), self.ndim() - 1);
                shape[0] = 1;
                shape[last] = self.len();
                self.into_shape_with_order(shape).expect("a dense matrix")
            }
        }

        impl<'r, T: Send + Sync + 'static> IterRows<'r> for $view<'_, T, $dimension> {
            type Row = $row;

            #[inline]
            fn row_slices(&'r mut $self) -> impl Iterator<Item = $row> {
                $rows
            }
        }
    };
}

rows_of_view!(ArrayView, Ix1, &'r T, |self| self.iter());
rows_of_view!(ArrayViewMut, Ix1, &'r mut T, |self| self.iter_mut());
rows_of_view!(ArrayView, Ix2, &'r [T], |self| self.outer_iter().map(adjacent));
rows_of_view!(ArrayViewMut, Ix2, &'r mut [T], |self| self.outer_iter_mut().map(adjacent_mut));

macro_rules! rows_of_each {
    ($($view:ident $type:ident),+) => {
        impl<$($type: Rows),+> Rows for ($($type,)+) {
            fn row_count(&self) -> usize {
                self.0.row_count()
            }

            fn elements(&self) -> usize {
                let ($($view,)+) = self;
                0 $(.max($view.elements()))+
            }

            fn split(self, row: usize) -> (Self, Self) {
                let ($($view,)+) = self;
                $(let $view = $view.split(row);)+
                (($($view.0,)+), ($($view.1,)+))
            }

            fn is_dense(&self) -> bool {
                let ($($view,)+) = self;
                true $(&& $view.is_dense())+
            }

            fn with_rows_joined(self) -> Self {
                let ($($view,)+) = self;
                ($($view.with_rows_joined(),)+)
            }
        }

        impl<'r, $($type: IterRows<'r>),+> IterRows<'r> for ($($type,)+) {
            type Row = ($($type::Row,)+);

            #[inline]
            fn row_slices(&'r mut self) -> impl Iterator<Item = Self::Row> {
                let ($($view,)+) = self;
                izip!($($view.row_slices()),+)
            }
        }
    };
}

rows_of_each!(a A, b B);
rows_of_each!(a A, b B, c C);
rows_of_each!(a A, b B, c C, d D);

#[inline]
fn adjacent<T>(row: ArrayView1<'_, T>) -> &[T] {
    row.to_slice().expect("the elements of a row must be adjacent")
}

#[inline]
fn adjacent_mut<T>(row: ArrayViewMut1<'_, T>) -> &mut [T] {
    row.into_slice().expect("the elements of a row must be adjacent")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ndarray::{Array2, s};

    use super::*;

    #[test]
    fn rows_that_lie_one_after_the_other_are_passed_through_as_one() {
        let (dense, padded) = (Array2::<f32>::ones((3, 7)), Array2::<f32>::ones((3, 9)));
        let padded = padded.slice(s![.., ..7]);
        for (other, lengths) in [(dense.view(), vec![21]), (padded, vec![7; 3])] {
            let (mut sum, found) = (Array2::<f32>::ones((3, 7)), Mutex::new(Vec::new()));
            par_run_on_joined_rows((sum.view_mut(), other), |(sum, other)| {
                found.lock().unwrap().push(sum.len());
                izip!(sum, other).for_each(|(sum, other)| *sum += other);
            });
            assert_eq!((found.into_inner().unwrap(), sum), (lengths, Array2::from_elem((3, 7), 2.0)));
        }
    }
}
