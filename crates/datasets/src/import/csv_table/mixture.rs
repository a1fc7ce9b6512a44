//! A column's numbers and texts, counted to tell a column of texts from one of numbers with a stray text.

use crate::import::error::quoted;

/// The number of cells of each kind in a column, without those that are missing.
#[derive(Clone, Default)]
pub(super) struct Mixture {
    numbers: usize,
    texts: usize,
    /// The first text, and its line.
    first_text: Option<(u64, String)>,
}

impl Mixture {
    pub(super) fn add_number(&mut self) {
        self.numbers += 1;
    }

    pub(super) fn add_text(&mut self, line: u64, cell: &[u8]) {
        self.texts += 1;
        self.first_text.get_or_insert_with(|| (line, String::from_utf8_lossy(cell).into_owned()));
    }

    /// Returns the line of the first text, and what is wrong with it, if at least half of the cells are numbers.
    pub(super) fn stray_text(&self) -> Option<(u64, String)> {
        let (line, text) = self.first_text.as_ref().filter(|_| self.numbers >= self.texts)?;
        let (numbers, all) = (self.numbers, self.numbers + self.texts);
        let help = "--categorical COLUMN,... makes levels of the columns that it names, --ignore leaves a column out";
        Some((*line, format!("{}, but {numbers} of its {all} values are numbers ({help})", quoted(text))))
    }
}
