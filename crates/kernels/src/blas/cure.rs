//! Wider kernels for an OpenBLAS that doesn't know the processor: Debian 12's 0.3.21 takes SSE3 kernels on Intel's processors of
//! 2023 (OpenBLAS #4267, mended in 0.3.25), which make a quarter of the products a second.

use std::env;
use std::ffi::c_int;
use std::path::Path;

use libloading::os::unix::Library as Handle;
use ndarray::Array2;

use super::family::Family;
use super::library::{GemmFunction, Library, LoadError, ROW_MAJOR, Transpose, open};
use crate::environment::set_variable;
use crate::real::Real;
use crate::reference;
use crate::simd::Vectors;

/// OpenBLAS's own way to be told which kernels to take.
pub(super) const CORETYPE: &str = "OPENBLAS_CORETYPE";

/// Whether the library is an OpenBLAS that picked, by itself, kernels for narrower vectors than the processor has.
pub(super) fn needs_wider_kernels(library: &Library) -> bool {
    library.family() == Family::OpenBlas && library.is_narrow() && env::var_os(CORETYPE).is_none()
}

/// Closes a library and loads it with the widest kernels that multiply rightly; as it was, if there are none.
pub(super) fn load_with_wider_kernels(path: &Path, handle: Handle, narrow: Library) -> Result<Library, LoadError> {
    let by_itself = narrow.core().to_owned();
    drop(handle);
    let wider = [(Vectors::Avx512, "SkylakeX"), (Vectors::Avx2, "Haswell")];
    for (_, core) in wider.into_iter().filter(|(vectors, _)| *vectors <= Vectors::here()) {
        let (handle, library) = open_with(core, path)?;
        if library.core().eq_ignore_ascii_case(core) && multiplies_rightly(&library) {
            std::mem::forget(handle);
            return Ok(library.in_place_of(&by_itself));
        }
    }
    let (handle, library) = open(path)?;
    std::mem::forget(handle);
    Ok(library)
}

/// Loads a library with the kernels of `core`. Those that are loaded later choose for themselves again.
fn open_with(core: &str, path: &Path) -> Result<(Handle, Library), LoadError> {
    set_variable(CORETYPE, core);
    let opened = open(path);
    // SAFETY: as in `set_variable`; OpenBLAS reads it only when it is loaded.
    unsafe { env::remove_var(CORETYPE) };
    opened
}

/// Compares products of a few shapes, in both types and all forms that training uses, with the reference.
fn multiplies_rightly(library: &Library) -> bool {
    [[20, 209, 209], [7, 61, 20], [64, 128, 112], [130, 127, 301]]
        .into_iter()
        .all(|shape| is_right(library.sgemm, shape) && is_right(library.dgemm, shape))
}

fn is_right<R: Real>(gemm: GemmFunction<R>, [m, n, k]: [usize; 3]) -> bool {
    let drawn = |rows, columns| {
        Array2::from_shape_fn((rows, columns), |(i, j)| R::from_f64(((i * 31 + j * 17) % 101) as f64 / 50.0 - 1.0))
    };
    let forms = [(Transpose::No, Transpose::No), (Transpose::No, Transpose::Yes), (Transpose::Yes, Transpose::No)];
    forms.into_iter().all(|(transpose_a, transpose_b)| {
        let a = if transpose_a == Transpose::Yes { drawn(k, m) } else { drawn(m, k) };
        let b = if transpose_b == Transpose::Yes { drawn(n, k) } else { drawn(k, n) };
        let mut c = Array2::from_elem((m, n), R::nan());
        let [rows, columns, terms] = [m, n, k].map(|side| side as c_int);
        let [lda, ldb] = [a.ncols(), b.ncols()].map(|side| side as c_int);
        // SAFETY: the matrices have the sides that the transposes and m, n, k give them.
        unsafe {
            gemm(
                ROW_MAJOR,
                transpose_a,
                transpose_b,
                rows,
                columns,
                terms,
                R::one(),
                a.as_ptr(),
                lda,
                b.as_ptr(),
                ldb,
                R::zero(),
                c.as_mut_ptr(),
                columns,
            );
        }
        let a = if transpose_a == Transpose::Yes { a.t() } else { a.view() };
        let b = if transpose_b == Transpose::Yes { b.t() } else { b.view() };
        let bound = 2.0 * R::epsilon().as_f64() * k as f64;
        reference::product(a, b).iter().zip(&c).all(|(right, found)| (found.as_f64() - right).abs() <= bound)
    })
}
