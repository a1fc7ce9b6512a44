//! An attribute that is written, and compared with what was meant.

use hdf5::types::TypeDescriptor;
use hdf5::{Container, Datatype, File, Location, LocationType};
use sha2::{Digest, Sha256};

use crate::files::elements::{Element, digest_in, digest_of};

/// The type, shape and digest of an attribute that was written.
pub(super) struct NewAttribute {
    of: String,
    name: String,
    shape: Vec<usize>,
    kind: TypeDescriptor,
    sha256: Sha256,
    read: fn(&Container) -> hdf5::Result<Sha256>,
}

impl NewAttribute {
    /// Writes the attribute `name` of `of`, the path of a group or a dataset.
    pub(super) fn write<T: Element>(
        file: &File,
        (of, name): (&str, &str),
        shape: &[usize],
        kind: TypeDescriptor,
        values: &[T],
    ) -> hdf5::Result<Self> {
        let builder = location(file, of)?.new_attr_builder().empty_as(&kind);
        match shape {
            [] => builder.create(name)?.write_scalar(&values[0])?,
            shape => builder.shape(shape).create(name)?.write_raw(values)?,
        }
        let (of, name, shape) = (of.to_owned(), name.to_owned(), shape.to_owned());
        Ok(NewAttribute { of, name, shape, kind, sha256: digest_of(values), read: digest_in::<T> })
    }

    /// Returns the words for it in a message.
    pub(super) fn place(&self) -> String {
        format!("{} of {}", self.name, if self.of.is_empty() { "the file" } else { &self.of })
    }

    /// Returns whether `file` has exactly what was written.
    pub(super) fn matches(self, file: &File) -> hdf5::Result<bool> {
        let found = location(file, &self.of)?.attr(&self.name)?;
        let is_alike = found.shape() == self.shape && found.dtype()? == Datatype::from_descriptor(&self.kind)?;
        Ok(is_alike && (self.read)(&found)?.finalize() == self.sha256.finalize())
    }
}

/// Opens the group or dataset at `path`; the root if it is empty.
fn location(file: &File, path: &str) -> hdf5::Result<Location> {
    if path.is_empty() {
        return Ok((***file).clone());
    }
    match file.loc_type_by_name(path)? {
        LocationType::Dataset => Ok((**file.dataset(path)?).clone()),
        _ => Ok((*file.group(path)?).clone()),
    }
}
