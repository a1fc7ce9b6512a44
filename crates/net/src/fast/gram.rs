//! The training examples with their inner products and factors, which are computed in f64, once, when they are first asked for, and
//! shared by every net on these examples.

use std::sync::OnceLock;

use kernels::lapack::{MOST_SINGULAR_VECTORS, singular_values};
use kernels::{Accumulate, ProductCheck, WrongSum, backward_data, backward_weights, forward};
use ndarray::{Array2, ArrayView2, Axis};

use super::factors::Factors;

/// Training examples X (`n[0]` × m) beside held-out examples X_h (`n[0]` × m_h), their inner products G = XᵀX and XᵀX_h, and X = Q R:
/// all that the reduced and the dual engine compute from the examples.
#[derive(Debug)]
pub struct GramSpace {
    /// \[X X_h\].
    both: Array2<f64>,
    examples: usize,
    check: OnceLock<ProductCheck>,
    products: OnceLock<Result<Array2<f64>, WrongSum>>,
    factors: OnceLock<Result<Factors, WrongSum>>,
}

impl GramSpace {
    /// Copies the training examples `x` (`n[0]` × m) and the held-out examples `x_held_out` (`n[0]` × m_h; m_h may be 0).
    ///
    /// # Panics
    /// If their features differ in number, or a side of X is empty.
    #[track_caller]
    pub fn new(x: ArrayView2<f64>, x_held_out: ArrayView2<f64>) -> Self {
        assert_eq!(x.nrows(), x_held_out.nrows(), "training and held-out examples have the same features");
        let mut both = Array2::zeros((x.nrows(), x.ncols() + x_held_out.ncols()));
        let (mut training, mut held_out) = both.view_mut().split_at(Axis(1), x.ncols());
        training.assign(&x);
        held_out.assign(&x_held_out);
        GramSpace::from_joined(both, x.ncols())
    }

    /// Takes \[X X_h\], `n[0]` × (m + m_h), whose first `examples` = m columns are X. X_h may be empty.
    ///
    /// # Panics
    /// If a side of X is empty.
    #[track_caller]
    pub fn from_joined(both: Array2<f64>, examples: usize) -> Self {
        let sides = (both.nrows(), examples, both.ncols());
        let fits = sides.0 > 0 && (1..=sides.2).contains(&sides.1);
        assert!(fits, "no training examples or no features: X is {} × {} of {} columns", sides.0, sides.1, sides.2);
        GramSpace { both, examples, check: OnceLock::new(), products: OnceLock::new(), factors: OnceLock::new() }
    }

    /// Returns X.
    pub fn x(&self) -> ArrayView2<'_, f64> {
        self.both.view().split_at(Axis(1), self.examples).0
    }

    /// Returns the bytes that it holds now: those of the examples, and of what was computed from them.
    pub fn bytes_held(&self) -> usize {
        let products = self.products.get().and_then(|products| products.as_ref().ok()).map_or(0, Array2::len);
        let factors = self.factors.get().and_then(|factors| factors.as_ref().ok());
        let factors =
            factors.map_or(0, |Factors { r, to_examples, held_out }| r.len() + to_examples.len() + held_out.len());
        (self.both.len() + products + factors) * size_of::<f64>()
    }

    /// Returns X_h.
    pub fn x_held_out(&self) -> ArrayView2<'_, f64> {
        self.both.view().split_at(Axis(1), self.examples).1
    }

    /// Computes W \[X X_h\], n\[1\] × (m + m_h), for `w` n\[1\] × `n[0]`.
    ///
    /// # Errors
    /// If the BLAS computes it wrongly.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub(crate) fn wx_both(&self, w: ArrayView2<f64>) -> Result<Array2<f64>, WrongSum> {
        let mut wx = Array2::zeros((w.nrows(), self.both.ncols()));
        forward(w, self.both.view(), wx.view_mut(), Accumulate::Replace);
        self.check().verify(w, wx.view())?;
        Ok(wx)
    }

    /// Returns whether `wx` is W \[X X_h\] for `w`, up to rounding.
    ///
    /// # Panics
    /// If the shapes don't fit.
    pub(crate) fn are_products(&self, w: ArrayView2<f64>, wx: ArrayView2<f64>) -> bool {
        self.check().verify(w, wx).is_ok()
    }

    /// Returns G = XᵀX, m × m.
    ///
    /// # Errors
    /// If the BLAS computes it wrongly.
    pub fn gram(&self) -> Result<ArrayView2<'_, f64>, WrongSum> {
        Ok(self.products()?.split_at(Axis(1), self.examples).0)
    }

    /// Returns XᵀX_h, m × m_h.
    ///
    /// # Errors
    /// If the BLAS computes it wrongly.
    pub fn cross(&self) -> Result<ArrayView2<'_, f64>, WrongSum> {
        Ok(self.products()?.split_at(Axis(1), self.examples).1)
    }

    /// Returns the check of products whose right factor is \[X X_h\].
    fn check(&self) -> &ProductCheck {
        self.check.get_or_init(|| ProductCheck::new(self.both.view()))
    }

    /// Returns Xᵀ \[X X_h\].
    fn products(&self) -> Result<ArrayView2<'_, f64>, WrongSum> {
        let compute = || {
            let mut products = Array2::zeros((self.examples, self.both.ncols()));
            backward_data(self.x(), self.both.view(), products.view_mut(), Accumulate::Replace);
            self.check().verify(self.x().t(), products.view())?;
            Ok(products)
        };
        self.products.get_or_init(compute).as_ref().map(|products| products.view()).map_err(Clone::clone)
    }

    /// Returns the rank of X: the number of its singular values that are above rounding.
    ///
    /// The smaller Gram matrix of X shows full rank to about eight digits; if it doesn't, the factors of X decide. Where its elements
    /// overflow, or X has no factors, the rank counts as full: the reduced engine can't be used.
    ///
    /// # Errors
    /// If the BLAS computes a product of X wrongly.
    pub fn rank(&self) -> Result<usize, WrongSum> {
        let (features, examples) = self.x().dim();
        if !self.can_be_factorised() {
            return Ok(features.min(examples));
        }
        let xx_transposed;
        let gram = if examples <= features {
            self.gram()?
        } else {
            let mut product = Array2::zeros((features, features));
            backward_weights(self.x(), self.x(), 1.0, product.view_mut(), Accumulate::Replace);
            ProductCheck::new(self.x().t()).verify(self.x(), product.view())?;
            xx_transposed = product;
            xx_transposed.view()
        };
        if !gram.iter().all(|product| product.is_finite()) {
            return Ok(gram.nrows());
        }
        let squares = singular_values(gram);
        let noise = squares[0] * gram.nrows() as f64 * f64::EPSILON;
        if squares.iter().all(|&square| square > noise) { Ok(squares.len()) } else { self.rank_by_factors() }
    }

    /// Returns the rank of X as the factors X = Q R have it: the number of rows of R.
    ///
    /// # Errors
    /// As [`Self::rank`].
    ///
    /// # Panics
    /// If an element of X is not finite.
    pub fn rank_by_factors(&self) -> Result<usize, WrongSum> {
        Ok(self.factors()?.r.nrows())
    }

    /// Returns whether X is small enough to be factorised: its smaller side has at most [`MOST_SINGULAR_VECTORS`].
    pub(crate) fn can_be_factorised(&self) -> bool {
        let (features, examples) = self.x().dim();
        features.min(examples) <= MOST_SINGULAR_VECTORS
    }

    /// Returns the factors of X, with a direction for each singular value above rounding.
    ///
    /// # Errors
    /// If RᵀR is not XᵀX, which is all that training uses, or the BLAS computes QᵀX_h wrongly.
    ///
    /// # Panics
    /// If an element of X is not finite.
    pub(crate) fn factors(&self) -> Result<&Factors, WrongSum> {
        let compute = || Factors::of(self.x()).checked(self.x())?.with_held_out(self.x(), self.x_held_out());
        self.factors.get_or_init(compute).as_ref().map_err(Clone::clone)
    }
}

/// The reason why these products are there: training begins only after they have been computed and checked.
pub(crate) const CHECKED: &str = "checked when training began";

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn many_examples_of_few_directions_need_no_inner_products() {
        // Six features, of which two repeat others.
        let six = |of_four: Array2<f64>| ndarray::concatenate![Axis(0), of_four, of_four.view().split_at(Axis(0), 2).0];
        let (x, x_held_out) = (six(noise((4, 500))), six(noise((4, 30))));
        let space = GramSpace::new(x.view(), x_held_out.view());
        let factors = space.factors().unwrap();
        assert_eq!((space.rank_by_factors(), factors.held_out.dim()), (Ok(4), (4, 30)));
        assert!(space.products.get().is_none(), "500 × 530 of them");
        // D QᵀX_h = (D S⁻¹ Vᵀ) XᵀX_h.
        let d = noise((3, 4));
        let by_examples = d.dot(&factors.to_examples).dot(&space.cross().unwrap());
        let off = (d.dot(&factors.held_out) - by_examples).fold(0.0, |off: f64, x| off.max(x.abs()));
        assert!(off < 1e-12, "{off}");
    }

    #[test]
    fn examples_that_are_too_many_to_be_factorised_need_no_inner_products() {
        let side = MOST_SINGULAR_VECTORS + 1;
        // Pages of zeros that nothing reads take no memory.
        let space = GramSpace::from_joined(Array2::zeros((side, side)), side);
        assert_eq!(space.rank(), Ok(side));
        assert!(space.products.get().is_none());
    }

    /// Numbers between -1 and 1 without a pattern.
    fn noise(shape: (usize, usize)) -> Array2<f64> {
        let mut stream = ChaCha8Rng::seed_from_u64(1);
        Array2::from_shape_simple_fn(shape, || stream.random_range(-1.0..1.0))
    }

    #[test]
    fn factors_of_many_repeated_examples_are_right() {
        let mut x = noise((240, 240));
        for j in (1..240).step_by(3) {
            let other = x.column(j / 3).to_owned();
            x.column_mut(j).assign(&other);
        }
        let space = GramSpace::new(x.view(), x.view());
        assert_eq!((space.rank().unwrap(), space.rank_by_factors().unwrap()), (160, 160));
    }
}
