//! The tensors of a layer that a worked example may give, or say the published values of.

/// The beginning of the keys of layers, which no experiment on a data set has.
pub(in crate::spec) const LAYER: &str = "layer.";

/// A tensor of one layer in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tensor {
    /// `z[l]`.
    Z,
    /// `a[l]`.
    A,
    /// `da[l]`.
    Da,
    /// `dz[l]`.
    Dz,
    /// `dW[l]`.
    Dw,
    /// `db[l]`.
    Db,
    /// `W[l]` after the update.
    NewW,
    /// `b[l]` after the update.
    NewB,
}

impl Tensor {
    /// Every tensor with its name in files.
    pub const ALL: [(&'static str, Tensor); 8] = [
        ("z", Tensor::Z),
        ("a", Tensor::A),
        ("da", Tensor::Da),
        ("dz", Tensor::Dz),
        ("dw", Tensor::Dw),
        ("db", Tensor::Db),
        ("new_w", Tensor::NewW),
        ("new_b", Tensor::NewB),
    ];

    /// Returns its shape in a layer of `n_out` units and `n_in` inputs, on `examples`.
    pub fn shape(self, [n_out, n_in, examples]: [usize; 3]) -> (usize, usize) {
        match self {
            Tensor::Z | Tensor::A | Tensor::Da | Tensor::Dz => (n_out, examples),
            Tensor::Dw | Tensor::NewW => (n_out, n_in),
            Tensor::Db | Tensor::NewB => (n_out, 1),
        }
    }

    /// Returns whether it can take the place of a computed one: all but the results of the update.
    pub(super) fn can_be_given(self) -> bool {
        !matches!(self, Tensor::NewW | Tensor::NewB)
    }
}
