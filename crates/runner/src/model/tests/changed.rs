//! Changes that leave a file within the format, but not what was written.

use hdf5::File;
use hdf5::types::FixedUnicode;
use ndarray::{Array, Dimension};

use super::refused::{assert_words, refusal, replace, say};
use super::*;

/// Checks that the digest tells of the change that `spoil` makes, and that a file without a digest takes it.
#[track_caller]
fn assert_noticed(model: &Model, spoil: impl Fn(&File)) {
    assert_words(
        &refusal(model, &spoil),
        &["attribute `sha256`", "was changed after it was written", "delete the attr"],
    );
    let (_folder, path) = written(model);
    let file = File::open_rw(&path).unwrap();
    spoil(&file);
    file.delete_attr("sha256").unwrap();
    file.close().unwrap();
    assert_ne!(format!("{:?}", Model::read(&path).unwrap()), format!("{model:?}"));
}

/// Flips the lowest bit of the last value of a dataset.
fn flip<T: hdf5::H5Type + Copy, D: Dimension>(file: &File, name: &str, flipped: fn(T) -> T) {
    let mut values: Array<T, D> = file.dataset(name).unwrap().read().unwrap();
    let last = values.last_mut().unwrap();
    *last = flipped(*last);
    replace(file, name, &values);
}

fn in_f32(value: f32) -> f32 {
    f32::from_bits(value.to_bits() ^ 1)
}

fn in_f64(value: f64) -> f64 {
    f64::from_bits(value.to_bits() ^ 1)
}

#[test]
fn one_bit_of_any_number_is_noticed() {
    for l in 1..=3 {
        assert_noticed(&cats(), |file| flip::<f32, ndarray::Ix2>(file, &format!("layer_{l}/w"), in_f32));
        assert_noticed(&cats(), |file| flip::<f32, ndarray::Ix1>(file, &format!("layer_{l}/b"), in_f32));
    }
    let scaling = Scaling::Standardize { mean: vec![0.5; 4], std: vec![2.0; 4] };
    let scaled = Model { scaling, ..model(Net::F64(chain(Activation::Sigmoid, 1))) };
    for name in ["layer_3/b", "scaling/mean", "scaling/std"] {
        assert_noticed(&scaled, |file| flip::<f64, ndarray::Ix1>(file, name, in_f64));
    }
}

#[test]
fn every_other_content_is_noticed() {
    assert_noticed(&cats(), |file| say(&file.group("layer_2").unwrap(), "activation", "tanh"));
    for (name, value) in [("input", "f32"), ("scaling", "none"), ("provenance", "{}")] {
        assert_noticed(&cats(), |file| say(file, name, value));
    }
    let classes = ["no", "yes"].map(|name| name.parse::<FixedUnicode<8>>().unwrap());
    assert_noticed(&cats(), |file| replace(file, "classes", &Array1::from_iter(classes)));
    assert_noticed(&cats(), |file| file.unlink("classes").unwrap());
    assert_noticed(&cats(), |file| file.delete_attr("image_shape").unwrap());
    let columns = ColumnNames { features: ["a", "b", "c", "d"].map(str::to_owned).to_vec(), targets: Vec::new() };
    let named = Model { columns, ..cats() };
    let others = ["a", "b", "d", "c"].map(|name| name.parse::<FixedUnicode<8>>().unwrap());
    assert_noticed(&named, |file| replace(file, "feature_names", &Array1::from_iter(others)));
    assert_noticed(&named, |file| file.unlink("feature_names").unwrap());
    let single = model(Net::F64(Chain::new(vec![Layer {
        w: array![[0.25, 0.5, 0.75, 1.0]],
        b: array![0.0],
        activation: Activation::Sigmoid,
    }])));
    let regression = |file: &File| {
        say(file, "cost", "mean-squared-error");
        say(&file.group("layer_1").unwrap(), "activation", "identity");
        file.unlink("classes").unwrap();
    };
    assert_noticed(&single, regression);
}
