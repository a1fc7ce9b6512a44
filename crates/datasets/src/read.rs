//! A data file opened read-only, its datasets found without following links, and read without conversion.

use std::fs::{self, File as SystemFile, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use hdf5::datatype::ByteOrder;
use hdf5::types::{FixedAscii, FixedUnicode, FloatSize, IntSize, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Dataset, Datatype, File, Group, H5Type, LinkType, LocationType};

use super::error::{Error, Problem, reason};

/// How every HDF5 file begins.
pub const HDF5_SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// An HDF5 file, open for reading.
pub struct DataFile {
    path: PathBuf,
    metadata: Metadata,
    hdf5: File,
}

/// A regular file, open, and what the system says of it.
pub(super) fn open_regular(path: &Path) -> Result<(Metadata, SystemFile), Error> {
    let io_error = |action| move |reason| Error::Io { path: path.to_owned(), action, reason };
    let metadata = fs::metadata(path).map_err(io_error("open"))?;
    // Checked before opening: to open a pipe would wait for its writer.
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "not a regular file" };
        return Err(Error::NotAFile { path: path.to_owned(), found });
    }
    let file = SystemFile::open(path).map_err(io_error("open"))?;
    Ok((file.metadata().map_err(io_error("read"))?, file))
}

impl DataFile {
    /// Opens a regular file that begins with the HDF5 signature, without taking a lock.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (metadata, file) = open_regular(path)?;
        let bytes = metadata.len();
        let mut signature = Vec::with_capacity(HDF5_SIGNATURE.len());
        let read = file.take(HDF5_SIGNATURE.len() as u64).read_to_end(&mut signature);
        read.map_err(|reason| Error::Io { path: path.to_owned(), action: "read", reason })?;
        if signature != HDF5_SIGNATURE {
            return Err(Error::NotHdf5 { path: path.to_owned(), bytes });
        }
        // The lock is left off: on read-only and network mounts taking it fails.
        let hdf5 = File::with_options()
            .with_fapl(|access| access.file_locking(false))
            .open(path)
            .map_err(|error| Error::Damaged { path: path.to_owned(), bytes, reason: reason(&error) })?;
        Ok(Self { path: path.to_owned(), metadata, hdf5 })
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's size in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.metadata.len()
    }

    /// What the system said of the file when it was opened.
    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The root group.
    pub fn root(&self) -> &Group {
        &self.hdf5
    }

    /// Whether something, even a link, stands at `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        !matches!(self.dataset(name), Err(Problem::Missing { .. }))
    }

    /// The dataset at `name`, a path of hard links from the root.
    pub fn dataset(&self, name: &str) -> Result<Dataset, Problem> {
        let name = name.trim_end_matches('/');
        let (parent, last) = name.rsplit_once('/').unwrap_or(("", name));
        let group = self.group(parent)?;
        check_link(&group, last)?;
        match group.loc_type_by_name(last)? {
            LocationType::Dataset => Ok(group.dataset(last)?),
            _ => Err(Problem::NotADataset),
        }
    }

    /// The group at `name`, a path of hard links from the root.
    pub fn group(&self, name: &str) -> Result<Group, Problem> {
        let mut group: Group = self.hdf5.group("/")?;
        for component in name.split('/').filter(|part| !part.is_empty()) {
            check_link(&group, component)?;
            if group.loc_type_by_name(component)? != LocationType::Group {
                return Err(Problem::NotAGroup { component: component.to_owned() });
            }
            group = group.group(component)?;
        }
        Ok(group)
    }
}

/// That `name` in `group` is a hard link.
fn check_link(group: &Group, name: &str) -> Result<(), Problem> {
    let kind = match link_type(group, name)? {
        None => return Err(Problem::Missing { present: names(group)? }),
        Some(LinkType::Hard) => return Ok(()),
        Some(LinkType::Soft) => "a soft link",
        Some(LinkType::External) => "a link out of the file",
    };
    Err(Problem::Link { component: name.to_owned(), kind })
}

/// The type of the link `name` in `group`, without following it.
fn link_type(group: &Group, name: &str) -> Result<Option<LinkType>, Problem> {
    let found = group
        .find_link(Default::default(), Default::default(), |link, info| Ok((link == name).then_some(info.link_type)))?;
    Ok(found)
}

/// The names in `group`, whatever they stand for.
pub fn names(group: &Group) -> Result<Vec<String>, Problem> {
    Ok(group.member_names()?)
}

/// An element type as it is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
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
    /// A float of 32 bits, IEEE 754.
    F32,
    /// A float of 64 bits, IEEE 754.
    F64,
}

impl Element {
    /// The native type that `found` equals bit for bit, byte order included.
    pub fn of(found: &Datatype) -> Option<Self> {
        type IsExactly = fn(&Datatype) -> bool;
        let candidates: [(Self, IsExactly); 10] = [
            (Self::U8, Datatype::is::<u8>),
            (Self::I8, Datatype::is::<i8>),
            (Self::U16, Datatype::is::<u16>),
            (Self::I16, Datatype::is::<i16>),
            (Self::U32, Datatype::is::<u32>),
            (Self::I32, Datatype::is::<i32>),
            (Self::U64, Datatype::is::<u64>),
            (Self::I64, Datatype::is::<i64>),
            (Self::F32, Datatype::is::<f32>),
            (Self::F64, Datatype::is::<f64>),
        ];
        candidates.into_iter().find(|(_, is)| is(found)).map(|(element, _)| element)
    }

    /// The type that holds every value of `found` exactly: the native one that it equals, or that of the other byte order;
    /// f32 for half the width, and booleans.
    pub(super) fn holding(found: &Datatype) -> Option<Self> {
        if let Some(native) = Self::of(found) {
            return Some(native);
        }
        if found.is::<bool>() {
            return Some(Self::Bool);
        }
        if is_half_float(found) {
            return Some(Self::F32);
        }
        if found.size() > LARGEST_DESCRIBED || found.byte_order() != ByteOrder::BigEndian {
            return None;
        }
        match found.to_descriptor().ok()? {
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

    /// The name that Rust gives it.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// Two bytes that become floats and are nothing that the binding has a word for, as integers and text are.
fn is_half_float(found: &Datatype) -> bool {
    found.size() == 2 && found.conv_to::<f32>().is_some() && found.to_descriptor().is_err()
}

/// Larger types are not described in full: the binding copies enum values of any size into 8 bytes.
const LARGEST_DESCRIBED: usize = 8;

/// `found` in words, for messages and reports.
pub fn describe(found: &Datatype) -> String {
    let size = found.size();
    if let Some(element) = Element::of(found) {
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
    if size > LARGEST_DESCRIBED {
        return format!("neither integers nor floats ({size} bytes each)");
    }
    let order = match found.byte_order() {
        ByteOrder::BigEndian => "big-endian ",
        _ => "",
    };
    match found.to_descriptor() {
        Ok(TypeDescriptor::Integer(bits)) => format!("{order}i{}", bit_count(bits)),
        Ok(TypeDescriptor::Unsigned(bits)) => format!("{order}u{}", bit_count(bits)),
        Ok(TypeDescriptor::Float(_)) => format!("{order}f{}", size * 8),
        Ok(TypeDescriptor::Boolean) => "booleans (an enum)".to_owned(),
        Ok(TypeDescriptor::Enum(_)) => "an enum".to_owned(),
        _ => format!("neither integers nor floats of a usual form ({size} bytes each)"),
    }
}

fn bit_count(size: IntSize) -> usize {
    size as usize * 8
}

/// Every element of `dataset`, in C order. The caller has checked `count` against a limit, and that `T` holds the elements exactly.
pub fn elements<T: H5Type + Copy + Default>(dataset: &Dataset, count: usize) -> Result<Vec<T>, Problem> {
    let mut values = Vec::new();
    let memory = |_| Problem::Memory { bytes: count as u64 * size_of::<T>() as u64 };
    values.try_reserve_exact(count).map_err(memory)?;
    values.resize(count, T::default());
    let reader = dataset.as_reader();
    let reader = if dataset.dtype()?.is::<T>() { reader.no_convert() } else { reader };
    reader.read_into_raw(&mut values)?;
    Ok(values)
}
