//! Writing a model file.

use std::path::Path;

use kernels::Real;
use net::{Chain, Cost, Layer};

use super::{Error, FORMAT, Model, Net, VERSION, digest};
use crate::spec::names::{activation_name, name_of};
use datasets::Scaling;
use datasets::contract::class_names;
use datasets::files::{self, Element, NewHdf5, put_in_place, regular_file};

/// The longest text of an attribute. HDF5 bounds an attribute with its header by 64 KiB.
pub(super) const LONGEST_TEXT: usize = 60_000;

impl Model {
    /// Writes the file at `path`: under another name first, read back and synced before it is renamed.
    ///
    /// # Errors
    /// If the file exists and `replace` is false, or it can't be written.
    pub fn write(&self, path: &Path, replace: bool) -> Result<(), Error> {
        if regular_file::is_at(path)? && !replace {
            return Err(Error::Exists(path.to_owned()));
        }
        let mut file = NewHdf5::new(path)?;
        self.fill(&mut file)?;
        Ok(put_in_place([file.finish()?], replace)?)
    }

    fn fill(&self, file: &mut NewHdf5) -> Result<(), files::Error> {
        file.text(("", "format"), FORMAT)?;
        put_integers(file, "version", &[VERSION])?;
        file.text(("", "dtype"), self.net.dtype().name())?;
        file.text(("", "cost"), name_of(&Cost::ALL, self.net.cost()))?;
        let widths = self.net.widths();
        put_integers(file, "layers", &[widths.len() as i64 - 1])?;
        put_integers(file, "features", &[widths[0] as i64])?;
        file.text(("", "input"), self.input.name())?;
        if let Some(shape) = self.image_shape {
            put_integers(file, "image_shape", &shape.map(|side| side as i64))?;
        }
        file.text(("", "scaling"), self.scaling.name())?;
        if let Scaling::Standardize { mean, std } = &self.scaling {
            file.group("scaling")?;
            file.dataset("scaling/mean", &[mean.len()], mean)?;
            file.dataset("scaling/std", &[std.len()], std)?;
        }
        class_names::write(file, "classes", &self.classes)?;
        self.columns.write(file)?;
        let provenance = self.provenance_text();
        file.text(("", "provenance"), &provenance)?;
        file.text(("", digest::NAME), &self.digest(&provenance))?;
        match &self.net {
            Net::F32(chain) => put_layers(file, chain),
            Net::F64(chain) => put_layers(file, chain),
        }
    }

    /// Returns the provenance as JSON, without the configuration of the trial if that would be too long for an
    /// attribute, as for a net of thousands of layers.
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

fn put_layers<R: Real + Element>(file: &mut NewHdf5, chain: &Chain<R>) -> Result<(), files::Error> {
    for (l, Layer { w, b, activation }) in chain.layers.iter().enumerate() {
        let group = format!("layer_{}", l + 1);
        file.group(&group)?;
        let values = w.as_standard_layout();
        file.dataset(&format!("{group}/w"), w.shape(), values.as_slice().expect("in C order"))?;
        file.dataset(&format!("{group}/b"), b.shape(), b.as_slice().expect("adjacent"))?;
        file.text((&group, "activation"), activation_name(*activation))?;
    }
    Ok(())
}

/// Writes one integer as a scalar attribute, several as a list.
fn put_integers(file: &mut NewHdf5, name: &str, values: &[i64]) -> Result<(), files::Error> {
    let shape = [values.len()];
    file.attribute(("", name), if values.len() == 1 { &[] } else { &shape }, values)
}
