//! A model into its file.

use std::fs;
use std::path::Path;

use hdf5::types::{FixedUnicode, TypeDescriptor};
use hdf5::{File, Group, H5Type};
use kernels::{Activation, Real};
use net::{Chain, Cost, Layer};

use super::{Error, FORMAT, Model, Net, VERSION};
use crate::data::error::reason;
use crate::data::new_files::{full_disk, new_dataset, new_file, put_in_place, temporary};
use crate::data::{Scaling, classes};
use crate::experiment::trial::name_of;

/// The longest text of an attribute, which HDF5 bounds by 64 KiB with all that belongs to it.
pub(super) const LONGEST_TEXT: usize = 60_000;

impl Model {
    /// Writes the file at `path`: whole and on the disk under another name before it gets its own.
    ///
    /// # Errors
    /// If there is a file already and `replace` is false, or the disk or the folder won't take it.
    pub fn write(&self, path: &Path, replace: bool) -> Result<(), Error> {
        let failed = |reason| Error::write(path, reason);
        if !replace && fs::symlink_metadata(path).is_ok() {
            return Err(Error::Exists(path.to_owned()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut file = temporary(folder, &stem).map_err(failed)?;
        if let Err(error) = self.fill(file.path()) {
            return Err(match full_disk(file.as_file_mut()) {
                Some(reason) => Error::write(path, reason),
                None => Error::write(path, reason(&error)),
            });
        }
        file.as_file().sync_all().map_err(failed)?;
        put_in_place([(file, path)], folder).map_err(|(path, reason)| Error::write(&path, reason))
    }

    fn fill(&self, path: &Path) -> hdf5::Result<()> {
        let file = new_file(path)?;
        put_text(&file, "format", FORMAT)?;
        put_integers(&file, "version", &[VERSION])?;
        put_text(&file, "dtype", self.net.dtype().name())?;
        put_text(&file, "cost", name_of(&Cost::ALL, self.net.cost()))?;
        let widths = self.net.widths();
        put_integers(&file, "layers", &[widths.len() as i64 - 1])?;
        put_integers(&file, "features", &[widths[0] as i64])?;
        put_text(&file, "input", self.input.name())?;
        if let Some(shape) = self.image_shape {
            put_integers(&file, "image_shape", &shape.map(|side| side as i64))?;
        }
        put_text(&file, "scaling", self.scaling.name())?;
        if let Scaling::Standardize { mean, std } = &self.scaling {
            let group = file.create_group("scaling")?;
            put_values(&group, "mean", &[mean.len()], mean)?;
            put_values(&group, "std", &[std.len()], std)?;
        }
        classes::write(&file, "classes", &self.classes)?;
        put_text(&file, "provenance", &self.provenance_text())?;
        match &self.net {
            Net::F32(chain) => put_layers(&file, chain)?,
            Net::F64(chain) => put_layers(&file, chain)?,
        }
        file.flush()?;
        file.close()
    }

    /// The provenance as JSON; without the configuration of the trial where that would be too long for an attribute (a net of
    /// thousands of layers).
    fn provenance_text(&self) -> String {
        let text = self.provenance.to_string();
        if text.len() <= LONGEST_TEXT {
            return text;
        }
        let mut rest = self.provenance.clone();
        if let Some(object) = rest.as_object_mut() {
            object.remove("config");
        }
        rest.to_string()
    }
}

fn put_layers<R: Real + H5Type>(file: &File, chain: &Chain<R>) -> hdf5::Result<()> {
    for (l, Layer { w, b, activation }) in chain.layers.iter().enumerate() {
        let group = file.create_group(&format!("layer_{}", l + 1))?;
        put_values(&group, "w", &[w.nrows(), w.ncols()], w.as_standard_layout().as_slice().expect("in C order"))?;
        put_values(&group, "b", &[b.len()], b.as_slice().expect("adjacent"))?;
        let name = if *activation == Activation::Softmax { SOFTMAX } else { name_of(&Activation::ALL, *activation) };
        put_text(&group, "activation", name)?;
    }
    Ok(())
}

/// The one activation that hidden layers don't have.
pub(super) const SOFTMAX: &str = "softmax";

fn put_values<T: H5Type>(group: &Group, name: &str, shape: &[usize], values: &[T]) -> hdf5::Result<()> {
    new_dataset::<T>(group).shape(shape).create(name)?.write_raw(values)
}

fn put_integers(group: &Group, name: &str, values: &[i64]) -> hdf5::Result<()> {
    match values {
        [value] => group.new_attr::<i64>().create(name)?.write_scalar(value),
        values => group.new_attr::<i64>().shape(values.len()).create(name)?.write_raw(values),
    }
}

/// UTF-8 of fixed length, as long as the text.
fn put_text(group: &Group, name: &str, text: &str) -> hdf5::Result<()> {
    const SHORT: usize = 64;
    if text.len() <= SHORT { put_as::<SHORT>(group, name, text) } else { put_as::<{ 1 << 16 }>(group, name, text) }
}

fn put_as<const WIDTH: usize>(group: &Group, name: &str, text: &str) -> hdf5::Result<()> {
    let wide: FixedUnicode<WIDTH> = text.parse().map_err(|_| hdf5::Error::from(format!("{name} is too long")))?;
    let exactly = TypeDescriptor::FixedUnicode(text.len().max(1));
    group.new_attr_builder().empty_as(&exactly).create(name)?.write_scalar(&wide)
}
