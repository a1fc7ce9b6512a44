//! The factors X = Q R of the training examples, which the reduced engine multiplies by.

use kernels::lapack::{Qr, singular_values_and_vt};
use kernels::{Accumulate, ProductCheck, WrongSum, backward_weights, forward};
use ndarray::{Array2, ArrayView2, Axis};

/// X = Q R, where Q has orthonormal columns and R = S Vᵀ, by the singular value decomposition X = Q S Vᵀ: R is not a triangle. Q, which is
/// as large as X, is not formed.
#[derive(Debug)]
pub(crate) struct Factors {
    /// R, r × m: the examples in the coordinates of Q.
    pub(crate) r: Array2<f64>,
    /// S⁻¹ Vᵀ, r × m, where X = Q S Vᵀ is the singular value decomposition and R = S Vᵀ: D Qᵀ = (D S⁻¹ Vᵀ) Xᵀ.
    pub(crate) to_examples: Array2<f64>,
    /// QᵀX_h, r × m_h: the held-out examples in the coordinates of Q.
    pub(crate) held_out: Array2<f64>,
}

impl Factors {
    /// Factorises X by a QR decomposition along its longer side, and then by the singular values of the small triangle: their errors are
    /// of the order of ε S\[0\], where those from the eigenvalues of XᵀX would be of the order of √ε S\[0\].
    pub(crate) fn of(x: ArrayView2<f64>) -> Self {
        let (features, examples) = x.dim();
        // Householder's QR of X if it is tall, else of Xᵀ; its triangle is not the R of the factors.
        let tall = features >= examples;
        let qr = Qr::new(if tall { x } else { x.reversed_axes() });
        let triangle = if tall { qr.r() } else { qr.r().reversed_axes() };
        let (singular, vt) = singular_values_and_vt(triangle.view());
        let noise = singular[0] * features.max(examples) as f64 * f64::EPSILON;
        let rank = singular.iter().filter(|&&value| value > noise).count().max(1);
        let mut vt = vt.view().split_at(Axis(0), rank).0.to_owned();
        if !tall {
            let mut rows = Array2::zeros((rank, examples));
            forward(vt.view(), qr.into_q_transposed().view(), rows.view_mut(), Accumulate::Replace);
            vt = rows;
        }
        let (mut r, mut to_examples) = (vt.clone(), vt);
        for ((mut r, mut back), &value) in r.rows_mut().into_iter().zip(to_examples.rows_mut()).zip(&singular) {
            r *= value;
            back.mapv_inplace(|element| if value > noise { element / value } else { 0.0 });
        }
        Factors { held_out: Array2::zeros((r.nrows(), 0)), r, to_examples }
    }

    /// Checks that RᵀR = XᵀX, neither of which is formed: with many examples they are far larger than X.
    pub(crate) fn checked(self, x: ArrayView2<f64>) -> Result<Self, WrongSum> {
        let of_r = ProductCheck::new(self.r.view()).normwise(x.nrows());
        of_r.verify_equal(self.r.t(), &ProductCheck::new(x), x.t())?;
        Ok(self)
    }

    /// Computes QᵀX_h, with Qᵀ = S⁻¹ Vᵀ Xᵀ.
    pub(crate) fn with_held_out(self, x: ArrayView2<f64>, x_held_out: ArrayView2<f64>) -> Result<Self, WrongSum> {
        if x_held_out.is_empty() {
            return Ok(self);
        }
        let to_examples = self.to_examples.view();
        let mut q_transposed = Array2::zeros((to_examples.nrows(), x.nrows()));
        backward_weights(to_examples, x, 1.0, q_transposed.view_mut(), Accumulate::Replace);
        ProductCheck::new(x.t()).verify(to_examples, q_transposed.view())?;
        let mut held_out = Array2::zeros((to_examples.nrows(), x_held_out.ncols()));
        forward(q_transposed.view(), x_held_out, held_out.view_mut(), Accumulate::Replace);
        ProductCheck::new(x_held_out).verify(q_transposed.view(), held_out.view())?;
        Ok(Factors { held_out, ..self })
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Numbers from 0 to 1 whose columns don't depend on each other.
    fn pattern(shape: (usize, usize)) -> Array2<f64> {
        Array2::from_shape_fn(shape, |(i, j)| ((i * i * 7 + j * j * 13 + i * j * 5) % 101) as f64 / 101.0)
    }

    #[test]
    fn the_factors_have_as_many_rows_as_x_has_directions() {
        let half = pattern((60, 10));
        let twice = ndarray::concatenate![Axis(1), half, half];
        assert_eq!(Factors::of(twice.view()).r.nrows(), 10);
        assert_eq!(Factors::of(twice.view().split_at(Axis(0), 15).0).r.nrows(), 10);
    }

    #[test]
    fn factors_that_are_off_by_a_billionth_are_seen() {
        let x = pattern((60, 10));
        let factors = || Factors::of(x.view());
        assert!(factors().checked(x.view()).is_ok());
        let mut off = factors();
        off.r[[0, 0]] *= 1.0 + 1e-9;
        assert!(off.checked(x.view()).is_err());
        let mut less = factors();
        less.r.row_mut(9).fill(0.0);
        assert!(less.checked(x.view()).is_err(), "a direction is missing");
    }

    #[test]
    fn examples_that_all_but_repeat_others_are_directions_of_their_own() {
        let mut stream = ChaCha8Rng::seed_from_u64(1);
        let mut x = Array2::from_shape_simple_fn((3000, 20), || stream.random_range(-1.0..1.0));
        for j in 10..20 {
            let other = x.column(j - 10).to_owned();
            x.column_mut(j).zip_mut_with(&other, |x, &other| *x = other + 4e-12 * *x);
        }
        assert_eq!(Factors::of(x.view()).r.nrows(), 20);
        assert_eq!(Factors::of(x.t()).r.nrows(), 20);
    }
}
