//! The plan of a product: one cblas call, one for each pair of panels, or loops of our own. It depends only on the library, the
//! transpositions and the shape, never on a timing, so that bits repeat.
//!
//! On its AVX-512 cores, OpenBLAS has kernels for products of at most 10⁶ multiply-adds that read both operands in place. They reach
//! 90% of the processor's peak and more. Larger products are packed first and reach 75 to 85%. So a large product is divided into
//! panels that are small enough for those kernels. On its AVX2 cores it packs all products, so our loops make the small ones.

use crate::blas::{Library, SmallProducts};
use crate::cblas::Transpose;
use crate::real::Real;

/// The cblas calls that a product is made of, or the loops of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GemmPlan {
    /// One call.
    OneCall,
    /// A call for each panel of op(A) and each panel of op(B) that it is multiplied by.
    Panels(Panels),
    /// No call: loops of our own that read both operands where they are.
    Unpacked,
}

/// The sides of panels, which are rows × terms in op(A) and terms × columns in op(B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panels {
    pub(crate) rows: Side,
    pub(crate) columns: Side,
    pub(crate) terms: Side,
    /// True if op(B)'s panels are first copied to memory without gaps, row after row, which undoes the transposition of B.
    pub(crate) copied: bool,
    /// True if the next panel of op(B) is fetched from memory while this one is multiplied.
    pub(crate) fetched_ahead: bool,
}

/// One side of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// The greatest length of the side.
    most: usize,
    /// The number that the length is a multiple of.
    step: usize,
}

impl Side {
    /// Computes the length of each panel that `length` is divided into; the last one may be shorter.
    pub(crate) fn of(self, length: usize) -> usize {
        let panels = length.div_ceil(self.most);
        length.div_ceil(panels).next_multiple_of(self.step).min(self.most)
    }

    /// Counts the panels that `length` is divided into.
    fn count(self, length: usize) -> usize {
        length.div_ceil(self.of(length))
    }
}

/// The most multiply-adds of a product for which OpenBLAS uses its small kernels, or for which our loops take less time than its packing.
const SMALL: usize = 1_000_000;

/// The size in bytes above which no cache is expected to hold op(B) from one product to the next.
const FAR: usize = 8 << 20;

/// The most elements of op(B) that our loops read again and again in products of more multiply-adds than [`SMALL`].
const NEAR: usize = 1 << 19;

/// The most bytes of a copied panel of op(B).
pub(crate) const PANEL_BYTES: usize = 1 << 16;

impl GemmPlan {
    /// Plans the product op(A) op(B) of m × n elements with k terms each in `library`.
    pub fn of<R: Real>(library: &Library, transposes: [Transpose; 2], shape: [usize; 3]) -> Self {
        match library.small_products {
            SmallProducts::InPlace => GemmPlan::for_small_kernels::<R>(transposes, shape),
            SmallProducts::Packed => GemmPlan::without_small_kernels::<R>(transposes, shape),
            SmallProducts::Unknown => GemmPlan::OneCall,
        }
    }

    /// Plans a product in a library that packs the operands of all products.
    ///
    /// The numbers come from measurements of some 3,000 shapes of each form in both types (Zen 3; OpenBLAS 0.3.34, core Haswell).
    pub(crate) fn without_small_kernels<R: Real>([a, b]: [Transpose; 2], [m, n, k]: [usize; 3]) -> Self {
        use Transpose::No;
        // Packing op(B) doesn't pay for few rows.
        let is_small = m * n * k <= SMALL || (m <= 12 && n * k <= NEAR);
        // Adding up the lanes of a dot product takes as long as some vectors of its terms, and copying narrow matrices is slow.
        let are_sums_long = k * size_of::<R>() >= if n <= 20 { 128 } else { 512 };
        let is_unpacked = is_small && (b == No || (a == No && are_sums_long));
        if is_unpacked { GemmPlan::Unpacked } else { GemmPlan::OneCall }
    }

    /// Plans a product in a library that has small kernels.
    ///
    /// The numbers come from measurements of some 70 shapes in both types (Zen 4; OpenBLAS 0.3.34, core SkylakeX).
    pub(crate) fn for_small_kernels<R: Real>([a, b]: [Transpose; 2], [m, n, k]: [usize; 3]) -> Self {
        use Transpose::{No, Yes};
        let element = size_of::<R>();
        // The small kernels for a transposed B compute dot products, which suit a C of few elements with long sums.
        let is_small = m * n * k <= SMALL && (b == No || (m * n <= 1200 && k >= 32));
        // If all sides are long, packing costs less than the many additions into C.
        let is_large = m.min(n).min(k) >= 1024;
        if is_small || is_large {
            return GemmPlan::OneCall;
        }
        let side = |most, step| Side { most, step };
        let panels = |rows, columns: Side, terms, copied| {
            // The processor by itself fetches ahead along a row, but not from one short row of a panel to the next, which lies apart.
            let fetched_ahead = n * k * element > FAR && if b == No { n > columns.most } else { k > terms };
            GemmPlan::Panels(Panels { rows: side(rows, 4), columns, terms: side(terms, 16), copied, fetched_ahead })
        };
        match (a, b) {
            (No, Yes) if m <= 64 && k >= 32 && k * element >= 16 * m => panels(20, side(60, 4), 3200 / element, false),
            (_, Yes) => panels(15 * element, side(256 / element, 16), 256, true),
            (No, No) if m > 384 => panels(15 * element, side(256 / element, 16), 256, true),
            (_, No) => panels(24, side(256, 16), 160, false),
        }
    }

    /// Counts the cblas calls for a product of m × n elements with k terms each.
    pub fn calls(self, [m, n, k]: [usize; 3]) -> usize {
        match self {
            GemmPlan::OneCall => 1,
            GemmPlan::Unpacked => 0,
            GemmPlan::Panels(Panels { rows, columns, terms, .. }) => rows.count(m) * columns.count(n) * terms.count(k),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_equally_long_and_never_longer_than_allowed() {
        for (most, step) in [(24, 4), (60, 4), (64, 16), (256, 16), (800, 16)] {
            let side = Side { most, step };
            for length in 1..3000 {
                let (panel, count) = (side.of(length), side.count(length));
                assert!(panel <= most && (count - 1) * panel < length && length <= count * panel, "{length} {panel}");
            }
        }
    }

    #[test]
    fn panels_are_fetched_ahead_where_they_come_from_memory_in_short_rows() {
        use Transpose::{No, Yes};
        let is_ahead = |b, shape| match GemmPlan::for_small_kernels::<f32>([No, b], shape) {
            GemmPlan::Panels(panels) => panels.fetched_ahead,
            plan => panic!("{plan:?}"),
        };
        assert!(is_ahead(No, [200, 5000, 3072]) && is_ahead(Yes, [200, 3072, 5000]) && is_ahead(No, [5, 300, 7300]));
        assert!(!is_ahead(No, [20, 209, 12288]), "the rows of a panel adjoin");
        assert!(!is_ahead(Yes, [20, 12288, 209]), "the rows of a panel adjoin");
        assert!(!is_ahead(No, [512, 512, 784]), "op(B) stays in a cache");
    }

    #[test]
    fn small_products_are_made_by_loops_of_our_own_where_a_library_packs_them() {
        use Transpose::{No, Yes};
        let is_unpacked = |form, shape| GemmPlan::without_small_kernels::<f32>(form, shape) == GemmPlan::Unpacked;
        for form in [[No, No], [Yes, No], [No, Yes]] {
            assert!(
                is_unpacked(form, [20, 209, 209])
                    && is_unpacked(form, [10, 512, 512])
                    && is_unpacked(form, [20, 20, 32])
            );
            assert!(!is_unpacked(form, [100, 209, 209]), "packing pays");
            assert!(!is_unpacked(form, [10, 5000, 512]), "op(B) is far");
            assert!(!is_unpacked([Yes, Yes], [20, 209, 209]));
        }
        assert!(is_unpacked([No, No], [64, 128, 20]) && !is_unpacked([No, Yes], [64, 128, 20]), "short dot products");
    }

    #[test]
    fn every_panel_is_small_enough_for_the_small_kernels_and_for_its_copy() {
        for element in [4, 8] {
            let copied = 15 * element * (256 / element) * 256;
            assert!(copied <= SMALL && 24 * 256 * 160 <= SMALL && 256 / element * 256 * element <= PANEL_BYTES);
        }
    }
}
