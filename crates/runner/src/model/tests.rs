//! Models written to files and read back bit for bit, and their outputs.

mod changed;
mod export;
mod refused;

use std::path::PathBuf;

use kernels::{Activation, Real};
use ndarray::{Array1, Array2, array};
use net::{Chain, Layer};
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// Returns the numbers that a careless conversion loses first: a subnormal, -0, the largest, the smallest, and one
/// whose last bit is 1.
fn delicate<R: Real>() -> [R; 6] {
    let (least, most) = (R::min_positive_value(), R::max_value());
    [least / R::from_f64(4.0), -R::zero(), most, -least, R::one() + R::epsilon(), R::from_f64(-0.3)]
}

/// Makes a chain of widths 4-3-2-`outputs` with output layer `activation`.
fn chain<R: Real>(activation: Activation, outputs: usize) -> Chain<R> {
    let values = delicate::<R>();
    let layer = |n_out: usize, n_in: usize, activation| Layer {
        w: Array2::from_shape_fn((n_out, n_in), |(i, j)| values[(i * n_in + j) % values.len()]),
        b: Array1::from_shape_fn(n_out, |i| values[i % values.len()]),
        activation,
    };
    Chain::new(vec![layer(3, 4, Activation::GeluTanh), layer(2, 3, Activation::Relu), layer(outputs, 2, activation)])
}

fn model(net: Net) -> Model {
    let (image_shape, scaling) = (Some([2, 2, 1]), Scaling::Divide255);
    let classes = vec!["nö".to_owned(), "yes".to_owned()];
    Model {
        net,
        input: FeatureType::U8,
        image_shape,
        scaling,
        classes,
        columns: ColumnNames::default(),
        provenance: json!({ "seed": 3, "long": "x".repeat(9000) }),
    }
}

fn cats() -> Model {
    model(Net::F32(chain(Activation::Sigmoid, 1)))
}

fn written(model: &Model) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.h5");
    model.write(&path, false).unwrap();
    (folder, path)
}

fn bits(net: &Net) -> Vec<u64> {
    fn of<R: Real>(chain: &Chain<R>, bits: fn(R) -> u64) -> Vec<u64> {
        chain.layers.iter().flat_map(|layer| layer.w.iter().chain(&layer.b)).map(|&value| bits(value)).collect()
    }
    match net {
        Net::F32(chain) => of(chain, |value| value.to_bits().into()),
        Net::F64(chain) => of(chain, f64::to_bits),
    }
}

#[test]
fn a_model_comes_back_bit_for_bit() {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let columns = ColumnNames {
        features: texts(&["height", "colour=rot", "Größe", "x"]),
        targets: texts(&["a", "b", "c", "d", "e"]),
    };
    let regression = Model {
        input: FeatureType::F64,
        image_shape: None,
        columns,
        scaling: Scaling::Standardize { mean: vec![0.1, -0.0, 1e300, 5e-324], std: vec![1.0, 0.3, 1e-300, 2.0] },
        classes: Vec::new(),
        ..model(Net::F64(chain(Activation::Identity, 5)))
    };
    let three = Model {
        classes: vec!["a".repeat(70), "b".to_owned(), "c".repeat(2000)],
        scaling: Scaling::None,
        ..model(Net::F64(chain(Activation::Softmax, 3)))
    };
    let unnamed = Model { classes: Vec::new(), ..cats() };
    for model in [cats(), regression, three, unnamed] {
        let (_folder, path) = written(&model);
        let read = Model::read(&path).unwrap();
        assert_eq!(bits(&read.net), bits(&model.net));
        assert_eq!(read.net.widths(), model.net.widths());
        // Everything else, activations and element type among it.
        assert_eq!(format!("{read:?}"), format!("{model:?}"));
    }
}

#[test]
fn a_file_is_replaced_only_where_that_is_asked_for_and_nothing_else_is_left() {
    let (folder, path) = written(&cats());
    let refused = cats().write(&path, false).unwrap_err().to_string();
    assert!(refused.contains("model.h5") && refused.contains("--force"), "{refused}");
    model(Net::F64(chain(Activation::Sigmoid, 1))).write(&path, true).unwrap();
    assert_eq!(Model::read(&path).unwrap().net.dtype(), Dtype::F64);
    let nowhere = folder.path().join("none/model.h5");
    let refused = cats().write(&nowhere, false).unwrap_err().to_string();
    assert!(refused.contains("none/model.h5"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_configuration_that_is_too_long_for_an_attribute_is_left_out() {
    let provenance = json!({ "seed": 3, "config": "x".repeat(70_000) });
    let (_folder, path) = written(&Model { provenance, ..cats() });
    assert_eq!(Model::read(&path).unwrap().provenance, json!({ "seed": 3 }));
}

#[test]
fn outputs_are_those_of_the_chain_on_scaled_examples_in_any_number() {
    let layer = |w: Array2<f64>, b: f64, activation| Layer { b: Array1::from_elem(w.nrows(), b), w, activation };
    let chain = Chain::new(vec![
        layer(array![[0.5, -1.0], [0.25, 0.75]], 0.1, Activation::Tanh),
        layer(array![[1.0, -2.0]], -0.3, Activation::Sigmoid),
    ]);
    let model = Model { image_shape: None, classes: Vec::new(), ..model(Net::F64(chain)) };
    let examples = 5000; // more than are evaluated at once
    let pixels = Array2::from_shape_fn((examples, 2), |(example, feature)| ((example * 31 + feature * 7) % 256) as u8);
    let outputs = model.outputs(&Features::U8(pixels.clone()));
    for (example, row) in pixels.rows().into_iter().enumerate() {
        let x = [f64::from(row[0]) / 255.0, f64::from(row[1]) / 255.0];
        let hidden = [0.5 * x[0] - x[1] + 0.1, 0.25 * x[0] + 0.75 * x[1] + 0.1].map(f64::tanh);
        let expected = 1.0 / (1.0 + (-(hidden[0] - 2.0 * hidden[1] - 0.3)).exp());
        assert!((outputs[[0, example]] - expected).abs() < 1e-14, "example {example}");
    }
}

#[test]
fn the_class_is_the_most_probable_one_and_the_first_of_equals() {
    assert_eq!(most_probable(&[0.5, 0.5]), 0);
    assert_eq!(most_probable(&[0.49, 0.51]), 1);
    assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
    assert_eq!(most_probable(&[0.4, 0.2, 0.4]), 0);
}
