//! Attributes, opened by name. They are never listed: for each attribute of a list, the binding takes an unchecked number from
//! the file as an index into a table of sixteen character sets, and reads the name from whatever lies there.

use hdf5::{Attribute, Error, Location, MajorErrorCode, MinorErrorCode};

use crate::contract::problem::Problem;

/// Opens the attribute `name` of a group or a dataset, if there is one.
pub fn attribute(location: &Location, name: &str) -> Result<Option<Attribute>, Problem> {
    match location.attr(name) {
        Ok(attribute) => Ok(Some(attribute)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether libhdf5 looked at all attributes and found no such name, and nothing deeper in it failed.
fn is_absence(error: &Error) -> bool {
    let stack = error.stack();
    let innermost = stack.as_ref().and_then(|frames| frames.last());
    innermost.is_some_and(|frame| {
        frame.major_code() == MajorErrorCode::Attr && frame.minor_code() == MinorErrorCode::NotFound
    })
}
