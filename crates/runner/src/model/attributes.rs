//! The attributes of a model file, checked: presence, shape, type and value.

use std::fmt::Display;

use hdf5::Group;

use super::{Error, FORMAT};
use datasets::contract::attribute::attribute;
use datasets::contract::class_names::texts;
use datasets::contract::element_type::describe;
use datasets::contract::file::DataFile;
use datasets::contract::problem::reason;

pub(super) fn refused(found: impl Display, allowed: impl Display) -> String {
    format!("found \"{found}\"; allowed: {allowed}")
}

/// A model file that is being read.
pub(super) struct ModelFile {
    pub(super) file: DataFile,
    /// The bytes that further datasets may take, each number counted as 8.
    pub(super) left: u64,
}

impl ModelFile {
    pub(super) fn content(&self, place: String, problem: String) -> Error {
        Error::Content { path: self.file.path().to_owned(), place, problem }
    }

    pub(super) fn attribute(&self, name: &str, of: &str, problem: String) -> Error {
        self.content(format!("attribute `{name}` of {of}"), problem)
    }

    /// Opens the attribute `name`, and checks its shape.
    fn open(&self, group: &Group, of: &str, name: &str, shape: &[usize]) -> Result<hdf5::Attribute, Error> {
        let wrong = |problem| self.attribute(name, of, problem);
        let library = |error: hdf5::Error| wrong(format!("HDF5 cannot read it: {}", reason(&error)));
        let Some(attribute) = attribute(group, name).map_err(|problem| wrong(problem.to_string()))? else {
            let hint =
                if name == "format" { format!("; a model has it, and it says \"{FORMAT}\"") } else { String::new() };
            return Err(wrong(format!("not in the file{hint}")));
        };
        let space = attribute.space().map_err(library)?;
        if space.is_null() {
            return Err(wrong(format!("it is empty; allowed: a value of shape {shape:?}")));
        }
        let found = space.shape();
        if found != shape {
            return Err(wrong(format!("its shape is {found:?}; allowed: {shape:?}")));
        }
        Ok(attribute)
    }

    pub(super) fn text(&self, group: &Group, of: &str, name: &str) -> Result<String, Error> {
        let attribute = self.open(group, of, name, &[])?;
        let read = texts(&attribute, 1, || Ok(())).map_err(|problem| self.attribute(name, of, problem.to_string()))?;
        let text = read.into_iter().next().map(String::from_utf8);
        text.and_then(Result::ok).ok_or_else(|| self.attribute(name, of, "is not UTF-8 text".to_owned()))
    }

    /// Looks up the attribute of the root in a table of names.
    pub(super) fn one_of<T: Copy>(&self, root: &Group, name: &str, table: &[(&str, T)]) -> Result<T, Error> {
        let found = self.text(root, "the file", name)?;
        self.named(&found, table).map_err(|problem| self.attribute(name, "the file", problem))
    }

    pub(super) fn named<T: Copy>(&self, found: &str, table: &[(&str, T)]) -> Result<T, String> {
        let known = table.iter().find(|(known, _)| *known == found).map(|(_, value)| *value);
        let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        known.ok_or_else(|| refused(found.escape_debug(), names.join(", ")))
    }

    pub(super) fn integers(&self, root: &Group, name: &str, shape: &[usize]) -> Result<Vec<usize>, Error> {
        let attribute = self.open(root, "the file", name, shape)?;
        let wrong = |problem| self.attribute(name, "the file", problem);
        let library = |error: hdf5::Error| wrong(format!("HDF5 cannot read it: {}", reason(&error)));
        let found = attribute.dtype().map_err(library)?;
        if !found.is::<i64>() {
            return Err(wrong(format!("its type is {}; allowed: i64", describe(&found))));
        }
        let values = attribute.as_reader().no_convert().read_raw::<i64>().map_err(library)?;
        let bad = values.iter().find(|value| **value < 1).copied();
        match bad {
            Some(value) => Err(wrong(format!("found {value}; allowed: 1 or more"))),
            None => Ok(values.into_iter().map(|value| value as usize).collect()),
        }
    }

    pub(super) fn integer(&self, root: &Group, name: &str) -> Result<usize, Error> {
        Ok(self.integers(root, name, &[])?[0])
    }
}
