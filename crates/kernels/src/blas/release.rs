//! Releases of OpenBLAS, and the refusal of those that are known to return wrong results.

use std::fmt;
use std::path::PathBuf;

/// A release number, compared field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads a release number at the start of `text`: `0.3.21`, `0.3.31.dev`, `2026.0`; `None` if there is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_whitespace().next()?.split(['.', '-']).map(|field| {
            let digits = field.find(|c: char| !c.is_ascii_digit()).unwrap_or(field.len());
            field[..digits].parse().ok()
        });
        Some(Version(fields.next()??, fields.next()??, fields.next().flatten().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The way in which a library was built to run one product on several threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadLayer {
    /// Not at all.
    Sequential,
    /// Its own threads.
    Pthreads,
    /// OpenMP's threads.
    OpenMp,
    /// Unknown: the library doesn't tell.
    Unknown,
}

impl fmt::Display for ThreadLayer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            ThreadLayer::Sequential => "sequential",
            ThreadLayer::Pthreads => "pthreads",
            ThreadLayer::OpenMp => "openmp",
            ThreadLayer::Unknown => "threads unknown",
        })
    }
}

/// The refusal of a library.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct Refused {
    /// Its file.
    pub path: PathBuf,
    /// The reason.
    pub fault: Fault,
}

/// The reason why a library, or a number of its concurrent callers, is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Its description has no release number.
    #[error("can't find the release of this OpenBLAS in its description {0:?}; it must be 0.3.21 or newer")]
    UnknownVersion(String),
    /// It is known to return wrong products on recent processors, silently.
    #[error(
        "OpenBLAS {0} is too old: 0.3.20 returns wrong products on some processors; scripts/setup installs a current one, \
         --blas NAME or PATH chooses another"
    )]
    TooOld(Version),
    /// Its threaded gemm has a race, which the next release fixes.
    #[error("OpenBLAS {0} is known for races inside its products (fixed in 0.3.31); use another release")]
    RacyRelease(Version),
    /// It is a sequential build without locks, which several threads must not call at once (OpenBLAS FAQ, USE_LOCKING).
    #[error(
        "this OpenBLAS is a sequential build without locks, which {callers} threads at once would corrupt; \
         install the pthread build (Debian: libopenblas0-pthread), or use --jobs 1 and run.threads=1"
    )]
    NotLocked {
        /// The number of concurrent callers.
        callers: usize,
    },
    /// It has fewer buffers than concurrent callers.
    #[error(
        "{callers} threads at once are more than this OpenBLAS has buffers for; jobs x run.threads may be {most} at most"
    )]
    TooManyCallers {
        /// The number of concurrent callers.
        callers: usize,
        /// The most callers that it has buffers for.
        most: usize,
    },
    /// It was set to one thread, and uses more.
    #[error("{library} was set to one thread and still uses {found}; set OMP_NUM_THREADS=1, or use another library")]
    StillThreaded {
        /// The library.
        library: String,
        /// The number of threads that was read back.
        found: usize,
    },
}

/// Checks that neither a release of OpenBLAS nor the number of concurrent `callers` is known to give wrong results.
pub(super) fn admit(
    version: Option<Version>,
    config: &str,
    thread_layer: ThreadLayer,
    callers: usize,
) -> Result<(), Fault> {
    let version = version.ok_or_else(|| Fault::UnknownVersion(config.to_owned()))?;
    if version < Version(0, 3, 21) {
        return Err(Fault::TooOld(version));
    }
    if version == Version(0, 3, 30) {
        return Err(Fault::RacyRelease(version));
    }
    if thread_layer == ThreadLayer::Sequential && callers > 1 && !config.contains("USE_LOCKING") {
        return Err(Fault::NotLocked { callers });
    }
    let most = most_callers(config);
    if callers > most {
        return Err(Fault::TooManyCallers { callers, most });
    }
    Ok(())
}

/// Computes how many callers OpenBLAS has buffers for: one less than its max(50, 2 MAX_THREADS) buffers. Each concurrent caller takes one,
/// and when none is left its allocator returns null (OpenBLAS #5958).
pub(super) fn most_callers(config: &str) -> usize {
    let max_threads = config.rsplit("MAX_THREADS=").next().and_then(|digits| digits.trim().parse().ok());
    max_threads.map_or(50, |threads: usize| 50.max(2 * threads)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(release: &str, more: &str, thread_layer: ThreadLayer, callers: usize) -> Result<(), Fault> {
        super::admit(Version::parse(release), &format!("OpenBLAS {release} DYNAMIC_ARCH {more}"), thread_layer, callers)
    }

    #[test]
    fn the_release_is_read_from_the_start_of_a_description() {
        assert_eq!(Version::parse("0.3.21 NO_AFFINITY"), Some(Version(0, 3, 21)));
        assert_eq!(Version::parse("0.3.31.dev  DYNAMIC_ARCH"), Some(Version(0, 3, 31)));
        assert_eq!(Version::parse("0.4.0dev"), Some(Version(0, 4, 0)));
        assert_eq!(Version::parse("2026.0-Product"), Some(Version(2026, 0, 0)));
        assert_eq!(Version::parse("ATLAS 3.10"), None);
    }

    #[test]
    fn known_bad_releases_are_refused_and_good_ones_admitted() {
        let admit = |release, callers| admit(release, "MAX_THREADS=64", ThreadLayer::Pthreads, callers);
        assert_eq!(admit("0.3.20", 1), Err(Fault::TooOld(Version(0, 3, 20))));
        assert_eq!(admit("0.3.30", 1), Err(Fault::RacyRelease(Version(0, 3, 30))));
        assert_eq!(admit("0.3.21", 8), Ok(()));
        assert_eq!(admit("0.3.34", 100), Ok(()));
        assert_eq!(admit("0.3.21", 128), Err(Fault::TooManyCallers { callers: 128, most: 127 }));
        assert!(matches!(admit("x", 1), Err(Fault::UnknownVersion(_))));
    }

    #[test]
    fn a_sequential_build_serves_one_thread_only_unless_it_locks() {
        assert_eq!(admit("0.3.26", "", ThreadLayer::Sequential, 1), Ok(()));
        assert_eq!(admit("0.3.26", "", ThreadLayer::Sequential, 2), Err(Fault::NotLocked { callers: 2 }));
        assert_eq!(admit("0.3.26", "USE_LOCKING", ThreadLayer::Sequential, 2), Ok(()));
    }

    #[test]
    fn a_library_for_few_threads_still_has_fifty_buffers() {
        for more in ["MAX_THREADS=2", ""] {
            assert_eq!(admit("0.3.26", more, ThreadLayer::Pthreads, 49), Ok(()));
            let refused = Err(Fault::TooManyCallers { callers: 50, most: 49 });
            assert_eq!(admit("0.3.26", more, ThreadLayer::Pthreads, 50), refused);
        }
    }
}
