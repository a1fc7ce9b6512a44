//! One part of an image set: its pictures and labels in memory, and as the matrices that nets take.

use hdf5::H5Type;
use kernels::Real;
use ndarray::{Array2, ArrayViewMut2, Axis};

use super::contract::CheckedPart;
use super::error::{Error, Problem};
use super::read::{Element, elements};

/// Whole numbers up to here are exact in f64.
const EXACT: u128 = 1 << 53;

/// Pictures or features, one example a row, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Bytes from 0 to 255; scaled by 1/255 for nets.
    U8(Array2<u8>),
    /// Single precision, finite; taken as they are.
    F32(Array2<f32>),
    /// Double precision, finite, or integers of another width, exactly; taken as they are.
    F64(Array2<f64>),
}

impl Pixels {
    /// `(examples, features)`.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8(rows) => rows.dim(),
            Self::F32(rows) => rows.dim(),
            Self::F64(rows) => rows.dim(),
        }
    }
}

/// Examples and their labels, all checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The examples, one a row.
    pub pixels: Pixels,
    /// `[height, width, channels]` where the examples are pictures; a row holds them in C order.
    pub image_shape: Option<[usize; 3]>,
    /// One label an example, 0 or 1.
    pub labels: Vec<u8>,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl Part {
    /// Reads what was checked, and checks the values: labels 0 and 1, everything finite, integers exact.
    pub(super) fn read(part: &CheckedPart) -> Result<Self, Error> {
        let path = part.file.path();
        let labels = read_labels(part).map_err(|problem| problem.of(path, &part.y_name))?;
        let pixels = read_pixels(part).map_err(|problem| problem.of(path, &part.x_name))?;
        Ok(Self { pixels, image_shape: part.image_shape(), labels, sha256: part.file.sha256()? })
    }

    /// The number of examples m.
    pub fn examples(&self) -> usize {
        self.labels.len()
    }

    /// The input X = A\[0\] of a net: features × examples in C order, one example a column. See
    /// [`Self::write_columns`].
    pub fn columns<R: Real>(&self) -> Array2<R> {
        let (examples, features) = self.pixels.dim();
        let mut columns = Array2::zeros((features, examples));
        self.write_columns(columns.view_mut());
        columns
    }

    /// Writes the input X = A\[0\] of a net, features × examples, where it is wanted.
    ///
    /// u8 is scaled as the course does, `v / 255` in f64 and then rounded to `R`; everything else is taken as it is.
    ///
    /// # Panics
    /// If `columns` has another shape, or the elements of a row of it aren't adjacent.
    pub fn write_columns<R: Real>(&self, columns: ArrayViewMut2<R>) {
        match &self.pixels {
            Pixels::U8(rows) => {
                let scaled: [R; 256] = std::array::from_fn(|value| R::from_f64(value as f64 / 255.0));
                transpose(rows, columns, |value| scaled[usize::from(value)]);
            }
            Pixels::F32(rows) => transpose(rows, columns, |value| R::from_f64(f64::from(value))),
            Pixels::F64(rows) => transpose(rows, columns, R::from_f64),
        }
    }

    /// The labels Y: 1 × examples.
    pub fn labels_row<R: Real>(&self) -> Array2<R> {
        Array2::from_shape_fn((1, self.labels.len()), |(_, example)| R::from_f64(f64::from(self.labels[example])))
    }
}

/// A few features at a time, so that what is read and what is written both stay in the cache.
fn transpose<T: Copy, R>(rows: &Array2<T>, mut columns: ArrayViewMut2<R>, convert: impl Fn(T) -> R) {
    const FEATURES: usize = 16;
    assert_eq!(columns.t().dim(), rows.dim(), "one column an example");
    let wide = rows.axis_chunks_iter(Axis(1), FEATURES);
    for (rows, mut columns) in wide.zip(columns.axis_chunks_iter_mut(Axis(0), FEATURES)) {
        let columns = columns.rows_mut().into_iter().map(|row| row.into_slice().expect("adjacent elements"));
        let mut columns: Vec<&mut [R]> = columns.collect();
        for (example, row) in rows.rows().into_iter().enumerate() {
            for (column, &value) in columns.iter_mut().zip(row) {
                column[example] = convert(value);
            }
        }
    }
}

fn read_labels(part: &CheckedPart) -> Result<Vec<u8>, Problem> {
    let (y, count) = (&part.y, part.examples);
    match part.y_element {
        Element::U8 => binary(elements::<u8>(y, count)?),
        Element::I8 => binary(elements::<i8>(y, count)?),
        Element::U16 => binary(elements::<u16>(y, count)?),
        Element::I16 => binary(elements::<i16>(y, count)?),
        Element::U32 => binary(elements::<u32>(y, count)?),
        Element::I32 => binary(elements::<i32>(y, count)?),
        Element::U64 => binary(elements::<u64>(y, count)?),
        Element::I64 => binary(elements::<i64>(y, count)?),
        // The contract has no such labels.
        Element::F32 | Element::F64 => Err(Problem::Type { found: "floats".to_owned(), allowed: "integers, 0 and 1" }),
    }
}

fn binary<T: Copy + Into<i128>>(labels: Vec<T>) -> Result<Vec<u8>, Problem> {
    let values = || labels.iter().map(|&label| -> i128 { label.into() });
    let (min, max) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    if min < 0 || max > 1 {
        return Err(Problem::Labels { min, max });
    }
    Ok(values().map(|label| u8::from(label == 1)).collect())
}

fn read_pixels(part: &CheckedPart) -> Result<Pixels, Problem> {
    match part.x_element {
        Element::U8 => Ok(Pixels::U8(rows(part)?)),
        Element::F32 => finite(rows::<f32>(part)?).map(Pixels::F32),
        Element::F64 => finite(rows::<f64>(part)?).map(Pixels::F64),
        Element::I8 => exact(rows::<i8>(part)?),
        Element::U16 => exact(rows::<u16>(part)?),
        Element::I16 => exact(rows::<i16>(part)?),
        Element::U32 => exact(rows::<u32>(part)?),
        Element::I32 => exact(rows::<i32>(part)?),
        Element::U64 => exact(rows::<u64>(part)?),
        Element::I64 => exact(rows::<i64>(part)?),
    }
}

fn rows<T: H5Type + Copy + Default>(part: &CheckedPart) -> Result<Array2<T>, Problem> {
    let shape = (part.examples, part.features);
    let values = elements(&part.x, shape.0 * shape.1)?;
    Array2::from_shape_vec(shape, values).map_err(|error| Problem::Library { reason: error.to_string() })
}

fn finite<T: Copy + Into<f64>>(rows: Array2<T>) -> Result<Array2<T>, Problem> {
    let bad = rows.indexed_iter().map(|(at, &value)| (at, value.into())).find(|(_, value)| !value.is_finite());
    match bad {
        Some(((row, column), value)) => Err(Problem::NotFinite { row, column, value }),
        None => Ok(rows),
    }
}

fn exact<T: Copy + Into<i128>>(rows: Array2<T>) -> Result<Pixels, Problem> {
    let whole = |value: T| -> i128 { value.into() };
    let mut values = rows.indexed_iter().map(|(at, &value)| (at, whole(value)));
    if let Some(((row, column), value)) = values.find(|(_, value)| value.unsigned_abs() > EXACT) {
        return Err(Problem::Inexact { row, column, value });
    }
    Ok(Pixels::F64(rows.mapv(|value| whole(value) as f64)))
}
