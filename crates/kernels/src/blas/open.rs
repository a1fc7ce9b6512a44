//! The opening of a file as a BLAS, and its description by its own functions.

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{env, fs, mem, ptr};

use elf::abi::{EI_NIDENT, PT_LOAD};
use elf::endian::AnyEndian;
use elf::file::{FileHeader, parse_ident};
use elf::segment::SegmentTable;
use libloading::os::unix::{Library as Handle, RTLD_LOCAL, RTLD_NOW};

use super::cores;
use super::family::{Description, Family, PREFIXES, describe, function};
use super::find::Source;
use super::lapack::Lapack;
use super::library::{Library, SmallProducts};
use crate::cblas::GemmFunctions;
use crate::environment::set_variable;
use crate::simd::{Vectors, has_fma4, is_intel};

/// The error of a file that can't be loaded as a BLAS.
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
    /// It ends before its code does. The system's loader would map it all the same, and the first use would end the process.
    #[error("{name} is cut off: it has {found} bytes, fewer than it says of itself; install or copy it again")]
    CutOff {
        /// The name or path that was asked for.
        name: String,
        /// The bytes that it has.
        found: u64,
    },
    /// It is a library without cblas.
    #[error("{name} is not a BLAS with cblas: it has no {symbol}")]
    Lacks {
        /// The name or path that was asked for.
        name: String,
        /// The first function that is missing.
        symbol: &'static str,
    },
    /// There is not enough address space. OpenBLAS would try to map its buffers again and again, for ever.
    #[error("{name} needs {} MiB of address space, more than is left here (see ulimit -v)", ROOM >> 20)]
    NoRoom {
        /// The name or path that was asked for.
        name: String,
    },
    /// Its kernels need instructions that this processor lacks, and would end the process; an environment variable may have asked for them.
    #[error(
        "{name} takes the kernels of core {core}, which need {needs}, and this processor lacks it (unset {variable}?)"
    )]
    BeyondProcessor {
        /// The name or path that was asked for.
        name: String,
        /// The core.
        core: String,
        /// The instructions.
        needs: String,
        /// The environment variable that chooses the core.
        variable: &'static str,
    },
    /// It takes 64-bit integers, where 32-bit ones are passed.
    #[error("{name} is built for 64-bit integers (ILP64); use its LP64 build")]
    WideIntegers {
        /// The name or path that was asked for.
        name: String,
    },
}

/// The bytes that a library and its first product map: OpenBLAS's buffer of 128 MiB, and the library itself.
const ROOM: usize = 192 << 20;

/// Returns whether the system would map this many bytes.
fn has_room(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
    // SAFETY: the mapping is at an address that the system picks; nobody uses it, and it is unmapped as it was mapped.
    unsafe {
        let mapped = libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0);
        mapped != libc::MAP_FAILED && libc::munmap(mapped, bytes) == 0
    }
}

/// Returns the length of a file that ends before the code or data that it says it has; `None` for any other, whatever else is wrong with
/// it. A name without a folder is the loader's to find.
fn cut_off(path: &Path) -> Option<u64> {
    const HEADERS: u64 = 1 << 16;
    path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut beginning = Vec::new();
    file.take(HEADERS).read_to_end(&mut beginning).ok()?;
    let identity = parse_ident::<AnyEndian>(beginning.get(..EI_NIDENT)?).ok()?;
    let (endian, class, ..) = identity;
    let header = FileHeader::parse_tail(identity, beginning.get(EI_NIDENT..)?).ok()?;
    let from = usize::try_from(header.e_phoff).ok()?;
    let size = usize::from(header.e_phnum) * usize::from(header.e_phentsize);
    let Some(table) = beginning.get(from..from.checked_add(size)?) else {
        return (header.e_phoff + size as u64 > length).then_some(length);
    };
    let ends = SegmentTable::new(endian, class, table)
        .iter()
        .filter(|segment| segment.p_type == PT_LOAD)
        .map(|segment| segment.p_offset.saturating_add(segment.p_filesz));
    ends.max().filter(|end| *end > length).map(|_| length)
}

/// Opens a library and describes it. The functions in the description are valid while the handle is not dropped.
pub(super) fn open(path: &Path) -> Result<(Handle, Library), LoadError> {
    // It makes the loader prefer the library's own symbols: two OpenBLAS in a process must not share their tables.
    const DEEPBIND: c_int = libc::RTLD_DEEPBIND;
    let name = path.display().to_string();
    if !has_room(ROOM) {
        return Err(LoadError::NoRoom { name });
    }
    // To open a pipe would be to wait for a writer.
    if fs::metadata(path).is_ok_and(|file| !file.is_file()) {
        return Err(LoadError::NotLoaded { name, reason: "it is not a file".to_owned() });
    }
    if let Some(found) = cut_off(path) {
        return Err(LoadError::CutOff { name, found });
    }
    start_no_threads();
    // SAFETY: the initialisers of a BLAS only read the processor and the environment, which nobody changes meanwhile.
    let handle = unsafe { Handle::open(Some(path), RTLD_NOW | RTLD_LOCAL | DEEPBIND) };
    let handle = handle.map_err(|error| LoadError::NotLoaded { reason: reason(&error, &name), name: name.clone() })?;
    let lacks = |symbol| LoadError::Lacks { name: name.clone(), symbol };
    // SAFETY: both have the signature that cblas specifies.
    let (sgemm, dgemm) = unsafe {
        (
            PREFIXES.iter().find_map(|prefix| function(&handle, &format!("{prefix}cblas_sgemm"))),
            PREFIXES.iter().find_map(|prefix| function(&handle, &format!("{prefix}cblas_dgemm"))),
        )
    };
    let (sgemm, dgemm) = (sgemm.ok_or_else(|| lacks("cblas_sgemm"))?, dgemm.ok_or_else(|| lacks("cblas_dgemm"))?);
    let (description, threads) = describe(&handle);
    if let Some(needs) = lacking(&description) {
        let Description { family, core, .. } = description;
        return Err(LoadError::BeyondProcessor { name, core, needs, variable: family.core_variable() });
    }
    if description.wide_integers || takes_wide_integers(&handle) {
        return Err(LoadError::WideIntegers { name });
    }
    let path = file_of(sgemm as *const ()).unwrap_or_else(|| path.to_owned());
    let small_products = small_products(&description);
    let lapack = Lapack::of(&handle);
    let gemm = GemmFunctions { sgemm, dgemm };
    let library = Library { description, path, replaced_core: None, threads, lapack, small_products, gemm };
    Ok((handle, library))
}

/// Returns whether a library takes 64-bit integers, by a dot product of vectors whose length is 1 in its lower half and below zero as a
/// whole: that of no element is 0. Not all libraries say it of themselves.
fn takes_wide_integers(handle: &Handle) -> bool {
    type Ddot = unsafe extern "C" fn(i64, *const f64, i64, *const f64, i64) -> f64;
    if cfg!(not(target_pointer_width = "64")) {
        return false;
    }
    let length = (-1 << 32) | 1;
    // SAFETY: cblas declares it so but for the width of its integers; in the calling conventions of 64-bit processors they come in
    // registers of which a function for narrow ones reads the lower halves. It reads one element at most.
    unsafe {
        let ddot = PREFIXES.iter().find_map(|prefix| function::<Ddot>(handle, &format!("{prefix}cblas_ddot")));
        ddot.is_some_and(|ddot| ddot(length, &1.0, 1, &1.0, 1) != 1.0)
    }
}

/// Names the instructions that a library's kernels need and this processor lacks; `None` if it has all of them.
fn lacking(description: &Description) -> Option<String> {
    if cores::use_fma4(&description.core) && !has_fma4() {
        return Some("FMA4".to_owned());
    }
    if description.family == Family::Blis && description.core == "knl" {
        return Some("AVX-512 of Xeon Phi".to_owned());
    }
    description.vectors.filter(|vectors| *vectors > Vectors::detect()).map(|vectors| vectors.to_string())
}

/// Looks up how a library multiplies small matrices.
fn small_products(description: &Description) -> SmallProducts {
    match (description.family, description.core.as_str()) {
        (Family::OpenBlas, "SkylakeX" | "Cooperlake" | "SapphireRapids") if is_intel() => SmallProducts::InPlaceOnIntel,
        (Family::OpenBlas, "SkylakeX" | "Cooperlake" | "SapphireRapids") => SmallProducts::InPlace,
        (Family::OpenBlas, "Haswell" | "Zen") if Vectors::detect() >= Vectors::Avx2 => SmallProducts::Packed,
        _ => SmallProducts::Unknown,
    }
}

/// Sets the environment so that a library starts no threads when it is loaded: OpenBLAS starts them at once, and OpenMP and BLIS keep a
/// number per thread afterwards. BLIS also has a number for each of its five loops, which come before that of all.
fn start_no_threads() {
    for variable in ["BLIS_JC_NT", "BLIS_PC_NT", "BLIS_IC_NT", "BLIS_JR_NT", "BLIS_IR_NT"] {
        if env::var_os(variable).is_some_and(|count| count != "1") {
            set_variable(variable, "1");
        }
    }
    for variable in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"] {
        if env::var_os(variable).is_none_or(|count| count != "1") {
            set_variable(variable, "1");
        }
    }
}

/// Extracts the loader's message, without the name that it repeats; if it has looked for a bare name, with what that may have been meant
/// for.
fn reason(error: &libloading::Error, name: &str) -> String {
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let text = text.strip_prefix(&format!("{name}: ")).unwrap_or(&text).replace('\n', " ");
    match name.contains('/') {
        true => text,
        false if Path::new(name).is_file() => format!("{text} (the file in this folder is ./{name})"),
        false => format!("{text} (it is neither {} nor a library that the system finds)", words().join(", ")),
    }
}

/// Lists the words that name a library by its source.
fn words() -> Vec<&'static str> {
    std::iter::once("auto").chain(Source::ALL.map(Source::name)).collect()
}

/// Finds the file that a function of a loaded library comes from.
pub(super) fn file_of(function: *const ()) -> Option<PathBuf> {
    // SAFETY: a plain struct of pointers and numbers may be zero; dladdr takes any address and fills the struct in.
    let (found, info) = unsafe {
        let mut info = mem::zeroed::<libc::Dl_info>();
        (libc::dladdr(function.cast(), &raw mut info), info)
    };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr's name is NUL-terminated and lives as long as the library.
    let name = unsafe { CStr::from_ptr(info.dli_fname) }.to_string_lossy().into_owned();
    Some(fs::canonicalize(&name).unwrap_or_else(|_| name.into()))
}
