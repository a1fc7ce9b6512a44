//! Which BLAS is used: the one that is asked for, or else a rule, never a race, so that results repeat.

use std::convert::Infallible;
use std::ffi::CStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fs};

use super::cure::CORETYPE;
use super::family::Family;
use super::find::{Candidate, Source, candidates};
use super::library::{Library, LoadError, file_of};
use super::release::{Refused, ThreadLayer};
use crate::simd::Vectors;

/// The environment variable that names the BLAS to use, where nothing else does.
pub const VARIABLE: &str = "LAYERCHAIN_BLAS";

/// A BLAS as a person asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// The OpenBLAS that comes with Layerchain, else the newest admitted OpenBLAS of the system.
    #[default]
    Auto,
    /// The first one of a source that can be loaded.
    From(Source),
    /// A file, or a name that the system's loader knows.
    Path(PathBuf),
}

impl Request {
    /// Reads [`VARIABLE`].
    pub fn of_environment() -> Self {
        let set = env::var(VARIABLE).ok().filter(|name| !name.is_empty());
        set.map_or(Request::Auto, |name| name.parse().unwrap_or_else(|never: Infallible| match never {}))
    }
}

impl FromStr for Request {
    type Err = Infallible;

    /// Takes `auto`, a source's name, or anything else as a path.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let source = Source::ALL.into_iter().find(|source| source.name() == text);
        Ok(match source {
            _ if text == "auto" => Request::Auto,
            Some(source) => Request::From(source),
            None => Request::Path(text.into()),
        })
    }
}

/// Why there is no BLAS to use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The library that was asked for can't be loaded.
    #[error(transparent)]
    NotLoaded(#[from] LoadError),
    /// The library that was asked for is known to go wrong.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nothing was found.
    #[error("no {what} is to be found here: {remedy}")]
    NotFound {
        /// The name that was looked for.
        what: String,
        /// How to get one.
        remedy: &'static str,
    },
    /// It multiplies, but factors no matrices, and nothing else here does.
    #[error("{library} has no LAPACK, and there is no OpenBLAS for it: run scripts/setup")]
    NoLapack {
        /// The library.
        library: String,
    },
    /// Another library stands before the one that was chosen.
    #[error(
        "LD_PRELOAD puts {} ({what}) before every BLAS, so that nothing can be said of its products: unset LD_PRELOAD, or ask \
         for that library with --blas {}",
        path.display(),
        path.display()
    )]
    Preloaded {
        /// The file.
        path: PathBuf,
        /// Its own description.
        what: String,
    },
}

/// A remark on the library in use, with a remedy.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The OpenBLAS that comes with Layerchain can't be used.
    NotBundled {
        /// Why not; nothing where it isn't there.
        reason: Option<String>,
    },
    /// An OpenBLAS was given kernels that it didn't choose by itself.
    WiderKernels {
        /// The library.
        library: String,
        /// The core that it chose.
        narrow: String,
    },
    /// It multiplies far below what the processor can do.
    Slow {
        /// The library.
        library: String,
        /// The vectors that the processor has.
        vectors: Vectors,
        /// Its share of the processor's peak.
        share: f64,
        /// Whether `OPENBLAS_CORETYPE` told it which kernels to take.
        by_request: bool,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Warning::NotBundled { reason: None } => {
                write!(
                    f,
                    "the OpenBLAS that comes with Layerchain isn't here: scripts/setup brings it; the system's is used"
                )
            }
            Warning::NotBundled { reason: Some(reason) } => {
                write!(f, "the OpenBLAS that comes with Layerchain can't be used ({reason}): the system's is")
            }
            Warning::WiderKernels { library, narrow } => write!(
                f,
                "{library} doesn't know this processor and would have taken its {narrow} kernels; it was given wider ones"
            ),
            Warning::Slow { library, vectors, share, by_request } => write!(
                f,
                "{library} reaches {:.0}% of this processor's {vectors} peak: {}",
                100.0 * share,
                if *by_request {
                    "unset OPENBLAS_CORETYPE"
                } else {
                    "scripts/setup brings a faster BLAS, --blas takes another"
                }
            ),
        }
    }
}

/// A library that is ready for use, and what is to be said of it.
pub struct Choice {
    /// The library, with one thread a product.
    pub library: &'static Library,
    /// Remarks for a person.
    pub warnings: Vec<Warning>,
}

/// Finds, loads and admits the library that is asked for, and holds it to one thread. It doesn't put it into use.
///
/// # Errors
/// If it is not there, is no BLAS, or is one that is known to go wrong.
pub fn choose(request: &Request) -> Result<Choice, Error> {
    let mut choice = match request {
        Request::Auto => automatic(),
        Request::From(source) => first_of(*source).map(Choice::of),
        Request::Path(path) => ready(path).map(Choice::of),
    }?;
    refuse_preloaded(choice.library)?;
    if choice.library.lapack.is_none() && automatic().ok().is_none_or(|choice| choice.library.lapack.is_none()) {
        return Err(Error::NoLapack { library: choice.library.to_string() });
    }
    if let Some(narrow) = choice.library.cured_of() {
        let library = choice.library.to_string();
        choice.warnings.push(Warning::WiderKernels { library, narrow: narrow.to_owned() });
    }
    if let Some(share) = choice.library.slow_share() {
        let library = choice.library.to_string();
        let by_request = choice.library.family() == Family::OpenBlas && env::var_os(CORETYPE).is_some();
        choice.warnings.push(Warning::Slow { library, vectors: Vectors::here(), share, by_request });
    }
    Ok(choice)
}

impl Choice {
    fn of(library: &'static Library) -> Self {
        Choice { library, warnings: Vec::new() }
    }
}

fn ready(path: &Path) -> Result<&'static Library, Error> {
    let library = Library::load(path)?;
    library.admit(1)?;
    library.use_one_thread()?;
    Ok(library)
}

/// The bundled OpenBLAS, else the newest admitted one of the system, of equal ones that with threads of its own: it locks.
fn automatic() -> Result<Choice, Error> {
    let reason = match first_of(Source::Bundled) {
        Ok(library) => return Ok(Choice::of(library)),
        Err(Error::NotFound { .. }) => None,
        Err(error) => Some(error.to_string()),
    };
    let warnings = vec![Warning::NotBundled { reason }];
    let (mut admitted, mut refused) = (Vec::new(), None);
    for candidate in candidates(Source::System) {
        match ready(&candidate.path) {
            Ok(library) => admitted.push(library),
            Err(error) => refused = Some(error),
        }
    }
    let newest =
        admitted.into_iter().max_by_key(|library| (library.version(), library.thread_layer() == ThreadLayer::Pthreads));
    match (newest, refused) {
        (Some(library), _) => Ok(Choice { library, warnings }),
        (None, Some(refused)) => Err(refused),
        (None, None) => Err(Error::NotFound {
            what: "OpenBLAS".to_owned(),
            remedy: "run scripts/setup, install the system's (Debian: libopenblas0-pthread), or give a BLAS with --blas",
        }),
    }
}

/// The first library of a source that can be used.
fn first_of(source: Source) -> Result<&'static Library, Error> {
    let mut error = None;
    for Candidate { path, .. } in candidates(source) {
        match ready(&path) {
            Ok(library) => return Ok(library),
            Err(failure) => error = error.or(Some(failure)),
        }
    }
    let not_found = || Error::NotFound { what: format!("BLAS of the name {}", source.name()), remedy: source.remedy() };
    Err(error.unwrap_or_else(not_found))
}

/// Refuses to go on where LD_PRELOAD has put another cblas before the one that was chosen.
fn refuse_preloaded(chosen: &Library) -> Result<(), Error> {
    let Some(path) = preloaded().filter(|path| path != chosen.path()) else { return Ok(()) };
    let what = Library::load(&path).map_or_else(
        |error| error.to_string(),
        |library| match library.family() {
            Family::Other => Family::Other.to_string(),
            _ => library.to_string(),
        },
    );
    Err(Error::Preloaded { path, what })
}

/// The library of LD_PRELOAD that has the program's first cblas, if one has.
fn preloaded() -> Option<PathBuf> {
    let list = env::var("LD_PRELOAD").ok().filter(|list| !list.is_empty())?;
    let first = |name: &CStr| {
        // SAFETY: a NUL-terminated name; the address that comes back is only looked up.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!address.is_null()).then(|| file_of(address.cast_const().cast())).flatten()
    };
    let is_preloaded = |path: &PathBuf| {
        let mut listed = list.split([':', ' ']).filter(|name| !name.is_empty()).map(Path::new);
        listed
            .any(|name| fs::canonicalize(name).is_ok_and(|name| name == *path) || name.file_name() == path.file_name())
    };
    [c"cblas_sgemm", c"cblas_dgemm"].into_iter().find_map(|name| first(name).filter(is_preloaded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_asked_for_by_a_word_or_a_path() {
        let request = |text: &str| text.parse::<Request>().unwrap();
        assert_eq!(request("auto"), Request::Auto);
        assert_eq!(request("mkl"), Request::From(Source::Mkl));
        assert_eq!(request("libmkl_rt.so.2"), Request::Path("libmkl_rt.so.2".into()));
    }

    #[test]
    fn what_is_no_library_says_so_in_one_line() {
        let refused =
            |path: &str| choose(&Request::Path(path.into())).map(|choice| choice.library).unwrap_err().to_string();
        let vanished = refused("/nowhere/libopenblas.so.0");
        assert!(
            vanished.starts_with("can't load /nowhere/libopenblas.so.0 as a BLAS: ") && !vanished.contains('\n'),
            "{vanished}"
        );
        let no_library = refused(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        assert!(no_library.contains("Cargo.toml as a BLAS: "), "{no_library}");
        assert_eq!(refused("libm.so.6"), "libm.so.6 is not a BLAS with cblas: it has no cblas_sgemm");
    }

    #[test]
    fn the_choice_by_rule_is_an_openblas_of_one_thread() {
        let Choice { library, .. } = choose(&Request::Auto).unwrap();
        assert_eq!((library.family(), library.threads()), (Family::OpenBlas, 1));
        assert!(
            library.version().is_some() && !library.core().is_empty() && library.path().is_absolute(),
            "{library:?}"
        );
        assert!(std::ptr::eq(choose(&Request::Path(library.path().into())).unwrap().library, library), "loaded once");
    }
}
