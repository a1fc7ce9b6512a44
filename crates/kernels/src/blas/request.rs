//! The BLAS that a user asks for.

use std::convert::Infallible;
use std::env;
use std::path::PathBuf;
use std::str::FromStr;

use super::find::Source;

/// The environment variable that names the BLAS of a program that chooses none itself.
pub const VARIABLE: &str = "LAYERCHAIN_BLAS";

/// The BLAS that a user asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// The OpenBLAS that comes with Layerchain, else the newest admitted OpenBLAS of the system.
    #[default]
    Auto,
    /// The first library of a source that can be used.
    From(Source),
    /// A file, or a name that the system's loader knows.
    Path(PathBuf),
}

impl Request {
    /// Reads [`VARIABLE`]; `Auto` if it is not set.
    pub fn of_environment() -> Self {
        let Some(set) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) else { return Request::Auto };
        match set.to_str().map(str::parse) {
            Some(Ok(request)) => request,
            None => Request::Path(set.into()), // no word that is known, but perhaps a file
        }
    }
}

impl FromStr for Request {
    type Err = Infallible;

    /// Reads `auto` or the name of a source, in any case; anything else is a path.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let source = Source::ALL.into_iter().find(|source| source.name().eq_ignore_ascii_case(text));
        Ok(match source {
            _ if text.eq_ignore_ascii_case("auto") => Request::Auto,
            Some(source) => Request::From(source),
            None => Request::Path(text.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_asked_for_by_a_word_or_a_path() {
        let request = |text: &str| text.parse::<Request>().unwrap();
        assert_eq!(request("auto"), Request::Auto);
        assert_eq!(request("mkl"), Request::From(Source::Mkl));
        assert_eq!(request("MKL"), Request::From(Source::Mkl));
        assert_eq!(request("libmkl_rt.so.2"), Request::Path("libmkl_rt.so.2".into()));
    }
}
