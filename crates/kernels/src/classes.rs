//! Outputs of one unit a class, against class numbers: where softmax's way back starts, and how many examples are right.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;
use crate::elementwise::adjacent;
use crate::softmax::{BLOCK, blocks};
use crate::widest::widest;

/// dz = a - onehot(y), where onehot(y) is 1 at class y of the example and else 0: the start of the way back for a softmax
/// output under its cross-entropy.
///
/// # Shapes
/// `a` and `dz` classes × examples, `y` 1 × examples: class numbers 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, or a class number is none of 0, …, classes - 1.
#[track_caller]
pub fn one_hot_difference<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
    assert!(
        a.dim() == dz.dim() && y.dim() == (1, a.ncols()),
        "one_hot_difference: shapes don't fit: a {:?}, y {:?}, dz {:?}",
        a.dim(),
        y.dim(),
        dz.dim()
    );
    dz.assign(&a);
    for (example, &y) in y.iter().enumerate() {
        dz[[class_number(y, a.nrows(), example), example]] -= R::one();
    }
}

/// How many examples have the largest of their z at class y; the first of equal ones counts and NaN is the largest, as in
/// NumPy's `argmax`.
///
/// # Shapes
/// `z` classes × examples (or a: softmax keeps the order), `y` 1 × examples: class numbers 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, a class number is none of 0, …, classes - 1, or the elements of a row aren't adjacent.
#[track_caller]
pub fn correct<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> usize {
    assert!(y.dim() == (1, z.ncols()), "correct: shapes don't fit: z {:?}, y {:?}", z.dim(), y.dim());
    let mut right = 0;
    for block in blocks(z.ncols()) {
        let (mut most, mut at) = ([R::neg_infinity(); BLOCK], [0u32; BLOCK]);
        for (k, row) in (0u32..).zip(z.rows()) {
            let row = &adjacent(&row)[block.clone()];
            widest(
                #[inline(always)]
                || {
                    for ((&z, most), at) in row.iter().zip(&mut most).zip(&mut at) {
                        let larger = (z > *most) | (z.is_nan() & !most.is_nan());
                        *most = if larger { z } else { *most };
                        *at = if larger { k } else { *at };
                    }
                },
            );
        }
        for (example, &at) in block.zip(&at) {
            right += usize::from(class_number(y[[0, example]], z.nrows(), example) == at as usize);
        }
    }
    right
}

/// `y` as the number of a row.
#[track_caller]
pub(crate) fn class_number<R: Real>(y: R, classes: usize, example: usize) -> usize {
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
        let z = array![[1.0, 2.0, f64::NAN, 0.0, f64::NEG_INFINITY], [1.0, 3.0, 5.0, f64::NAN, f64::NEG_INFINITY]];
        for (y, right) in [([0.0, 1.0, 0.0, 1.0, 0.0], 5), ([1.0, 0.0, 1.0, 0.0, 1.0], 0), ([0.0; 5], 3)] {
            assert_eq!(correct(z.view(), array![y].view()), right, "{y:?}");
        }
    }

    #[test]
    fn examples_are_counted_beyond_one_block() {
        let (classes, examples) = (7, 2 * BLOCK + 5);
        let z = Array2::from_shape_fn((classes, examples), |(k, j)| if k == j * j % classes { 2.0f32 } else { -1.0 });
        let y = Array2::from_shape_fn((1, examples), |(_, j)| ((j * j + usize::from(j % 9 == 0)) % classes) as f32);
        assert_eq!(correct(z.view(), y.view()), examples - examples.div_ceil(9));
    }

    #[test]
    fn one_is_taken_off_at_the_class_of_each_example() {
        let (a, y) = (array![[0.25, 0.5], [0.75, 0.5]], array![[1.0, 0.0]]);
        let mut dz = Array2::from_elem((2, 2), f32::NAN);
        one_hot_difference(a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[0.25, -0.5], [-0.25, 0.5]]);
    }

    #[test]
    fn what_is_no_class_number_is_refused() {
        for y in [-1.0, 0.5, 3.0, 1e300, f64::NAN, f64::INFINITY] {
            let refused = catch_unwind(|| correct(Array2::zeros((3, 1)).view(), array![[y]].view())).unwrap_err();
            let message = refused.downcast_ref::<String>().unwrap();
            assert!(message.starts_with(&format!("example 0 is of class {y}, but")), "{message}");
        }
    }

    #[test]
    #[should_panic(expected = "one_hot_difference: shapes don't fit: a (2, 3), y (2, 3), dz (2, 3)")]
    fn a_one_hot_matrix_is_refused_where_class_numbers_belong() {
        let a = Array2::<f32>::zeros((2, 3));
        one_hot_difference(a.view(), a.view(), Array2::zeros((2, 3)).view_mut());
    }

    #[test]
    #[should_panic(expected = "correct: shapes don't fit: z (2, 3), y (1, 2)")]
    fn too_few_labels_are_refused() {
        correct(Array2::<f32>::zeros((2, 3)).view(), Array2::zeros((1, 2)).view());
    }
}
