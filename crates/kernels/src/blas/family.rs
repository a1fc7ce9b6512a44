//! Families of BLAS libraries: how each describes itself and counts its threads.

use std::ffi::{CStr, c_char, c_int};
use std::fmt;

use libloading::os::unix::Library as Handle;

use super::cores;
use super::release::{ThreadLayer, Version};
use crate::simd::Vectors;

/// A family of libraries that describe themselves by the same functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// OpenBLAS, under its own names or with the prefix of SciPy's build.
    OpenBlas,
    /// Intel's oneAPI Math Kernel Library.
    Mkl,
    /// BLIS, and AMD's AOCL-BLAS, which is built from it.
    Blis,
    /// A library with cblas, but without any of the known functions that describe it.
    Other,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Family::OpenBlas => "OpenBLAS",
            Family::Mkl => "MKL",
            Family::Blis => "BLIS",
            Family::Other => "BLAS of unknown make",
        })
    }
}

impl Family {
    /// Returns the environment variable that chooses the core whose kernels are taken.
    pub(super) fn core_variable(self) -> &'static str {
        match self {
            Family::OpenBlas | Family::Other => cores::CORETYPE,
            Family::Mkl => "MKL_ENABLE_INSTRUCTIONS",
            Family::Blis => "BLIS_ARCH_TYPE",
        }
    }
}

/// A library's own description.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub(super) family: Family,
    pub(super) version: Option<Version>,
    pub(super) config: String,
    pub(super) core: String,
    pub(super) vectors: Option<Vectors>,
    pub(super) thread_layer: ThreadLayer,
    /// True if it takes 64-bit integers, and so can't be called with 32-bit ones.
    pub(super) wide_integers: bool,
}

/// The functions that set and read a library's number of threads, as C's `int` or as an integer as wide as a pointer.
#[derive(Clone, Copy)]
pub(super) enum ThreadCount {
    Int { set: unsafe extern "C" fn(c_int), get: unsafe extern "C" fn() -> c_int },
    Wide { set: unsafe extern "C" fn(isize), get: unsafe extern "C" fn() -> isize },
}

impl ThreadCount {
    /// Sets the number of threads to 1, and reads it back.
    pub(super) fn set_one(self) -> usize {
        // SAFETY: each function takes any number of threads.
        unsafe {
            match self {
                ThreadCount::Int { set, .. } => set(1),
                ThreadCount::Wide { set, .. } => set(1),
            }
        }
        self.get()
    }

    /// Reads the number of threads. BLIS returns -1 if it was never set, which means 1.
    pub(super) fn get(self) -> usize {
        // SAFETY: both functions take no argument and read a counter.
        let count = unsafe {
            match self {
                ThreadCount::Int { get, .. } => get() as isize,
                ThreadCount::Wide { get, .. } => get(),
            }
        };
        count.unsigned_abs()
    }
}

type Text = unsafe extern "C" fn() -> *const c_char;
type Number = unsafe extern "C" fn() -> c_int;

/// The prefixes of names: SciPy's build of OpenBLAS has one.
pub(super) const PREFIXES: [&str; 2] = ["", "scipy_"];

/// Looks up the function `name` in a library; `None` if it isn't there.
///
/// # Safety
/// `F` must be a function pointer with that function's signature.
pub(super) unsafe fn function<F: Copy>(handle: &Handle, name: &str) -> Option<F> {
    // SAFETY: the caller knows the signature; the pointer is copied out, and libraries in use are never closed.
    unsafe { handle.get::<F>(name.as_bytes()) }.ok().map(|symbol| *symbol)
}

/// Describes a library by its own functions, and finds those for its number of threads; `None` if it has none.
pub(super) fn describe(handle: &Handle) -> (Description, Option<ThreadCount>) {
    // SAFETY: each function is called with the signature that its library documents; all return at once.
    unsafe {
        openblas(handle)
            .or_else(|| mkl(handle))
            .or_else(|| blis(handle))
            .unwrap_or_else(|| (Description::unknown(), None))
    }
}

impl Description {
    pub(super) fn unknown() -> Self {
        Description {
            family: Family::Other,
            version: None,
            config: "a library that says nothing of itself".to_owned(),
            core: "unknown".to_owned(),
            vectors: None,
            thread_layer: ThreadLayer::Unknown,
            wide_integers: false,
        }
    }
}

/// Describes an OpenBLAS; `None` if the library is something else.
///
/// # Safety
/// Functions of the library with OpenBLAS's names must have OpenBLAS's signatures.
unsafe fn openblas(handle: &Handle) -> Option<(Description, Option<ThreadCount>)> {
    PREFIXES.into_iter().find_map(|prefix| {
        let name = |name: &str| format!("{prefix}openblas_{name}");
        // SAFETY: as OpenBLAS's cblas.h declares them.
        unsafe {
            let config = text(function::<Text>(handle, &name("get_config"))?());
            let core = text(function::<Text>(handle, &name("get_corename"))?());
            let thread_layer = match function::<Number>(handle, &name("get_parallel"))?() {
                0 => ThreadLayer::Sequential,
                2 => ThreadLayer::OpenMp,
                _ => ThreadLayer::Pthreads,
            };
            let threads = ThreadCount::Int {
                set: function(handle, &name("set_num_threads"))?,
                get: function(handle, &name("get_num_threads"))?,
            };
            let description = Description {
                family: Family::OpenBlas,
                version: config.strip_prefix("OpenBLAS ").and_then(Version::parse),
                vectors: cores::vectors(&core),
                core,
                thread_layer,
                wide_integers: config.contains("USE64BITINT"),
                config,
            };
            Some((description, Some(threads)))
        }
    })
}

/// The struct that `MKL_Get_Version` fills in.
#[repr(C)]
struct MklVersion {
    major: c_int,
    minor: c_int,
    update: c_int,
    product_status: *const c_char,
    build: *const c_char,
    processor: *const c_char,
    platform: *const c_char,
}

/// Describes an MKL; `None` if the library is something else.
///
/// # Safety
/// Functions of the library with MKL's names must have MKL's signatures.
unsafe fn mkl(handle: &Handle) -> Option<(Description, Option<ThreadCount>)> {
    const LP64: c_int = 0;
    const SEQUENTIAL: c_int = 1;
    const ALL: c_int = !0;
    const OFF: c_int = 1;
    // SAFETY: as mkl_service.h declares them; the layers are set before anything else is called, as it asks.
    unsafe {
        let version = function::<unsafe extern "C" fn(*mut MklVersion)>(handle, "MKL_Get_Version")?;
        if let Some(set) = function::<unsafe extern "C" fn(c_int) -> c_int>(handle, "MKL_Set_Interface_Layer") {
            set(LP64);
        }
        let layer = function::<unsafe extern "C" fn(c_int) -> c_int>(handle, "MKL_Set_Threading_Layer");
        let sequential = layer.is_some_and(|set| set(SEQUENTIAL) == SEQUENTIAL);
        let threads = ThreadCount::Int {
            set: function(handle, "MKL_Set_Num_Threads")?,
            get: function(handle, "MKL_Get_Max_Threads")?,
        };
        let mut answer = std::mem::zeroed::<MklVersion>();
        version(&raw mut answer);
        let processor = text(answer.processor);
        let [major, minor, update] =
            [answer.major, answer.minor, answer.update].map(|field| u32::try_from(field).unwrap_or(0));
        let known = [("AVX-512", Vectors::Avx512), ("AVX2", Vectors::Avx2), ("AVX", Vectors::Avx)];
        let vectors = known.into_iter().find(|(name, _)| processor.contains(name));
        let mut core = match vectors {
            Some((name, _)) => name.to_owned(),
            None if processor.contains("SSE") => processor.clone(),
            // It says the same on every processor that isn't Intel's, and picks its kernels by their vectors.
            None => format!("{processor} with {}", Vectors::detect()),
        };
        // MKL_CBWR chooses other kernels.
        let branch = function::<unsafe extern "C" fn(c_int) -> c_int>(handle, "MKL_CBWR_Get").map(|get| get(ALL));
        if let Some(branch) = branch.filter(|branch| *branch != OFF) {
            core += &format!(" MKL_CBWR={branch}");
        }
        let description = Description {
            family: Family::Mkl,
            version: Some(Version(major, minor, update)),
            config: format!(
                "{} {} for {}, {processor}",
                text(answer.product_status),
                text(answer.build),
                text(answer.platform)
            ),
            core,
            vectors: vectors.map(|(_, vectors)| vectors),
            thread_layer: if sequential { ThreadLayer::Sequential } else { ThreadLayer::OpenMp },
            wide_integers: false,
        };
        Some((description, Some(threads)))
    }
}

/// Describes a BLIS; `None` if the library is something else.
///
/// # Safety
/// Functions of the library with BLIS's names must have BLIS's signatures.
unsafe fn blis(handle: &Handle) -> Option<(Description, Option<ThreadCount>)> {
    // SAFETY: as blis.h declares them: its dim_t and gint_t have the size of a pointer, its enums that of an int.
    unsafe {
        let version = text(function::<Text>(handle, "bli_info_get_version_str")?());
        // Before it, BLIS aborts where BLIS_ARCH_TYPE is set.
        if let Some(initialise) = function::<unsafe extern "C" fn()>(handle, "bli_init") {
            initialise();
        }
        let architecture = function::<Number>(handle, "bli_arch_query_id")?();
        let core =
            text(function::<unsafe extern "C" fn(c_int) -> *const c_char>(handle, "bli_arch_string")?(architecture));
        let answer = |name: &str| function::<unsafe extern "C" fn() -> isize>(handle, name).map(|ask| ask());
        let thread_layer = match (answer("bli_info_get_enable_openmp"), answer("bli_info_get_enable_pthreads")) {
            (Some(1), _) => ThreadLayer::OpenMp,
            (_, Some(1)) => ThreadLayer::Pthreads,
            _ => ThreadLayer::Sequential,
        };
        let threads = ThreadCount::Wide {
            set: function(handle, "bli_thread_set_num_threads")?,
            get: function(handle, "bli_thread_get_num_threads")?,
        };
        let description = Description {
            family: Family::Blis,
            version: Version::parse(version.trim_start_matches("AOCL-BLAS ")),
            config: format!("BLIS {version}"),
            vectors: cores::vectors(&core),
            core,
            thread_layer,
            wide_integers: answer("bli_info_get_blas_int_type_size") == Some(64),
        };
        Some((description, Some(threads)))
    }
}

/// Copies a string of C, trimmed; empty if `pointer` is null.
///
/// # Safety
/// `pointer` must be null or point to a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: it is not null, and the caller upholds that it is NUL-terminated.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().trim().to_owned()
}
