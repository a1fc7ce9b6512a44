//! The parameters of a model as named arrays of bytes.

use kernels::Real;
use ndarray::ArrayView;
use ndarray::Dimension;
use net::Chain;

use crate::model::{Model, Net};
use crate::spec::trial::Dtype;
use datasets::Scaling;

/// A named array: its elements in C order, little-endian.
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

impl Tensor {
    /// Makes the array of `values`, row after row.
    pub(super) fn of_f64(name: impl Into<String>, shape: Vec<usize>, values: &[f64]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { name: name.into(), dtype: Dtype::F64, shape, bytes }
    }

    /// Makes the array of `values`, rounded to `dtype`.
    pub(super) fn rounded(name: impl Into<String>, dtype: Dtype, shape: Vec<usize>, values: &[f64]) -> Self {
        match dtype {
            Dtype::F64 => Tensor::of_f64(name, shape, values),
            Dtype::F32 => {
                let bytes = values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect();
                Tensor { name: name.into(), dtype, shape, bytes }
            }
        }
    }

    /// Lists the parameters of all layers, and the moments that the examples are standardized by, under the names of docs/model-format.md.
    pub(super) fn all_of(model: &Model) -> Vec<Tensor> {
        let mut tensors = match &model.net {
            Net::F32(chain) => of_layers(chain, Dtype::F32),
            Net::F64(chain) => of_layers(chain, Dtype::F64),
        };
        if let Scaling::Standardize { mean, std } = &model.scaling {
            tensors.push(Tensor::of_f64("scaling/mean", vec![mean.len()], mean));
            tensors.push(Tensor::of_f64("scaling/std", vec![std.len()], std));
        }
        tensors
    }
}

fn of_layers<R: Real>(chain: &Chain<R>, dtype: Dtype) -> Vec<Tensor> {
    fn tensor<R: Real, D: Dimension>(name: String, dtype: Dtype, values: ArrayView<R, D>) -> Tensor {
        let values_as_f64: Vec<f64> = values.iter().map(|value| value.as_f64()).collect();
        Tensor::rounded(name, dtype, values.shape().to_vec(), &values_as_f64)
    }
    let layers = chain.layers.iter().enumerate();
    let of_one = |(place, layer): (usize, &net::Layer<R>)| {
        let l = place + 1;
        [tensor(format!("layer_{l}/w"), dtype, layer.w.view()), tensor(format!("layer_{l}/b"), dtype, layer.b.view())]
    };
    layers.flat_map(of_one).collect()
}
