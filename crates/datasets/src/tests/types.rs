//! Elements of every type and order that HDF5 files of other programs hold, and pictures of every shape.

use ndarray::Array3;

use super::*;

fn f64s(path: &Path) -> Vec<f64> {
    load(path).unwrap().train.rows::<f64>(&Scaling::None).into_iter().collect()
}

/// The values that generate.py wrote to every fixture.
fn written() -> Vec<f64> {
    pictures().iter().map(|&value| f64::from(value)).collect()
}

#[test]
fn numbers_of_the_other_byte_order_and_half_floats_are_read() {
    assert_eq!(f64s(&fixture("type_big_endian_features")), written());
    assert_eq!(f64s(&fixture("type_half_floats")), written());
    for name in ["type_big_endian_features", "type_half_floats"] {
        assert!(matches!(load(&fixture(name)).unwrap().train.x, Features::F32(_)), "{name}");
    }
    let labels = load(&fixture("type_big_endian_labels")).unwrap().train.targets;
    assert_eq!(labels, Targets::Classes(vec![0, 1, 1, 0]));
}

#[test]
fn booleans_are_labels_or_features_of_0_and_1() {
    let set = load(&fixture("type_booleans")).unwrap();
    assert_eq!((set.task, &set.train.targets), (Task::Classes(2), &Targets::Classes(vec![0, 1, 1, 0])));
    let (_folder, path) = featured(&array![[true, false, true], [false, false, true]]);
    let train = load(&path).unwrap().train;
    let scaling = Scaling::fit(ScalingChoice::Auto, &train).unwrap();
    assert_eq!(train.rows::<f64>(&scaling), array![[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], "not divided by 255");
}

#[test]
fn pictures_may_be_floats_and_are_not_scaled() {
    let set = load(&fixture("type_floats_in_pictures")).unwrap();
    assert_eq!(set.train.image_shape, Some([2, 2, 3]));
    assert_eq!(Scaling::fit(ScalingChoice::Auto, &set.train).unwrap(), Scaling::None);
    assert_eq!(f64s(&fixture("type_floats_in_pictures")), written());
}

#[test]
fn grey_pictures_may_lack_their_channel() {
    let labels = array![0u8, 1, 1, 0];
    let grey = Array3::from_shape_fn((4, 2, 3), |(i, y, x)| (i * 6 + y * 3 + x) as u8);
    let (_folder, path) = Builder::new().with("train_set_x", &grey).with("train_set_y", &labels).finish();
    let set = load(&path).unwrap();
    assert_eq!((set.train.image_shape, set.train.x.dim()), (Some([2, 3, 1]), (4, 6)));
    let with_channel = grey.clone().insert_axis(ndarray::Axis(3));
    let (_other, other) = Builder::new().with("train_set_x", &with_channel).with("train_set_y", &labels).finish();
    assert_eq!(loaded(&path, &other).unwrap().test.unwrap().x, set.train.x);
    let flat = grey.into_shape_with_order((4, 6)).unwrap();
    let (_flat, flat) = Builder::new().with("train_set_x", &flat).with("train_set_y", &labels).finish();
    let error = loaded(&path, &flat).unwrap_err().to_string();
    assert!(error.contains("same shape"), "pictures are not features: {error}");
}

#[test]
fn half_floats_that_are_not_finite_are_refused_as_any_other() {
    let (_folder, path) = featured(&array![[1.0f32, f32::INFINITY], [0.0, 1.0]]);
    assert_refused(&path, &["`train_set_x`", "row 0, column 1 is inf"]);
}
