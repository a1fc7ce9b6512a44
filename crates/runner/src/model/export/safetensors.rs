//! safetensors: the parameters as `Net` of the Python package names them, so that its `load_state_dict` takes the file.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::{Dtype as ElementType, View, serialize};
use serde_json::Value;

use super::described::described;
use super::tensor::Tensor;
use crate::model::Model;
use crate::spec::trial::Dtype;

/// The key of the metadata. There is only one, as the crate writes several in no order.
const DESCRIPTION: &str = "layerchain";

/// Encodes a model: layers.0.weight, layers.0.bias, ..., and mean and std where the examples are standardized.
pub(super) fn encode(model: &Model) -> Vec<u8> {
    let tensors = Tensor::all_of(model).into_iter().map(|tensor| (name_in_torch(&tensor.name), tensor));
    let metadata = HashMap::from([(DESCRIPTION.to_owned(), Value::Object(described(model)).to_string())]);
    serialize(tensors, Some(metadata)).expect("tensors of as many bytes as their shapes say")
}

/// Returns the name that PyTorch gives a tensor: `layer_1/w` is the weight of layer 0 there.
fn name_in_torch(name: &str) -> String {
    let Some((number, parameter)) = name.strip_prefix("layer_").and_then(|name| name.split_once('/')) else {
        return name.trim_start_matches("scaling/").to_owned();
    };
    let place = number.parse::<usize>().expect("the number of a layer") - 1;
    format!("layers.{place}.{}", if parameter == "w" { "weight" } else { "bias" })
}

impl View for Tensor {
    fn dtype(&self) -> ElementType {
        match self.dtype {
            Dtype::F32 => ElementType::F32,
            Dtype::F64 => ElementType::F64,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
