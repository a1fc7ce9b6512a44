//! What a data file holds, for a person: its datasets, its classes and its values.

use std::fmt;
use std::path::PathBuf;

use crate::Names;
use crate::contract::agreement;
use crate::contract::checked_split::{CheckedSplit, FEATURE_NAMES};
use crate::contract::class_names;
use crate::contract::element_type::describe;
use crate::contract::error::Error;
use crate::contract::file::{DataFile, names};
use crate::contract::hashed::HashedFile;
use crate::contract::pin::Pinned;
use crate::contract::problem::Problem;
use crate::contract::targets::{TargetKind, Targets, TargetsChoice, Task};
use crate::split::Split;
use crate::split::features::Features;

/// Names looked at of a longer list.
const LISTED: usize = 40;
/// Classes or outputs printed of more.
const LISTED_TARGETS: usize = 12;

/// What is in one data file.
#[derive(Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// The first names in the root of the file.
    pub datasets: Vec<DatasetLine>,
    /// How many more there are.
    pub further: usize,
    /// The names of the classes, label 0 first; empty where the file names none.
    pub classes: Vec<String>,
    /// The names of the features; empty where the file names none.
    pub features: Vec<String>,
    /// The training split, the test split or both, where they keep the contract.
    pub splits: Vec<SplitSummary>,
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

/// A split that keeps the contract, with figures on its values.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitSummary {
    /// The dataset of the pictures.
    pub x_name: String,
    /// The dataset of the targets.
    pub y_name: String,
    /// Pictures or features, and targets.
    pub split: Split,
    /// What the targets look like.
    pub target_kind: TargetKind,
    /// Whether they are training examples.
    pub is_training: bool,
    /// Of the pictures or features, as stored.
    pub features: Figures,
    /// Of the targets.
    pub targets: TargetSummary,
}

/// Figures on many values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The mean of all values.
    pub mean: f64,
}

/// Figures on the targets of a split.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetSummary {
    /// Examples of each class, of as many as the whole file has.
    Classes(Vec<usize>),
    /// Of each output.
    Values(Vec<Figures>),
}

/// Looks into the file of `pinned` for the splits that `names` names; one of the two is enough.
///
/// `max_bytes` bounds the pictures of a split, each value counted as 8 bytes (f64).
///
/// # Errors
///
/// The file cannot be opened as HDF5, has another content than it must have, or changes while it is read. What is wrong inside an
/// HDF5 file stands in [`Inspection::problems`], beside all that could be read.
pub fn inspect(pinned: &Pinned, names: &Names, max_bytes: u64) -> Result<Inspection, Error> {
    let hashed = HashedFile::open(pinned)?;
    let (file, path) = (hashed.file(), pinned.path.as_path());
    let mut problems = Vec::new();
    let (datasets, further) = list(file).unwrap_or_else(|problem| {
        problems.push(problem.of(path, "/"));
        (Vec::new(), 0)
    });
    let classes = class_names::read(file, &names.classes).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let features = class_names::read(file, FEATURE_NAMES).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let mut splits: Vec<Found> = Vec::new();
    let wanted = [(&names.train_x, &names.train_y, true), (&names.test_x, &names.test_y, false)];
    for (x, y, is_training) in wanted.into_iter().filter(|(x, y, _)| file.has(x) || file.has(y)) {
        let read = |checked: CheckedSplit| {
            let (split, target_kind) = Split::read(&checked, TargetsChoice::Auto, || hashed.sha256())?;
            Ok(Found { x, y, split, target_kind, columns: checked.outputs, is_training })
        };
        match CheckedSplit::check(file, x, y, max_bytes).and_then(read) {
            Ok(found) => splits.push(found),
            Err(error) => problems.push(error),
        }
    }
    let at = |found: &Found, problem: Problem| problem.of(path, found.y);
    for found in &splits {
        let targets = &found.split.targets;
        problems.extend(agreement::check_named(targets, classes.len()).err().map(|problem| at(found, problem)));
        if found.is_training && found.target_kind == TargetKind::Classes {
            problems.extend(agreement::check_numbered(targets, classes.len()).err().map(|problem| at(found, problem)));
        }
    }
    if let [train, test] = &splits[..] {
        let untrained = agreement::check_trained(&train.split.targets, &test.split.targets);
        problems.extend(untrained.err().map(|problem| at(test, problem)));
    }
    let task = match splits.iter().find(|found| found.target_kind == TargetKind::OneHot) {
        Some(found) => Task::Classes(found.columns),
        None => agreement::task(splits.iter().map(|found| &found.split.targets), classes.len()),
    };
    let splits: Vec<_> = splits.into_iter().map(|found| SplitSummary::new(found, task)).collect();
    if splits.is_empty() && problems.is_empty() {
        let present = datasets.iter().map(|line| line.name.clone()).collect();
        let wanted = vec![names.train_x.clone(), names.test_x.clone()];
        problems.push(Error::NoSplit { path: path.to_owned(), wanted, present });
    }
    let (bytes, sha256) = (file.bytes(), hashed.sha256()?);
    Ok(Inspection { path: path.to_owned(), bytes, sha256, datasets, further, classes, features, splits, problems })
}

/// A split that was read.
struct Found<'n> {
    x: &'n str,
    y: &'n str,
    split: Split,
    target_kind: TargetKind,
    /// TargetMatrix of a target.
    columns: usize,
    is_training: bool,
}

/// The first names in the root, and how many more there are. libhdf5 looks at all names to find one: to look each up would take the
/// square of their number.
fn list(file: &DataFile) -> Result<(Vec<DatasetLine>, usize), Problem> {
    let mut names = names(file.root())?;
    let further = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let lines = names.into_iter().map(|name| {
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
    Ok((lines.collect(), further))
}

impl SplitSummary {
    fn new(Found { x, y, split, target_kind, is_training, .. }: Found, task: Task) -> Self {
        let features = match &split.x {
            Features::U8(rows) => Figures::of(rows.iter().map(|&value| f64::from(value))),
            Features::F32(rows) => Figures::of(rows.iter().map(|&value| f64::from(value))),
            Features::F64(rows) => Figures::of(rows.iter().copied()),
        };
        let targets = match &split.targets {
            Targets::Classes(labels) => {
                let present = labels.iter().max().map_or(0, |&label| label as usize + 1);
                let known = if let Task::Classes(known) = task { known } else { 0 };
                let mut counts = vec![0; known.max(present)];
                labels.iter().for_each(|&label| counts[label as usize] += 1);
                TargetSummary::Classes(counts)
            }
            Targets::Values(values) => {
                TargetSummary::Values(values.outer_iter().map(|output| Figures::of(output.iter().copied())).collect())
            }
        };
        Self { x_name: x.to_owned(), y_name: y.to_owned(), split, target_kind, is_training, features, targets }
    }
}

impl Figures {
    /// The running mean stays finite where the sum would not.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0 };
        values.enumerate().fold(start, |Self { min, max, mean }, (before, value)| {
            let count = before as f64 + 1.0;
            Self { min: value.min(min), max: value.max(max), mean: mean + (value / count - mean / count) }
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, mean {:.3}", self.min, self.max, self.mean)
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path.display())?;
        writeln!(f, "  {} bytes, sha256 {}", self.bytes, self.sha256)?;
        let shown = |line: &DatasetLine| {
            let shape = line.shape.as_ref().map_or(String::new(), |shape| format!("{shape:?}"));
            (line.name.escape_debug().to_string(), shape)
        };
        let columns: Vec<_> = self.datasets.iter().map(shown).collect();
        let name_width = columns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let shape_width = columns.iter().map(|(_, shape)| shape.len()).max().unwrap_or(0);
        for ((name, shape), line) in columns.iter().zip(&self.datasets) {
            writeln!(f, "  {name:name_width$}  {shape:shape_width$}  {}", line.kind)?;
        }
        if self.further > 0 {
            writeln!(f, "  ... and {} more", self.further)?;
        }
        if !self.classes.is_empty() {
            let named = self.classes.iter().enumerate().map(|(label, name)| format!("{label} = {name}"));
            writeln!(f, "  classes: {}", first_of(named))?;
        }
        if !self.features.is_empty() {
            writeln!(f, "  features: {}", first_of(self.features.iter().cloned()))?;
        }
        for summary in &self.splits {
            summary.write(f, &self.classes)?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "  error: {problem}"))?;
        self.write_pins(f)
    }
}

impl Inspection {
    /// What an experiment says to be trained on this very file.
    fn write_pins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.splits.is_empty() || !self.problems.is_empty() {
            return Ok(());
        }
        writeln!(f, "  in an experiment:\n    [data]")?;
        let path = toml::Value::from(self.path.display().to_string());
        for split in &self.splits {
            let key = if split.is_training { "train" } else { "test" };
            writeln!(f, "    {key} = {path}\n    {key}_sha256 = \"{}\"", self.sha256)?;
        }
        Ok(())
    }
}

impl SplitSummary {
    fn write(&self, f: &mut fmt::Formatter<'_>, classes: &[String]) -> fmt::Result {
        let (examples, features) = self.split.x.dim();
        let what = match self.split.image_shape {
            Some([height, width, channels]) => format!("pictures of {height} × {width} × {channels}"),
            None => "examples".to_owned(),
        };
        writeln!(f, "  {}: {examples} {what} ({features} features), values {}", self.x_name, self.features)?;
        let targets = match &self.targets {
            TargetSummary::Classes(counts) => balance(counts, examples, classes),
            TargetSummary::Values(outputs) if outputs.len() == 1 => format!("1 value an example, {}", outputs[0]),
            TargetSummary::Values(outputs) => {
                let each = outputs.iter().enumerate().map(|(output, figures)| format!("{output}: {figures}"));
                format!("{} values an example; {}", outputs.len(), first_of(each).replace(", mean", " mean"))
            }
        };
        let one_hot = if self.target_kind == TargetKind::OneHot { "one-hot rows, " } else { "" };
        writeln!(f, "  {}: {one_hot}{targets}", self.y_name)
    }
}

/// Two classes with their shares; of more, only how many examples each has.
fn balance(counts: &[usize], examples: usize, names: &[String]) -> String {
    let named = |label: usize| names.get(label).map_or(String::new(), |name| format!(" {name}"));
    let absent = counts.iter().filter(|&&count| count == 0).count();
    let each = counts.iter().enumerate();
    if counts.len() == 2 {
        let each = each.map(|(label, &count)| {
            format!("{count} of label {label}{} ({:.1} %)", named(label), 100.0 * count as f64 / examples as f64)
        });
        let warning = if absent > 0 { "; only one class is present" } else { "" };
        return format!("{}{warning}", first_of(each));
    }
    let warning = if absent > 0 { format!("; no example of {absent} classes") } else { String::new() };
    let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
    let each = first_of(each.map(|(label, &count)| format!("{count} of label {label}{}", named(label))));
    format!("{} classes of {least} to {most} examples{warning}: {each}", counts.len())
}

/// The first few of a list that may be long.
fn first_of(mut items: impl ExactSizeIterator<Item = String>) -> String {
    let shown: Vec<String> = items.by_ref().take(LISTED_TARGETS).collect();
    let more = if items.len() > 0 { format!(", ... and {} more", items.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(format!("{name}.h5"))
    }

    fn inspected(path: &Path, names: &Names) -> Inspection {
        inspect(&Pinned::any(path), names, 1 << 20).unwrap()
    }

    #[test]
    fn a_file_with_one_part_is_reported_in_full() {
        let report = inspected(&fixture("good_plain"), &Names::default());
        assert!(report.problems.is_empty());
        assert_eq!(report.splits.len(), 1);
        assert_eq!(report.splits[0].targets, TargetSummary::Classes(vec![2, 2]));
        let sha256 = "627e890f1b44f482e0d3db4a05cec0c5b3281664ff9a5151bed1a0ebd3aa3cda";
        let lines = format!(
            "  2142 bytes, sha256 {sha256}\n\
             \x20 list_classes  [2]           text of width 7\n\
             \x20 train_set_x   [4, 2, 2, 3]  u8\n\
             \x20 train_set_y   [4]           i64\n\
             \x20 classes: 0 = non-cat, 1 = cat\n\
             \x20 train_set_x: 4 pictures of 2 × 2 × 3 (12 features), values 0 to 235, mean 117.500\n\
             \x20 train_set_y: 2 of label 0 non-cat (50.0 %), 2 of label 1 cat (50.0 %)\n\
             \x20 in an experiment:\n\
             \x20   [data]\n"
        );
        let path = fixture("good_plain").display().to_string();
        let pinned = format!("    train = \"{path}\"\n    train_sha256 = \"{sha256}\"\n");
        assert_eq!(report.to_string(), format!("{path}\n{lines}{pinned}"));
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
        assert_eq!(report.splits[0].x_name, "train_set_x");
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
        file.new_dataset_builder().with_data(&ndarray::array![0u8, 0]).create("train_set_y").unwrap();
        file.close().unwrap();
        let report = inspected(&path, &Names::default());
        assert!((report.splits[0].features.mean / f64::MAX - 0.5).abs() < 1e-12);
        assert!(report.to_string().contains("0 of label 1 (0.0 %); only one class is present"), "{report}");
    }

    #[test]
    fn of_many_names_the_first_are_looked_at_and_the_others_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.h5");
        let file = hdf5::File::create(&path).unwrap();
        for number in 0..1000 {
            file.create_group(&format!("group_{number:04}")).unwrap();
        }
        file.close().unwrap();
        let report = inspected(&path, &Names::default());
        assert_eq!((report.datasets.len(), report.further), (LISTED, 1000 - LISTED));
        assert!(report.to_string().contains("  ... and 960 more\n"), "{report}");
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
