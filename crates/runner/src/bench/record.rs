//! The record of a bench: everything that was measured, as JSON. `--save` keeps it as `results/bench/NAME.json`.

use std::io;
use std::path::{Path, PathBuf};

use kernels::Vectors;
use serde::{Deserialize, Serialize};

use super::library_record::LibraryRecord;
use super::limits::{Bound, Limits};
use super::measure::Samples;
use super::statistics::Quantile;
use crate::machine;
use crate::plan::products::Product;
use crate::spec::trial::Dtype;
use datasets::files::{self, DiskFailure, Part, folder_of, make_folder, regular_file, write_whole};

/// The version of the format, raised when a field changes its meaning.
const FORMAT: u32 = 1;

/// The record of one bench.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    /// The experiment or the shapes that were timed, in words.
    pub(crate) what: String,
    /// The machine and the program.
    pub(crate) host: Host,
    /// Threads that shared a product.
    pub(crate) threads: usize,
    /// The libraries that took turns.
    pub(crate) libraries: Vec<LibraryRecord>,
    /// The machine's limits.
    pub(crate) limits: Limits,
    /// The products, the one with the most operations in a step first.
    pub(crate) products: Vec<ProductRecord>,
    /// The steps of whole fleets, the one with the most operations first.
    pub(crate) steps: Vec<StepRecord>,
}

/// The machine and the program that a bench ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    /// The model of the processor.
    pub(crate) cpu: String,
    /// The widest vectors of the processor.
    pub(crate) vectors: String,
    cores: usize,
    os: String,
    runner: String,
    commit: String,
    rustc: String,
    profile: String,
}

/// A product with its results, in the order of [`Record::libraries`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProductRecord {
    /// The product.
    #[serde(flatten)]
    pub(crate) product: Product,
    /// The number of times that one step of every fleet makes it; `None` for a given shape.
    pub(crate) calls_a_step: Option<f64>,
    /// Its share of the steps' operations, including those of products that were left out.
    pub(crate) share_of_step: Option<f64>,
    /// Operations.
    pub(crate) flop: f64,
    /// Bytes that must be moved.
    pub(crate) bytes: f64,
    /// A result a library.
    pub(crate) results: Vec<Measured>,
}

/// A step of a fleet with its results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    /// The nets, in words.
    pub(crate) fleet: String,
    /// Everything that the cost of a step depends on; empty in the records of earlier builds, whose steps match none.
    #[serde(default)]
    pub(crate) cost: String,
    /// The element type.
    pub(crate) dtype: Dtype,
    /// The number of such fleets in the experiment.
    pub(crate) fleets: usize,
    /// Operations of its products.
    pub(crate) flop: f64,
    /// A result a library.
    pub(crate) results: Vec<Measured>,
}

/// The speed of one library at one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Seconds of a call.
    pub(crate) seconds: Quantile,
    /// Operations per second, in 10⁹.
    pub(crate) gflops: f64,
    /// The share of the cores' peak.
    pub(crate) share_of_peak: f64,
    /// The limit that bounds a product; `None` for a whole step.
    pub(crate) bound: Option<Bound>,
    /// True if Layerchain's own loops made the product instead of the library.
    #[serde(default)]
    pub(crate) own_loops: bool,
    /// Every sample.
    pub(crate) samples: Samples,
}

/// An error of reading or writing a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The name could be a path.
    #[error(
        "--{option} {name}: a record's name has letters, digits, '-', '_' and '.', and begins with a letter or a digit"
    )]
    Name { option: &'static str, name: String },
    /// A record of that name exists.
    #[error("{} is there: --force replaces it, --save takes another name", .0.display())]
    Exists(PathBuf),
    /// It can't be read, or is not a record.
    #[error("{}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// It can't be written.
    #[error(transparent)]
    Unwritten(#[from] files::Error),
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        matches!(self, Error::Unwritten(error) if error.is_disk_failure())
    }
}

impl Host {
    /// Describes this machine and program.
    pub(crate) fn this() -> Self {
        Host {
            cpu: machine::cpu(),
            vectors: Vectors::detect().to_string(),
            cores: machine::cores(),
            os: machine::os(),
            runner: env!("CARGO_PKG_VERSION").to_owned(),
            commit: env!("LAYERCHAIN_COMMIT").to_owned(),
            rustc: env!("LAYERCHAIN_RUSTC").to_owned(),
            profile: env!("LAYERCHAIN_PROFILE").to_owned(),
        }
    }
}

impl Measured {
    /// Evaluates the samples of a case of `flop` operations on a machine of this `peak`.
    pub(crate) fn new(samples: Samples, flop: f64, peak: f64, bound: Option<Bound>) -> Self {
        let seconds = samples.time();
        let flops = flop / seconds.at;
        Measured { seconds, gflops: flops / 1e9, share_of_peak: flops / peak, bound, own_loops: false, samples }
    }
}

impl Record {
    /// Starts the record of this machine, without cases.
    pub(crate) fn new(what: String, threads: usize) -> Self {
        let (libraries, products, steps) = (Vec::new(), Vec::new(), Vec::new());
        let (host, limits) = (Host::this(), Limits::default());
        Record { format: FORMAT, what, host, threads, libraries, limits, products, steps }
    }

    /// Writes the record as one line of JSON.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts make valid JSON")
    }

    /// Checks before the timing that a record can be written to `path`: makes its folder, and in it a file that is deleted
    /// at once.
    pub(crate) fn can_be_saved(path: &Path) -> Result<(), Error> {
        make_folder(folder_of(path))?;
        Ok(Part::new(path).map(drop)?)
    }

    /// Writes the record to `path`, whole or not at all; over an existing file only with `replace`.
    pub(crate) fn save(&self, path: &Path, replace: bool) -> Result<(), Error> {
        Ok(write_whole(path, replace, |out| writeln!(out, "{}", self.to_json()))?)
    }

    /// Reads a record.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |reason: String| Error::Unreadable { path: path.to_owned(), reason };
        let text = regular_file::open(path).and_then(io::read_to_string).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unreadable("there is no such record: runner bench --save makes one".to_owned()),
            _ => unreadable(error.to_string()),
        })?;
        let record: Record =
            serde_json::from_str(&text).map_err(|error| unreadable(format!("no record of a bench: {error}")))?;
        if record.format != FORMAT {
            return Err(unreadable(format!("a record of format {}, this runner reads {FORMAT}", record.format)));
        }
        let count = record.libraries.len();
        let results = record.products.iter().map(|product| &product.results);
        let mut results = results.chain(record.steps.iter().map(|step| &step.results));
        let is_whole = |measured: &Measured| {
            let Samples { seconds, pace, .. } = &measured.samples;
            let positive = |numbers: &[f64]| numbers.iter().all(|number| number.is_finite() && *number > 0.0);
            !seconds.is_empty() && seconds.len() == pace.len() && positive(seconds) && positive(pace)
        };
        if record.threads == 0 || results.any(|results| results.len() != count || !results.iter().all(is_whole)) {
            return Err(unreadable("a record with missing or impossible samples or threads".to_owned()));
        }
        Ok(record)
    }
}

/// Returns the file of the record `name`.
///
/// # Errors
/// If the name could be a path.
pub(crate) fn path_of(option: &'static str, name: &str) -> Result<PathBuf, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) {
        return Err(Error::Name { option, name: name.to_owned() });
    }
    Ok(Path::new("results/bench").join(format!("{name}.json")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bench::compare::tests::record;

    #[test]
    fn a_record_is_read_as_it_was_written_and_a_broken_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench/one.json");
        let kept = record(&[1.0, 2.0, 3.0]);
        Record::can_be_saved(&path).unwrap();
        kept.save(&path, false).unwrap();
        assert_eq!(Record::read(&path).unwrap().to_json(), kept.to_json());
        let text = fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("\"format\":1", "\"format\":2"),
            ("\"seconds\":[1.0,", "\"seconds\":["),
            ("\"seconds\":[1.0,", "\"seconds\":[-1.0,"),
            ("\"form\":\"nn\"", "\"form\":\"xx\""),
            ("\"threads\":1", "\"threads\":0"),
            ("}", ""),
        ] {
            assert!(text.contains(from));
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
            assert!(matches!(Record::read(&path), Err(Error::Unreadable { .. })), "{from}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(path_of("save", "zen4-f32.1").unwrap(), Path::new("results/bench/zen4-f32.1.json"));
        for name in ["", ".", "..", "a/b", "../a", "/a", "-a", "a b"] {
            assert!(path_of("save", name).is_err(), "{name}");
        }
    }
}
