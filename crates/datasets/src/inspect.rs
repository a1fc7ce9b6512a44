//! What a data file holds, for a person: its datasets, its classes and its values.

use std::fmt;
use std::path::PathBuf;

use super::Names;
use super::classes;
use super::contract::{CheckedPart, FEATURE_NAMES};
use super::error::{Error, Problem};
use super::hashed::HashedFile;
use super::part::{Part, Pixels};
use super::pin::Pinned;
use super::read::{DataFile, describe, names};
use super::targets::{self, Meaning, Targets, TargetsChoice, Task};

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
    /// The dataset of the targets.
    pub y_name: String,
    /// Pictures or features, and targets.
    pub part: Part,
    /// What the targets look like.
    pub meaning: Meaning,
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

/// Figures on the targets of a part.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetSummary {
    /// Examples of each class, of as many as the whole file has.
    Classes(Vec<usize>),
    /// Of each output.
    Values(Vec<Figures>),
}

/// Looks into the file of `pinned` for the parts that `names` names; one of the two is enough.
///
/// `max_bytes` bounds the pictures of a part, each value counted as 8 bytes (f64).
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
    let classes = classes::read(file, &names.classes).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let features = classes::read(file, FEATURE_NAMES).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let mut parts: Vec<Found> = Vec::new();
    let wanted = [(&names.train_x, &names.train_y, true), (&names.test_x, &names.test_y, false)];
    for (x, y, is_training) in wanted.into_iter().filter(|(x, y, _)| file.has(x) || file.has(y)) {
        let read = |checked: CheckedPart| {
            let (part, meaning) = Part::read(&checked, TargetsChoice::Auto, || hashed.sha256())?;
            Ok(Found { x, y, part, meaning, columns: checked.outputs, is_training })
        };
        match CheckedPart::check(file, x, y, max_bytes).and_then(read) {
            Ok(found) => parts.push(found),
            Err(error) => problems.push(error),
        }
    }
    let at = |found: &Found, problem: Problem| problem.of(path, found.y);
    for found in &parts {
        let targets = &found.part.targets;
        problems.extend(targets::check_named(targets, classes.len()).err().map(|problem| at(found, problem)));
        if found.is_training && found.meaning == Meaning::Classes {
            problems.extend(targets::check_numbered(targets, classes.len()).err().map(|problem| at(found, problem)));
        }
    }
    if let [train, test] = &parts[..] {
        let untrained = targets::check_trained(&train.part.targets, &test.part.targets);
        problems.extend(untrained.err().map(|problem| at(test, problem)));
    }
    let task = match parts.iter().find(|found| found.meaning == Meaning::OneHot) {
        Some(found) => Task::Classes(found.columns),
        None => targets::task(parts.iter().map(|found| &found.part.targets), classes.len()),
    };
    let parts: Vec<_> = parts.into_iter().map(|found| PartSummary::new(found, task)).collect();
    if parts.is_empty() && problems.is_empty() {
        let present = datasets.iter().map(|line| line.name.clone()).collect();
        let wanted = vec![names.train_x.clone(), names.test_x.clone()];
        problems.push(Error::NoPart { path: path.to_owned(), wanted, present });
    }
    let (bytes, sha256) = (file.bytes(), hashed.sha256()?);
    Ok(Inspection { path: path.to_owned(), bytes, sha256, datasets, further, classes, features, parts, problems })
}

/// A part that was read.
struct Found<'n> {
    x: &'n str,
    y: &'n str,
    part: Part,
    meaning: Meaning,
    /// Numbers of a target.
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

impl PartSummary {
    fn new(Found { x, y, part, meaning, is_training, .. }: Found, task: Task) -> Self {
        let features = match &part.pixels {
            Pixels::U8(rows) => Figures::of(rows.iter().map(|&value| f64::from(value))),
            Pixels::F32(rows) => Figures::of(rows.iter().map(|&value| f64::from(value))),
            Pixels::F64(rows) => Figures::of(rows.iter().copied()),
        };
        let targets = match &part.targets {
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
        Self { x_name: x.to_owned(), y_name: y.to_owned(), part, meaning, is_training, features, targets }
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
        for summary in &self.parts {
            summary.write(f, &self.classes)?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "  error: {problem}"))?;
        self.write_pins(f)
    }
}

impl Inspection {
    /// What an experiment says to be trained on this very file.
    fn write_pins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() || !self.problems.is_empty() {
            return Ok(());
        }
        writeln!(f, "  in an experiment:\n    [data]")?;
        let path = toml::Value::from(self.path.display().to_string());
        for part in &self.parts {
            let key = if part.is_training { "train" } else { "test" };
            writeln!(f, "    {key} = {path}\n    {key}_sha256 = \"{}\"", self.sha256)?;
        }
        Ok(())
    }
}

impl PartSummary {
    fn write(&self, f: &mut fmt::Formatter<'_>, classes: &[String]) -> fmt::Result {
        let (examples, features) = self.part.pixels.dim();
        let what = match self.part.image_shape {
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
        let one_hot = if self.meaning == Meaning::OneHot { "one-hot rows, " } else { "" };
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
        assert_eq!(report.parts.len(), 1);
        assert_eq!(report.parts[0].targets, TargetSummary::Classes(vec![2, 2]));
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
        file.new_dataset_builder().with_data(&ndarray::array![0u8, 0]).create("train_set_y").unwrap();
        file.close().unwrap();
        let report = inspected(&path, &Names::default());
        assert!((report.parts[0].features.mean / f64::MAX - 0.5).abs() < 1e-12);
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
