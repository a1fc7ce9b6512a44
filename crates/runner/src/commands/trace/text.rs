//! A step as text that fits the terminal.

use console::Term;

use super::matrix::{Lines, lines};
use super::report::{Differences, Published, Quantity, Report, Stage};
use crate::commands::answer::mark;
use crate::text::{layers, significant};

/// Columns where nothing says how many there are.
const COLUMNS: usize = 100;
/// Spaces between two matrices that stand side by side.
const GAP: usize = 4;
const INDENT: &str = "  ";

/// A step as text.
pub(super) struct Text {
    pub(super) text: String,
    /// True if numbers are left out.
    pub(super) is_abbreviated: bool,
}

/// Returns the columns of the terminal, or of the variable `COLUMNS`.
pub(super) fn columns() -> usize {
    let terminal = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let variable = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal.or_else(variable).filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}

/// Writes a step for `width` columns; every number if `full`.
pub(super) fn write(report: &Report, width: usize, full: bool) -> Text {
    let mut writer = Writer { width, full, is_abbreviated: false };
    let mut text = writer.heading(report);
    report.stages.iter().for_each(|stage| text += &writer.stage(stage));
    Text { text, is_abbreviated: writer.is_abbreviated }
}

struct Writer {
    width: usize,
    full: bool,
    is_abbreviated: bool,
}

impl Writer {
    fn heading(&self, report: &Report) -> String {
        let mut text = report.name.clone();
        if !report.description.is_empty() {
            text += &format!(": {}", report.description);
        }
        let widths = layers(&report.widths);
        let steps = match (report.steps, report.learning_rate) {
            (Some(steps), Some(rate)) if steps > 1 => {
                format!("; step {} of {steps}, α = {}", report.step, significant(rate, 17))
            }
            _ => String::new(),
        };
        text += &format!("\n{widths}, {}, in f64{steps}\n", report.activations.join(" "));
        if let Some(source) = &report.published_in {
            text += &format!("published: {source}\n");
        }
        text + "\n"
    }

    fn stage(&mut self, stage: &Stage) -> String {
        let rule = "─".repeat(self.width.min(80).saturating_sub(stage.title.chars().count() + 4));
        let mut text = format!("── {} {rule}\n", stage.title);
        stage.notes.iter().for_each(|note| text += &format!("{INDENT}{note}\n"));
        let blocks: Vec<Vec<String>> = stage.quantities.iter().flat_map(|quantity| self.blocks(quantity)).collect();
        let mut row: Vec<&Vec<String>> = Vec::new();
        for block in &blocks {
            let breadth: usize = row.iter().copied().chain([block]).map(|block| breadth(block) + GAP).sum();
            if !row.is_empty() && breadth - GAP + INDENT.len() > self.width {
                text += &side_by_side(&row);
                row.clear();
            }
            row.push(block);
        }
        text + &side_by_side(&row)
    }

    /// Writes a quantity, and beside it finite differences and published values.
    fn blocks(&mut self, quantity: &Quantity) -> Vec<Vec<String>> {
        let [rows, columns] = quantity.shape;
        let mut head = quantity.symbol.clone();
        if let Some(equation) = &quantity.equation {
            head += &format!(" = {equation}");
        }
        head += &format!("   {rows} × {columns}");
        if quantity.given {
            head += ", given";
        }
        let mut own = vec![head];
        own.extend(self.matrix(quantity.values.view(), "NaN"));
        let mut blocks = vec![own];
        if let Some(Differences { values, compared, at_kink, elements, relative_error, agrees, unknown }) =
            &quantity.differences
        {
            let left_out = match (compared + at_kink < *elements, at_kink) {
                (true, _) => format!(", {compared} of {elements}"),
                (false, 1..) => format!(", {at_kink} at a kink"),
                (false, 0) => String::new(),
            };
            let said = match agrees {
                Some(agrees) => format!("{} {relative_error:.1e}{left_out}", mark(Some(*agrees))),
                None => unknown.unwrap_or_default().to_owned(),
            };
            let mut block = vec![format!("{} by finite differences {said}", quantity.symbol)];
            block.extend(values.iter().flat_map(|values| self.matrix(values.view(), "-")));
            blocks.push(block);
        }
        if let Some(Published { values, largest_error, agrees }) = &quantity.published {
            let off = if *agrees { String::new() } else { format!(" off by {largest_error:.1e}") };
            let mut block = vec![format!("{} published {}{off}", quantity.symbol, mark(Some(*agrees)))];
            block.extend(self.matrix(values.view(), "NaN"));
            blocks.push(block);
        }
        blocks
    }

    fn matrix(&mut self, values: ndarray::ArrayView2<f64>, nan: &str) -> Vec<String> {
        let Lines { lines, is_abbreviated } =
            lines(values, self.width.saturating_sub(2 * INDENT.len()), self.full, nan);
        self.is_abbreviated |= is_abbreviated;
        lines.into_iter().map(|line| format!("{INDENT}{line}")).collect()
    }
}

fn breadth(block: &[String]) -> usize {
    block.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Sets blocks side by side, and an empty line below.
fn side_by_side(blocks: &[&Vec<String>]) -> String {
    let height = blocks.iter().map(|block| block.len()).max().unwrap_or(0);
    let mut text = String::new();
    for at in 0..height {
        let mut line = INDENT.to_owned();
        for block in blocks {
            let cell = block.get(at).map_or("", String::as_str);
            line += cell;
            line += &" ".repeat(breadth(block) - cell.chars().count() + GAP);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text + "\n"
}
