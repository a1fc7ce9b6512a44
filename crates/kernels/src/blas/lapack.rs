//! The functions of LAPACK that are called, by Fortran's convention: every argument is a pointer, and the lengths of strings come
//! last.

use std::ffi::{c_char, c_int};

use libloading::os::unix::Library as Handle;

use super::family::{PREFIXES, function};

type Dgeqrf = unsafe extern "C" fn(
    m: *const c_int,
    n: *const c_int,
    a: *mut f64,
    lda: *const c_int,
    tau: *mut f64,
    work: *mut f64,
    lwork: *const c_int,
    info: *mut c_int,
);

type Dorgqr = unsafe extern "C" fn(
    m: *const c_int,
    n: *const c_int,
    k: *const c_int,
    a: *mut f64,
    lda: *const c_int,
    tau: *const f64,
    work: *mut f64,
    lwork: *const c_int,
    info: *mut c_int,
);

type Dgesdd = unsafe extern "C" fn(
    jobz: *const c_char,
    m: *const c_int,
    n: *const c_int,
    a: *mut f64,
    lda: *const c_int,
    s: *mut f64,
    u: *mut f64,
    ldu: *const c_int,
    vt: *mut f64,
    ldvt: *const c_int,
    work: *mut f64,
    lwork: *const c_int,
    iwork: *mut c_int,
    info: *mut c_int,
    jobz_length: usize,
);

/// The functions of LAPACK in a loaded library.
#[derive(Clone, Copy)]
pub(crate) struct Lapack {
    pub(crate) dgeqrf: Dgeqrf,
    pub(crate) dorgqr: Dorgqr,
    pub(crate) dgesdd: Dgesdd,
    /// True if only one thread may call it at a time, because the library was not admitted for several.
    pub(crate) one_at_a_time: bool,
}

impl Lapack {
    /// Looks up the functions; `None` if one is missing.
    pub(super) fn of(handle: &Handle) -> Option<Self> {
        PREFIXES.into_iter().find_map(|prefix| {
            let name = |name: &str| format!("{prefix}{name}_");
            // SAFETY: the signatures are those of LAPACK's Fortran sources.
            unsafe {
                Some(Lapack {
                    dgeqrf: function(handle, &name("dgeqrf"))?,
                    dorgqr: function(handle, &name("dorgqr"))?,
                    dgesdd: function(handle, &name("dgesdd"))?,
                    one_at_a_time: false,
                })
            }
        })
    }
}
