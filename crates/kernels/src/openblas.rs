//! The OpenBLAS that this program runs on: what it is, how many threads it uses, and whether it can be trusted.

use std::ffi::{CStr, c_char, c_int};
use std::fmt;

// Links the library; its symbols are declared below and in `cblas_sys`.
use openblas_src as _;

unsafe extern "C" {
    fn openblas_get_config() -> *const c_char;
    fn openblas_get_corename() -> *const c_char;
    fn openblas_get_parallel() -> c_int;
    fn openblas_set_num_threads(threads: c_int);
    fn openblas_get_num_threads() -> c_int;
}

/// An OpenBLAS release, compared field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// How OpenBLAS was built to run one product on several threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadLayer {
    /// Not at all.
    Sequential,
    /// Its own threads.
    Pthreads,
    /// OpenMP's threads.
    OpenMp,
}

impl fmt::Display for ThreadLayer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            ThreadLayer::Sequential => "sequential",
            ThreadLayer::Pthreads => "pthreads",
            ThreadLayer::OpenMp => "openmp",
        })
    }
}

/// What the linked OpenBLAS says of itself.
#[derive(Clone, Debug)]
pub struct Library {
    /// Its release, `None` if its description doesn't start with one.
    pub version: Option<Version>,
    /// Its whole description of how it was built.
    pub config: String,
    /// The processor family whose kernels it has picked, such as `Haswell`.
    pub core: String,
    /// How it was built to use threads.
    pub thread_layer: ThreadLayer,
}

impl Library {
    /// Asks the linked library.
    pub fn linked() -> Self {
        // SAFETY: both return a pointer to a NUL-terminated string that lives as long as the library.
        let (config, core) = unsafe { (text(openblas_get_config()), text(openblas_get_corename())) };
        // SAFETY: takes nothing, returns a build constant.
        let thread_layer = match unsafe { openblas_get_parallel() } {
            0 => ThreadLayer::Sequential,
            2 => ThreadLayer::OpenMp,
            _ => ThreadLayer::Pthreads,
        };
        Library { version: parse_version(&config), config, core, thread_layer }
    }

    /// The most callers that may be inside OpenBLAS at once: each takes one of its NUM_BUFFERS =
    /// max(50, 2 MAX_THREADS) buffers, and past them its allocator returns null (OpenBLAS #5958).
    fn max_callers(&self) -> usize {
        let max_threads = self.config.rsplit("MAX_THREADS=").next().and_then(|digits| digits.trim().parse().ok());
        max_threads.map_or(50, |threads: usize| 50.max(2 * threads))
    }

    /// Refuses releases, and numbers of `callers` at once, that are known to go wrong.
    ///
    /// # Errors
    /// The reason, with its source and the remedy.
    pub fn admit(&self, callers: usize) -> Result<(), Refused> {
        let version = self.version.ok_or_else(|| Refused::UnknownVersion(self.config.clone()))?;
        if version < Version(0, 3, 21) {
            return Err(Refused::TooOld(version));
        }
        if version == Version(0, 3, 30) {
            return Err(Refused::RacyRelease(version));
        }
        if self.thread_layer == ThreadLayer::Sequential && callers > 1 && !self.config.contains("USE_LOCKING") {
            return Err(Refused::NotLocked { callers });
        }
        let most = self.max_callers() - 1;
        if callers > most {
            return Err(Refused::TooManyCallers { callers, most });
        }
        Ok(())
    }
}

/// Why an OpenBLAS, or so many callers of it, are not used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The library's description has no release in it.
    #[error("can't tell which OpenBLAS this is from its description {0:?}; it must be 0.3.21 or newer")]
    UnknownVersion(String),
    /// Silently wrong products on recent processors were reported for it.
    #[error(
        "OpenBLAS {0} is too old: 0.3.20 returns wrong products on some processors; \
         install 0.3.21 or newer, or build with --no-default-features --features openblas-static"
    )]
    TooOld(Version),
    /// Its threaded gemm has a race that the next release took back.
    #[error("OpenBLAS {0} is known for races inside its products (fixed in 0.3.31); install another release")]
    RacyRelease(Version),
    /// A sequential build without locks must not be entered twice at once (OpenBLAS FAQ, USE_LOCKING).
    #[error(
        "this OpenBLAS is a sequential build without locks, which {callers} threads at once would corrupt; \
         install the pthread build (Debian: libopenblas0-pthread), or use --jobs 1 and run.threads=1"
    )]
    NotLocked {
        /// Threads at once.
        callers: usize,
    },
    /// More callers than the library has buffers.
    #[error(
        "{callers} threads at once are more than this OpenBLAS has buffers for; jobs x run.threads may be {most} at most"
    )]
    TooManyCallers {
        /// Threads at once.
        callers: usize,
        /// The most that fit.
        most: usize,
    },
    /// It did not give up its threads.
    #[error(
        "asked OpenBLAS for one thread a product, it uses {found}; set OPENBLAS_NUM_THREADS=1 or OMP_NUM_THREADS=1"
    )]
    StillThreaded {
        /// The count that was read back.
        found: usize,
    },
}

/// Has every product done by the thread that calls, in the whole process, and reads that back: OpenBLAS's own threads,
/// before 0.3.34, can return wrong numbers when several callers use them (OpenBLAS #5836).
///
/// # Errors
/// [`Refused::StillThreaded`] if the library didn't take it.
pub fn use_one_thread() -> Result<(), Refused> {
    // SAFETY: takes any integer.
    unsafe { openblas_set_num_threads(1) };
    let found = threads();
    if found == 1 { Ok(()) } else { Err(Refused::StillThreaded { found }) }
}

/// How many threads OpenBLAS may use for a product now.
pub fn threads() -> usize {
    // SAFETY: takes nothing, reads a counter.
    usize::try_from(unsafe { openblas_get_num_threads() }).unwrap_or(1)
}

/// # Safety
/// `pointer` must be null or point to a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: not null, and NUL-terminated by the caller's word.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().trim().to_owned()
}

/// The release in a description such as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...`.
fn parse_version(config: &str) -> Option<Version> {
    let release = config.strip_prefix("OpenBLAS ")?.split_whitespace().next()?;
    let mut fields = release.split('.').map(|field| {
        let digits = field.find(|c: char| !c.is_ascii_digit()).unwrap_or(field.len());
        field[..digits].parse().ok()
    });
    Some(Version(fields.next()??, fields.next()??, fields.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(version: (u32, u32, u32), thread_layer: ThreadLayer) -> Library {
        let config = format!("OpenBLAS {}.{}.{} DYNAMIC_ARCH Haswell MAX_THREADS=64", version.0, version.1, version.2);
        Library { version: parse_version(&config), config, core: "Haswell".into(), thread_layer }
    }

    #[test]
    fn the_linked_library_describes_itself_and_gives_up_its_threads() {
        let linked = Library::linked();
        assert!(linked.version.is_some() && !linked.core.is_empty(), "{linked:?}");
        // SAFETY: takes any integer; no other test of this program multiplies meanwhile with an eye on threads.
        unsafe { openblas_set_num_threads(2) };
        use_one_thread().unwrap();
        assert_eq!(threads(), 1);
    }

    #[test]
    fn the_release_is_read_from_the_description() {
        assert_eq!(parse_version("OpenBLAS 0.3.21 NO_AFFINITY"), Some(Version(0, 3, 21)));
        assert_eq!(parse_version("OpenBLAS 0.3.31.dev  DYNAMIC_ARCH"), Some(Version(0, 3, 31)));
        assert_eq!(parse_version("OpenBLAS 0.4.0dev"), Some(Version(0, 4, 0)));
        assert_eq!(parse_version("ATLAS 3.10"), None);
    }

    #[test]
    fn known_bad_releases_are_refused_and_good_ones_admitted() {
        let admit = |version, callers| library(version, ThreadLayer::Pthreads).admit(callers);
        assert_eq!(admit((0, 3, 20), 1), Err(Refused::TooOld(Version(0, 3, 20))));
        assert_eq!(admit((0, 3, 30), 1), Err(Refused::RacyRelease(Version(0, 3, 30))));
        assert_eq!(admit((0, 3, 21), 8), Ok(()));
        assert_eq!(admit((0, 3, 34), 100), Ok(()));
        assert_eq!(admit((0, 3, 21), 128), Err(Refused::TooManyCallers { callers: 128, most: 127 }));
    }

    #[test]
    fn a_sequential_build_serves_one_thread_only() {
        let sequential = library((0, 3, 26), ThreadLayer::Sequential);
        assert_eq!(sequential.admit(1), Ok(()));
        assert_eq!(sequential.admit(2), Err(Refused::NotLocked { callers: 2 }));
    }

    #[test]
    fn an_unknown_release_is_refused_and_a_locked_sequential_build_serves_many() {
        let unknown = Library { version: None, ..library((0, 3, 26), ThreadLayer::Pthreads) };
        assert!(matches!(unknown.admit(1), Err(Refused::UnknownVersion(_))));
        let mut locked = library((0, 3, 26), ThreadLayer::Sequential);
        locked.config.insert_str(16, " USE_LOCKING");
        assert_eq!(locked.admit(2), Ok(()));
    }

    #[test]
    fn a_library_for_few_threads_still_has_fifty_buffers() {
        let mut small = library((0, 3, 26), ThreadLayer::Pthreads);
        for config in ["OpenBLAS 0.3.26 MAX_THREADS=2", "OpenBLAS 0.3.26"] {
            small.config = config.to_owned();
            assert_eq!(small.admit(49), Ok(()));
            assert_eq!(small.admit(50), Err(Refused::TooManyCallers { callers: 50, most: 49 }));
        }
    }
}
