//! An HDF5 file that is read back before it gets its name.
//!
//! libhdf5 keeps small datasets to itself until they are flushed or closed, and its binding drops the error of closing one: a
//! write that fails there would leave zeros. So all of them stay open until the file is flushed, the file is closed by hand, and
//! then opened again and compared with what was meant.

mod attribute;
mod dataset;
mod handles;

use std::fmt::Display;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use hdf5::types::{FixedUnicode, TypeDescriptor};

use self::attribute::NewAttribute;
use self::dataset::NewDataset;
use self::handles::{Handles, open};
use super::elements::Element;
use super::error::Error;
use super::part::Part;

/// An HDF5 file under a temporary name, with digests of what was written to it.
pub struct NewHdf5 {
    part: Part,
    handles: Handles,
    datasets: Vec<NewDataset>,
    attributes: Vec<NewAttribute>,
}

/// A handle of a dataset of a [`NewHdf5`] that is being filled, row by row.
#[derive(Clone, Copy, Debug)]
pub struct DatasetHandle(usize);

impl NewHdf5 {
    /// Checks that HDF5 can open a file of this path, whose folder it sees from the root.
    ///
    /// # Errors
    /// If the path is not UTF-8.
    pub fn can_be_at(path: &Path) -> Result<(), Error> {
        let whole = std::path::absolute(path).map_err(|reason| Error::system(path, reason))?;
        if whole.to_str().is_none() { Err(Error::NotUtf8(whole)) } else { Ok(()) }
    }

    /// Makes the file that will be at `path`.
    ///
    /// # Errors
    /// If the path is not UTF-8, or the folder doesn't take the file.
    pub fn new(path: &Path) -> Result<Self, Error> {
        Self::can_be_at(path)?;
        let mut part = Part::new(path)?;
        let handles = Handles::new(part.place()).map_err(|error| failed(&mut part, "the start", &error))?;
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
        let begun = NewDataset::begin::<T>(self.handles.file(), name, shape);
        let (new, handle) = begun.map_err(|error| failed(&mut self.part, name, &error))?;
        self.datasets.push(new);
        self.handles.datasets.push(handle);
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
        let dataset = &mut self.datasets[index];
        let added = dataset.add(&self.handles.datasets[index], values);
        added.map_err(|error| failed(&mut self.part, &dataset.name, &error))
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
        let written = NewAttribute::write(self.handles.file(), (of, name), shape, kind, values);
        self.attributes.push(written.map_err(|error| failed(&mut self.part, name, &error))?);
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
        for dataset in &datasets {
            dataset.assert_full();
        }
        handles.close().map_err(|error| failed(&mut part, "the end", &error))?;

        let file = open(part.place(), false).map_err(|error| failed(&mut part, "the end", &error))?;
        let datasets = datasets.into_iter().map(|dataset| (dataset.name.clone(), dataset.matches(&file)));
        let attributes = attributes.into_iter().map(|attribute| (attribute.place(), attribute.matches(&file)));
        for (place, matches) in datasets.chain(attributes) {
            if !matches.map_err(|error| failed(&mut part, &place, &error))? {
                return Err(Error::Differs { path: part.path().to_owned(), place });
            }
        }
        Ok(part)
    }
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
