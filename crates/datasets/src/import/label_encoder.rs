//! Labels as text, encoded as numbers.

use std::collections::HashMap;

use super::cell::{LONGEST_NAME, is_missing, number};
use super::error::quoted;
use crate::contract::problem::MOST_CLASSES;

/// An encoder of labels: different texts are numbered in the order of their first appearance.
#[derive(Default)]
pub(super) struct LabelEncoder {
    numbers: HashMap<String, u32>,
}

impl LabelEncoder {
    /// Returns the number of a label.
    ///
    /// # Errors
    /// If it is empty, missing, too long or not UTF-8, or one class too many.
    pub(super) fn encode(&mut self, cell: &[u8]) -> Result<u32, String> {
        let label =
            std::str::from_utf8(cell).map_err(|_| format!("\"{}\", which is not UTF-8", cell.escape_ascii()))?;
        if is_missing(cell) {
            let found = if cell.is_empty() { "empty".to_owned() } else { quoted(label) };
            return Err(format!("{found}; every row needs a label (--missing drop leaves such rows out)"));
        }
        if cell.len() > LONGEST_NAME {
            return Err(format!("a label of {} bytes; at most {LONGEST_NAME}", cell.len()));
        }
        if let Some(&known) = self.numbers.get(label) {
            return Ok(known);
        }
        let next = self.numbers.len();
        if next == MOST_CLASSES {
            return Err(format!(
                "the {}th different label; at most {MOST_CLASSES} classes (--target or --targets values for values)",
                next + 1
            ));
        }
        self.numbers.insert(label.to_owned(), next as u32);
        Ok(next as u32)
    }

    /// Returns the labels by their numbers.
    pub(super) fn into_labels(self) -> Result<Vec<String>, String> {
        let mut words = vec![String::new(); self.numbers.len()];
        self.numbers.into_iter().for_each(|(word, index)| words[index as usize] = word);
        let fraction = words.iter().find(|word| number(word.as_bytes()).is_some_and(|value| value.fract() != 0.0));
        if let Some(fraction) = fraction
            && words.iter().all(|word| number(word.as_bytes()).is_some())
        {
            return Err(format!(
                "labels such as {fraction} are not classes; use --target COLUMN (of tables) or --targets values"
            ));
        }
        Ok(words)
    }
}
