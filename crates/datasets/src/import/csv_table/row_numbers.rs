//! Features that number the rows of a table, as the index that pandas writes: they tell the order of the examples, and often the label.

/// The fewest rows whose numbers are told from a feature.
const FEWEST: usize = 3;

/// A feature that may number the rows.
#[derive(Clone, Default)]
pub(super) struct RowNumbers {
    /// True if its name doesn't speak against it, and all numbers so far count up by one.
    count_up: bool,
    rows: usize,
    last: f64,
}

impl RowNumbers {
    /// Begins with a column of this name; an empty one if it has none.
    pub(super) fn new(name: &[u8]) -> Self {
        let is_usual = |usual: &[u8]| name.eq_ignore_ascii_case(usual);
        let usual: [&[u8]; 4] = [b"", b"unnamed: 0", b"id", b"index"];
        RowNumbers { count_up: usual.into_iter().any(is_usual), ..Self::default() }
    }

    /// Adds the cell of the next row, `None` if it is no number.
    pub(super) fn add(&mut self, value: Option<f64>) {
        self.count_up &= value.is_some_and(|value| self.rows == 0 || value == self.last + 1.0);
        self.rows += 1;
        self.last = value.unwrap_or_default();
    }

    /// Returns whether it numbers the rows.
    pub(super) fn number_rows(&self) -> bool {
        self.count_up && self.rows >= FEWEST
    }
}
