//! One part of a data set: its pictures or features and their targets, in memory.

use hdf5::{Dataset, H5Type};
use ndarray::Array2;

use super::contract::CheckedPart;
use super::error::{Error, Problem};
use super::numbers::Numbers;
use super::read::{Element, elements};
use super::targets::{Meaning, Targets, TargetsChoice};

/// Whole numbers up to here are exact in f64.
const EXACT: u128 = 1 << 53;

/// Pictures or features, one example a row, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Bytes from 0 to 255.
    U8(Array2<u8>),
    /// Single precision, finite.
    F32(Array2<f32>),
    /// Double precision, finite, or integers of another width, exactly.
    F64(Array2<f64>),
}

/// The element type that features are kept in, and scaled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelType {
    /// Bytes.
    U8,
    /// Single precision.
    F32,
    /// Double precision, or integers of another width.
    F64,
}

impl PixelType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::U8, Self::F32, Self::F64];

    /// `u8`, `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl Pixels {
    /// The element type.
    pub fn element(&self) -> PixelType {
        match self {
            Self::U8(_) => PixelType::U8,
            Self::F32(_) => PixelType::F32,
            Self::F64(_) => PixelType::F64,
        }
    }

    /// `(examples, features)`.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8(rows) => rows.dim(),
            Self::F32(rows) => rows.dim(),
            Self::F64(rows) => rows.dim(),
        }
    }
}

/// Examples and their targets, all checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The examples, one a row.
    pub pixels: Pixels,
    /// `[height, width, channels]` where the examples are pictures; a row holds them in C order.
    pub image_shape: Option<[usize; 3]>,
    /// The right answers, one an example.
    pub targets: Targets,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl Part {
    /// Reads what was checked, and checks the values: labels in range, everything finite, integers exact. Says what the targets
    /// were taken for.
    pub(super) fn read(
        part: &CheckedPart,
        choice: TargetsChoice,
        sha256: impl FnOnce() -> Result<String, Error>,
    ) -> Result<(Self, Meaning), Error> {
        let targets = || {
            let numbers = Numbers::read(part, choice)?;
            let meaning = numbers.meaning(choice);
            Ok((numbers.targets(meaning)?, meaning))
        };
        let (targets, meaning) = targets().map_err(|problem: Problem| problem.of(part.file.path(), &part.y_name))?;
        Ok((Part::with(part, targets, sha256)?, meaning))
    }

    /// The examples of `part`, whose targets have been read.
    pub(super) fn with(
        part: &CheckedPart,
        targets: Targets,
        sha256: impl FnOnce() -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let pixels = read_pixels(&part.x, part.x_element, (part.examples, part.features))
            .map_err(|problem| problem.of(part.file.path(), &part.x_name))?;
        Ok(Self { pixels, image_shape: part.image_shape(), targets, sha256: sha256()? })
    }

    /// The number of examples m.
    pub fn examples(&self) -> usize {
        self.targets.examples()
    }
}

/// The pictures or features of a dataset that was checked, `shape` = (examples, features).
pub(super) fn read_pixels(x: &Dataset, element: Element, shape: (usize, usize)) -> Result<Pixels, Problem> {
    match element {
        Element::U8 => Ok(Pixels::U8(rows(x, shape)?)),
        Element::F32 => finite(rows::<f32>(x, shape)?).map(Pixels::F32),
        Element::F64 => finite(rows::<f64>(x, shape)?).map(Pixels::F64),
        // Not bytes, which are scaled: false and true are 0 and 1.
        Element::Bool => Ok(Pixels::F64(rows::<u8>(x, shape)?.mapv(f64::from))),
        Element::I8 => exact(rows::<i8>(x, shape)?).map(Pixels::F64),
        Element::U16 => exact(rows::<u16>(x, shape)?).map(Pixels::F64),
        Element::I16 => exact(rows::<i16>(x, shape)?).map(Pixels::F64),
        Element::U32 => exact(rows::<u32>(x, shape)?).map(Pixels::F64),
        Element::I32 => exact(rows::<i32>(x, shape)?).map(Pixels::F64),
        Element::U64 => exact(rows::<u64>(x, shape)?).map(Pixels::F64),
        Element::I64 => exact(rows::<i64>(x, shape)?).map(Pixels::F64),
    }
}

fn rows<T: H5Type + Copy + Default>(x: &Dataset, shape: (usize, usize)) -> Result<Array2<T>, Problem> {
    let values = elements(x, shape.0 * shape.1)?;
    Array2::from_shape_vec(shape, values).map_err(|error| Problem::Library { reason: error.to_string() })
}

/// `rows`, if every value is finite.
pub(super) fn finite<T: Copy + Into<f64>>(rows: Array2<T>) -> Result<Array2<T>, Problem> {
    let bad = rows.indexed_iter().map(|(at, &value)| (at, value.into())).find(|(_, value)| !value.is_finite());
    match bad {
        Some(((row, column), value)) => Err(Problem::NotFinite { row, column, value }),
        None => Ok(rows),
    }
}

/// Whole numbers as f64, each exactly.
pub(super) fn exact<T: Copy + Into<i128>>(rows: Array2<T>) -> Result<Array2<f64>, Problem> {
    let whole = |value: T| -> i128 { value.into() };
    let mut values = rows.indexed_iter().map(|(at, &value)| (at, whole(value)));
    if let Some(((row, column), value)) = values.find(|(_, value)| value.unsigned_abs() > EXACT) {
        return Err(Problem::Inexact { row, column, value });
    }
    Ok(rows.mapv(|value| whole(value) as f64))
}
