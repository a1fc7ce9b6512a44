//! The report of an inspection as text.

use std::fmt;

use crate::contract::targets::TargetKind;
use crate::inspect::{DatasetLine, Inspection, SplitSummary, Statistics, TargetSummary};
use crate::text::count;

/// The most classes or outputs that are printed.
const LISTED_TARGETS: usize = 12;

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, mean {}", extreme(self.min), extreme(self.max), mean(self.mean))
    }
}

/// Writes a number with at most 7 significant digits, which whole numbers of usual size and numbers of f32 have.
fn extreme(value: f64) -> String {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    if is_of_usual_size(rounded) { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// Writes a mean with three decimals, or with four significant digits where three decimals would be too few or too many.
fn mean(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    match rounded.abs() {
        _ if !is_of_usual_size(rounded) => format!("{rounded:e}"),
        1e-4..0.1 => format!("{rounded}"),
        _ => format!("{value:.3}"),
    }
}

/// Returns whether a number needs no exponent to be short.
fn is_of_usual_size(value: f64) -> bool {
    value == 0.0 || (1e-4..1e7).contains(&value.abs())
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
        for (what, names) in [("features", &self.features), ("targets", &self.values)] {
            if !names.is_empty() {
                writeln!(f, "  {what}: {}", first_of(names.iter().cloned()))?;
            }
        }
        for summary in &self.splits {
            summary.write(f, &self.classes)?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "  error: {problem}"))?;
        self.write_pins(f)
    }
}

impl Inspection {
    /// Writes the lines of an experiment that pin this very file.
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
            Some([height, width, channels]) => {
                format!("{} of {height} × {width} × {channels}", count(examples, "picture"))
            }
            None => count(examples, "example"),
        };
        writeln!(f, "  {}: {what} ({}), values {}", self.x_name, count(features, "feature"), self.features)?;
        let targets = match &self.targets {
            TargetSummary::Classes(counts) => balance(counts, examples, classes),
            TargetSummary::Values(outputs) if outputs.len() == 1 => format!("1 value for each example, {}", outputs[0]),
            TargetSummary::Values(outputs) => {
                let each = outputs.iter().enumerate().map(|(output, statistics)| format!("{output}: {statistics}"));
                format!("{} values for each example; {}", outputs.len(), first_of(each).replace(", mean", " mean"))
            }
        };
        let one_hot = if self.target_kind == TargetKind::OneHot { "one-hot rows, " } else { "" };
        writeln!(f, "  {}: {one_hot}{targets}", self.y_name)
    }
}

/// Describes two classes with their shares, or more classes with their numbers of examples.
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
    let warning = match absent {
        0 => String::new(),
        1 => "; no example of 1 class".to_owned(),
        _ => format!("; no example of {absent} classes"),
    };
    let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
    let each = first_of(each.map(|(label, &count)| format!("{count} of label {label}{}", named(label))));
    let sizes = if least == most { count(*least, "example") } else { format!("{least} to {most} examples") };
    format!("{} classes of {sizes}{warning}: {each}", counts.len())
}

/// Joins the first few items of a list that may be long.
fn first_of(mut items: impl ExactSizeIterator<Item = String>) -> String {
    let shown: Vec<String> = items.by_ref().take(LISTED_TARGETS).collect();
    let more = if items.len() > 0 { format!(", ... and {} more", items.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
