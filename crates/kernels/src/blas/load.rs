//! The loading of a BLAS for the rest of the process, each file once.
//!
//! An OpenBLAS that doesn't know the processor picks kernels for narrow vectors: Debian 12's 0.3.21 takes SSE3 kernels on Intel's
//! processors of 2023 (OpenBLAS #4267, fixed in 0.3.25), at a quarter of the speed. Such a library is loaded again with wider ones.

use std::ffi::c_int;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{env, mem, ptr};

use libloading::os::unix::Library as Handle;
use ndarray::Array2;

use super::cores::{self, CORETYPE};
use super::family::Family;
use super::library::Library;
use super::open::{LoadError, open};
use crate::cblas::{GemmFunction, ROW_MAJOR, Transpose};
use crate::environment::set_variable;
use crate::real::Real;
use crate::reference;
use crate::simd::Vectors;

impl Library {
    /// Loads the library at `path`, or the one that the system's loader finds by a bare name.
    ///
    /// An OpenBLAS that picks kernels for narrower vectors than the processor has is loaded again with wider ones, unless
    /// `OPENBLAS_CORETYPE` asked for those.
    ///
    /// The environment is changed for the library: no other thread may be reading it except by [`mod@std::env`], such as a C library by
    /// `getenv`.
    ///
    /// # Errors
    /// If there is no such file, if it is not a BLAS, if its kernels need instructions that the processor lacks, or if there is not enough
    /// address space for it.
    pub fn load(path: &Path) -> Result<&'static Library, LoadError> {
        // Locked while loading: a library reads the environment, which is changed for it.
        static LOADED: Mutex<Vec<&'static Library>> = Mutex::new(Vec::new());
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let (handle, mut library) = open(path)?;
        if let Some(known) = loaded.iter().find(|known| ptr::fn_addr_eq(known.gemm.sgemm, library.gemm.sgemm)) {
            return Ok(known);
        }
        if needs_wider_kernels(&library) {
            library = load_with_wider_kernels(path, handle, library)?;
        } else {
            mem::forget(handle);
        }
        let library: &'static Library = Box::leak(Box::new(library));
        loaded.push(library);
        Ok(library)
    }

    /// Returns whether products of a few shapes, in both types and with all transpositions that training uses, equal the reference.
    pub fn multiplies_correctly(&self) -> bool {
        [[20, 209, 209], [7, 61, 20], [64, 128, 112], [130, 127, 301]]
            .into_iter()
            .all(|shape| is_right::<f32>(self.gemm(), shape) && is_right::<f64>(self.gemm(), shape))
    }
}

/// Returns the core that [`CORETYPE`] asks `library` for, if it has ignored it: no OpenBLAS knows it, or it is newer than the
/// library. `None` on processors other than x86-64, whose names of cores are not listed.
pub(super) fn ignored_core(library: &Library) -> Option<String> {
    if library.family() != Family::OpenBlas || !cfg!(target_arch = "x86_64") {
        return None;
    }
    let asked = env::var_os(CORETYPE)?.to_string_lossy().into_owned();
    // The newer cores are those with AVX-512.
    let has_avx512 = library.vectors().is_none_or(|vectors| vectors >= Vectors::Avx512);
    let is_taken = cores::of_openblas(&asked).is_some_and(|vectors| has_avx512 || vectors < Vectors::Avx512);
    (!asked.is_empty() && !asked.eq_ignore_ascii_case(library.core()) && !is_taken).then_some(asked)
}

/// Returns whether the library is an OpenBLAS that has picked, by itself, kernels for narrower vectors than the processor has.
fn needs_wider_kernels(library: &Library) -> bool {
    let by_itself = env::var_os(CORETYPE).is_none() || ignored_core(library).is_some();
    library.family() == Family::OpenBlas && library.is_narrow() && by_itself
}

/// Closes a library and loads it with the widest kernels that multiply correctly, or as it was if there are none.
fn load_with_wider_kernels(path: &Path, handle: Handle, narrow: Library) -> Result<Library, LoadError> {
    let (by_itself, own) = (narrow.core().to_owned(), narrow.vectors());
    drop(handle);
    let wider = [(Vectors::Avx512, "SkylakeX"), (Vectors::Avx2, "Haswell")];
    for (_, core) in
        wider.into_iter().filter(|(vectors, _)| *vectors <= Vectors::detect() && own.is_none_or(|own| *vectors > own))
    {
        let (handle, library) = open_with(core, path)?;
        if library.core().eq_ignore_ascii_case(core) && library.multiplies_correctly() {
            mem::forget(handle);
            return Ok(Library { replaced_core: Some(by_itself), ..library });
        }
    }
    let (handle, library) = open(path)?;
    mem::forget(handle);
    Ok(library)
}

/// Opens a library with the kernels of `core`. Libraries that are opened later find the variable as it was.
fn open_with(core: &str, path: &Path) -> Result<(Handle, Library), LoadError> {
    let before = env::var_os(CORETYPE);
    set_variable(CORETYPE, core);
    let opened = open(path);
    // SAFETY: as in `set_variable`; OpenBLAS reads it only when it is loaded.
    unsafe {
        match before {
            Some(core) => env::set_var(CORETYPE, core),
            None => env::remove_var(CORETYPE),
        }
    }
    opened
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
        // As in the self-check; the reference in f64 rounds too.
        let bound = 8.0 * R::epsilon().as_f64() * (k + 2) as f64;
        reference::product(a, b).iter().zip(&c).all(|(right, found)| (found.as_f64() - right).abs() <= bound)
    })
}
