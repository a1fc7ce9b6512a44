//! Labels, values, shapes, and the agreement of training and test.

use ndarray::{Array, Array1, Array2, Dimension, array};

use super::*;

#[test]
fn labels_that_are_not_0_and_1_are_refused_with_their_range() {
    let (_folder, path) = labelled(&array![0i64, 5, 3, 1]);
    assert_refused(&path, &["`train_set_y`", "labels 0 to 5; a sigmoid output takes 0 and 1"]);
    let (_folder, path) = labelled(&array![-1i8, 1, -1, 1]);
    assert_refused(&path, &["labels -1 to 1"]);
    let (_folder, path) = labelled(&array![1u64, 1 << 40, 1, u64::MAX]);
    assert_refused(&path, &["labels 1 to 18446744073709551615"]);
}

#[test]
fn float_labels_are_refused() {
    let (_folder, path) = labelled(&array![0.0f64, 1.0, 1.0, 0.0]);
    assert_refused(&path, &["`train_set_y`", "f64", "integers"]);
}

#[test]
fn labels_of_every_integer_type_and_orientation_are_read() {
    fn read<T: hdf5::H5Type, D: Dimension>(labels: Array<T, D>) -> Vec<u8> {
        let builder = Builder::new().with("train_set_x", &pictures()).with("train_set_y", &labels);
        let (_folder, path) = builder.finish();
        load(&path).unwrap().train.labels
    }
    let labels = [0, 1, 1, 0];
    assert_eq!(read(array![0u8, 1, 1, 0]), labels);
    assert_eq!(read(array![[0i8, 1, 1, 0]]), labels);
    assert_eq!(read(array![[0u16], [1], [1], [0]]), labels);
    assert_eq!(read(array![0i16, 1, 1, 0]), labels);
    assert_eq!(read(array![0u32, 1, 1, 0]), labels);
    assert_eq!(read(array![0i32, 1, 1, 0]), labels);
    assert_eq!(read(array![0u64, 1, 1, 0]), labels);
}

#[test]
fn a_value_that_is_not_finite_is_refused_with_its_place() {
    let (_folder, path) = featured(&array![[0.5f32, 1.0, 2.0], [0.0, f32::NAN, 1.0]]);
    assert_refused(&path, &["`train_set_x`", "row 1, column 1 is NaN"]);
    let (_folder, path) = featured(&array![[0.5f64, f64::NEG_INFINITY], [0.0, 1.0]]);
    assert_refused(&path, &["row 0, column 1 is -inf"]);
}

#[test]
fn an_integer_that_f64_cannot_hold_is_refused() {
    let (_folder, path) = featured(&array![[1i64 << 53, 0], [0, -(1 << 53) - 1]]);
    assert_refused(&path, &["row 1, column 1 is -9007199254740993", "2^53"]);
}

#[test]
fn features_keep_their_values_and_pictures_are_scaled() {
    let (_folder, path) = featured(&array![[-3i16, 7, 300], [0, 1, 2]]);
    let set = load(&path).unwrap();
    assert_eq!(set.train.image_shape, None);
    assert_eq!(set.train.columns::<f64>(), array![[-3.0, 0.0], [7.0, 1.0], [300.0, 2.0]]);
    assert_eq!(set.train.labels_row::<f32>(), array![[0.0, 1.0]]);

    let (_folder, path) = featured(&array![[0.25f32, -1.5], [0.1, 3.0]]);
    assert_eq!(load(&path).unwrap().train.columns::<f32>(), array![[0.25, 0.1], [-1.5, 3.0]]);

    let columns = load(&fixture("good_plain")).unwrap().train.columns::<f32>();
    assert_eq!(columns.dim(), (12, 4));
    assert!(columns.is_standard_layout());
    assert_eq!(columns[[11, 3]], (235.0f64 / 255.0) as f32);
}

#[test]
fn row_counts_must_agree() {
    let (_folder, path) = labelled(&array![0u8, 1, 1]);
    assert_refused(&path, &["`train_set_y` has 3 labels", "`train_set_x`", "4 rows"]);
}

#[test]
fn ranks_and_empty_dimensions_are_refused() {
    let (_folder, path) =
        Builder::new().with("train_set_x", &array![1u8, 2]).with("train_set_y", &array![0u8]).finish();
    assert_refused(&path, &["`train_set_x`", "[2]", "[m, h, w, c] or [m, features]"]);
    let builder = Builder::new().with("train_set_x", &Array2::<u8>::zeros((0, 3)));
    let (_folder, path) = builder.with("train_set_y", &Array1::<u8>::zeros(0)).finish();
    assert_refused(&path, &["`train_set_x`", "[0, 3]", "at least 1"]);
    let (_folder, path) =
        Builder::new().with("train_set_x", &pictures()).with("train_set_y", &array![[0u8, 1], [1, 0]]).finish();
    assert_refused(&path, &["`train_set_y`", "[2, 2]", "[1, m]"]);
}

#[test]
fn training_and_test_examples_must_agree() {
    let (_folder, path) = featured(&array![[1u8, 2, 3], [4, 5, 6]]);
    let files = Files { train: fixture("good_plain"), test: path };
    let error = ImageSet::load(&files, &names(), LIMIT).unwrap_err().to_string();
    assert!(error.contains("shape [3]") && error.contains("shape [2, 2, 3]"), "{error}");
}

#[test]
fn training_and_test_examples_must_have_the_same_element_type() {
    let (_bytes, train) = featured(&array![[1u8, 2], [4, 5]]);
    let (_floats, test) = featured(&array![[1.0f32, 2.0], [4.0, 5.0]]);
    let error = ImageSet::load(&Files { train, test }, &names(), LIMIT).unwrap_err().to_string();
    assert!(error.contains("has f32 elements") && error.contains("u8 elements"), "{error}");
}

#[test]
fn class_names_must_agree_where_both_files_have_them() {
    let files = |test: &str| Files { train: fixture("good_plain"), test: fixture(test) };
    let error = ImageSet::load(&files("good_one_byte_names"), &names(), LIMIT).unwrap_err().to_string();
    assert!(error.contains(r#"["n", "c"]"#) && error.contains(r#"["non-cat", "cat"]"#), "{error}");
}

#[test]
fn both_parts_together_must_fit_the_limit() {
    let files = Files { train: fixture("good_plain"), test: fixture("good_plain") };
    let one_part = 4 * 12 * 8;
    assert!(ImageSet::load(&files, &names(), 2 * one_part).is_ok());
    let error = ImageSet::load(&files, &names(), 2 * one_part - 1).unwrap_err().to_string();
    assert!(error.contains("needs 384 bytes as f64; the limit is 383"), "{error}");
}
