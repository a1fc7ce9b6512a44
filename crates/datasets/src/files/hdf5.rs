//! An HDF5 file that is read back before it gets its name.
//!
//! libhdf5 keeps small datasets to itself until they are flushed or closed, and its binding drops the error of closing one: a
//! write that fails there would leave zeros. So all of them stay open until the file is flushed, the file is closed by hand, and
//! then opened again and compared with what was meant.

use std::fmt::Display;
use std::io::{self, Seek, SeekFrom, Write};
use std::mem;
use std::ops::Range;
use std::path::Path;

use hdf5::types::{FixedUnicode, TypeDescriptor};
use hdf5::{Container, Dataset, Datatype, File, Hyperslab, Location, LocationType};
use ndarray::{ArrayD, ArrayViewD};
use sha2::{Digest, Sha256};

use super::elements::{Element, digest_in, digest_of};
use super::error::Error;
use super::part::Part;

/// The number of bytes that are read back at a time.
const BLOCK: usize = 1 << 22;

/// An HDF5 file under a temporary name, with digests of what was written to it.
pub struct NewHdf5 {
    part: Part,
    handles: Handles,
    datasets: Vec<NewDataset>,
    attributes: Vec<NewAttribute>,
}

/// The handles that libhdf5 writes a file through.
///
/// They are closed only once all is flushed: to close what can't be written frees memory twice in libhdf5 2.2.0, which ends the
/// process. Those of a file that can't be written are left open, and the file without its name, until the process ends.
struct Handles {
    datasets: Vec<Dataset>,
    /// `None` once it is closed.
    file: Option<File>,
}

impl Handles {
    fn file(&self) -> &File {
        self.file.as_ref().expect("open until the end")
    }

    /// Flushes and closes the file, unless it is closed already.
    fn close(&mut self) -> hdf5::Result<()> {
        if let Some(file) = &self.file {
            file.flush()?;
        }
        self.datasets.clear();
        self.file.take().map_or(Ok(()), File::close)
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        if self.close().is_err() {
            mem::forget((mem::take(&mut self.datasets), self.file.take()));
        }
    }
}

/// The shape and digest of a dataset that is filled row by row.
struct NewDataset {
    name: String,
    shape: Vec<usize>,
    rows: usize,
    sha256: Sha256,
    read: fn(&Dataset, &[usize]) -> hdf5::Result<Option<Sha256>>,
}

struct NewAttribute {
    of: String,
    name: String,
    shape: Vec<usize>,
    kind: TypeDescriptor,
    sha256: Sha256,
    read: fn(&Container) -> hdf5::Result<Sha256>,
}

/// A handle of a dataset of a [`NewHdf5`] that is being filled, row by row.
#[derive(Clone, Copy, Debug)]
pub struct DatasetHandle(usize);

impl NewHdf5 {
    /// Makes the file that will be at `path`.
    ///
    /// # Errors
    /// If the folder doesn't take it.
    pub fn new(path: &Path) -> Result<Self, Error> {
        let mut part = Part::new(path)?;
        let file = open(part.place(), true).map_err(|error| failed(&mut part, "the start", &error))?;
        let handles = Handles { datasets: Vec::new(), file: Some(file) };
        Ok(NewHdf5 { part, handles, datasets: Vec::new(), attributes: Vec::new() })
    }

    /// Makes the group `name`.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn group(&mut self, name: &str) -> Result<(), Error> {
        let made = self.handles.file().create_group(name);
        made.map(|_| ()).map_err(|error| failed(&mut self.part, name, &error))
    }

    /// Begins the dataset `name`, a path from the root.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn begin<T: Element>(&mut self, name: &str, shape: &[usize]) -> Result<DatasetHandle, Error> {
        // HDF5 stamps each dataset with the time of its writing, unless told not to: the same request gives the same bytes.
        let made = self.handles.file().new_dataset::<T>().obj_track_times(false).shape(shape).create(name);
        self.handles.datasets.push(made.map_err(|error| failed(&mut self.part, name, &error))?);
        let (name, shape) = (name.to_owned(), shape.to_owned());
        self.datasets.push(NewDataset { name, shape, rows: 0, sha256: Sha256::new(), read: read_back::<T> });
        Ok(DatasetHandle(self.datasets.len() - 1))
    }

    /// Adds rows to a dataset: elements in C order.
    ///
    /// # Errors
    /// If they can't be written.
    ///
    /// # Panics
    /// If they are not whole rows, or too many.
    #[track_caller]
    pub fn add<T: Element>(&mut self, DatasetHandle(index): DatasetHandle, values: &[T]) -> Result<(), Error> {
        let NewDataset { name, shape, rows, sha256, .. } = &mut self.datasets[index];
        let mut block = shape.clone();
        block[0] = values.len() / shape[1..].iter().product::<usize>();
        let view = ArrayViewD::from_shape(&block[..], values).expect("whole rows");
        let written = self.handles.datasets[index].write_slice(view, rows_of(*rows..*rows + block[0], shape));
        written.map_err(|error| failed(&mut self.part, name, &error))?;
        T::digest(values, sha256);
        *rows += block[0];
        Ok(())
    }

    /// Writes a dataset as a whole.
    ///
    /// # Errors
    /// If it can't be written.
    #[track_caller]
    pub fn dataset<T: Element>(&mut self, name: &str, shape: &[usize], values: &[T]) -> Result<(), Error> {
        let filling = self.begin::<T>(name, shape)?;
        self.add(filling, values)
    }

    /// Writes an attribute of `of`, the path of a group or a dataset; one value where `shape` is empty.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn attribute<T: Element>(
        &mut self,
        (of, name): (&str, &str),
        shape: &[usize],
        values: &[T],
    ) -> Result<(), Error> {
        self.put_attribute((of, name), shape, T::type_descriptor(), values)
    }

    /// Writes a text as an attribute: UTF-8 of fixed length, as long as the text.
    ///
    /// # Errors
    /// If it can't be written, or is longer than an attribute may be.
    pub fn text(&mut self, place: (&str, &str), text: &str) -> Result<(), Error> {
        const SHORT: usize = 64;
        if text.len() <= SHORT { self.text_in::<SHORT>(place, text) } else { self.text_in::<{ 1 << 16 }>(place, text) }
    }

    fn text_in<const WIDTH: usize>(&mut self, place: (&str, &str), text: &str) -> Result<(), Error> {
        let wide = text.parse::<FixedUnicode<WIDTH>>();
        let wide = wide.map_err(|error| failed(&mut self.part, place.1, &error))?;
        let exactly = TypeDescriptor::FixedUnicode(text.len().max(1));
        self.put_attribute(place, &[], exactly, &[wide])
    }

    fn put_attribute<T: Element>(
        &mut self,
        (of, name): (&str, &str),
        shape: &[usize],
        kind: TypeDescriptor,
        values: &[T],
    ) -> Result<(), Error> {
        let write = |file: &File| {
            let builder = location(file, of)?.new_attr_builder().empty_as(&kind);
            match shape {
                [] => builder.create(name)?.write_scalar(&values[0]),
                shape => builder.shape(shape).create(name)?.write_raw(values),
            }
        };
        write(self.handles.file()).map_err(|error| failed(&mut self.part, name, &error))?;
        let (of, name, shape) = (of.to_owned(), name.to_owned(), shape.to_owned());
        let (sha256, read) = (digest_of(values), digest_in::<T> as _);
        self.attributes.push(NewAttribute { of, name, shape, kind, sha256, read });
        Ok(())
    }

    /// Closes the file, reads it back, and returns it if it holds what was written.
    ///
    /// # Errors
    /// If it can't be written, or holds something else.
    ///
    /// # Panics
    /// If a dataset is not full.
    #[track_caller]
    pub fn finish(self) -> Result<Part, Error> {
        let NewHdf5 { mut part, mut handles, datasets, attributes } = self;
        for NewDataset { name, shape, rows, .. } in &datasets {
            assert_eq!(Some(rows), shape.first(), "rows of {name}");
        }
        handles.close().map_err(|error| failed(&mut part, "the end", &error))?;

        let differs =
            |part: &Part, place: &str| Err(Error::Differs { path: part.path().to_owned(), place: place.to_owned() });
        let file = open(part.place(), false).map_err(|error| failed(&mut part, "the end", &error))?;
        for NewDataset { name, shape, sha256, read, .. } in datasets {
            let found = file.dataset(&name).and_then(|dataset| read(&dataset, &shape));
            if found.map_err(|error| failed(&mut part, &name, &error))?.map(Sha256::finalize) != Some(sha256.finalize())
            {
                return differs(&part, &name);
            }
        }
        for attribute in attributes {
            let place =
                format!("{} of {}", attribute.name, if attribute.of.is_empty() { "the file" } else { &attribute.of });
            if !attribute.is_in(&file).map_err(|error| failed(&mut part, &place, &error))? {
                return differs(&part, &place);
            }
        }
        Ok(part)
    }
}

impl NewAttribute {
    fn is_in(&self, file: &File) -> hdf5::Result<bool> {
        let found = location(file, &self.of)?.attr(&self.name)?;
        let is_alike = found.shape() == self.shape && found.dtype()? == Datatype::from_descriptor(&self.kind)?;
        Ok(is_alike && (self.read)(&found)?.finalize() == self.sha256.clone().finalize())
    }
}

/// Opens a file without HDF5's own lock, which would fail at the part's. A new one has HDF5's first format, whichever library is
/// linked: from release 2.0 on it would be another one, with the time of writing in its root.
fn open(place: &Path, new: bool) -> hdf5::Result<File> {
    let mut options = File::with_options();
    options.with_fapl(|access| access.file_locking(false).libver_earliest());
    if new { options.create(place) } else { options.open(place) }
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

fn rows_of(rows: Range<usize>, shape: &[usize]) -> Hyperslab {
    let all = shape[1..].iter().map(|_| (..).into());
    Hyperslab::new([rows.into()].into_iter().chain(all).collect::<Vec<_>>())
}

/// Digests a dataset of exactly this type and shape; `None` if it has another one.
fn read_back<T: Element>(dataset: &Dataset, shape: &[usize]) -> hdf5::Result<Option<Sha256>> {
    if dataset.shape() != shape || !dataset.dtype()?.is::<T>() {
        return Ok(None);
    }
    let mut sha256 = Sha256::new();
    let row = shape[1..].iter().product::<usize>() * size_of::<T>();
    let block = (BLOCK / row.max(1)).max(1);
    for start in (0..shape[0]).step_by(block) {
        let rows = start..shape[0].min(start + block);
        let values: ArrayD<T> = dataset.as_reader().no_convert().read_slice(rows_of(rows, shape))?;
        T::digest(values.as_slice().expect("in C order"), &mut sha256);
    }
    Ok(Some(sha256))
}

/// Finds the reason of HDF5's `error`. HDF5 reports a full disk in a paragraph about buffers, which mostly contains the system's error
/// number. If it doesn't, more bytes are written to the file itself; if that succeeds, HDF5's own reason is returned.
fn failed(part: &mut Part, place: &str, error: &impl Display) -> Error {
    let words = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let number = words.split_once("errno = ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    let file = part.file();
    let more = match number {
        Some(number) => Err(io::Error::from_raw_os_error(number)),
        None => file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(&[0; 1 << 16])).and_then(|()| file.sync_all()),
    };
    let path = part.path().to_owned();
    match more {
        Err(reason) => Error::System { path, reason },
        Ok(()) => Error::Hdf5 { path, place: place.to_owned(), reason: words.chars().take(300).collect() },
    }
}
