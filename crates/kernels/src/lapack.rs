//! QR and singular value decomposition in f64, by the LAPACK of the BLAS in use or, if it has none (BLIS), by that of the OpenBLAS which
//! [`choose()`] would take for [`Request::Auto`].

use std::ffi::{c_char, c_int};
use std::sync::{Mutex, OnceLock, PoisonError};

use ndarray::{Array1, Array2, ArrayView2};

use crate::blas::{Lapack, Library, Request, choose, in_use};

/// The QR decomposition A = Q R of a matrix that is not wider than tall. Q is kept as a product of Householder reflections.
///
/// ```
/// use kernels::lapack::Qr;
/// use ndarray::array;
///
/// let a = array![[3.0, 1.0], [4.0, 7.0]];
/// let qr = Qr::new(a.view());
/// let r = qr.r();
/// let q_transposed = qr.into_q_transposed();
/// assert!((q_transposed.t().dot(&r) - a).iter().all(|off| off.abs() < 1e-14));
/// ```
pub struct Qr {
    lapack: Lapack,
    /// Aᵀ in row-major order, which LAPACK reads as A: R in and above A's diagonal, reflections below it.
    reflected: Array2<f64>,
    /// The scalar factors of the reflections (LAPACK's `tau`).
    tau: Vec<f64>,
}

impl Qr {
    /// Decomposes `a`, rows × columns, in about 2 rows columns² operations.
    ///
    /// # Panics
    /// If `a` is wider than tall or empty, or an element is not finite.
    #[track_caller]
    pub fn new(a: ArrayView2<f64>) -> Self {
        let (rows, columns) = a.dim();
        assert!(0 < columns && columns <= rows, "QR of a matrix of {rows}x{columns}: it must not be wider than tall");
        assert!(a.iter().all(|element| element.is_finite()), "QR of a matrix that isn't finite");
        let (lapack, mut reflected, mut tau) = (lapack(), as_columns(a), vec![0.0; columns]);
        let (m, n) = (int(rows), int(columns));
        with_workspace(&lapack, "dgeqrf", |work, size, info| {
            // SAFETY: A has n columns of m elements, and tau n.
            unsafe { (lapack.dgeqrf)(&m, &n, reflected.as_mut_ptr(), &m, tau.as_mut_ptr(), work, &size, info) };
        });
        Qr { lapack, reflected, tau }
    }

    /// Returns R, columns × columns, upper triangular.
    pub fn r(&self) -> Array2<f64> {
        let columns = self.tau.len();
        Array2::from_shape_fn((columns, columns), |(i, j)| if i <= j { self.reflected[[j, i]] } else { 0.0 })
    }

    /// Forms Qᵀ, columns × rows, with orthonormal rows.
    pub fn into_q_transposed(self) -> Array2<f64> {
        let Qr { lapack, mut reflected, tau } = self;
        let (m, n) = (int(reflected.ncols()), int(reflected.nrows()));
        with_workspace(&lapack, "dorgqr", |work, size, info| {
            // SAFETY: as in `new`, whose reflections these are.
            unsafe { (lapack.dorgqr)(&m, &n, &n, reflected.as_mut_ptr(), &m, tau.as_ptr(), work, &size, info) };
        });
        reflected
    }
}

/// The most rows of a matrix whose singular vectors can be computed: LAPACK counts the 3n² + 7n numbers of its workspace in 32 bits.
pub const MOST_SINGULAR_VECTORS: usize = 26_753;

/// Computes the singular values of a square `a`, the largest first.
///
/// # Panics
/// If `a` is not square or empty, or an element is not finite.
#[track_caller]
pub fn singular_values(a: ArrayView2<f64>) -> Array1<f64> {
    decompose(a, false).0
}

/// Computes the singular value decomposition A = U S Vᵀ of a square `a`: S, the largest first, and Vᵀ, with orthonormal rows.
///
/// # Panics
/// If `a` is not square or empty, has more than [`MOST_SINGULAR_VECTORS`] rows, or an element is not finite.
#[track_caller]
pub fn singular_values_and_vt(a: ArrayView2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = a.nrows();
    assert!(
        n <= MOST_SINGULAR_VECTORS,
        "singular vectors of a matrix with {n} rows, more than {MOST_SINGULAR_VECTORS}"
    );
    let (s, vt) = decompose(a, true);
    (s, as_columns(vt.view()))
}

/// Returns the library whose LAPACK takes the place of that of `library`, which has none: the OpenBLAS that is chosen automatically. `None`
/// if `library` has a LAPACK, or nothing can take its place.
pub fn other_library(library: &Library) -> Option<&'static Library> {
    if library.lapack.is_some() {
        return None;
    }
    // The choice may look through folders, and time a library.
    static OTHER: OnceLock<Option<&'static Library>> = OnceLock::new();
    *OTHER
        .get_or_init(|| choose(&Request::Auto).ok().map(|choice| choice.library).filter(|other| other.lapack.is_some()))
}

/// Finds the LAPACK of the library in use, or that which takes its place.
///
/// # Panics
/// If neither has a LAPACK.
fn lapack() -> Lapack {
    // It is admitted for one thread; the library in use is, for as many as call it.
    let for_one = |lapack| Lapack { one_at_a_time: true, ..lapack };
    let library = in_use();
    library
        .lapack
        .or_else(|| other_library(library)?.lapack.map(for_one))
        .unwrap_or_else(|| panic!("{library} has no LAPACK, and there is no OpenBLAS for it"))
}

/// Computes S and, if `vectors`, Vᵀ in column-major order.
#[track_caller]
fn decompose(a: ArrayView2<f64>, vectors: bool) -> (Array1<f64>, Array2<f64>) {
    let n = a.nrows();
    assert!(n > 0 && a.ncols() == n, "singular values of a matrix of {}x{}: it must be square", n, a.ncols());
    assert!(a.iter().all(|element| element.is_finite()), "singular values of a matrix that isn't finite");
    let (lapack, mut memory, mut s) = (lapack(), as_columns(a), Array1::zeros(n));
    let kept = if vectors { n } else { 1 };
    let (mut u, mut vt) = (Array2::<f64>::zeros((kept, kept)), Array2::<f64>::zeros((kept, kept)));
    let mut integers: Vec<c_int> = vec![0; 8 * n];
    let job: c_char = if vectors { b'A' } else { b'N' } as c_char;
    let (n, ld) = (int(n), int(kept));
    with_workspace(&lapack, "dgesdd", |work, size, info| {
        let (a, s, u, vt) = (memory.as_mut_ptr(), s.as_mut_ptr(), u.as_mut_ptr(), vt.as_mut_ptr());
        // SAFETY: A is n × n; U and Vᵀ are too, or they are not referenced; there are 8 n integers; the string has one character. The size
        // of the workspace that it asks for is enough, since n is below the side at which 32 bits don't hold it.
        unsafe {
            (lapack.dgesdd)(&job, &n, &n, a, &n, s, u, &ld, vt, &ld, work, &size, integers.as_mut_ptr(), info, 1);
        }
    });
    (s, vt)
}

/// Calls a function of LAPACK twice: first it returns the size of its workspace, then it runs in one.
#[track_caller]
fn with_workspace(lapack: &Lapack, name: &str, mut call: impl FnMut(*mut f64, c_int, &mut c_int)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = lapack.one_at_a_time.then(|| ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner));
    let (mut wanted, mut info) = (0.0, 0);
    call(&raw mut wanted, -1, &mut info);
    assert!(info == 0, "{name} refuses its argument {}", -info);
    let size = wanted.max(1.0) as usize;
    let mut work = vec![0.0; size];
    call(work.as_mut_ptr(), int(size), &mut info);
    assert!(info == 0, "{name} ended with {info} on a finite matrix");
}

/// Copies the elements of `a` in column-major order.
fn as_columns(a: ArrayView2<f64>) -> Array2<f64> {
    a.t().as_standard_layout().into_owned()
}

#[track_caller]
fn int(side: usize) -> c_int {
    c_int::try_from(side).unwrap_or_else(|_| panic!("a side of {side} is beyond LAPACK's 32-bit integers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            ((i * i * 7 + j * j * 13 + i * j * 5) % 101) as f64 / 101.0 - 0.4
        })
    }

    fn assert_close(found: &Array2<f64>, expected: &Array2<f64>) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-13), "{found:?}\n{expected:?}");
    }

    #[test]
    fn q_times_r_is_a_and_the_rows_of_q_transposed_are_orthonormal() {
        for (rows, columns) in [(1, 1), (5, 1), (7, 7), (60, 11)] {
            let a = drawn(rows, columns);
            let qr = Qr::new(a.view());
            let r = qr.r();
            let q_transposed = qr.into_q_transposed();
            assert_close(&q_transposed.t().dot(&r), &a);
            assert_close(&q_transposed.dot(&q_transposed.t()), &Array2::eye(columns));
        }
    }

    #[test]
    fn singular_values_of_a_known_matrix_and_of_one_with_repeated_columns() {
        let known = ndarray::array![[3.0, 0.0], [4.0, 5.0]]; // √45 and √5
        let (s, vt) = singular_values_and_vt(known.view());
        assert!((s[0] - 45f64.sqrt()).abs() < 1e-14 && (s[1] - 5f64.sqrt()).abs() < 1e-14, "{s}");
        assert_close(&vt.dot(&vt.t()), &Array2::eye(2));
        // Aᵀ A = V S² Vᵀ
        let squares = Array2::from_diag(&s.mapv(|s| s * s));
        assert_close(&vt.t().dot(&squares).dot(&vt), &known.t().dot(&known));
        let half = drawn(40, 20);
        let s = singular_values(ndarray::concatenate![ndarray::Axis(1), half, half].view());
        assert!(s[19] > 1e-3 && s[20] < 1e-13, "{s}");
    }

    #[test]
    #[should_panic(expected = "it must not be wider than tall")]
    fn a_wide_matrix_is_refused() {
        Qr::new(drawn(2, 3).view());
    }
}
