//! Tables: text with aligned columns, and CSV.

use std::fmt;

use console::{Alignment, measure_text_width, pad_str};

use crate::text::visible_line;

/// The most characters of a cell.
const WIDEST: usize = 120;

/// A table with a header. Columns of numbers are aligned to the right, others to the left.
pub(crate) struct Table {
    columns: Vec<Column>,
    /// The header and the rows, each as its cells with a line break after each: one `String` per cell would take eight
    /// times the memory.
    rows: Vec<String>,
}

#[derive(Clone, Copy)]
struct Column {
    width: usize,
    /// True if all cells below the header are numbers or empty.
    is_numeric: bool,
}

impl Table {
    /// Starts a table with these column names.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        // A trial's id is text, even if all its characters happen to be digits.
        let columns = names.iter().map(|name| Column { width: 0, is_numeric: *name != "trial" }).collect();
        let mut table = Table { columns, rows: Vec::new() };
        table.add(names.into_iter().map(str::to_owned), |_| true);
        table
    }

    /// Adds a row with a cell for each column. A cell is cut to one line of bounded length.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.add(cells, is_number);
    }

    fn add(&mut self, cells: impl IntoIterator<Item = String>, is_number: impl Fn(&str) -> bool) {
        let mut row = String::new();
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            let line = visible_line(&cell);
            let end = line.char_indices().nth(WIDEST).map_or(line.len(), |(end, _)| end);
            let cell = &line[..end];
            column.width = column.width.max(measure_text_width(cell));
            column.is_numeric &= is_number(cell);
            row += cell;
            row.push('\n');
        }
        row.shrink_to_fit();
        self.rows.push(row);
    }
}

/// Returns whether a cell is a number, perhaps with a sign, an exponent, a unit or its spread, or empty; widths such as 20-7-5 are text.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let is_range = digits.match_indices('-').any(|(at, _)| !digits[..at].ends_with('e'));
    cell.is_empty() || (digits.starts_with(|c: char| c.is_ascii_digit()) && !is_range)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for row in &self.rows {
            let mut line = String::new();
            for (&Column { width, is_numeric }, cell) in self.columns.iter().zip(row.lines()) {
                let side = if is_numeric { Alignment::Right } else { Alignment::Left };
                line += &pad_str(cell, width, side, None);
                line += "  ";
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Writes a table as CSV.
///
/// # Panics
/// If a row has more or fewer cells than the header.
pub(crate) fn csv(
    header: impl IntoIterator<Item = String>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> String {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(header).expect("memory takes every row");
    for row in rows {
        csv.write_record(row).expect("a cell for each column");
    }
    let bytes = csv.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("the cells are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_where_characters_are_two_cells_wide() {
        let mut table = Table::new(["tag", "layers"]);
        for row in [["猫ねこ", "20-7"], ["cat", "20-5"]] {
            table.row(row.map(str::to_owned));
        }
        assert_eq!(table.to_string(), "tag     layers\n猫ねこ  20-7\ncat     20-5\n");
    }

    #[test]
    fn numbers_are_set_to_the_right_and_ids_to_the_left_even_if_all_are_digits() {
        let mut table = Table::new(["trial", "cost"]);
        table.row(["123".to_owned(), "0.5".to_owned()]);
        assert_eq!(table.to_string(), "trial  cost\n123     0.5\n");
        let mut table = Table::new(["drift", "change", "layers"]);
        for row in [["2e-6", "-0.5", "20-7"], ["1e-16", "+0.25 ± 0.1", "3"]] {
            table.row(row.map(str::to_owned));
        }
        let lines = "drift       change  layers\n 2e-6         -0.5  20-7\n1e-16  +0.25 ± 0.1  3\n";
        assert_eq!(table.to_string(), lines);
        let mut table = Table::new(["cost", "width"]);
        table.row(["7".to_owned(), "20".to_owned()]);
        assert_eq!(table.to_string(), "cost  width\n   7     20\n");
    }
}
