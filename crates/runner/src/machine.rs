//! The machine that a sweep ran on: whatever else a result depends on beside the experiment.

mod memory;

use std::fs;
use std::path::PathBuf;
use std::thread;

use datasets::files::hash_file;
use datasets::text::count;
use kernels::blas::{Family, Library};
use kernels::lapack;
use serde::{Deserialize, Serialize};

pub use self::memory::available_bytes;
use crate::shell_words::quoted_path;
use crate::text::path_as_text;

/// True if HDF5 is built in; otherwise the system's library is linked.
const BUILT_IN: bool = cfg!(feature = "static-hdf5");

/// The effect of another library, core, plans of products or number of threads on recorded costs, as measured in docs/machines.md.
pub const OTHER_ARITHMETIC: &str = "many costs may then differ by more than 1%, a quarter of those of depth.toml did";

/// A machine, as machine.toml describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    /// Threads that share a fleet.
    threads: usize,
    os: String,
    runner: Runner,
    blas: Blas,
    hdf5: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Runner {
    version: String,
    commit: String,
    rustc: String,
    profile: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Blas {
    name: String,
    version: String,
    core: String,
    #[serde(serialize_with = "path_as_text")]
    path: PathBuf,
    sha256: String,
    thread_layer: String,
    threads: usize,
    config: String,
    /// The library whose LAPACK is called, with its core and hash, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    lapack: Option<String>,
    /// The maker of the processors that the plans of products are for, if not for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    plans_for: Option<String>,
}

impl Blas {
    /// Names the maker for whose processors products are planned; nothing if they are planned alike on all.
    fn plans(&self) -> String {
        self.plans_for.as_ref().map(|maker| format!(" plans for {maker}")).unwrap_or_default()
    }
}

impl Machine {
    /// Describes this machine with `library` and its current number of threads; `threads` share a fleet.
    pub fn this(library: &Library, threads: usize) -> Self {
        let (major, minor, micro) = hdf5::library_version();
        Machine {
            cpu: cpu(),
            cores: cores(),
            threads,
            os: os(),
            runner: Runner {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                commit: env!("LAYERCHAIN_COMMIT").to_owned(),
                rustc: env!("LAYERCHAIN_RUSTC").to_owned(),
                profile: env!("LAYERCHAIN_PROFILE").to_owned(),
            },
            blas: Blas {
                name: library.family().to_string(),
                version: library.release(),
                core: library.core().to_owned(),
                path: library.path().to_owned(),
                sha256: hash_file(library.path()).unwrap_or_default(),
                thread_layer: library.thread_layer().to_string(),
                threads: library.threads(),
                config: library.config().to_owned(),
                lapack: lapack::other_library(library)
                    .map(|other| format!("{other} {:.12}", hash_file(other.path()).unwrap_or_default())),
                plans_for: library.plans_for().map(str::to_owned),
            },
            hdf5: format!("{major}.{minor}.{micro}, {}", if BUILT_IN { "built in" } else { "the system's" }),
        }
    }

    /// Names everything beside the experiment that the bits of a result depend on.
    pub fn fingerprint(&self) -> String {
        let Runner { version, commit, .. } = &self.runner;
        format!("runner {version} {commit} {}", self.arithmetic())
    }

    /// Names what the order of a sum of products depends on: the library, its core, the plans of products, and the number of threads that
    /// share a product. With another order, training ends with other results.
    pub fn arithmetic(&self) -> String {
        let Blas { name, version, core, sha256, lapack, .. } = &self.blas;
        let lapack = lapack.as_ref().map(|lapack| format!(" LAPACK of {lapack}")).unwrap_or_default();
        format!("{name} {version} {core}{} {sha256:.12}{lapack} threads {}", self.blas.plans(), self.threads)
    }

    /// Says with what the machine `now` multiplies as this one did: the end of a sentence.
    pub fn how_to_return(&self, now: &Machine) -> String {
        let (then, here) = (&self.blas, &now.blas);
        let Blas { name, version, core, path, sha256, .. } = then;
        if (name, version, sha256) != (&here.name, &here.version, &here.sha256) {
            match hash_file(path) {
                Ok(hash) if hash == *sha256 => format!("--blas {}", quoted_path(path)),
                _ => format!("the {name} {version} that was at {} (sha256 {sha256:.12})", path.display()),
            }
        } else if *core != here.core && *name == Family::OpenBlas.to_string() {
            // The core alone doesn't bring the plans back.
            let on = then.plans_for.as_ref().map(|maker| format!(" on a processor of {maker}'s")).unwrap_or_default();
            format!("OPENBLAS_CORETYPE={core}{on}")
        } else if *core != here.core {
            format!("a processor for which {name} takes {core}")
        } else if then.plans_for != here.plans_for {
            match (&then.plans_for, &here.plans_for) {
                (Some(maker), _) => format!("a processor of {maker}'s"),
                // That runner had no plans for this maker's processors.
                (None, Some(maker)) if self.cpu.contains(maker.as_str()) => {
                    format!("{}, which planned products on {maker}'s processors as on others", self.build())
                }
                (None, maker) => format!("a processor that isn't {}'s", maker.as_deref().unwrap_or_default()),
            }
        } else if then.lapack != here.lapack {
            format!("the LAPACK of {}", then.lapack.as_deref().unwrap_or(name))
        } else {
            format!("run.threads={}", self.threads)
        }
    }

    /// Returns the parts of a name that tells machines apart: core and library, the library's hash, the threads, and
    /// the runner.
    pub fn parts(&self) -> [String; 4] {
        let Blas { name, version, core, sha256, .. } = &self.blas;
        [
            format!("{core} {name} {version}{}", self.blas.plans()),
            format!("{sha256:.12}"),
            count(self.threads, "thread"),
            self.build(),
        ]
    }

    /// Names the build of the runner.
    pub fn build(&self) -> String {
        let Runner { version, commit, .. } = &self.runner;
        // A build of changed sources names their hash after the commit.
        let (hash, changes) = commit.split_at(commit.find(' ').unwrap_or(commit.len()));
        format!("runner {version} {hash:.12}{changes}")
    }

    /// Names the processor with all that the bits of a result depend on.
    pub fn name(&self) -> String {
        format!("{} ({})", self.cpu, self.fingerprint())
    }

    /// Reads machine.toml; `None` if the text is not one.
    pub fn from_toml(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }

    /// Returns the number of threads that share a fleet.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Describes the BLAS for the provenance of a model.
    pub fn blas(&self) -> serde_json::Value {
        let Blas { name, version, core, path, sha256, .. } = &self.blas;
        serde_json::json!({ "name": name, "version": version, "core": core, "path": path.to_string_lossy(), "sha256": sha256 })
    }

    /// Writes machine.toml.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("numbers and texts make valid TOML")
    }

    /// Returns the release of HDF5, and whether it is built in or the system's.
    pub fn hdf5_version(&self) -> &str {
        &self.hdf5
    }

    /// Describes the machine in a line.
    pub fn summary(&self) -> String {
        let Blas { name, version, core, path, sha256, .. } = &self.blas;
        let (cpu, cores, path) = (&self.cpu, self.cores, path.display());
        format!("{cpu}, {}, {name} {version} {core} ({path}, sha256 {sha256:.12})", count(cores, "core"))
    }
}

/// Counts the cores that this process may use, by affinity and cgroup quota.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Returns the model of the processor, as the system names it.
pub fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |model| model.trim().to_owned())
}

/// Returns the name and release of the system.
pub fn os() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {}", std::env::consts::OS, release.trim()).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(plans_for: &str) -> Machine {
        let toml = format!(
            "cpu = 'c'\ncores = 2\nthreads = 1\nos = 'o'\nhdf5 = '2'\n[runner]\nversion = '1'\ncommit = 'a'\nrustc = 'r'\n\
             profile = 'p'\n[blas]\nname = 'OpenBLAS'\nversion = '0.3'\ncore = 'SkylakeX'\npath = '/p'\nsha256 = 'aa'\n\
             thread_layer = 't'\nthreads = 1\nconfig = ''\n{plans_for}"
        );
        Machine::from_toml(&toml).unwrap()
    }

    #[test]
    fn other_plans_of_products_are_another_arithmetic() {
        let (all, intel) = (machine(""), machine("plans_for = 'Intel'"));
        assert_eq!(all.arithmetic(), "OpenBLAS 0.3 SkylakeX aa threads 1");
        assert_eq!(intel.arithmetic(), "OpenBLAS 0.3 SkylakeX plans for Intel aa threads 1");
        assert_eq!(Machine::from_toml(&intel.to_toml()), Some(intel.clone()));
        assert_eq!(intel.how_to_return(&all), "a processor of Intel's");
        assert_eq!(all.how_to_return(&intel), "a processor that isn't Intel's");
        let older = Machine { cpu: "Intel(R) Xeon(R)".to_owned(), ..all.clone() };
        assert!(older.how_to_return(&intel).starts_with("runner 1 a, which"));
    }
}
