//! The digest of a model, by which a file that changed after it was written is refused: HDF5 keeps no checksums, and
//! neither a flipped bit nor an edit by hand may become a prediction.

use hdf5::Group;
use kernels::Real;
use net::{Chain, Cost};
use sha2::{Digest, Sha256};

use super::attributes::ModelFile;
use super::{Error, Model, Net};
use crate::spec::names::{activation_name, name_of};
use datasets::Scaling;
use datasets::contract::attribute::attribute;
use datasets::files::{Element, hexadecimal};

/// The attribute of the root that has the digest.
pub(super) const NAME: &str = "sha256";

impl Model {
    /// Digests the content of the file in the order of docs/model-format.md, in hexadecimal digits; `provenance` is the
    /// text that the file has of it.
    pub(super) fn digest(&self, provenance: &str) -> String {
        let mut sha256 = Sha256::new();
        let image_shape = self.image_shape.map_or(String::new(), |[h, w, c]| format!("{h} {w} {c}"));
        let cost = name_of(&Cost::ALL, self.net.cost());
        for text in [self.net.dtype().name(), cost, self.input.name(), &image_shape, self.scaling.name(), provenance] {
            add_text(&mut sha256, text);
        }
        if let Scaling::Standardize { mean, std } = &self.scaling {
            f64::digest(mean, &mut sha256);
            f64::digest(std, &mut sha256);
        }
        match &self.net {
            Net::F32(chain) => add_layers(&mut sha256, chain),
            Net::F64(chain) => add_layers(&mut sha256, chain),
        }
        self.classes.iter().for_each(|class| add_text(&mut sha256, class));
        for (dataset, names) in self.columns.lists().into_iter().filter(|(_, names)| !names.is_empty()) {
            add_text(&mut sha256, dataset);
            names.iter().for_each(|name| add_text(&mut sha256, name));
        }
        hexadecimal(&sha256.finalize())
    }
}

impl ModelFile {
    /// Checks that `model` is what was written, if the file has a digest: files of earlier runners have none.
    pub(super) fn check_digest(&self, root: &Group, model: &Model, provenance: &str) -> Result<(), Error> {
        let found = attribute(root, NAME).map_err(|problem| self.attribute(NAME, "the file", problem.to_string()))?;
        if found.is_none() {
            return Ok(());
        }
        let (stored, digest) = (self.text(root, "the file", NAME)?, model.digest(provenance));
        if stored == digest {
            return Ok(());
        }
        let stored = stored.escape_debug();
        let problem = format!(
            "found \"{stored:.12}\", but the content has {digest:.12}: the file was changed after it was written; train the \
             net again, or delete the attribute if the change was meant"
        );
        Err(self.attribute(NAME, "the file", problem))
    }
}

fn add_text(sha256: &mut Sha256, text: &str) {
    sha256.update((text.len() as u64).to_le_bytes());
    sha256.update(text);
}

fn add_layers<R: Real + Element>(sha256: &mut Sha256, chain: &Chain<R>) {
    for layer in &chain.layers {
        add_text(sha256, &format!("{} {}", layer.n_out(), layer.n_in()));
        layer.w.rows().into_iter().for_each(|row| R::digest(&row.to_vec(), sha256));
        R::digest(&layer.b.to_vec(), sha256);
        add_text(sha256, activation_name(layer.activation));
    }
}
