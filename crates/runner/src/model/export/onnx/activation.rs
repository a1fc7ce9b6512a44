//! The activations in operators of ONNX.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use kernels::Activation;

use super::graph::Builder;
use crate::spec::trial::Dtype;

/// Adds a = g(z), and returns the name of a. Where an operator of that name is there for f32 alone, or is another function
/// by default, it is written in simpler ones.
pub(super) fn activate(graph: &mut Builder, activation: Activation, z: String, dtype: Dtype) -> String {
    let number = |graph: &mut Builder, value: f64| graph.number(value, dtype);
    match activation {
        Activation::Identity => z,
        Activation::Relu => graph.op("Relu", &[&z], &[]),
        Activation::Tanh => graph.op("Tanh", &[&z], &[]),
        Activation::Sigmoid => graph.op("Sigmoid", &[&z], &[]),
        Activation::Softmax => graph.op("Softmax", &[&z], &[("axis", 1)]),
        Activation::LeakyRelu => {
            let slope = number(graph, 0.01);
            let below = graph.op("Mul", &[&z, &slope], &[]);
            graph.op("Max", &[&z, &below], &[])
        }
        Activation::HardTanh => {
            let (least, most) = (number(graph, -1.0), number(graph, 1.0));
            graph.op("Clip", &[&z, &least, &most], &[])
        }
        Activation::Elu => {
            let (zero, one) = (number(graph, 0.0), number(graph, 1.0));
            let (above, below) = (graph.op("Max", &[&z, &zero], &[]), graph.op("Min", &[&z, &zero], &[]));
            let exponential = graph.op("Exp", &[&below], &[]);
            let below = graph.op("Sub", &[&exponential, &one], &[]);
            graph.op("Add", &[&above, &below], &[])
        }
        Activation::Softplus => {
            let (zero, one) = (number(graph, 0.0), number(graph, 1.0));
            let above = graph.op("Max", &[&z, &zero], &[]);
            let size = graph.op("Abs", &[&z], &[]);
            let size = graph.op("Neg", &[&size], &[]);
            let exponential = graph.op("Exp", &[&size], &[]);
            let sum = graph.op("Add", &[&exponential, &one], &[]);
            let rest = graph.op("Log", &[&sum], &[]);
            graph.op("Add", &[&above, &rest], &[])
        }
        Activation::Gelu => {
            let (scale, half, one) = (number(graph, FRAC_1_SQRT_2), number(graph, 0.5), number(graph, 1.0));
            let scaled = graph.op("Mul", &[&z, &scale], &[]);
            let erf = graph.op("Erf", &[&scaled], &[]);
            let sum = graph.op("Add", &[&erf, &one], &[]);
            let phi = graph.op("Mul", &[&sum, &half], &[]);
            graph.op("Mul", &[&z, &phi], &[])
        }
        Activation::GeluTanh => {
            // (1 + tanh u) / 2 is the sigmoid of 2 u.
            let (cubic, scale) = (number(graph, 0.044715), number(graph, 2.0 * FRAC_2_PI.sqrt()));
            let square = graph.op("Mul", &[&z, &z], &[]);
            let cube = graph.op("Mul", &[&square, &z], &[]);
            let cube = graph.op("Mul", &[&cube, &cubic], &[]);
            let sum = graph.op("Add", &[&z, &cube], &[]);
            let twice = graph.op("Mul", &[&sum, &scale], &[]);
            let share = graph.op("Sigmoid", &[&twice], &[]);
            graph.op("Mul", &[&z, &share], &[])
        }
        Activation::Silu => {
            let share = graph.op("Sigmoid", &[&z], &[]);
            graph.op("Mul", &[&z, &share], &[])
        }
    }
}
