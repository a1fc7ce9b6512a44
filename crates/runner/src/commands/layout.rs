//! Tables that fit the terminal: where there is no room for all columns, the less important ones are left out and named.

use std::io::{IsTerminal, stdout};

use console::Term;

use crate::table::Table;

/// A column of a table.
pub(super) struct TableColumn {
    pub(super) heading: String,
    pub(super) cells: Vec<String>,
    /// Its importance, the lower the more important; 0 is never left out.
    pub(super) importance: usize,
    /// The characters that it takes at least, for cells that are filled in later.
    pub(super) least_width: usize,
}

impl TableColumn {
    fn width(&self) -> usize {
        let texts = self.cells.iter().chain([&self.heading]);
        texts.map(|text| text.chars().count()).max().unwrap_or(0).max(self.least_width)
    }
}

/// Counts the columns of the terminal; `None` if stdout is no terminal.
pub(super) fn room() -> Option<usize> {
    stdout().is_terminal().then(|| Term::stdout().size_checked()).flatten().map(|(_, columns)| columns.into())
}

/// Takes columns out until the table fits `room`, and returns the places of those that are left out.
pub(super) fn left_out(columns: &[TableColumn], room: Option<usize>) -> Vec<usize> {
    let widths: Vec<usize> = columns.iter().map(TableColumn::width).collect();
    let mut out: Vec<usize> = Vec::new();
    loop {
        let shown = || (0..columns.len()).filter(|place| !out.contains(place));
        // Two spaces stand between columns.
        let width = shown().map(|place| widths[place] + 2).sum::<usize>().saturating_sub(2);
        let next =
            shown().map(|place| (columns[place].importance, place)).filter(|(importance, _)| *importance > 0).max();
        match (room, next) {
            (Some(room), Some((_, place))) if width > room => out.push(place),
            _ => break,
        }
    }
    out.sort_unstable();
    out
}

/// Names the columns that were left out, in a line: ranges by a word for all of them.
pub(super) fn names_of(columns: &[TableColumn], left_out: &[usize]) -> String {
    let headings = || left_out.iter().map(|&place| columns[place].heading.as_str());
    let is_range = |heading: &&str| heading.ends_with("_range");
    let ranges = headings().any(|heading| is_range(&heading)).then_some("ranges");
    headings().filter(|heading| !is_range(heading)).chain(ranges).collect::<Vec<_>>().join(", ")
}

/// Sets the columns that are not left out.
pub(super) fn set(columns: &mut [TableColumn], left_out: &[usize]) -> Table {
    let mut shown: Vec<_> = columns
        .iter_mut()
        .enumerate()
        .filter(|(place, _)| !left_out.contains(place))
        .map(|(_, column)| column)
        .collect();
    let mut table = Table::new(shown.iter().map(|column| column.heading.as_str()));
    let rows = shown.first().map_or(0, |column| column.cells.len());
    for row in 0..rows {
        table.row(shown.iter_mut().map(|column| std::mem::take(&mut column.cells[row])));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(of: &[(&str, usize)]) -> Vec<TableColumn> {
        let column = |(heading, importance): &(&str, usize)| TableColumn {
            heading: (*heading).to_owned(),
            cells: vec!["1".to_owned()],
            importance: *importance,
            least_width: 0,
        };
        of.iter().map(column).collect()
    }

    #[test]
    fn the_least_important_columns_go_first_until_the_rest_fits() {
        let of = columns(&[("key", 0), ("cost", 1), ("test", 3), ("engine", 9), ("seconds", 9)]);
        let left = |room| left_out(&of, room);
        assert_eq!(left(None), Vec::<usize>::new());
        assert_eq!(left(Some(32)), Vec::<usize>::new(), "3 + 4 + 4 + 6 + 7 and 8 spaces");
        assert_eq!(left(Some(31)), [4]);
        assert_eq!(left(Some(20)), [3, 4]);
        assert_eq!(left(Some(1)), [1, 2, 3, 4], "a key is never left out");
        assert_eq!(names_of(&of, &left(Some(20))), "engine, seconds");
        assert_eq!(
            names_of(&columns(&[("cost_range", 1), ("drift", 1), ("test_range", 1)]), &[0, 1, 2]),
            "drift, ranges"
        );
    }

    #[test]
    fn what_is_left_is_set_in_order() {
        let mut of = columns(&[("key", 0), ("cost", 1), ("test", 3)]);
        assert_eq!(set(&mut of, &[1]).to_string(), "key  test\n  1     1\n");
    }
}
