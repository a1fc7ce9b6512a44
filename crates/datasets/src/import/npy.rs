//! NumPy's NPY: one array after a header that is a Python dictionary (NumPy Enhancement Proposal 1).

use std::fs::File;
use std::path::PathBuf;

use super::elements::StoredType;
use super::error::{Error, quoted};
use super::open::{check_size, read_up_to};
use super::raw::{Arrays, RawArray, open_array};
use super::source::Rules;
use crate::contract::element_type::ElementType;

const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest header, in bytes; NumPy writes some 118.
pub(super) const LONGEST_HEADER: u64 = 1 << 16;

pub(super) const RULES: Rules = Rules {
    name: "NPY",
    paths: 2,
    options: &["--targets"],
    begins: |start| start.starts_with(&MAGIC[..4]),
    endings: &[],
    holds_both: false,
    open: |request, split, _| {
        let array = |path: &PathBuf| array_in(path.clone(), None, request.max_bytes);
        let [x, y] = [0, 1].map(|file| array(&request.paths(split)[file]));
        Ok(Box::new(Arrays::new(x?, &y?, request)?))
    },
};

/// Reads the header of the array at `path`, or of what was unpacked from there.
pub(super) fn array_in(path: PathBuf, unpacked: Option<File>, limit: u64) -> Result<RawArray, Error> {
    let mut reader = open_array(&path, unpacked.as_ref())?;
    let mut take = |count| read_up_to(&mut reader, count).map_err(|reason| Error::read(&path, &reason));
    let start = take(8)?;
    let (Some(rest), 8) = (start.strip_prefix(MAGIC), start.len()) else {
        return Err(Error::byte(&path, 0, "not a NumPy array: the first 6 bytes are not \\x93NUMPY"));
    };
    let width = match rest[0] {
        1 => 2,
        2 | 3 => 4,
        version => return Err(Error::byte(&path, 6, format!("NPY version {version}; 1, 2 and 3 are read"))),
    };
    let length = take(width)?;
    let mut wide = [0; 8];
    wide[..length.len()].copy_from_slice(&length);
    let length = u64::from_le_bytes(wide);
    if length > LONGEST_HEADER {
        return Err(Error::byte(&path, 8, format!("a header of {length} bytes; at most {LONGEST_HEADER}")));
    }
    let header = take(length)?;
    if (header.len() as u64) < length {
        return Err(Error::byte(&path, 8 + width + header.len() as u64, "it ends within its header"));
    }
    let header = String::from_utf8_lossy(&header);
    let (stored, fortran, shape) = parse(&header).map_err(|problem| Error::byte(&path, 8 + width, problem))?;
    check_size(&path, &shape, limit)?;
    if shape.is_empty() {
        return Err(Error::file(&path, "a single number; an array of examples or labels is required"));
    }
    let start = 8 + width + length;
    Ok(RawArray { path, unpacked, start, stored, shape, fortran })
}

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse(header: &str) -> Result<(StoredType, bool, Vec<usize>), String> {
    let unreadable = || format!("the header {} is not NumPy's", quoted(header.trim()));
    let value_of = |key: &str| {
        let quoted_key = format!("'{key}':");
        header.split_once(&quoted_key).map(|(_, rest)| rest.trim_start()).ok_or_else(unreadable)
    };
    let described = value_of("descr")?;
    let name = described.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
    let stored = name.and_then(stored_type).ok_or_else(|| {
        let found = described.split(", 'fortran_order'").next().unwrap_or(described);
        format!(
            "its elements are {}; allowed: booleans, integers of 8 to 64 bits, float16, float32 and float64",
            quoted(found)
        )
    })?;
    let order = value_of("fortran_order")?;
    let fortran = order.starts_with("True");
    if !fortran && !order.starts_with("False") {
        return Err(unreadable());
    }
    let tuple = value_of("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')')).ok_or_else(unreadable)?.0;
    let lengths = tuple.split(',').map(str::trim).filter(|length| !length.is_empty());
    let shape: Result<Vec<usize>, _> = lengths.map(|length| length.trim_end_matches('L').parse()).collect();
    let shape = shape.ok().filter(|shape| shape.len() <= 32).ok_or_else(unreadable)?;
    Ok((stored, fortran, shape))
}

fn stored_type(name: &str) -> Option<StoredType> {
    let (order, kind) = name.split_at_checked(1)?;
    let element = match kind {
        "b1" => ElementType::Bool,
        "u1" => ElementType::U8,
        "i1" => ElementType::I8,
        "u2" => ElementType::U16,
        "i2" => ElementType::I16,
        "u4" => ElementType::U32,
        "i4" => ElementType::I32,
        "u8" => ElementType::U64,
        "i8" => ElementType::I64,
        "f2" => ElementType::F16,
        "f4" => ElementType::F32,
        "f8" => ElementType::F64,
        _ => return None,
    };
    let big_endian = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return None,
    };
    Some(StoredType { element, big_endian })
}
