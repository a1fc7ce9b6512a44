//! The errors of the choice of a BLAS, and the warnings about the chosen one.

use std::fmt;
use std::path::PathBuf;

use super::open::LoadError;
use super::release::Refused;
use crate::simd::Vectors;

/// The error of a choice that ends without a BLAS.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The library that was asked for can't be loaded.
    #[error(transparent)]
    NotLoaded(#[from] LoadError),
    /// The library that was asked for is known to return wrong results.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No library of the kind was found.
    #[error("no {what} was found: {remedy}")]
    NotFound {
        /// The name that was looked for.
        what: String,
        /// The way to get one.
        remedy: &'static str,
    },
    /// The library has no LAPACK, and no other library here has one.
    #[error("{}: {library} has no LAPACK, and no OpenBLAS was found to take its place: run scripts/setup", path.display())]
    NoLapack {
        /// Its file.
        path: PathBuf,
        /// The library.
        library: String,
    },
    /// LD_PRELOAD puts another library before the chosen one.
    #[error(
        "LD_PRELOAD puts {} ({what}) before every other BLAS, and another one was chosen: unset LD_PRELOAD{}",
        path.display(),
        if *is_usable { format!(", or choose that library with --blas {}", path.display()) } else { String::new() }
    )]
    Preloaded {
        /// The file.
        path: PathBuf,
        /// The library's own description, or why it can't be used.
        what: String,
        /// True if it can be used.
        is_usable: bool,
    },
}

/// A warning about the chosen library, with a remedy.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The OpenBLAS that comes with Layerchain can't be used.
    NotBundled {
        /// The reason why not; `None` if it isn't there.
        reason: Option<String>,
    },
    /// An OpenBLAS was loaded with wider kernels than it chose by itself.
    WiderKernels {
        /// The library.
        library: String,
        /// The core that it chose by itself.
        narrow: String,
    },
    /// `OPENBLAS_CORETYPE` names a core that the library doesn't have, so that it uses another one.
    IgnoredCore {
        /// The library.
        library: String,
        /// The name.
        name: String,
    },
    /// The library is far slower than the processor allows.
    Slow {
        /// The library.
        library: String,
        /// The vectors of the processor.
        vectors: Vectors,
        /// The fraction of the processor's peak that the library reaches.
        fraction: f64,
        /// The way to faster products.
        remedy: &'static str,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Warning::NotBundled { reason: None } => {
                write!(
                    f,
                    "the OpenBLAS that comes with Layerchain isn't here (scripts/setup installs it): the system's is used"
                )
            }
            Warning::NotBundled { reason: Some(reason) } => {
                write!(f, "the OpenBLAS that comes with Layerchain can't be used ({reason}): the system's is used")
            }
            Warning::WiderKernels { library, narrow } => write!(
                f,
                "{library} doesn't know this processor and would have taken its {narrow} kernels; it was given wider ones"
            ),
            Warning::IgnoredCore { library, name } => write!(
                f,
                "OPENBLAS_CORETYPE={name} names no core that this OpenBLAS has, and was ignored: it is {library}; \
                 correct the name, or unset it"
            ),
            Warning::Slow { library, vectors, fraction, remedy } => {
                write!(f, "{library} reaches {:.0}% of this processor's {vectors} peak: {remedy}", 100.0 * fraction)
            }
        }
    }
}
