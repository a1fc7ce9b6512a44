//! A step as an HDF5 file: every quantity a dataset.

use std::path::Path;

use ndarray::Array2;

use super::report::Report;
use datasets::files::{self, NewHdf5, put_in_place};

/// The name of the format in a file.
const FORMAT: &str = "layerchain-trace";
/// The version of the format.
const VERSION: i64 = 1;

/// Writes the file at `path`.
///
/// # Errors
/// If the disk or the folder won't take it.
pub(super) fn write(report: &Report, path: &Path, replace: bool) -> Result<(), files::Error> {
    let mut file = NewHdf5::new(path)?;
    file.text(("", "format"), FORMAT)?;
    file.attribute(("", "version"), &[], &[VERSION])?;
    file.text(("", "name"), &report.name)?;
    file.attribute(("", "step"), &[], &[report.step as i64])?;
    if let (Some(optimizer), Some(learning_rate)) = (report.optimizer, report.learning_rate) {
        file.text(("", "optimizer"), optimizer)?;
        file.attribute(("", "learning_rate"), &[], &[learning_rate])?;
    }
    for (l, activation) in (1..).zip(&report.activations) {
        let group = format!("layer_{l}");
        file.group(&group)?;
        file.text((&group, "activation"), activation)?;
    }
    for quantity in report.quantities() {
        put(&mut file, &quantity.path, &quantity.values)?;
        if let Some(equation) = &quantity.equation {
            file.text((&quantity.path, "equation"), equation)?;
        }
        if let Some(values) = quantity.differences.as_ref().and_then(|differences| differences.values.as_ref()) {
            put(&mut file, &format!("{}_differences", quantity.path), values)?;
        }
        if let Some(published) = &quantity.published {
            put(&mut file, &format!("{}_published", quantity.path), &published.values)?;
        }
    }
    put_in_place([file.finish()?], replace)
}

fn put(file: &mut NewHdf5, path: &str, values: &Array2<f64>) -> Result<(), files::Error> {
    let rows = values.as_standard_layout();
    file.dataset(path, values.shape(), rows.as_slice().expect("in C order"))
}
