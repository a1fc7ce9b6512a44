//! A layer's activation, forward and backward, on views: in `fast/`, z and a of a layer are rows of larger matrices.

use kernels::{Real, activation_backward, bias_activation};
use ndarray::{ArrayView2, ArrayViewMut2};

use super::Layer;
use crate::dropout::Dropout;

impl<R: Real> Layer<R> {
    /// Computes `z[l] += b[l]`, from `z` = `W[l] a[l-1]`, and `a[l] = g[l](z[l])`; with dropout a · mask, too.
    #[track_caller]
    pub(crate) fn activate(&self, z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>, dropout: Option<&mut Dropout<R>>) {
        bias_activation(self.activation, self.b.view(), z, a.view_mut());
        if let Some(dropout) = dropout {
            dropout.forward(a.view()); // stores a · mask beside the mask
        }
    }

    /// Computes `dz[l]` in place of `da[l]`, as [`Layer::backward_activation`].
    #[track_caller]
    pub(crate) fn backward_activation_on_views(
        &self,
        z: ArrayView2<R>,
        a: ArrayView2<R>,
        dropout: Option<&Dropout<R>>,
        mut da_to_dz: ArrayViewMut2<R>,
    ) {
        if let Some(dropout) = dropout {
            dropout.backward(da_to_dz.view_mut()); // da · mask
        }
        activation_backward(self.activation, z, a, da_to_dz); // da · g'(z)
    }
}
