//! Numbers as files have them, of any type and byte order, and as they are kept.

use super::source::{Cells, Kept};

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawType {
    pub(super) number: Number,
    pub(super) big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl RawType {
    pub(super) fn size(self) -> usize {
        match self.number {
            Number::Bool | Number::U8 | Number::I8 => 1,
            Number::U16 | Number::I16 => 2,
            Number::U32 | Number::I32 | Number::F32 => 4,
            Number::U64 | Number::I64 | Number::F64 => 8,
        }
    }

    /// Whether they may have fractions.
    pub(super) fn is_float(self) -> bool {
        matches!(self.number, Number::F32 | Number::F64)
    }

    /// Bytes and floats stay what they are. Other integers become f64, exactly.
    pub(super) fn kept(self) -> Kept {
        match self.number {
            Number::U8 => Kept::U8,
            Number::F32 => Kept::F32,
            _ => Kept::F64,
        }
    }

    /// Adds the elements in `bytes` to `cells`, which are of the type that they are kept in; else the place of the first
    /// that cannot be and what is wrong with it.
    pub(super) fn append(self, bytes: &[u8], cells: &mut Cells) -> Result<(), (usize, String)> {
        match cells {
            Cells::U8(values) => values.extend_from_slice(bytes),
            Cells::F32(values) => {
                let elements = bytes.as_chunks().0.iter();
                let from = if self.big_endian { f32::from_be_bytes } else { f32::from_le_bytes };
                for (index, element) in elements.enumerate() {
                    values.push(finite(index, from(*element))?);
                }
            }
            Cells::F64(values) => {
                for (index, element) in bytes.chunks_exact(self.size()).enumerate() {
                    values.push(self.number(index, element)?);
                }
            }
        }
        Ok(())
    }

    /// One element as f64.
    fn number(self, index: usize, element: &[u8]) -> Result<f64, (usize, String)> {
        let mut bytes = [0; 8];
        let size = self.size();
        // Little-endian in the low bytes.
        for (place, byte) in bytes.iter_mut().enumerate().take(size) {
            *byte = element[if self.big_endian { size - 1 - place } else { place }];
        }
        let unsigned = u64::from_le_bytes(bytes);
        // The sign bit of a narrower integer is moved to the top and back.
        let unused = 64 - 8 * size as u32;
        let signed = (unsigned << unused) as i64 >> unused;
        match self.number {
            Number::F32 => finite(index, f64::from(f32::from_bits(unsigned as u32))),
            Number::F64 => finite(index, f64::from_bits(unsigned)),
            Number::Bool | Number::U8 | Number::U16 | Number::U32 | Number::U64 => exact(index, unsigned.into()),
            Number::I8 | Number::I16 | Number::I32 | Number::I64 => exact(index, signed.into()),
        }
    }
}

fn finite<T: Copy + Into<f64>>(index: usize, value: T) -> Result<T, (usize, String)> {
    let wide: f64 = value.into();
    if wide.is_finite() { Ok(value) } else { Err((index, format!("the value is {wide}; every value must be finite"))) }
}

fn exact(index: usize, value: i128) -> Result<f64, (usize, String)> {
    if value.unsigned_abs() <= 1 << 53 {
        return Ok(value as f64);
    }
    Err((index, format!("the value is {value}; whole numbers must lie within ±2^53 to be exact")))
}
