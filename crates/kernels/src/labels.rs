//! Class labels, one per example: their check, and the count of correctly classified examples.

use itertools::izip;
use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::real::Real;
use crate::rows::for_each_row;
use crate::softmax::BLOCK;

/// Counts the examples whose units are all right: a > 0.5 where y is 1, else not; a NaN is not above 0.5.
///
/// # Shapes
/// `a` and `y` n_out × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn sigmoid_count_correct<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>) -> usize {
    assert!(a.dim() == y.dim(), "sigmoid_count_correct: shapes differ: a {:?}, y {:?}", a.dim(), y.dim());
    let half = R::from_f64(0.5);
    let is_right = |(a, y): &(ArrayView1<R>, ArrayView1<R>)| izip!(a, y).all(|(&a, &y)| (a > half) == (y > half));
    izip!(a.columns(), y.columns()).filter(is_right).count()
}

/// Counts the examples whose largest a is that of class y.
///
/// The first of equal a counts as the largest, and NaN as larger than any number, as in NumPy's `argmax`.
///
/// # Shapes
/// `a` classes × examples, `y` 1 × examples: labels 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, a label is not one of 0, …, classes - 1, or the elements of a row aren't adjacent.
///
/// ```
/// use ndarray::array;
///
/// let a = array![[0.9, 0.4], [0.1, 0.6]]; // two classes, two examples
/// assert_eq!(kernels::softmax_count_correct(a.view(), array![[0.0, 0.0]].view()), 1);
/// ```
#[track_caller]
pub fn softmax_count_correct<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>) -> usize {
    assert!(y.dim() == (1, a.ncols()), "softmax_count_correct: shapes don't fit: a {:?}, y {:?}", a.dim(), y.dim());
    let mut correct = 0;
    let blocks = izip!(a.axis_chunks_iter(Axis(1), BLOCK), y.axis_chunks_iter(Axis(1), BLOCK), (0..).step_by(BLOCK));
    for (a, y, first) in blocks {
        let (mut max, mut argmax, mut k) = ([R::neg_infinity(); BLOCK], [0u32; BLOCK], 0);
        for_each_row!(a, |a| {
            let class = k;
            for (&a, max, argmax) in izip!(a, &mut max, &mut argmax) {
                let larger = (a > *max) | (a.is_nan() & !max.is_nan());
                *max = if larger { a } else { *max };
                *argmax = if larger { class } else { *argmax };
            }
            k += 1;
        });
        for (example, (&y, argmax)) in izip!(y, argmax).enumerate() {
            correct += usize::from(class(y, a.nrows(), first + example) == argmax as usize);
        }
    }
    correct
}

/// Converts the label `y` of example number `example` into a row number.
///
/// # Panics
/// If it is not one of 0, …, `classes` - 1.
#[track_caller]
pub(crate) fn class<R: Real>(y: R, classes: usize, example: usize) -> usize {
    let class = y.as_f64() as usize;
    assert!(
        class < classes && R::from_f64(class as f64) == y,
        "example {example} is of class {y}, but the classes of {classes} units are 0, 1, … below {classes}"
    );
    class
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn the_first_of_equal_ones_is_the_largest_and_nan_is_larger() {
        let a = array![[1.0, 2.0, f64::NAN, 0.0, f64::NEG_INFINITY], [1.0, 3.0, 5.0, f64::NAN, f64::NEG_INFINITY]];
        for (y, right) in [([0.0, 1.0, 0.0, 1.0, 0.0], 5), ([1.0, 0.0, 1.0, 0.0, 1.0], 0), ([0.0; 5], 3)] {
            assert_eq!(softmax_count_correct(a.view(), array![y].view()), right, "{y:?}");
        }
    }

    #[test]
    fn examples_are_counted_beyond_one_block() {
        let (classes, examples) = (7, 2 * BLOCK + 5);
        let a = Array2::from_shape_fn((classes, examples), |(k, j)| if k == j * j % classes { 2.0f32 } else { -1.0 });
        let y = Array2::from_shape_fn((1, examples), |(_, j)| ((j * j + usize::from(j % 9 == 0)) % classes) as f32);
        assert_eq!(softmax_count_correct(a.view(), y.view()), examples - examples.div_ceil(9));
    }

    #[test]
    fn what_is_no_class_number_is_refused() {
        for y in [-1.0, 0.5, 3.0, 1e300, f64::NAN, f64::INFINITY] {
            let refused =
                catch_unwind(|| softmax_count_correct(Array2::zeros((3, 1)).view(), array![[y]].view())).unwrap_err();
            let message = refused.downcast_ref::<String>().unwrap();
            assert!(message.starts_with(&format!("example 0 is of class {y}, but")), "{message}");
        }
    }

    #[test]
    #[should_panic(expected = "softmax_count_correct: shapes don't fit: a (2, 3), y (1, 2)")]
    fn too_few_labels_are_refused() {
        softmax_count_correct(Array2::<f32>::zeros((2, 3)).view(), Array2::zeros((1, 2)).view());
    }
}
