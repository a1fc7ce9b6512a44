//! ONNX: the graph from unscaled examples to probabilities or values, in operators that runtimes have for both f32 and f64.

mod activation;
mod graph;
mod messages;

use kernels::Activation;
use prost::Message;
use serde_json::Value;

use self::activation::activate;
use self::graph::{Builder, element, input_element};
use self::messages::{Entry, OperatorSet};
use super::described::{activations, described};
use super::tensor::Tensor;
use crate::model::Model;
use crate::spec::trial::Dtype;
use datasets::{FeatureType, Scaling};
use net::Cost;

/// The operators' release, and that of the file format that came with it.
const OPERATORS: i64 = 17;
const IR_VERSION: i64 = 8;
/// The most bytes of a message.
const MOST_BYTES: usize = i32::MAX as usize;

/// The reason why a model can't be an ONNX graph.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is too large.
    #[error(
        "the net takes {0} bytes as ONNX, whose files have less than 2 GiB; --safetensors and --npz take nets of any size"
    )]
    TooLarge(usize),
    /// There is no operator for it.
    #[error(
        "the net has gelu in f64, for which ONNX runtimes have no operator (Erf of f64); train it with model.dtype=f32 or with \
         model.activation=gelu-tanh, or use --safetensors or --npz"
    )]
    GeluInF64,
}

/// Encodes a model: from `examples` to `probabilities`, an example a row, or to `values` if it is a regression.
pub(super) fn encode(model: &Model) -> Result<Vec<u8>, Error> {
    if model.net.dtype() == Dtype::F64 && activations(&model.net).contains(&Activation::Gelu) {
        return Err(Error::GeluInF64);
    }
    let text = |value: Value| match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    let description = described(model).into_iter().map(|(key, value)| Entry { key, value: text(value) });
    let file = messages::Model {
        ir_version: IR_VERSION,
        producer_name: "layerchain".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "A trained net; examples are unscaled, as in its data files, one in each row".to_owned(),
        graph: Some(graph(model)),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: description.collect(),
    };
    let bytes = file.encoded_len();
    if bytes > MOST_BYTES { Err(Error::TooLarge(bytes)) } else { Ok(file.encode_to_vec()) }
}

fn graph(model: &Model) -> messages::Graph {
    let dtype = model.net.dtype();
    let mut graph = Builder::new();
    let sides = model.image_shape.map_or_else(|| vec![model.features()], Vec::from);
    graph.input("examples", input_element(model.input), &sides);
    Tensor::all_of(model).into_iter().for_each(|tensor| graph.put(tensor));
    let mut a = inputs(&mut graph, model);
    for (l, activation) in (1..).zip(activations(&model.net)) {
        graph.part = format!("layer_{l}");
        let (w, b) = (format!("layer_{l}/w"), format!("layer_{l}/b"));
        let z = graph.op("Gemm", &[&a, &w, &b], &[("transB", 1)]);
        a = activate(&mut graph, activation, z, dtype);
    }
    graph.part = "output".to_owned();
    let outputs = model.net.widths().last().copied().unwrap_or(0);
    let (name, columns) = match model.net.cost() {
        Cost::BinaryCrossEntropy => {
            let one = graph.number(1.0, dtype);
            let of_zero = graph.op("Sub", &[&one, &a], &[]);
            (graph.named_op("probabilities", "Concat", &[&of_zero, &a], &[("axis", 1)]), 2)
        }
        Cost::SoftmaxCrossEntropy => (graph.named_op("probabilities", "Identity", &[&a], &[]), outputs),
        Cost::MeanSquaredError => (graph.named_op("values", "Identity", &[&a], &[]), outputs),
    };
    graph.finish(&name, element(dtype), &[columns])
}

/// Adds `a[0]`: the examples in rows, scaled in f64 and then rounded, as the runner does.
fn inputs(graph: &mut Builder, model: &Model) -> String {
    graph.part = "scaling".to_owned();
    let mut x = "examples".to_owned();
    if model.image_shape.is_some() {
        x = graph.op("Flatten", &[&x], &[("axis", 1)]);
    }
    let scaled_in = match (&model.scaling, model.input) {
        (Scaling::None, FeatureType::F32) => element(Dtype::F32),
        _ => element(Dtype::F64),
    };
    if input_element(model.input) != scaled_in {
        x = graph.op("Cast", &[&x], &[("to", i64::from(scaled_in))]);
    }
    match &model.scaling {
        Scaling::None => {}
        Scaling::Divide255 => {
            let most = graph.number(255.0, Dtype::F64);
            x = graph.op("Div", &[&x, &most], &[]);
        }
        Scaling::Standardize { .. } => {
            x = graph.op("Sub", &[&x, "scaling/mean"], &[]);
            x = graph.op("Div", &[&x, "scaling/std"], &[]);
        }
    }
    let dtype = element(model.net.dtype());
    if dtype == scaled_in { x } else { graph.op("Cast", &[&x], &[("to", i64::from(dtype))]) }
}
