//! What a data file holds, for a person: its datasets, its classes and its values.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Names;
use super::classes;
use super::contract::CheckedPart;
use super::error::{Error, Problem};
use super::part::{Part, Pixels};
use super::read::{DataFile, describe, names};

/// Lines printed of a longer list of datasets.
const LISTED: usize = 40;

/// What is in one data file.
#[derive(Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// Everything in the root of the file.
    pub datasets: Vec<DatasetLine>,
    /// The name of label 0, then of label 1; empty where the file names none.
    pub classes: Vec<String>,
    /// The training part, the test part or both, where they keep the contract.
    pub parts: Vec<PartSummary>,
    /// Every breach of the contract. A file without any can be trained on.
    pub problems: Vec<Error>,
}

/// One name in the root of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetLine {
    /// The name, as in the file.
    pub name: String,
    /// Its declared shape; nothing for what is not a dataset.
    pub shape: Option<Vec<usize>>,
    /// Its element type, or what it is instead of a dataset.
    pub kind: String,
}

/// A part that keeps the contract, with figures on its values.
#[derive(Clone, Debug, PartialEq)]
pub struct PartSummary {
    /// The dataset of the pictures.
    pub x_name: String,
    /// The dataset of the labels.
    pub y_name: String,
    /// Pictures and labels.
    pub part: Part,
    /// Examples labelled 0 and labelled 1.
    pub class_counts: [usize; 2],
    /// The least value, as stored.
    pub min: f64,
    /// The greatest value, as stored.
    pub max: f64,
    /// The mean of all values, as stored.
    pub mean: f64,
}

/// Looks into the file at `path` for the parts that `names` names; one of the two is enough.
///
/// `max_bytes` bounds the pictures of a part, each value counted as 8 bytes (f64).
///
/// # Errors
///
/// The file cannot be opened as HDF5, or changes while it is read. What is wrong inside an HDF5 file stands in
/// [`Inspection::problems`], beside all that could be read.
pub fn inspect(path: &Path, names: &Names, max_bytes: u64) -> Result<Inspection, Error> {
    let file = DataFile::open(path)?;
    let mut problems = Vec::new();
    let datasets = list(&file).unwrap_or_else(|problem| {
        problems.push(problem.of(path, "/"));
        Vec::new()
    });
    let classes = classes::read(&file, &names.classes).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let mut parts = Vec::new();
    let wanted = [(&names.train_x, &names.train_y), (&names.test_x, &names.test_y)];
    let present = wanted.into_iter().filter(|(x, y)| file.has(x) || file.has(y));
    for (x, y) in present {
        match CheckedPart::check(&file, x, y, max_bytes).and_then(|checked| Part::read(&checked)) {
            Ok(part) => parts.push(PartSummary::new(x, y, part)),
            Err(error) => problems.push(error),
        }
    }
    if parts.is_empty() && problems.is_empty() {
        let present = datasets.iter().map(|line| line.name.clone()).collect();
        let (train_x, test_x) = (names.train_x.clone(), names.test_x.clone());
        problems.push(Error::NoPart { path: path.to_owned(), train_x, test_x, present });
    }
    let (bytes, sha256) = (file.bytes(), file.sha256()?);
    Ok(Inspection { path: path.to_owned(), bytes, sha256, datasets, classes, parts, problems })
}

fn list(file: &DataFile) -> Result<Vec<DatasetLine>, Problem> {
    let lines = names(file.root())?.into_iter().map(|name| {
        let (shape, kind) = match file.dataset(&name) {
            Ok(dataset) => match (dataset.space(), dataset.dtype()) {
                (Ok(space), Ok(dtype)) => (Some(space.shape()), describe(&dtype)),
                _ => (None, "damaged".to_owned()),
            },
            Err(Problem::NotADataset) => (None, "a group or a type".to_owned()),
            Err(Problem::Link { kind, .. }) => (None, format!("{kind}, not followed")),
            Err(_) => (None, "damaged".to_owned()),
        };
        DatasetLine { name, shape, kind }
    });
    Ok(lines.collect())
}

impl PartSummary {
    fn new(x_name: &str, y_name: &str, part: Part) -> Self {
        let ones = part.labels.iter().filter(|&&label| label == 1).count();
        let class_counts = [part.labels.len() - ones, ones];
        let (min, max, mean) = match &part.pixels {
            Pixels::U8(rows) => figures(rows.iter().map(|&value| f64::from(value))),
            Pixels::F32(rows) => figures(rows.iter().map(|&value| f64::from(value))),
            Pixels::F64(rows) => figures(rows.iter().copied()),
        };
        Self { x_name: x_name.to_owned(), y_name: y_name.to_owned(), part, class_counts, min, max, mean }
    }
}

/// Least, greatest and mean of `values`; the running mean stays finite where the sum would not.
fn figures(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    values.enumerate().fold(start, |(min, max, mean), (before, value)| {
        let count = before as f64 + 1.0;
        (value.min(min), value.max(max), mean + (value / count - mean / count))
    })
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path.display())?;
        writeln!(f, "  {} bytes, sha256 {}", self.bytes, self.sha256)?;
        let shown = |line: &DatasetLine| {
            let shape = line.shape.as_ref().map_or(String::new(), |shape| format!("{shape:?}"));
            (line.name.escape_debug().to_string(), shape)
        };
        let columns: Vec<_> = self.datasets.iter().take(LISTED).map(shown).collect();
        let name_width = columns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let shape_width = columns.iter().map(|(_, shape)| shape.len()).max().unwrap_or(0);
        for ((name, shape), line) in columns.iter().zip(&self.datasets) {
            writeln!(f, "  {name:name_width$}  {shape:shape_width$}  {}", line.kind)?;
        }
        if self.datasets.len() > LISTED {
            writeln!(f, "  ... and {} more", self.datasets.len() - LISTED)?;
        }
        if !self.classes.is_empty() {
            let named = self.classes.iter().enumerate().map(|(label, name)| format!("{label} = {name}"));
            writeln!(f, "  classes: {}", named.collect::<Vec<_>>().join(", "))?;
        }
        for summary in &self.parts {
            summary.write(f, &self.classes)?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "  error: {problem}"))
    }
}

impl PartSummary {
    fn write(&self, f: &mut fmt::Formatter<'_>, classes: &[String]) -> fmt::Result {
        let (examples, features) = self.part.pixels.dim();
        let what = match self.part.image_shape {
            Some([height, width, channels]) => format!("pictures of {height} × {width} × {channels}"),
            None => "examples".to_owned(),
        };
        writeln!(
            f,
            "  {}: {examples} {what} ({features} features), values {} to {}, mean {:.3}",
            self.x_name, self.min, self.max, self.mean
        )?;
        let balance = self.class_counts.iter().enumerate().map(|(label, &count)| {
            let name = classes.get(label).map_or(String::new(), |name| format!(" {name}"));
            format!("{count} of label {label}{name} ({:.1} %)", 100.0 * count as f64 / examples as f64)
        });
        let warning = if self.class_counts.contains(&0) { "; only one class is present" } else { "" };
        writeln!(f, "  {}: {}{warning}", self.y_name, balance.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(format!("{name}.h5"))
    }

    fn inspected(path: &Path, names: &Names) -> Inspection {
        inspect(path, names, 1 << 20).unwrap()
    }

    #[test]
    fn a_file_with_one_part_is_reported_in_full() {
        let report = inspected(&fixture("good_plain"), &Names::default());
        assert!(report.problems.is_empty());
        assert_eq!(report.parts.len(), 1);
        assert_eq!(report.parts[0].class_counts, [2, 2]);
        let sha256 = "627e890f1b44f482e0d3db4a05cec0c5b3281664ff9a5151bed1a0ebd3aa3cda";
        let lines = format!(
            "  2142 bytes, sha256 {sha256}\n\
             \x20 list_classes  [2]           text of width 7\n\
             \x20 train_set_x   [4, 2, 2, 3]  u8\n\
             \x20 train_set_y   [4]           i64\n\
             \x20 classes: 0 = non-cat, 1 = cat\n\
             \x20 train_set_x: 4 pictures of 2 × 2 × 3 (12 features), values 0 to 235, mean 117.500\n\
             \x20 train_set_y: 2 of label 0 non-cat (50.0 %), 2 of label 1 cat (50.0 %)\n"
        );
        assert_eq!(report.to_string(), format!("{}\n{lines}", fixture("good_plain").display()));
    }

    #[test]
    fn a_file_with_only_the_test_part_is_enough() {
        let Names { train_x, train_y, .. } = Names::default();
        let names = Names {
            train_x: "a".to_owned(),
            train_y: "b".to_owned(),
            test_x: train_x,
            test_y: train_y,
            ..Names::default()
        };
        let report = inspected(&fixture("good_plain"), &names);
        assert!(report.problems.is_empty());
        assert_eq!(report.parts[0].x_name, "train_set_x");
    }

    #[test]
    fn what_can_be_read_stands_beside_what_is_wrong() {
        let report = inspected(&fixture("soft_link"), &Names::default()).to_string();
        assert!(report.contains("a soft link, not followed"), "{report}");
        assert!(report.contains("classes: 0 = non-cat, 1 = cat"), "{report}");
        assert!(report.contains("  error: ") && report.contains("`train_set_x` is a soft link"), "{report}");
    }

    #[test]
    fn a_file_without_either_part_is_a_problem() {
        let names = Names { train_x: "x".to_owned(), train_y: "y".to_owned(), ..Names::default() };
        let report = inspected(&fixture("good_plain"), &names);
        let problem = report.problems[0].to_string();
        assert!(problem.contains("neither `x` nor `test_set_x`") && problem.contains("`train_set_x`"), "{problem}");
    }

    #[test]
    fn a_part_with_one_class_is_read_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.h5");
        let file = hdf5::File::create(&path).unwrap();
        let features = ndarray::array![[1.0f64, f64::MAX], [f64::MAX, 1.0]];
        file.new_dataset_builder().with_data(&features).create("train_set_x").unwrap();
        file.new_dataset_builder().with_data(&ndarray::array![1u8, 1]).create("train_set_y").unwrap();
        file.close().unwrap();
        let report = inspected(&path, &Names::default());
        assert!((report.parts[0].mean / f64::MAX - 0.5).abs() < 1e-12);
        assert!(report.to_string().contains("2 of label 1 (100.0 %); only one class is present"), "{report}");
    }

    #[test]
    fn terminal_control_in_names_is_escaped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.h5");
        fs::copy(fixture("good_plain"), &path).unwrap();
        let file = hdf5::File::open_rw(&path).unwrap();
        file.link_hard("train_set_x", "\u{1b}[2J").unwrap();
        file.close().unwrap();
        let report = inspected(&path, &Names::default()).to_string();
        assert!(!report.contains('\u{1b}') && report.contains(r"\u{1b}[2J"), "{report}");
    }
}
