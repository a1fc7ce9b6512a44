//! Feature values, shapes, and the agreement of training and test.

use ndarray::{Array1, Array2, array};

use super::*;

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
fn row_counts_must_agree() {
    let (_folder, path) = labelled(&array![0u8, 1, 1]);
    assert_refused(&path, &["`train_set_y` has 3 labels", "`train_set_x`", "4 rows"]);
}

#[test]
fn ranks_and_empty_dimensions_are_refused() {
    let (_folder, path) =
        Builder::new().with("train_set_x", &array![1u8, 2]).with("train_set_y", &array![0u8]).finish();
    assert_refused(&path, &["`train_set_x`", "[2]", "[m, h, w, c], [m, h, w] or [m, features]"]);
    let builder = Builder::new().with("train_set_x", &Array2::<u8>::zeros((0, 3)));
    let (_folder, path) = builder.with("train_set_y", &Array1::<u8>::zeros(0)).finish();
    assert_refused(&path, &["`train_set_x`", "[0, 3]", "at least 1"]);
    let (_folder, path) =
        Builder::new().with("train_set_x", &pictures()).with("train_set_y", &array![[0u8, 1], [1, 0]]).finish();
    assert_refused(&path, &["`train_set_y` has 2 rows", "`train_set_x` has 4 rows"]);
    let builder = Builder::new().with("train_set_x", &pictures());
    let (_folder, path) = builder.with("train_set_y", &ndarray::Array3::<u8>::zeros((4, 1, 1))).finish();
    assert_refused(&path, &["`train_set_y`", "[4, 1, 1]", "[m, outputs]"]);
}

#[test]
fn training_and_test_examples_must_agree() {
    let (_folder, path) = featured(&array![[1u8, 2, 3], [4, 5, 6]]);
    let files = Files { train: fixture("good_plain"), test: path };
    let error = DataSet::load(&Source::of_files(&files, &names(), LIMIT)).unwrap_err().to_string();
    assert!(error.contains("shape [3]") && error.contains("shape [2, 2, 3]"), "{error}");
}

#[test]
fn training_and_test_examples_must_have_the_same_element_type() {
    let (_bytes, train) = featured(&array![[1u8, 2], [4, 5]]);
    let (_floats, test) = featured(&array![[1.0f32, 2.0], [4.0, 5.0]]);
    let error = loaded(&train, &test).unwrap_err().to_string();
    assert!(error.contains("has f32 elements") && error.contains("u8 elements"), "{error}");
}

#[test]
fn class_names_must_agree_where_both_files_have_them() {
    let files = |test: &str| Files { train: fixture("good_plain"), test: fixture(test) };
    let error =
        DataSet::load(&Source::of_files(&files("good_one_byte_names"), &names(), LIMIT)).unwrap_err().to_string();
    assert!(error.contains(r#"["n", "c"]"#) && error.contains(r#"["non-cat", "cat"]"#), "{error}");
}

#[test]
fn both_parts_together_must_fit_the_limit() {
    let files = Files { train: fixture("good_plain"), test: fixture("good_plain") };
    let one_part = 4 * 12 * 8;
    assert!(DataSet::load(&Source::of_files(&files, &names(), 2 * one_part)).is_ok());
    let error = DataSet::load(&Source::of_files(&files, &names(), 2 * one_part - 1)).unwrap_err().to_string();
    assert!(error.contains("needs 384 bytes as f64; the limit is 383"), "{error}");
}
