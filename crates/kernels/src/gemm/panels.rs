//! A product in panels: the loops around the products of panels.

use std::cell::UnsafeCell;
use std::ops::Range;

use super::plan::{PANEL_BYTES, Panels, TILE_BYTES};
use crate::cblas::{GemmArguments, Operand, Transpose};
use crate::real::Real;
use crate::simd::prefetch;
use crate::transpose::transpose;

/// Memory for one panel of op(B), aligned to cache lines.
#[repr(align(64))]
struct Scratch(UnsafeCell<[u8; PANEL_BYTES]>);

thread_local! {
    static SCRATCH: Box<Scratch> = const { Scratch(UnsafeCell::new([0; PANEL_BYTES])) }.into();
}

/// Computes a product by `multiply` for each pair of panels. A panel of op(B) is copied once and multiplied by all panels of op(A);
/// the parts of the sums over k are added up in C.
///
/// # Safety
/// The arguments must be as [`call_gemm`](super::call_gemm) asks. Those that `multiply` gets meet the same conditions.
pub(super) unsafe fn in_panels<R: Real>(
    panels: Panels,
    arguments: GemmArguments<R>,
    multiply: impl Fn(GemmArguments<R>),
) {
    let GemmArguments { shape: [m, n, k], a, b, c, .. } = arguments;
    let (rows, columns, terms) = (panels.rows.of(m), panels.columns.of(n), panels.terms.of(k));
    let fits = !panels.copied || terms * columns * size_of::<R>() <= PANEL_BYTES;
    assert!(fits, "a copied panel of {terms} x {columns} elements is larger than {PANEL_BYTES} bytes");
    SCRATCH.with(|scratch| {
        let scratch = scratch.0.get().cast::<R>();
        // Each panel of op(B): its first term and column, and their numbers.
        let mut panels_of_b = (0..n)
            .step_by(columns)
            .flat_map(|column| {
                let columns = columns.min(n - column);
                (0..k).step_by(terms).map(move |term| (term, column, [terms.min(k - term), columns]))
            })
            .peekable();
        while let Some((term, column, sides @ [terms, columns])) = panels_of_b.next() {
            let beta = if term == 0 { arguments.beta } else { R::one() };
            // SAFETY: every panel lies in its operand; the copy of `terms` × `columns` elements fits into the scratch, as asserted
            // above, which no other panel of this thread uses meanwhile.
            unsafe {
                let next = panels_of_b.peek().filter(|_| panels.fetched_ahead);
                let next = next.map(|&(term, column, sides)| (b.at(term, column), sides));
                let b = b.at(term, column);
                let b = if panels.copied { copy(b, sides, scratch) } else { b };
                for row in (0..m).step_by(rows) {
                    if let Some((b, sides)) = next {
                        fetch(b, sides, row..m.min(row + rows), m);
                    }
                    let (shape, a, c) = ([rows.min(m - row), columns, terms], a.at(row, term), c.at(row, column));
                    multiply(GemmArguments { shape, a, b, beta, c, ..arguments });
                }
            }
        }
    });
}

impl<R> Operand<*const R> {
    /// Narrows op(A) to the part from a row and a column on.
    ///
    /// # Safety
    /// The row and the column must lie in op(A).
    unsafe fn at(self, row: usize, column: usize) -> Self {
        let (row, column) = if self.transpose == Transpose::Yes { (column, row) } else { (row, column) };
        // SAFETY: the caller upholds it.
        Operand { pointer: unsafe { self.pointer.add(row * self.leading as usize + column) }, ..self }
    }
}

impl<R> Operand<*mut R> {
    /// Narrows C to the part from a row and a column on.
    ///
    /// # Safety
    /// The row and the column must lie in C.
    unsafe fn at(self, row: usize, column: usize) -> Self {
        // SAFETY: the caller upholds it.
        Operand { pointer: unsafe { self.pointer.add(row * self.leading as usize + column) }, ..self }
    }
}

/// Asks the processor to fetch a share of the first `rows` × `columns` elements of op(B): `part` of `whole`.
///
/// # Safety
/// op(B) must have that many rows and columns.
unsafe fn fetch<R: Real>(b: Operand<*const R>, [rows, columns]: [usize; 2], part: Range<usize>, whole: usize) {
    let (lines, length) = if b.transpose == Transpose::Yes { (columns, rows) } else { (rows, columns) };
    for line in lines * part.start / whole..lines * part.end / whole {
        for element in (0..length).step_by(64 / size_of::<R>()) {
            // SAFETY: the caller upholds it.
            prefetch(unsafe { b.pointer.add(line * b.leading as usize + element) });
        }
    }
}

/// Copies the first `rows` × `columns` elements of op(B) to `to`, row after row without gaps.
///
/// # Safety
/// op(B) must have that many rows and columns, and `to` must have room for them.
unsafe fn copy<R: Real>(b: Operand<*const R>, [rows, columns]: [usize; 2], to: *mut R) -> Operand<*const R> {
    let leading = b.leading as usize;
    // SAFETY: the caller upholds it.
    unsafe {
        match b.transpose {
            Transpose::Yes => transpose(b.pointer, leading, to, columns, [columns, rows]),
            // A copy of a length that the compiler knows needs no call.
            Transpose::No if columns * size_of::<R>() == TILE_BYTES => {
                for row in 0..rows {
                    let (from, to) = (b.pointer.add(row * leading), to.add(row * columns));
                    from.cast::<u8>().copy_to_nonoverlapping(to.cast(), TILE_BYTES);
                }
            }
            Transpose::No => {
                for row in 0..rows {
                    b.pointer.add(row * leading).copy_to_nonoverlapping(to.add(row * columns), columns);
                }
            }
        }
    }
    Operand { pointer: to, leading: columns as i32, transpose: Transpose::No }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayView2};

    use super::*;
    use crate::blas::in_use;
    use crate::gemm::one_call::call_gemm;
    use crate::gemm::plan::{GemmPlan, Maker};
    use crate::reference;
    use crate::simd::Vectors;

    fn integers<R: Real>(rows: usize, columns: usize) -> Array2<R> {
        Array2::from_shape_fn((rows, columns), |(i, j)| R::from_f64(((i * 5 + j * 3) % 7) as f64 - 3.0))
    }

    fn operand<R>(matrix: ArrayView2<R>, transpose: Transpose) -> Operand<*const R> {
        Operand { pointer: matrix.as_ptr(), leading: matrix.ncols() as i32, transpose }
    }

    /// Multiplies small integers by the plan, which is exact in any library, into a C with padded rows.
    fn is_exact<R: Real>(plan: GemmPlan, transposes: [Transpose; 2], [m, n, k]: [usize; 3]) {
        let panels = plan.panels.expect("panels");
        let library = in_use();
        let multiply = |arguments| {
            // SAFETY: `in_panels` upholds it.
            unsafe {
                match plan.maker {
                    Maker::Library => call_gemm(library, arguments),
                    Maker::Loops => R::multiply_by_loops(arguments),
                }
            }
        };
        let [transpose_a, transpose_b] = transposes;
        let a = if transpose_a == Transpose::Yes { integers::<R>(k, m) } else { integers(m, k) };
        let b = if transpose_b == Transpose::Yes { integers::<R>(n, k) } else { integers(k, n) };
        let product_of_views = {
            let a = if transpose_a == Transpose::Yes { a.t() } else { a.view() };
            let b = if transpose_b == Transpose::Yes { b.t() } else { b.view() };
            reference::product(a, b)
        };
        for beta in [0.0, 1.0] {
            let mut c = Array2::from_elem((m, n + 3), R::from_f64(7.0));
            let (shape, alpha) = ([m, n, k], R::from_f64(2.0));
            let (a, b) = (operand(a.view(), transpose_a), operand(b.view(), transpose_b));
            let target = Operand { pointer: c.as_mut_ptr(), leading: n as i32 + 3, transpose: Transpose::No };
            // SAFETY: the operands have these sides.
            unsafe {
                in_panels(panels, GemmArguments { shape, alpha, a, b, beta: R::from_f64(beta), c: target }, multiply)
            };
            for ((i, j), found) in c.indexed_iter() {
                let expected = if j < n { 2.0 * product_of_views[[i, j]] + beta * 7.0 } else { 7.0 };
                assert_eq!(found.as_f64(), expected, "{transposes:?} {shape:?} at {i}, {j}");
            }
        }
    }

    /// A product whose panels of op(B) are fetched ahead.
    const FAR: [usize; 3] = [5, 300, 7300];

    #[test]
    fn a_product_in_panels_of_every_kind_is_the_product() {
        use Transpose::{No, Yes};
        for (transposes, shapes) in [
            ([No, No], &[[27, 259, 163], [390, 70, 45], FAR][..]),
            ([No, Yes], &[[21, 61, 803], [70, 67, 259], FAR]),
            ([Yes, No], &[[27, 259, 163], [49, 300, 161], FAR]),
            ([Yes, Yes], &[[61, 65, 257], [64, 64, 256], FAR]),
        ] {
            for &shape in shapes {
                is_exact::<f32>(GemmPlan::for_small_kernels::<f32>(transposes, shape), transposes, shape);
                is_exact::<f64>(GemmPlan::for_small_kernels::<f64>(transposes, shape), transposes, shape);
            }
        }
    }

    #[test]
    fn a_product_in_panels_of_our_loops_is_the_product() {
        use Transpose::{No, Yes};
        if Vectors::detect() < Vectors::Avx2 {
            return;
        }
        for transposes in [[No, No], [No, Yes], [Yes, No], [Yes, Yes]] {
            for shape in [[67, 35, 803], [100, 129, 161], [71, 301, 130]] {
                is_exact::<f32>(GemmPlan::without_small_kernels::<f32>(transposes, shape), transposes, shape);
                is_exact::<f64>(GemmPlan::without_small_kernels::<f64>(transposes, shape), transposes, shape);
            }
        }
    }
}
