//! Binary cross-entropy of a sigmoid output, where the way back starts, and the accuracy.

use kernels::{Real, all_finite, binary_cross_entropy_sum};
use ndarray::{ArrayView2, ArrayViewMut2, Zip};

/// `J = -(1/m) sum( y log a[L] + (1-y) log(1-a[L]) )`, computed from `z[L]`.
///
/// With a = σ(z) a term is max(z, 0) - z y + log(1 + e^-|z|), which never takes the logarithm of a rounded 0 or 1
/// (as in PyTorch's `BCEWithLogitsLoss`). The sum is taken in f64.
///
/// # Shapes
/// `z` and `y` 1 × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn binary_cross_entropy<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    binary_cross_entropy_sum(z, y) / z.ncols() as f64
}

/// `dz[L] = a[L] - y`: what [`da_output`] times the sigmoid's derivative comes to, with nothing to divide.
///
/// # Shapes
/// `a`, `y` and `dz` 1 × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn dz_output<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
    assert_eq!((a.dim(), y.dim()), (dz.dim(), dz.dim()), "dz_output: a, y and dz must have one shape");
    Zip::from(dz).and(a).and(y).for_each(|dz, &a, &y| *dz = a - y);
}

/// `da[L] = -y/a[L] + (1-y)/(1-a[L])`, as the textbook starts the way back; infinite where `a[L]` is rounded to 0 or 1.
///
/// # Shapes
/// `a`, `y` and `da` 1 × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn da_output<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, da: ArrayViewMut2<R>) {
    assert_eq!((a.dim(), y.dim()), (da.dim(), da.dim()), "da_output: a, y and da must have one shape");
    let one = R::one();
    Zip::from(da).and(a).and(y).for_each(|da, &a, &y| *da = -y / a + (one - y) / (one - a));
}

/// The share of the examples that are put in the class that `y` says: 1 if `a[L]` > 0.5, else 0. `None` if some `z[L]`
/// is not finite: such a net has diverged.
///
/// # Shapes
/// `z`, `a` and `y` 1 × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn accuracy<R: Real>(z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>) -> Option<f64> {
    assert_eq!((z.dim(), a.dim()), (y.dim(), y.dim()), "accuracy: z[L], a[L] and y must have one shape");
    if !all_finite(z) {
        return None;
    }
    let half = R::from_f64(0.5);
    let right = a.iter().zip(y).filter(|&(&y_hat, &y)| (y_hat > half) == (y > half)).count();
    Some(right as f64 / y.len() as f64)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn from_logits_it_equals_the_textbook_formula_where_that_is_finite() {
        for (z, y) in [(0.0, 1.0), (2.5, 1.0), (2.5, 0.0), (-7.0, 1.0), (-7.0, 0.0)] {
            let a: f64 = 1.0 / (1.0 + f64::exp(-z));
            let textbook = -(y * a.ln() + (1.0 - y) * (1.0 - a).ln());
            let found = binary_cross_entropy(array![[z]].view(), array![[y]].view());
            // The textbook formula sees a and 1 - a rounded to within ε.
            let rounding = 4.0 * f64::EPSILON / if y == 1.0 { a } else { 1.0 - a };
            assert!((found - textbook).abs() <= rounding, "z {z}, y {y}: {found} {textbook}");
        }
    }

    #[test]
    fn the_ends_of_the_range_neither_overflow_nor_take_log_of_zero() {
        let cost = |z: f64, y: f64| binary_cross_entropy(array![[z]].view(), array![[y]].view());
        assert_eq!(cost(-1e308, 1.0), 1e308);
        assert_eq!(cost(1e308, 1.0), 0.0);
        assert_eq!(cost(-1e308, 0.0), 0.0);
        assert_eq!(cost(-800.0, 1.0), 800.0);
        assert_eq!(cost(40.0, 1.0), (-40f64).exp(), "small costs keep their relative accuracy");
        assert!(cost(f64::NAN, 1.0).is_nan() && cost(f64::INFINITY, 1.0).is_nan());
    }
}
