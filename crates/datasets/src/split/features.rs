//! Features of examples in memory, in the element type that they are kept in.

use hdf5::Dataset;
use ndarray::Array2;

use crate::contract::element_type::{ElementType, exact, finite, rows};
use crate::contract::problem::Problem;

/// Pictures or features, one example per row, unscaled.
#[derive(Clone, Debug, PartialEq)]
pub enum Features {
    /// Bytes from 0 to 255.
    U8(Array2<u8>),
    /// Single precision, finite.
    F32(Array2<f32>),
    /// Double precision, finite, or integers of another width, exactly.
    F64(Array2<f64>),
}

/// The element type that features are kept in, and scaled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureType {
    /// Bytes.
    U8,
    /// Single precision.
    F32,
    /// Double precision, or integers of another width.
    F64,
}

impl FeatureType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::U8, Self::F32, Self::F64];

    /// Returns `u8`, `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl Features {
    /// Returns the element type.
    pub fn element(&self) -> FeatureType {
        match self {
            Self::U8(_) => FeatureType::U8,
            Self::F32(_) => FeatureType::F32,
            Self::F64(_) => FeatureType::F64,
        }
    }

    /// Returns `(examples, features)`.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8(rows) => rows.dim(),
            Self::F32(rows) => rows.dim(),
            Self::F64(rows) => rows.dim(),
        }
    }
}

/// Reads the pictures or features of a checked dataset, `shape` = (examples, features).
pub(crate) fn read_features(x: &Dataset, element: ElementType, shape: (usize, usize)) -> Result<Features, Problem> {
    match element {
        ElementType::U8 => Ok(Features::U8(rows(x, shape)?)),
        ElementType::F16 | ElementType::F32 => finite(rows::<f32>(x, shape)?).map(Features::F32),
        ElementType::F64 => finite(rows::<f64>(x, shape)?).map(Features::F64),
        // Not bytes, which are scaled: false and true are 0 and 1.
        ElementType::Bool => Ok(Features::F64(rows::<u8>(x, shape)?.mapv(f64::from))),
        ElementType::I8 => exact(rows::<i8>(x, shape)?).map(Features::F64),
        ElementType::U16 => exact(rows::<u16>(x, shape)?).map(Features::F64),
        ElementType::I16 => exact(rows::<i16>(x, shape)?).map(Features::F64),
        ElementType::U32 => exact(rows::<u32>(x, shape)?).map(Features::F64),
        ElementType::I32 => exact(rows::<i32>(x, shape)?).map(Features::F64),
        ElementType::U64 => exact(rows::<u64>(x, shape)?).map(Features::F64),
        ElementType::I64 => exact(rows::<i64>(x, shape)?).map(Features::F64),
    }
}
