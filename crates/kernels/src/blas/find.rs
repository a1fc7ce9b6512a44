//! The files that may be BLAS libraries, by names and folders. Nothing is loaded.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A source of libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The OpenBLAS that comes with Layerchain; `scripts/setup` installs it into the checkout.
    Bundled,
    /// The system's OpenBLAS.
    System,
    /// Intel's MKL.
    Mkl,
    /// The system's BLIS.
    Blis,
    /// AMD's AOCL-BLAS.
    Aocl,
}

/// A file that may be a BLAS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The source that it was found by.
    pub source: Source,
    /// The file.
    pub path: PathBuf,
}

/// The path of the bundled library in the folder that `scripts/setup` installs it to.
const BUNDLED: &str = "scipy_openblas32/lib/libscipy_openblas.so";

impl Source {
    /// Every source.
    pub const ALL: [Source; 5] = [Source::Bundled, Source::System, Source::Mkl, Source::Blis, Source::Aocl];

    /// Returns the name that `--blas` takes.
    pub fn name(self) -> &'static str {
        match self {
            Source::Bundled => "bundled",
            Source::System => "system",
            Source::Mkl => "mkl",
            Source::Blis => "blis",
            Source::Aocl => "aocl",
        }
    }

    /// Returns the advice to a user who has no library of this source.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Source::Bundled => "run scripts/setup",
            Source::System => "install it (Debian: libopenblas0-pthread), or give its path with --blas",
            Source::Mkl => "install it (.venv/bin/pip install mkl), set MKLROOT, or give its path with --blas",
            Source::Blis => "install it (Debian: libblis4-pthread), or give its path with --blas",
            Source::Aocl => "set AOCL_ROOT, or give its path with --blas",
        }
    }

    /// Lists the prefixes of its files' names.
    fn file_names(self) -> &'static [&'static str] {
        match self {
            Source::Bundled => &[],
            Source::System => &["libopenblas.so", "libopenblasp.so"],
            Source::Mkl => &["libmkl_rt.so"],
            Source::Blis | Source::Aocl => &["libblis.so", "libblis-mt.so"],
        }
    }

    /// Lists the folders that its files may be in.
    fn folders(self) -> Vec<PathBuf> {
        let of_variable = |name: &str, inside: &[&str]| {
            let root = env::var_os(name).map(PathBuf::from);
            root.into_iter()
                .flat_map(|root| inside.iter().map(move |folder| root.join(folder)).collect::<Vec<_>>())
                .collect()
        };
        let mut folders: Vec<PathBuf> = match self {
            Source::Bundled | Source::System | Source::Blis => Vec::new(),
            Source::Mkl => of_variable("MKLROOT", &["lib", "lib/intel64"]),
            Source::Aocl => return of_variable("AOCL_ROOT", &["lib", "lib_LP64"]),
        };
        if self == Source::Mkl {
            folders.push(checkout().join(".venv/lib"));
            folders.extend(["VIRTUAL_ENV", "CONDA_PREFIX"].iter().flat_map(|name| of_variable(name, &["lib"])));
            folders.extend(
                ["lib", "lib/intel64"].map(|folder| PathBuf::from("/opt/intel/oneapi/mkl/latest").join(folder)),
            );
        }
        folders.extend(env::var_os("LD_LIBRARY_PATH").iter().flat_map(env::split_paths));
        for folder in ["/usr/local/lib", "/usr/lib64", "/usr/lib"].map(PathBuf::from) {
            let triple = folder.join(format!("{}-linux-gnu", env::consts::ARCH));
            folders.extend([folder, triple].into_iter().flat_map(|folder| {
                // Debian keeps each build of a library in a folder of its own.
                let own = names_in(&folder).into_iter().filter(|path| {
                    path.file_name()
                        .and_then(|name| name.to_str())
                        .is_some_and(|name| ["openblas-", "blis-"].iter().any(|prefix| name.starts_with(prefix)))
                });
                own.chain([folder.clone()]).collect::<Vec<_>>()
            }));
        }
        folders
    }
}

/// Lists the files of a source, each once, in the order of its folders.
pub fn candidates(source: Source) -> Vec<Candidate> {
    let files = if source == Source::Bundled { bundled() } else { files_of(source) };
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in files.into_iter().filter_map(|path| fs::canonicalize(path).ok()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths.into_iter().map(|path| Candidate { source, path }).collect()
}

/// Lists where the bundled library may be: beside an installed program (`bin/runner` and `lib/layerchain/`), then in the checkout
/// that the program was built in.
fn bundled() -> Vec<PathBuf> {
    let installed =
        env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.join("lib/layerchain")));
    [installed, Some(checkout().join(".openblas"))].into_iter().flatten().map(|folder| folder.join(BUNDLED)).collect()
}

fn files_of(source: Source) -> Vec<PathBuf> {
    let named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        source.file_names().iter().any(|start| name.starts_with(start))
    };
    source.folders().iter().flat_map(|folder| names_in(folder)).filter(named).collect()
}

/// Lists the paths in a folder, sorted; none if it can't be read.
fn names_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Returns the checkout that this program was built in.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
