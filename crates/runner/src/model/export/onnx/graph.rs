//! A graph that grows operation by operation.

use super::messages::{Attribute, Dimension, Graph, Node, Shape, Tensor as Constant, TensorType, Type, ValueInfo};
use crate::model::export::tensor::Tensor;
use crate::spec::trial::Dtype;
use datasets::FeatureType;

/// The number of an integer in `AttributeProto.type`.
const INTEGER: i32 = 2;

/// Returns the number of an element type in ONNX.
pub(super) fn element(dtype: Dtype) -> i32 {
    match dtype {
        Dtype::F32 => 1,
        Dtype::F64 => 11,
    }
}

/// Returns the number of the type of unscaled elements in ONNX.
pub(super) fn input_element(input: FeatureType) -> i32 {
    match input {
        FeatureType::F32 => 1,
        FeatureType::U8 => 2,
        FeatureType::F64 => 11,
    }
}

/// A graph that is being built.
pub(super) struct Builder {
    graph: Graph,
    /// The part of the net that the next operations belong to, which their names begin with.
    pub(super) part: String,
}

impl Builder {
    pub(super) fn new() -> Self {
        let graph = Graph { name: "net".to_owned(), ..Graph::default() };
        Builder { graph, part: String::new() }
    }

    /// Adds an operation, and returns the name of its result.
    pub(super) fn op(&mut self, op_type: &str, inputs: &[&str], attributes: &[(&str, i64)]) -> String {
        let name = format!("{}/{op_type}_{}", self.part, self.graph.node.len());
        self.named_op(&name, op_type, inputs, attributes)
    }

    /// Adds an operation whose result has a given name.
    pub(super) fn named_op(
        &mut self,
        name: &str,
        op_type: &str,
        inputs: &[&str],
        attributes: &[(&str, i64)],
    ) -> String {
        let attribute =
            |&(name, value): &(&str, i64)| Attribute { name: name.to_owned(), i: Some(value), r#type: INTEGER };
        self.graph.node.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            attribute: attributes.iter().map(attribute).collect(),
        });
        name.to_owned()
    }

    /// Adds a constant array.
    pub(super) fn put(&mut self, Tensor { name, dtype, shape, bytes }: Tensor) {
        let dims = shape.iter().map(|&side| side as i64).collect();
        self.graph.initializer.push(Constant { dims, data_type: element(dtype), name, raw_data: bytes });
    }

    /// Returns the name of a constant number, added if it is new.
    pub(super) fn number(&mut self, value: f64, dtype: Dtype) -> String {
        let name = format!("{value} in {}", dtype.name());
        if self.graph.initializer.iter().all(|constant| constant.name != name) {
            self.put(Tensor::rounded(name.clone(), dtype, Vec::new(), &[value]));
        }
        name
    }

    /// Declares the input.
    pub(super) fn input(&mut self, name: &str, elem_type: i32, sides: &[usize]) {
        self.graph.input.push(value_info(name, elem_type, sides));
    }

    /// Declares the output, and returns the graph.
    pub(super) fn finish(mut self, output: &str, elem_type: i32, sides: &[usize]) -> Graph {
        self.graph.output.push(value_info(output, elem_type, sides));
        self.graph
    }
}

/// Describes an array of any number of examples, each of the given sides.
fn value_info(name: &str, elem_type: i32, sides: &[usize]) -> ValueInfo {
    let examples = Dimension { dim_value: None, dim_param: Some("examples".to_owned()) };
    let side = |&side: &usize| Dimension { dim_value: Some(side as i64), dim_param: None };
    let shape = Shape { dim: [examples].into_iter().chain(sides.iter().map(side)).collect() };
    let tensor_type = TensorType { elem_type, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type: Some(tensor_type) }) }
}
