//! Models for other programs: as an ONNX graph, and as arrays in safetensors and NPZ files.

mod described;
mod npz;
mod onnx;
mod safetensors;
mod tensor;

pub use self::onnx::Error;
use super::Model;

/// A file format for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A graph from unscaled examples to probabilities or values, which inference runtimes run.
    Onnx,
    /// The parameters, under the names that the Python package's PyTorch module gives them.
    Safetensors,
    /// The parameters, under the names of docs/model-format.md, for NumPy.
    Npz,
}

impl Model {
    /// Makes the content of a file in another format. The same model gives the same bytes.
    ///
    /// # Errors
    /// If the format can't hold the model.
    pub fn export(&self, format: Format) -> Result<Vec<u8>, Error> {
        match format {
            Format::Onnx => onnx::encode(self),
            Format::Safetensors => Ok(safetensors::encode(self)),
            Format::Npz => Ok(npz::encode(self)),
        }
    }
}
