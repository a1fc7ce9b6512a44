//! The choice of a BLAS: the one that is asked for, or else by a fixed rule and never by a timing, so that results repeat.

use std::env;
use std::path::{Path, PathBuf};

use super::cores::CORETYPE;
use super::family::Family;
use super::find::{Candidate, Source, candidates};
use super::library::Library;
use super::load::ignored_core;
use super::open::file_of;
use super::outcome::{Error, Warning};
use super::release::ThreadLayer;
use super::request::Request;
use crate::simd::Vectors;

/// A library that is ready for use, and warnings about it.
pub struct Choice {
    /// The library, set to one thread.
    pub library: &'static Library,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}

/// Finds, loads and checks the library of `request`, and sets it to one thread. [`Library::put_into_use`] then makes all products call it.
///
/// The environment is changed, as by [`Library::load`]: no other thread may be reading it except by [`mod@std::env`].
///
/// # Errors
/// If it is not there, is not a BLAS, is known to return wrong results, or has no LAPACK and no other library has one.
pub fn choose(request: &Request) -> Result<Choice, Error> {
    let mut choice = match request {
        Request::Auto => automatic(),
        Request::From(Source::System) => newest_of_the_system().map(Choice::without_warnings),
        Request::From(source) => first_of(*source).map(Choice::without_warnings),
        Request::Path(path) => ready(path).map(Choice::without_warnings),
    }?;
    refuse_preloaded(choice.library)?;
    if choice.library.lapack.is_none() && automatic().ok().is_none_or(|choice| choice.library.lapack.is_none()) {
        let (path, library) = (choice.library.path().to_owned(), choice.library.to_string());
        return Err(Error::NoLapack { path, library });
    }
    if let Some(narrow) = choice.library.replaced_core() {
        let library = choice.library.to_string();
        choice.warnings.push(Warning::WiderKernels { library, narrow: narrow.to_owned() });
    }
    if let Some(name) = ignored_core(choice.library) {
        choice.warnings.push(Warning::IgnoredCore { library: choice.library.to_string(), name });
    }
    if let Some(fraction) = choice.library.slow_fraction() {
        let (library, remedy) = (choice.library.to_string(), way_to_faster_products(choice.library));
        choice.warnings.push(Warning::Slow { library, vectors: Vectors::detect(), fraction, remedy });
    }
    Ok(choice)
}

/// Names what makes a slow library faster, or another one take its place.
fn way_to_faster_products(library: &Library) -> &'static str {
    let is_set = |variable: &str| env::var_os(variable).is_some_and(|value| !value.is_empty());
    match library.family() {
        _ if preloaded().as_deref() == Some(library.path()) => {
            "unset LD_PRELOAD, which keeps other kernels of it from being loaded"
        }
        Family::OpenBlas if is_set(CORETYPE) && ignored_core(library).is_none() => "unset OPENBLAS_CORETYPE",
        Family::Mkl if is_set("MKL_ENABLE_INSTRUCTIONS") => "unset MKL_ENABLE_INSTRUCTIONS",
        Family::Mkl if is_set("MKL_CBWR") => "unset MKL_CBWR",
        Family::Blis if is_set("BLIS_ARCH_TYPE") => "unset BLIS_ARCH_TYPE",
        Family::Blis => "BLIS_ARCH_TYPE chooses other kernels of it, --blas another library",
        _ => "scripts/setup installs a faster BLAS, --blas chooses another",
    }
}

impl Choice {
    fn without_warnings(library: &'static Library) -> Self {
        Choice { library, warnings: Vec::new() }
    }
}

/// Loads and checks a library, and sets it to one thread.
fn ready(path: &Path) -> Result<&'static Library, Error> {
    let library = Library::load(path)?;
    library.admit(1)?;
    library.use_one_thread()?;
    Ok(library)
}

/// Chooses the bundled OpenBLAS, or else the newest admitted one of the system.
fn automatic() -> Result<Choice, Error> {
    let unusable = match first_of(Source::Bundled) {
        Ok(library) => return Ok(Choice::without_warnings(library)),
        Err(Error::NotFound { .. }) => None,
        Err(error) => Some(error),
    };
    let warnings = vec![Warning::NotBundled { reason: unusable.as_ref().map(Error::to_string) }];
    let none = || Error::NotFound {
        what: "OpenBLAS".to_owned(),
        remedy: "run scripts/setup, install the system's (Debian: libopenblas0-pthread), or name a BLAS with --blas",
    };
    match newest_of_the_system() {
        Ok(library) => Ok(Choice { library, warnings }),
        Err(Error::NotFound { .. }) => Err(unusable.unwrap_or_else(none)),
        Err(error) => Err(error),
    }
}

/// Chooses the newest admitted OpenBLAS of the system. Of equally new ones it takes one that is built with threads, because such a build
/// locks its buffers.
fn newest_of_the_system() -> Result<&'static Library, Error> {
    let (mut admitted, mut refused) = (Vec::new(), None);
    for candidate in candidates(Source::System) {
        match ready(&candidate.path) {
            Ok(library) => admitted.push(library),
            Err(error) => refused = Some(error),
        }
    }
    let newest =
        admitted.into_iter().max_by_key(|library| (library.version(), library.thread_layer() == ThreadLayer::Pthreads));
    newest.ok_or_else(|| refused.unwrap_or_else(|| not_found(Source::System)))
}

/// Chooses the first library of a source that can be used.
fn first_of(source: Source) -> Result<&'static Library, Error> {
    let mut error = None;
    for Candidate { path, .. } in candidates(source) {
        match ready(&path) {
            Ok(library) => return Ok(library),
            Err(failure) => error = error.or(Some(failure)),
        }
    }
    Err(error.unwrap_or_else(|| not_found(source)))
}

fn not_found(source: Source) -> Error {
    Error::NotFound { what: format!("BLAS named {}", source.name()), remedy: source.remedy() }
}

/// Fails if LD_PRELOAD has put another cblas before the chosen one.
fn refuse_preloaded(chosen: &Library) -> Result<(), Error> {
    let Some(path) = preloaded().filter(|path| path != chosen.path()) else { return Ok(()) };
    let usable = ready(&path);
    let is_usable = usable.is_ok();
    let what = match usable {
        Ok(library) if library.family() == Family::Other => Family::Other.to_string(),
        Ok(library) => library.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Error::Preloaded { path, what, is_usable })
}

/// Finds the library that LD_PRELOAD has put cblas functions of into the whole program, by whatever name the list has it;
/// `None` if there is none. No BLAS is linked in, and one that is chosen shows its functions to this module alone, so that
/// those that the whole program sees were preloaded.
fn preloaded() -> Option<PathBuf> {
    env::var_os("LD_PRELOAD").filter(|list| !list.is_empty())?;
    [c"cblas_sgemm", c"cblas_dgemm", c"scipy_cblas_sgemm", c"scipy_cblas_dgemm"].into_iter().find_map(|name| {
        // SAFETY: the name is NUL-terminated, and the address is only looked up.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!address.is_null()).then(|| file_of(address.cast_const().cast())).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
