//! The elementwise passes that know no activation.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::Real;
use crate::share::by_rows;
use crate::widest::widest;

/// dz ← factor · dz.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn scale<R: Real>(factor: R, dz: ArrayViewMut2<R>) {
    by_rows(dz.len(), dz, |mut dz| {
        for mut row in dz.rows_mut() {
            let row = adjacent_mut(&mut row);
            widest(
                #[inline(always)]
                move || row.iter_mut().for_each(|dz| *dz *= factor),
            );
        }
    });
}

/// dz = factor · (a - y): the start of the way back for a sigmoid output under binary cross-entropy (factor 1), and for an
/// identity output under the mean squared error of all its elements (factor 2 / n_out, as 1/m stands in dW and db).
///
/// # Shapes
/// `a`, `y` and `dz` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn scaled_difference<R: Real>(factor: R, a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
    assert!(
        a.dim() == y.dim() && a.dim() == dz.dim(),
        "scaled_difference: shapes differ: a {:?}, y {:?}, dz {:?}",
        a.dim(),
        y.dim(),
        dz.dim()
    );
    for ((a, y), mut dz) in a.rows().into_iter().zip(y.rows()).zip(dz.rows_mut()) {
        let (a, y, dz) = (adjacent(&a), adjacent(&y), adjacent_mut(&mut dz));
        widest(
            #[inline(always)]
            || {
                for ((&a, &y), dz) in a.iter().zip(y).zip(dz) {
                    *dz = factor * (a - y);
                }
            },
        );
    }
}

#[track_caller]
pub(crate) fn adjacent<'a, R>(row: &'a ArrayView1<R>) -> &'a [R] {
    row.as_slice().expect("the elements of a row must be adjacent")
}

#[track_caller]
pub(crate) fn adjacent_mut<'a, R>(row: &'a mut ArrayViewMut1<R>) -> &'a mut [R] {
    row.as_slice_mut().expect("the elements of a row must be adjacent")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn the_difference_is_scaled() {
        let (a, y) = (array![[0.5, -1.0], [3.0, 0.25]], array![[0.25, 1.0], [3.0, 1.0]]);
        let mut dz = Array2::from_elem((2, 2), f32::NAN);
        scaled_difference(2.0, a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[0.5, -4.0], [0.0, -1.5]]);
    }

    #[test]
    #[should_panic(expected = "scaled_difference: shapes differ: a (2, 3), y (2, 3), dz (3, 2)")]
    fn a_difference_of_another_shape_is_refused() {
        let a = Array2::<f64>::ones((2, 3));
        scaled_difference(1.0, a.view(), a.view(), Array2::ones((3, 2)).view_mut());
    }
}
