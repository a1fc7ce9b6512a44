//! A product in panels: the loops around the calls of a plan.

use std::cell::UnsafeCell;

use crate::blas::{Library, Transpose};
use crate::plan::{PANEL_BYTES, Panels};
use crate::real::{Operand, Product, Real};
use crate::transpose::transpose;

/// Memory for one panel of op(B), on a boundary of cache lines.
#[repr(align(64))]
struct Scratch(UnsafeCell<[u8; PANEL_BYTES]>);

thread_local! {
    static SCRATCH: Box<Scratch> = const { Scratch(UnsafeCell::new([0; PANEL_BYTES])) }.into();
}

/// Computes a product with a call for each pair of panels. A panel of op(B) is copied once and meets all panels of op(A) below
/// one another; the parts of a sum over k are added up in C.
///
/// # Safety
/// As `Gemm::gemm`.
pub(crate) unsafe fn in_panels<R: Real>(library: &Library, panels: Panels, product: Product<R>) {
    let Product { shape: [m, n, k], a, b, c, .. } = product;
    let (rows, columns, terms) = (panels.rows.of(m), panels.columns.of(n), panels.terms.of(k));
    SCRATCH.with(|scratch| {
        let scratch = scratch.0.get().cast::<R>();
        for column in (0..n).step_by(columns) {
            let columns = columns.min(n - column);
            for term in (0..k).step_by(terms) {
                let terms = terms.min(k - term);
                let beta = if term == 0 { product.beta } else { R::one() };
                // SAFETY: every panel lies in its operand; the copy of `terms` × `columns` elements fits into the scratch, which
                // no other panel of this thread uses meanwhile.
                unsafe {
                    let b = b.at(term, column);
                    let b = if panels.copied { copy(b, terms, columns, scratch) } else { b };
                    for row in (0..m).step_by(rows) {
                        let (shape, a, c) = ([rows.min(m - row), columns, terms], a.at(row, term), c.at(row, column));
                        R::gemm(library, Product { shape, a, b, beta, c, ..product });
                    }
                }
            }
        }
    });
}

impl<R> Operand<*const R> {
    /// The part of op(A) from a row and a column on.
    ///
    /// # Safety
    /// They must lie in op(A).
    unsafe fn at(self, row: usize, column: usize) -> Self {
        let (row, column) = if self.transpose == Transpose::Yes { (column, row) } else { (row, column) };
        // SAFETY: by the caller's word.
        Operand { pointer: unsafe { self.pointer.add(row * self.leading as usize + column) }, ..self }
    }
}

impl<R> Operand<*mut R> {
    /// The part of C from a row and a column on.
    ///
    /// # Safety
    /// They must lie in C.
    unsafe fn at(self, row: usize, column: usize) -> Self {
        // SAFETY: by the caller's word.
        Operand { pointer: unsafe { self.pointer.add(row * self.leading as usize + column) }, ..self }
    }
}

/// Copies the first `rows` × `columns` of op(B) to `to`, row after row without gaps.
///
/// # Safety
/// op(B) must have them, and `to` room for them.
unsafe fn copy<R: Real>(b: Operand<*const R>, rows: usize, columns: usize, to: *mut R) -> Operand<*const R> {
    let leading = b.leading as usize;
    // SAFETY: by the caller's word.
    unsafe {
        match b.transpose {
            Transpose::Yes => transpose(b.pointer, leading, to, columns, [columns, rows]),
            Transpose::No => {
                for row in 0..rows {
                    b.pointer.add(row * leading).copy_to_nonoverlapping(to.add(row * columns), columns);
                }
            }
        }
    }
    Operand { pointer: to, leading: columns as i32, transpose: Transpose::No }
}
