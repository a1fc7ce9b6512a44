//! The plan of a product: cblas calls or loops of our own, for the whole operands or for each pair of their panels. It depends only on
//! the library, the maker of the processor, the transpositions and the shape, never on a timing, so that bits repeat.
//!
//! On its AVX-512 cores, OpenBLAS has kernels for products of at most 10⁶ multiply-adds that read both operands in place. They reach 90%
//! of the processor's peak and more. Larger products are packed first and reach 75 to 85%. So a large product is divided into panels that
//! are small enough for those kernels, but for the largest on Intel's processors: these reach only 60 to 70% in panels. On its AVX2 cores
//! it packs the operands of all products, so that our loops, which copy at most one of them, make small and medium ones in less time.

use crate::blas::{Library, SmallProducts};
use crate::cblas::Transpose;
use crate::real::Real;

/// The way in which a product is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GemmPlan {
    /// The maker of the product, or of the products of its panels.
    pub maker: Maker,
    /// The panels of the operands that are multiplied one by one; `None` if the whole operands are.
    pub panels: Option<Panels>,
}

/// The maker of a product of matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The library, by cblas calls.
    Library,
    /// Loops of our own.
    Loops,
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

/// The most multiply-adds of a product for which OpenBLAS uses its small kernels, or for which our loops read a B that isn't transposed in
/// place, however many rows A has.
const SMALL: usize = 1_000_000;

/// The most multiply-adds of a product for which our loops take less time than OpenBLAS's AVX2 kernels with their packing.
const MEDIUM: usize = 15_000_000;

/// The higher limit of products of which copies take our loops a smaller share of the time: those of few columns, or of a transposed B and
/// few rows.
const LARGE: usize = 60_000_000;

/// The most multiply-adds of a product that is divided into panels on Intel's processors: larger ones take less time if OpenBLAS packs them
/// (Emerald Rapids; OpenBLAS 0.3.34, core SkylakeX; 14 shapes in both types).
const LARGE_ON_INTEL: usize = 300_000_000;

/// The size in bytes above which no cache is expected to hold op(B) from one product to the next.
const FAR: usize = 8 << 20;

/// The bytes of a row of the tiles that our loops make: two vectors.
pub(crate) const TILE_BYTES: usize = 64;

/// The most bytes of a copied panel of op(B).
pub(crate) const PANEL_BYTES: usize = 1 << 16;

impl Panels {
    /// Makes the panels of our loops: one of B is copied to be as wide as a tile of C, and has at most 32 KiB, the size of a first-level
    /// cache.
    fn of_tiles<R>() -> Self {
        let side = |bytes, step| Side { most: bytes / size_of::<R>(), step };
        let columns = side(TILE_BYTES, TILE_BYTES / size_of::<R>());
        Panels {
            rows: Side { most: usize::MAX, step: 1 },
            columns,
            terms: side(2048, 8),
            copied: true,
            fetched_ahead: false,
        }
    }
}

impl GemmPlan {
    /// One cblas call.
    const ONE_CALL: GemmPlan = GemmPlan { maker: Maker::Library, panels: None };

    /// Loops of our own that read both operands where they are.
    const LOOPS: GemmPlan = GemmPlan { maker: Maker::Loops, panels: None };

    /// Plans the product op(A) op(B) of m × n elements with k terms each in `library`.
    pub fn of<R: Real>(library: &Library, transposes: [Transpose; 2], shape: [usize; 3]) -> Self {
        GemmPlan::for_kind::<R>(library.small_products, transposes, shape)
    }

    fn for_kind<R: Real>(small_products: SmallProducts, transposes: [Transpose; 2], shape: [usize; 3]) -> Self {
        match small_products {
            // Few rows don't repay the packing of B.
            SmallProducts::InPlaceOnIntel
                if shape.iter().product::<usize>() > LARGE_ON_INTEL && shape[0] * size_of::<R>() >= 128 =>
            {
                GemmPlan::ONE_CALL
            }
            SmallProducts::InPlace | SmallProducts::InPlaceOnIntel => {
                GemmPlan::for_small_kernels::<R>(transposes, shape)
            }
            SmallProducts::Packed => GemmPlan::without_small_kernels::<R>(transposes, shape),
            SmallProducts::Unknown => GemmPlan::ONE_CALL,
        }
    }

    /// Plans a product in a library that packs the operands of all products.
    ///
    /// The numbers come from measurements of some 500 shapes of each form in both types (Zen 3; OpenBLAS 0.3.34, core Haswell), those of
    /// few rows and many terms from 42 shapes (Zen 4 without AVX-512).
    pub(crate) fn without_small_kernels<R: Real>([a, b]: [Transpose; 2], [m, n, k]: [usize; 3]) -> Self {
        use Transpose::{No, Yes};
        let (multiply_adds, element) = (m * n * k, size_of::<R>());
        let are_copies_cheap = (b == Yes && m * element <= 4096) || n * element <= 1024;
        // Where few rows meet each element of B, its packing takes longest however many terms there are, as in W(0) X of the course's net.
        let is_b_hardly_used = a == No && b == No && m * element < 256 && n * element <= 4096;
        if !is_b_hardly_used && multiply_adds > if are_copies_cheap { LARGE } else { MEDIUM } {
            return GemmPlan::ONE_CALL;
        }
        // With many rows of op(A), the terms of a transposed A are far apart. A transposed B with short rows gives short dot products.
        let is_far_apart = a == Yes && m * element >= 1024;
        let are_sums_long =
            k * element >= 256 && (m <= 12 || multiply_adds <= 100_000) || k * element >= 512 && n <= 20;
        let is_in_place = match b {
            No => multiply_adds <= SMALL || m * element < 256,
            Yes => a == No && are_sums_long,
        };
        // Few rows don't repay the copy of a panel.
        let is_copied = match b {
            No => true,
            Yes => m >= 16 && k >= 32,
        };
        if is_far_apart {
            GemmPlan::ONE_CALL
        } else if is_in_place {
            GemmPlan::LOOPS
        } else if is_copied {
            GemmPlan { maker: Maker::Loops, panels: Some(Panels::of_tiles::<R>()) }
        } else {
            GemmPlan::ONE_CALL
        }
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
            return GemmPlan::ONE_CALL;
        }
        let side = |most, step| Side { most, step };
        let panels = |rows, columns: Side, terms, copied| {
            // The processor by itself fetches ahead along a row, but not from one short row of a panel to the next, which lies apart.
            let fetched_ahead = n * k * element > FAR && if b == No { n > columns.most } else { k > terms };
            let panels = Panels { rows: side(rows, 4), columns, terms: side(terms, 16), copied, fetched_ahead };
            GemmPlan { maker: Maker::Library, panels: Some(panels) }
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
        match (self.maker, self.panels) {
            (Maker::Loops, _) => 0,
            (Maker::Library, None) => 1,
            (Maker::Library, Some(Panels { rows, columns, terms, .. })) => {
                rows.count(m) * columns.count(n) * terms.count(k)
            }
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
        let is_ahead = |b, shape| GemmPlan::for_small_kernels::<f32>([No, b], shape).panels.unwrap().fetched_ahead;
        assert!(is_ahead(No, [200, 5000, 3072]) && is_ahead(Yes, [200, 3072, 5000]) && is_ahead(No, [5, 300, 7300]));
        assert!(!is_ahead(No, [20, 209, 12288]), "the rows of a panel adjoin");
        assert!(!is_ahead(Yes, [20, 12288, 209]), "the rows of a panel adjoin");
        assert!(!is_ahead(No, [512, 512, 784]), "op(B) stays in a cache");
    }

    #[test]
    fn on_intel_only_large_products_have_another_plan() {
        use Transpose::{No, Yes};
        for form in [[No, No], [No, Yes], [Yes, No]] {
            let [intel, amd] = [SmallProducts::InPlaceOnIntel, SmallProducts::InPlace]
                .map(|small_products| move |shape| GemmPlan::for_kind::<f32>(small_products, form, shape));
            assert_eq!(intel([200, 5000, 3072]), GemmPlan::ONE_CALL);
            assert_ne!(amd([200, 5000, 3072]), GemmPlan::ONE_CALL);
            for shape in [[20, 209, 209], [512, 128, 784], [200, 5000, 300], [20, 5000, 4000]] {
                assert_eq!(intel(shape), amd(shape));
            }
        }
    }

    #[test]
    fn small_and_medium_products_are_made_by_loops_of_our_own_where_a_library_packs_them() {
        use Transpose::{No, Yes};
        let plan = GemmPlan::without_small_kernels::<f32>;
        for form in [[No, No], [Yes, No], [No, Yes]] {
            assert_eq!(plan(form, [10, 209, 209]), GemmPlan::LOOPS);
            assert_eq!(plan(form, [10, 512, 784]), GemmPlan::LOOPS, "few rows don't repay a copy");
            assert_eq!(plan(form, [200, 5000, 512]), GemmPlan::ONE_CALL, "packing pays");
            let panels = plan(form, [128, 64, 784]);
            assert!(panels.maker == Maker::Loops && panels.panels.is_some_and(|panels| panels.copied), "{form:?}");
        }
        assert_eq!(plan([No, No], [640, 209, 209]).maker, Maker::Loops, "few columns");
        assert_eq!(GemmPlan::without_small_kernels::<f64>([No, No], [640, 209, 209]), GemmPlan::ONE_CALL);
        assert_eq!(plan([No, Yes], [512, 784, 128]).maker, Maker::Loops, "a transposed B");
        assert_eq!(plan([No, No], [512, 784, 128]), GemmPlan::ONE_CALL);
        assert_eq!(plan([No, No], [64, 128, 20]), GemmPlan::LOOPS);
        assert_eq!(
            [20, 64].map(|m| plan([No, No], [m, 259, 12_288])),
            [GemmPlan::LOOPS, GemmPlan::ONE_CALL],
            "few rows"
        );
        assert_eq!(plan([No, No], [20, 1025, 12_288]), GemmPlan::ONE_CALL, "long rows of B");
        assert_eq!(plan([No, Yes], [64, 128, 20]), GemmPlan::ONE_CALL, "short dot products");
        assert_eq!(plan([Yes, No], [512, 20, 20]), GemmPlan::ONE_CALL, "columns of A far apart");
    }

    #[test]
    fn our_loops_never_get_two_transposed_operands_in_place() {
        let plans = |shape| {
            let form = [Transpose::Yes, Transpose::Yes];
            [GemmPlan::without_small_kernels::<f32>(form, shape), GemmPlan::without_small_kernels::<f64>(form, shape)]
        };
        for shape in [[1, 1, 1], [12, 20, 100], [20, 20, 20], [100, 10, 200], [16, 300, 300]] {
            for plan in plans(shape) {
                assert!(plan.maker == Maker::Library || plan.panels.is_some_and(|panels| panels.copied), "{shape:?}");
            }
        }
    }

    fn every_panel_is_small_enough<R: Real>() {
        use Transpose::{No, Yes};
        let forms = [[No, No], [No, Yes], [Yes, No], [Yes, Yes]];
        let shapes = [[20, 209, 12288], [200, 5000, 3072], [500, 300, 3000], [64, 3072, 32], [5, 300, 7300]];
        let plans =
            forms.into_iter().flat_map(|form| shapes.map(|shape| GemmPlan::for_small_kernels::<R>(form, shape)));
        let panels: Vec<Panels> = plans.filter_map(|plan| plan.panels).collect();
        assert!(panels.iter().any(|panels| panels.copied) && panels.iter().any(|panels| !panels.copied));
        for Panels { rows, columns, terms, copied, .. } in panels {
            assert!(rows.most * columns.most * terms.most <= SMALL, "{rows:?} {columns:?} {terms:?}");
            assert!(!copied || columns.most * terms.most * size_of::<R>() <= PANEL_BYTES, "{columns:?} {terms:?}");
        }
    }

    #[test]
    fn every_panel_is_small_enough_for_the_small_kernels_and_for_its_copy() {
        every_panel_is_small_enough::<f32>();
        every_panel_is_small_enough::<f64>();
        for (panels, element) in [(Panels::of_tiles::<f32>(), 4), (Panels::of_tiles::<f64>(), 8)] {
            assert!(panels.columns.most * panels.terms.most * element <= PANEL_BYTES);
        }
    }
}
