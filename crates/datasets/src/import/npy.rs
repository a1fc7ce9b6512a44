//! NumPy's files: NPY, one array, and NPZ, a zip archive of such. The header of an array is a Python dictionary
//! (NumPy Enhancement Proposal 1).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::elements::StoredType;
use super::error::{At, Error, one_line, quoted};
use super::open::{checked_size, read_up_to};
use super::raw::{Bytes, RawArray};
use crate::contract::element_type::ElementType;
use crate::files::regular_file;

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy writes some 118 bytes.
const LONGEST_HEADER: u64 = 1 << 16;

/// Reads the header of the array in the file at `path`, plain or gzipped.
pub(super) fn array(path: &Path, limit: u64) -> Result<RawArray, Error> {
    array_in(path.to_owned(), Bytes::At(path.to_owned()), limit)
}

fn array_in(path: PathBuf, bytes: Bytes, limit: u64) -> Result<RawArray, Error> {
    let mut reader = bytes.open(&path)?;
    let mut take = |count: u64| {
        let mut bytes = Vec::new();
        let read = read_up_to(&mut reader, count, &mut bytes);
        read.map_err(|reason| Error::read(&path, &reason)).map(|()| bytes)
    };
    let start = take(8)?;
    let (Some(rest), 8) = (start.strip_prefix(MAGIC), start.len()) else {
        return Err(Error::at(&path, At::Byte(0), "not a NumPy array: the first 6 bytes are not \\x93NUMPY"));
    };
    let width = match rest[0] {
        1 => 2,
        2 | 3 => 4,
        version => return Err(Error::at(&path, At::Byte(6), format!("NPY version {version}; 1, 2 and 3 are read"))),
    };
    let length = take(width)?;
    let mut wide = [0; 8];
    wide[..length.len()].copy_from_slice(&length);
    let length = u64::from_le_bytes(wide);
    if length > LONGEST_HEADER {
        return Err(Error::at(&path, At::Byte(8), format!("a header of {length} bytes; at most {LONGEST_HEADER}")));
    }
    let header = take(length)?;
    if (header.len() as u64) < length {
        return Err(Error::at(&path, At::Byte(8 + width + header.len() as u64), "it ends within its header"));
    }
    let header = String::from_utf8_lossy(&header);
    let (stored, fortran, shape) = parse(&header).map_err(|problem| Error::at(&path, At::Byte(8 + width), problem))?;
    checked_size(&path, &shape, stored.element.size(), limit)?;
    if shape.is_empty() {
        return Err(Error::file(&path, "a single number; an array of examples or labels is required"));
    }
    let start = 8 + width + length;
    Ok(RawArray { path, bytes, start, stored, shape, fortran })
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
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

/// An NPZ archive.
pub(super) struct Archive {
    path: PathBuf,
    zip: zip::ZipArchive<File>,
    limit: u64,
}

impl Archive {
    /// Opens the archive at `path`, without unpacking anything.
    pub(super) fn open(path: &Path, limit: u64) -> Result<Self, Error> {
        let file = regular_file::open(path).map_err(|reason| Error::read(path, &reason))?;
        let zip = zip::ZipArchive::new(file).map_err(|error| broken(path, &error.to_string()))?;
        Ok(Self { path: path.to_owned(), zip, limit })
    }

    /// The names of the arrays.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned());
        names.filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect()
    }

    /// Unpacks the array called `name` into a file without a name, and reads its header.
    pub(super) fn array(&mut self, name: &str) -> Result<RawArray, Error> {
        // Messages name the archive and the array in it.
        let path = PathBuf::from(format!("{}: {}.npy", self.path.display(), one_line(name)));
        let entry = self.zip.by_name(&format!("{name}.npy"));
        let entry = entry.map_err(|error| broken(&path, &error.to_string()))?;
        let declared = entry.size();
        let most = self.limit.saturating_add(LONGEST_HEADER);
        if declared > most {
            let problem = format!("unpacks to {declared} bytes; the limit is {most} (--max-bytes)");
            return Err(Error::file(&path, problem));
        }
        let mut file = tempfile::tempfile().map_err(|reason| Error::write(&std::env::temp_dir(), reason))?;
        // More than is declared is an error of the archive; the bound is for archives whose reader can't tell.
        let unpacked = io::copy(&mut entry.take(most), &mut file);
        unpacked.map_err(|reason| broken(&path, &reason.to_string()))?;
        array_in(path, Bytes::Unpacked(file), self.limit)
    }
}

fn broken(path: &Path, reason: &str) -> Error {
    Error::file(path, format!("cannot be unpacked: {}", one_line(reason)))
}
