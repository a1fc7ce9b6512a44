//! A BLAS that has been loaded: what it is, and its two products.

use std::ffi::{CStr, c_int};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fmt, fs, ptr};

use libloading::os::unix::{Library as Handle, RTLD_LOCAL, RTLD_NOW};

use super::cure;
use super::family::{Description, Family, PREFIXES, ThreadCount, describe, function};
use super::lapack::Lapack;
use super::release::{Refused, ThreadLayer, Version, admit};
use crate::environment::set_variable;
use crate::simd::Vectors;

/// Whether an operand of cblas is taken as it lies or transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum Transpose {
    /// As it lies.
    No = 111,
    /// Transposed.
    Yes = 112,
}

/// cblas's number for row-major matrices.
pub const ROW_MAJOR: c_int = 101;

/// cblas's number for column-major matrices.
pub const COLUMN_MAJOR: c_int = 102;

/// `cblas_sgemm` or `cblas_dgemm`: C ← alpha op(A) op(B) + beta C, op(A) m × k, op(B) k × n, with leading dimensions.
pub type GemmFunction<R> = unsafe extern "C" fn(
    layout: c_int,
    transpose_a: Transpose,
    transpose_b: Transpose,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: R,
    a: *const R,
    lda: c_int,
    b: *const R,
    ldb: c_int,
    beta: R,
    c: *mut R,
    ldc: c_int,
);

/// A BLAS that this process has loaded. It stays loaded to the end.
pub struct Library {
    pub(super) description: Description,
    path: PathBuf,
    cured: Option<String>,
    threads: Option<ThreadCount>,
    pub(super) lapack: Option<Lapack>,
    /// Whether it multiplies small matrices without packing them: OpenBLAS's AVX-512 cores do, since 0.3.17.
    pub(crate) has_small_kernels: bool,
    pub(crate) sgemm: GemmFunction<f32>,
    pub(crate) dgemm: GemmFunction<f64>,
}

/// Why a file is no BLAS that can be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadError {
    /// The system's loader can't open it.
    #[error("can't load {name} as a BLAS: {reason}")]
    NotLoaded {
        /// The name or path that was asked for.
        name: String,
        /// The loader's message.
        reason: String,
    },
    /// It is a library, but not one with cblas.
    #[error("{name} is not a BLAS with cblas: it has no {symbol}")]
    Lacks {
        /// The name or path that was asked for.
        name: String,
        /// The first function that is missing.
        symbol: &'static str,
    },
    /// It would wait for memory for ever: OpenBLAS tries again and again to map what it packs operands in.
    #[error("{name} needs {} MiB of address space, which are not to be had here (see ulimit -v)", ROOM >> 20)]
    NoRoom {
        /// The name or path that was asked for.
        name: String,
    },
    /// It would read 64-bit integers where 32-bit ones are passed.
    #[error("{name} is built for 64-bit integers (ILP64); use its LP64 build")]
    WideIntegers {
        /// The name or path that was asked for.
        name: String,
    },
}

/// Bytes that a library and its first product map: OpenBLAS's buffer of 128 MiB, and the library itself.
const ROOM: usize = 192 << 20;

/// Finds out whether the system would map this many bytes.
fn has_room(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
    // SAFETY: a mapping at no particular address, which nobody uses and which is given back as it came.
    unsafe {
        let mapped = libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0);
        mapped != libc::MAP_FAILED && libc::munmap(mapped, bytes) == 0
    }
}

impl Library {
    /// Loads the library at `path`, or the one that the system's loader finds by a bare name, with one thread a product.
    ///
    /// An OpenBLAS that picks kernels for narrower vectors than the processor has is loaded again with wider ones, unless
    /// `OPENBLAS_CORETYPE` says which ones to take.
    ///
    /// # Errors
    /// If there is no such file, no BLAS in it, or no room for it.
    pub fn load(path: &Path) -> Result<&'static Library, LoadError> {
        // Held while loading: a library reads the environment, which is changed for it.
        static LOADED: Mutex<Vec<&'static Library>> = Mutex::new(Vec::new());
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let (handle, mut library) = open(path)?;
        if let Some(known) = loaded.iter().find(|known| ptr::fn_addr_eq(known.sgemm, library.sgemm)) {
            return Ok(known);
        }
        if cure::needs_wider_kernels(&library) {
            library = cure::load_with_wider_kernels(path, handle, library)?;
        } else {
            std::mem::forget(handle);
        }
        let library: &'static Library = Box::leak(Box::new(library));
        loaded.push(library);
        Ok(library)
    }

    /// Makes a library of two functions that the program already has.
    ///
    /// # Safety
    /// They must do what cblas says of them, from several threads at once, and use no threads of their own.
    pub unsafe fn of_functions(name: &str, sgemm: GemmFunction<f32>, dgemm: GemmFunction<f64>) -> &'static Library {
        let description = Description { config: name.to_owned(), ..Description::unknown() };
        Box::leak(Box::new(Library {
            description,
            path: name.into(),
            cured: None,
            threads: None,
            lapack: None,
            has_small_kernels: false,
            sgemm,
            dgemm,
        }))
    }

    /// The family that it belongs to.
    pub fn family(&self) -> Family {
        self.description.family
    }

    /// Its release, where it tells.
    pub fn version(&self) -> Option<Version> {
        self.description.version
    }

    /// Its release in words.
    pub fn release(&self) -> String {
        self.version().map_or_else(|| "of unknown release".to_owned(), |version| version.to_string())
    }

    /// Its whole description of how it was built.
    pub fn config(&self) -> &str {
        &self.description.config
    }

    /// The processor family whose kernels it has picked, such as `Haswell`.
    pub fn core(&self) -> &str {
        &self.description.core
    }

    /// The vectors that its kernels use, where its core is known.
    pub fn vectors(&self) -> Option<Vectors> {
        self.description.vectors
    }

    /// How it was built to use threads.
    pub fn thread_layer(&self) -> ThreadLayer {
        self.description.thread_layer
    }

    /// The file that its products come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The core that it picked by itself, where it was given another one with wider vectors.
    pub fn cured_of(&self) -> Option<&str> {
        self.cured.as_deref()
    }

    /// Refuses releases, and numbers of `callers` at once, that are known to go wrong.
    ///
    /// # Errors
    /// The reason, with its source and the remedy.
    pub fn admit(&self, callers: usize) -> Result<(), Refused> {
        match self.family() {
            Family::OpenBlas => admit(self.version(), self.config(), self.thread_layer(), callers),
            Family::Mkl | Family::Blis | Family::Other => Ok(()),
        }
    }

    /// Has every product done by the thread that calls, in the whole process, and reads that back: OpenBLAS's own threads,
    /// before 0.3.34, can return wrong numbers when several callers use them (OpenBLAS #5836). A library that counts no
    /// threads multiplies once, and must not have started any.
    ///
    /// # Errors
    /// [`Refused::StillThreaded`] if the library didn't take it.
    pub fn use_one_thread(&self) -> Result<(), Refused> {
        let found = match self.threads {
            Some(threads) => threads.one(),
            None => self.threads_started_by_a_product() + 1,
        };
        if found == 1 { Ok(()) } else { Err(Refused::StillThreaded { library: self.to_string(), found }) }
    }

    /// Reads how many threads it may use for a product now.
    pub fn threads(&self) -> usize {
        self.threads.map_or(1, ThreadCount::now)
    }

    /// Multiplies two matrices that are large enough for several threads, and counts those that weren't there before.
    fn threads_started_by_a_product(&self) -> usize {
        const SIDE: usize = 256;
        let tasks = || fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        let (a, mut c) = (vec![1.0f64; SIDE * SIDE], vec![0.0; SIDE * SIDE]);
        let (side, before) = (SIDE as c_int, tasks());
        let (no, a) = (Transpose::No, a.as_ptr());
        // SAFETY: three square matrices of that side; C overlaps neither of the others.
        unsafe { (self.dgemm)(ROW_MAJOR, no, no, side, side, side, 1.0, a, side, a, side, 0.0, c.as_mut_ptr(), side) };
        tasks().saturating_sub(before)
    }
}

impl fmt::Display for Library {
    /// Family, release and core: `OpenBLAS 0.3.34 SkylakeX`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {} {}", self.family(), self.release(), self.core())
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self} at {}", self.path.display())
    }
}

/// Loads a library as it is.
pub(super) fn open(path: &Path) -> Result<(Handle, Library), LoadError> {
    // Its own symbols before those of other libraries: two OpenBLAS in a process must not share their tables.
    const DEEPBIND: c_int = libc::RTLD_DEEPBIND;
    let name = path.display().to_string();
    if !has_room(ROOM) {
        return Err(LoadError::NoRoom { name });
    }
    start_no_threads();
    // SAFETY: a BLAS's initialisers only look at the processor and the environment, which nobody changes meanwhile.
    let handle = unsafe { Handle::open(Some(path), RTLD_NOW | RTLD_LOCAL | DEEPBIND) };
    let handle = handle.map_err(|error| LoadError::NotLoaded { name: name.clone(), reason: reason(&error) })?;
    let lacks = |symbol| LoadError::Lacks { name: name.clone(), symbol };
    // SAFETY: both have the signature that cblas gives them.
    let (sgemm, dgemm) = unsafe {
        (
            PREFIXES.iter().find_map(|prefix| function(&handle, &format!("{prefix}cblas_sgemm"))),
            PREFIXES.iter().find_map(|prefix| function(&handle, &format!("{prefix}cblas_dgemm"))),
        )
    };
    let (sgemm, dgemm) = (sgemm.ok_or_else(|| lacks("cblas_sgemm"))?, dgemm.ok_or_else(|| lacks("cblas_dgemm"))?);
    let (description, threads) = describe(&handle);
    if description.wide_integers {
        return Err(LoadError::WideIntegers { name });
    }
    let path = file_of(sgemm as *const ()).unwrap_or_else(|| path.to_owned());
    let has_small_kernels = description.family == Family::OpenBlas
        && ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(&description.core.as_str());
    let lapack = Lapack::of(&handle);
    let library = Library { description, path, cured: None, threads, lapack, has_small_kernels, sgemm, dgemm };
    Ok((handle, library))
}

/// Tells every library by its environment to start no threads, before it is loaded: OpenBLAS starts them at once, and OpenMP's
/// number is each thread's own afterwards.
fn start_no_threads() {
    for variable in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"] {
        if env::var_os(variable).is_none_or(|count| count != "1") {
            set_variable(variable, "1");
        }
    }
}

/// The loader's message without the name that it repeats.
fn reason(error: &libloading::Error) -> String {
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    text.replace('\n', " ")
}

/// The file that a function of a loaded library comes from.
pub(super) fn file_of(function: *const ()) -> Option<PathBuf> {
    // SAFETY: a plain struct of pointers and numbers; dladdr looks any address up and fills it in.
    let (found, said) = unsafe {
        let mut said = std::mem::zeroed::<libc::Dl_info>();
        (libc::dladdr(function.cast(), &raw mut said), said)
    };
    if found == 0 || said.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr's name is NUL-terminated and lives as long as the library.
    let name = unsafe { CStr::from_ptr(said.dli_fname) }.to_string_lossy().into_owned();
    Some(fs::canonicalize(&name).unwrap_or_else(|_| name.into()))
}

impl Library {
    /// This library, as the one that was given a wider core in place of `narrow`.
    pub(super) fn in_place_of(self, narrow: &str) -> Self {
        Library { cured: Some(narrow.to_owned()), ..self }
    }
}
