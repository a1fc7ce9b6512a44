//! Elements of arrays as bytes of a file, of any type and byte order, and as features.

use super::source::FeatureBuffer;
use crate::contract::element_type::ElementType;
use crate::split::features::FeatureType;

/// The type and byte order of an array's elements in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredType {
    pub(super) element: ElementType,
    pub(super) big_endian: bool,
}

impl StoredType {
    /// Returns the type that holds every value as a feature: bytes and floats stay what they are, but for f16, which becomes
    /// f32; other integers become f64, exactly.
    pub(super) fn feature_type(self) -> FeatureType {
        match self.element {
            ElementType::U8 => FeatureType::U8,
            ElementType::F16 | ElementType::F32 => FeatureType::F32,
            _ => FeatureType::F64,
        }
    }

    /// Appends the elements in `bytes` to `buffer`, which is of [`Self::feature_type`].
    ///
    /// # Errors
    /// The index of the first element that is not finite or not exact, and what is wrong with it.
    pub(super) fn append(self, bytes: &[u8], buffer: &mut FeatureBuffer) -> Result<(), (usize, String)> {
        if let FeatureBuffer::U8(values) = buffer {
            values.extend_from_slice(bytes);
            return Ok(());
        }
        for (index, element) in bytes.chunks_exact(self.element.size()).enumerate() {
            let value = self.value(element).map_err(|problem| (index, problem))?;
            match buffer {
                // Exact: the type of the elements is f16 or f32.
                FeatureBuffer::F32(values) => values.push(value as f32),
                FeatureBuffer::F64(values) => values.push(value),
                FeatureBuffer::U8(_) => unreachable!("bytes are taken as they are"),
            }
        }
        Ok(())
    }

    /// Converts one element to f64.
    fn value(self, element: &[u8]) -> Result<f64, String> {
        let mut bytes = [0; 8];
        let size = element.len();
        // Little-endian in the low bytes.
        for (place, byte) in bytes.iter_mut().enumerate().take(size) {
            *byte = element[if self.big_endian { size - 1 - place } else { place }];
        }
        let unsigned = u64::from_le_bytes(bytes);
        // The sign bit of a narrower integer is moved to the top and back.
        let unused = 64 - 8 * size as u32;
        let signed = (unsigned << unused) as i64 >> unused;
        match self.element {
            ElementType::F16 => finite(half(unsigned as u16)),
            ElementType::F32 => finite(f32::from_bits(unsigned as u32).into()),
            ElementType::F64 => finite(f64::from_bits(unsigned)),
            ElementType::Bool | ElementType::U8 | ElementType::U16 | ElementType::U32 | ElementType::U64 => {
                exact(unsigned.into())
            }
            ElementType::I8 | ElementType::I16 | ElementType::I32 | ElementType::I64 => exact(signed.into()),
        }
    }
}

/// Converts a float of 16 bits (IEEE 754): a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction / f64::from(1 << 24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * f64::from(1u32 << exponent) / f64::from(1 << 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}

fn finite(value: f64) -> Result<f64, String> {
    if value.is_finite() { Ok(value) } else { Err(format!("the value is {value}; every value must be finite")) }
}

fn exact(value: i128) -> Result<f64, String> {
    if value.unsigned_abs() <= 1 << 53 {
        return Ok(value as f64);
    }
    Err(format!("the value is {value}; whole numbers must lie within ±2^53 to be exact"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_16_bits_are_exact() {
        // The largest, 1, the least normal and subnormal numbers, and 1/3 as IEEE 754 rounds it.
        for (bits, value) in [
            (0x7bff, 65504.0),
            (0x3c00, 1.0),
            (0x0400, 2f64.powi(-14)),
            (0x0001, 2f64.powi(-24)),
            (0x3555, 0.333251953125),
            (0xc000, -2.0),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x8000).is_sign_negative() && half(0x7e00).is_nan());
    }
}
