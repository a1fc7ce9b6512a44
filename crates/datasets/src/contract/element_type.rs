//! The element types of datasets, and elements read without conversion.

use hdf5::datatype::ByteOrder;
use hdf5::types::{FixedAscii, FixedUnicode, FloatSize, IntSize, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Dataset, Datatype, H5Type};
use ndarray::Array2;

use crate::contract::problem::Problem;

/// The largest whole number up to which all are exact in f64.
const EXACT: u128 = 1 << 53;

/// The type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// False or true, as h5py writes them: an enum of 0 and 1.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// A float of 16 bits, IEEE 754; HDF5 reads it as `F32`.
    F16,
    /// A float of 32 bits, IEEE 754.
    F32,
    /// A float of 64 bits, IEEE 754.
    F64,
}

impl ElementType {
    /// Returns the native type that `found` equals bit for bit, byte order included; `None` if it equals none.
    pub fn of(found: &Datatype) -> Option<Self> {
        let descriptor = descriptor(found)?;
        let is_native = Datatype::from_descriptor(&descriptor).is_ok_and(|native| native == *found);
        Self::described(&descriptor).filter(|_| is_native)
    }

    /// Returns the type that holds every value of `found` exactly: the native type of the same width, in either byte order; F32 for floats
    /// of 16 bits; Bool for h5py's booleans. `None` if there is none.
    pub(crate) fn holding(found: &Datatype) -> Option<Self> {
        if found.is::<bool>() {
            return Some(Self::Bool);
        }
        if is_half_float(found) {
            return Some(Self::F32);
        }
        match found.byte_order() {
            ByteOrder::BigEndian => Self::described(&descriptor(found)?),
            _ => Self::of(found),
        }
    }

    /// Returns the type of this class and width, whatever its byte order.
    fn described(descriptor: &TypeDescriptor) -> Option<Self> {
        match descriptor {
            TypeDescriptor::Unsigned(IntSize::U1) => Some(Self::U8),
            TypeDescriptor::Integer(IntSize::U1) => Some(Self::I8),
            TypeDescriptor::Unsigned(IntSize::U2) => Some(Self::U16),
            TypeDescriptor::Integer(IntSize::U2) => Some(Self::I16),
            TypeDescriptor::Unsigned(IntSize::U4) => Some(Self::U32),
            TypeDescriptor::Integer(IntSize::U4) => Some(Self::I32),
            TypeDescriptor::Unsigned(IntSize::U8) => Some(Self::U64),
            TypeDescriptor::Integer(IntSize::U8) => Some(Self::I64),
            TypeDescriptor::Float(FloatSize::U4) => Some(Self::F32),
            TypeDescriptor::Float(FloatSize::U8) => Some(Self::F64),
            _ => None,
        }
    }

    /// Returns its name in Rust.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Returns whether values may have fractions.
    pub(crate) fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// Returns the size of an element in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Returns whether elements are floats of 16 bits, which the binding can convert but not describe.
fn is_half_float(found: &Datatype) -> bool {
    found.size() == 2 && found.conv_to::<f32>().is_some() && found.to_descriptor().is_err()
}

/// The most bytes of a type that is described: the binding copies enum values of any size into 8.
const LARGEST_DESCRIBED: usize = 8;

/// Returns the binding's description of an integer, a float or an enum. Only they convert to integers; a type that is put together
/// from others may hold an enum that is larger than itself, in an array of no elements.
fn descriptor(found: &Datatype) -> Option<TypeDescriptor> {
    let is_single = found.size() <= LARGEST_DESCRIBED && found.conv_to::<i64>().is_some();
    if is_single { found.to_descriptor().ok() } else { None }
}

/// Describes `found` for messages and reports.
pub fn describe(found: &Datatype) -> String {
    let size = found.size();
    if let Some(element) = ElementType::of(found) {
        return element.name();
    }
    if found.conv_to::<FixedAscii<1>>().is_some() || found.conv_to::<FixedUnicode<1>>().is_some() {
        return format!("text of width {size}");
    }
    if found.conv_to::<VarLenAscii>().is_some() || found.conv_to::<VarLenUnicode>().is_some() {
        return "text of variable length".to_owned();
    }
    if is_half_float(found) {
        return "floats of 2 bytes".to_owned();
    }
    let order = if found.byte_order() == ByteOrder::BigEndian { "big-endian " } else { "" };
    match descriptor(found) {
        Some(TypeDescriptor::Boolean) => "booleans (an enum)".to_owned(),
        Some(TypeDescriptor::Enum(_)) => "an enum".to_owned(),
        Some(descriptor) if let Some(element) = ElementType::described(&descriptor) => {
            format!("{order}{}", element.name())
        }
        _ if size > LARGEST_DESCRIBED => format!("neither integers nor floats ({size} bytes each)"),
        _ => format!("neither integers nor floats of a usual form ({size} bytes each)"),
    }
}

/// Reads every element of `dataset`, in C order. The caller has checked `count` against a limit, and that `T` holds the elements
/// exactly.
pub fn elements<T: H5Type + Copy + Default>(dataset: &Dataset, count: usize) -> Result<Vec<T>, Problem> {
    let mut values = Vec::new();
    let bytes = count as u64 * size_of::<T>() as u64;
    let memory = |_| Problem::Breach(format!("cannot allocate {bytes} bytes for it"));
    values.try_reserve_exact(count).map_err(memory)?;
    values.resize(count, T::default());
    let reader = dataset.as_reader();
    let reader = if dataset.dtype()?.is::<T>() { reader.no_convert() } else { reader };
    reader.read_into_raw(&mut values)?;
    Ok(values)
}

/// Reads the elements of `x` as rows, `shape` = (examples, features).
pub(crate) fn rows<T: H5Type + Copy + Default>(x: &Dataset, shape: (usize, usize)) -> Result<Array2<T>, Problem> {
    let values = elements(x, shape.0 * shape.1)?;
    Array2::from_shape_vec(shape, values).map_err(|error| Problem::Library { reason: error.to_string() })
}

/// Returns `rows` if every value is finite.
pub(crate) fn finite<T: Copy + Into<f64>>(rows: Array2<T>) -> Result<Array2<T>, Problem> {
    let bad = rows.indexed_iter().map(|(at, &value)| (at, value.into())).find(|(_, value)| !value.is_finite());
    match bad {
        Some(((row, column), value)) => Err(Problem::NotFinite { row, column, value }),
        None => Ok(rows),
    }
}

/// Converts whole numbers to f64, each exactly.
pub(crate) fn exact<T: Copy + Into<i128>>(rows: Array2<T>) -> Result<Array2<f64>, Problem> {
    let whole = |value: T| -> i128 { value.into() };
    let mut values = rows.indexed_iter().map(|(at, &value)| (at, whole(value)));
    if let Some(((row, column), value)) = values.find(|(_, value)| value.unsigned_abs() > EXACT) {
        return Err(Problem::Breach(format!(
            "the value at row {row}, column {column} is {value}; whole numbers must lie within ±2^53 to be exact"
        )));
    }
    Ok(rows.mapv(|value| whole(value) as f64))
}
