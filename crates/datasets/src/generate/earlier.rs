//! Recognition of an earlier drawn set, which alone may be replaced.

use std::path::Path;

use super::draw::{CLASSES, NAMES, SIDES};
use crate::contract::checked_split::CheckedSplit;
use crate::contract::class_names;
use crate::contract::element_type::ElementType;
use crate::contract::error::Error;
use crate::contract::file::{DataFile, names};

/// The most labels that are looked at.
const MOST_LABELS: usize = 8192;

/// Returns the number of pictures and their side if the file at `path` can be drawn as `set`, `train` or `test`. The course's own files
/// have the same classes, types and shapes, but only drawn labels come in pairs of a cat and a non-cat.
pub(super) fn drawn_size(path: &Path, set: &str) -> Option<(usize, usize)> {
    recognise(path, set).ok().flatten()
}

fn recognise(path: &Path, set: &str) -> Result<Option<(usize, usize)>, Error> {
    let file = DataFile::open(path)?;
    let [x, y] = ["x", "y"].map(|part| format!("{set}_set_{part}"));
    let mut present = names(file.root()).map_err(|problem| problem.in_dataset(path, "/"))?;
    present.sort();
    if present != [CLASSES, &x, &y] || class_names::read(&file, CLASSES)? != NAMES {
        return Ok(None);
    }
    let split = CheckedSplit::check(&file, &x, &y, u64::MAX)?;
    let size = match split.shape[..] {
        [pictures, height, width, 3] if height == width && SIDES.contains(&(width as u32)) => Some((pictures, width)),
        _ => None,
    };
    if (split.x_element, split.y_element) != (ElementType::U8, ElementType::I64) || split.outputs != 1 {
        return Ok(None);
    }
    let labels = split.y.read_slice_1d::<i64, _>(..split.examples.min(MOST_LABELS));
    let labels = labels.map_err(|error| split.in_y(error.into()))?.to_vec();
    let is_pair = |pair: &[i64]| matches!(pair, [0, 1] | [1, 0] | [0 | 1]);
    Ok(size.filter(|_| labels.chunks(2).all(is_pair)))
}
