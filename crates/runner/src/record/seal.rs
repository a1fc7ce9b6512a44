//! Seals: digests that tell whether rows are what was stored. SQLite keeps no checksums of its pages, and neither a
//! flipped bit nor an edit by hand may become a result.

use rusqlite::Row;
use rusqlite::types::{Value, ValueRef};
use sha2::{Digest, Sha256};

use datasets::files::hexadecimal;

/// SHA-256 over values as SQLite keeps them, one after another: `n` for NULL; `i` or `r` and the 8 bytes of a number;
/// `t` or `b`, 8 bytes of length, and the bytes of a text or a blob. Numbers and lengths are little-endian.
/// `python/src/layerchain/_seal.py` computes the same.
#[derive(Clone, Debug)]
pub struct Seal(Sha256);

impl Seal {
    /// Starts the seal of rows of this kind.
    pub fn of(kind: &str) -> Self {
        let mut seal = Seal(Sha256::new());
        seal.add(ValueRef::Text(kind.as_bytes()));
        seal
    }

    /// Adds one value.
    pub fn add(&mut self, value: ValueRef) {
        let (kind, length, bytes): (u8, u64, &[u8]) = match value {
            ValueRef::Null => return self.0.update(b"n"),
            ValueRef::Integer(number) => (b'i', number as u64, &[]),
            ValueRef::Real(number) => (b'r', number.to_bits(), &[]),
            ValueRef::Text(text) => (b't', text.len() as u64, text),
            ValueRef::Blob(blob) => (b'b', blob.len() as u64, blob),
        };
        self.0.update([kind]);
        self.0.update(length.to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds values that are about to be stored.
    pub fn add_all(&mut self, values: &[Value]) {
        values.iter().for_each(|value| self.add(value.into()));
    }

    /// Adds the columns of a row that was read, from column `first` to the last.
    ///
    /// # Errors
    /// If a column can't be read.
    pub fn add_row(&mut self, row: &Row, first: usize) -> rusqlite::Result<()> {
        for column in first..row.as_ref().column_count() {
            self.add(row.get_ref(column)?);
        }
        Ok(())
    }

    /// Returns the seal in hexadecimal digits.
    pub fn hex(&self) -> String {
        hexadecimal(&self.0.clone().finalize())
    }
}

/// Converts a number to a value of SQLite, which has no NaN: NULL in its place.
pub fn real(number: impl Into<Option<f64>>) -> Value {
    number.into().filter(|number| !number.is_nan()).map_or(Value::Null, Value::Real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_in_kind_place_or_a_bit_have_different_seals() {
        let seal = |values: &[Value]| {
            let mut seal = Seal::of("test");
            seal.add_all(values);
            seal.hex()
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let all = [
            vec![],
            vec![Value::Null],
            vec![Value::Integer(0)],
            vec![Value::Real(0.0)],
            vec![Value::Real(-0.0)],
            vec![text("")],
            vec![Value::Blob(Vec::new())],
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![Value::Real(0.1)],
            vec![Value::Real(0.1 + f64::EPSILON / 8.0)],
        ];
        let seals: std::collections::BTreeSet<_> = all.iter().map(|values| seal(values)).collect();
        assert_eq!(seals.len(), all.len());
        assert_ne!(Seal::of("plan").hex(), Seal::of("trial").hex());
        assert_eq!(real(f64::NAN), Value::Null);
    }
}
