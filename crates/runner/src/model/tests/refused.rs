//! Every way in which a file can be no model: each is one line that says where, what was found and what is allowed.

use std::path::Path;

use hdf5::types::{FixedUnicode, VarLenUnicode};
use hdf5::{File, Group, H5Type};

use super::*;

/// The line in which a model is refused that was good before `spoil`, without the path.
#[track_caller]
pub(super) fn refusal(model: &Model, spoil: impl FnOnce(&File)) -> String {
    let (_folder, path) = written(model);
    let file = File::open_rw(&path).unwrap();
    spoil(&file);
    file.close().unwrap();
    refused(&path)
}

#[track_caller]
fn refused(path: &Path) -> String {
    let error = Model::read(path).expect_err("it should be refused").to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    let beginning = format!("{}: ", path.display());
    error.strip_prefix(&beginning).unwrap_or_else(|| panic!("does not begin with the path: {error}")).to_owned()
}

#[track_caller]
fn assert_refused(spoil: impl FnOnce(&File), words: &[&str]) {
    assert_words(&refusal(&cats(), spoil), words);
}

#[track_caller]
pub(super) fn assert_words(refusal: &str, words: &[&str]) {
    for word in words {
        assert!(refusal.contains(word), "{word:?} is not in: {refusal}");
    }
}

pub(super) fn say(group: &Group, name: &str, text: &str) {
    let _ = group.delete_attr(name);
    let text: FixedUnicode<64> = text.parse().unwrap();
    group.new_attr::<FixedUnicode<64>>().create(name).unwrap().write_scalar(&text).unwrap();
}

fn number<T: H5Type>(group: &Group, name: &str, value: T) {
    let _ = group.delete_attr(name);
    group.new_attr::<T>().create(name).unwrap().write_scalar(&value).unwrap();
}

pub(super) fn replace<T: H5Type, D: ndarray::Dimension>(file: &File, name: &str, values: &ndarray::Array<T, D>) {
    let _ = file.unlink(name);
    file.new_dataset_builder().with_data(values).create(name).unwrap();
}

#[test]
fn a_file_of_another_kind_or_version_is_refused() {
    assert_refused(|file| say(file, "format", "keras"), &["attribute `format`", "\"keras\"", "layerchain-model"]);
    assert_refused(
        |file| file.delete_attr("format").unwrap(),
        &["attribute `format`", "not in the file", "layerchain-model"],
    );
    assert_refused(|file| number(file, "version", 2i64), &["attribute `version`", "found 2", "reads 1"]);
    assert_refused(|file| number(file, "version", 1i32), &["attribute `version`", "i32", "i64"]);
    assert_refused(|file| say(file, "version", "1"), &["attribute `version`", "text of width 64", "i64"]);
    assert_refused(|file| number(file, "format", 1i64), &["attribute `format`", "i64", "text of fixed length"]);
    let variable = |file: &File| {
        file.delete_attr("dtype").unwrap();
        let text: VarLenUnicode = "f32".parse().unwrap();
        file.new_attr::<VarLenUnicode>().create("dtype").unwrap().write_scalar(&text).unwrap();
    };
    assert_refused(variable, &["attribute `dtype`", "text of variable length", "text of fixed length"]);
}

#[test]
fn what_is_missing_is_named() {
    for name in ["version", "dtype", "cost", "input", "layers", "features", "scaling", "provenance"] {
        assert_refused(
            |file| file.delete_attr(name).unwrap(),
            &[&format!("attribute `{name}` of the file"), "not in the file"],
        );
    }
    assert_refused(|file| file.unlink("layer_2/w").unwrap(), &["`layer_2/w`", "not in the file", "the file holds `b`"]);
    assert_refused(|file| file.unlink("layer_2/b").unwrap(), &["`layer_2/b`", "not in the file"]);
    assert_refused(|file| file.unlink("layer_3").unwrap(), &["`layer_3`", "not in the file", "`layer_2`"]);
    let activation = |file: &File| file.group("layer_1").unwrap().delete_attr("activation").unwrap();
    assert_refused(activation, &["attribute `activation` of `layer_1`", "not in the file"]);
    assert_refused(|file| say(file, "scaling", "standardize"), &["`scaling/mean`", "not in the file"]);
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let w = |rows, columns| Array2::<f32>::zeros((rows, columns));
    assert_refused(
        |file| replace(file, "layer_2/w", &w(2, 4)),
        &["`layer_2/w`", "[2, 4]", "[n_out, 3]", "`layer_1` gives 3"],
    );
    assert_refused(|file| replace(file, "layer_1/w", &w(3, 5)), &["`layer_1/w`", "[3, 5]", "[n_out, 4]", "`features`"]);
    assert_refused(|file| replace(file, "layer_1/b", &w(1, 2).remove_axis(Axis(0))), &["`layer_1/b`", "[2]", "[3]"]);
    assert_refused(|file| replace(file, "layer_1/b", &w(3, 1)), &["`layer_1/b`", "[3, 1]", "[n]"]);
    assert_refused(|file| replace(file, "layer_1/w", &w(3, 0)), &["`layer_1/w`", "[3, 0]"]);
    let wide = |file: &File| {
        replace(file, "layer_3/w", &w(2, 2));
        replace(file, "layer_3/b", &Array1::<f32>::zeros(2));
    };
    assert_refused(wide, &["`layer_3/w`", "2 rows", "binary-cross-entropy"]);
    assert_refused(|file| number(file, "layers", 2i64), &["`activation` of `layer_2`", "\"relu\"", "sigmoid"]);
    let short = |file: &File| {
        number(file, "layers", 2i64);
        say(&file.group("layer_2").unwrap(), "activation", "sigmoid");
    };
    assert_refused(short, &["attribute `layers`", "found 2", "`layer_3`"]);
    assert_refused(|file| number(file, "layers", 4i64), &["`layer_4`", "not in the file"]);
    for value in [0i64, -1, i64::MIN] {
        assert_refused(|file| number(file, "layers", value), &["attribute `layers`", &value.to_string(), "1 or more"]);
    }
    assert_refused(|file| number(file, "features", i64::MAX), &["`image_shape`", "[2, 2, 1]", &i64::MAX.to_string()]);
    let sides = |sides: [i64; 3]| {
        move |file: &File| {
            file.delete_attr("image_shape").unwrap();
            file.new_attr::<i64>().shape(3).create("image_shape").unwrap().write_raw(&sides).unwrap();
        }
    };
    assert_refused(sides([2, 3, 1]), &["`image_shape`", "[2, 3, 1]", "4 values"]);
    assert_refused(sides([1 << 62, 1 << 62, 1]), &["`image_shape`", "4 values"]);
    assert_refused(|file| number(file, "image_shape", 4i64), &["`image_shape`", "its shape is []", "[3]"]);
}

#[test]
fn classes_and_scalings_that_do_not_fit_the_net_are_refused() {
    let names = |count: usize| Array1::from_elem(count, "one".parse::<FixedUnicode<8>>().unwrap());
    assert_refused(|file| replace(file, "classes", &names(3)), &["`classes`", "3 classes", "2 apart"]);
    assert_refused(|file| replace(file, "classes", &array![1i64, 2]), &["`classes`", "i64", "text"]);
    let three = Model { classes: Vec::new(), ..model(Net::F32(chain(Activation::Softmax, 3))) };
    assert_words(&refusal(&three, |file| replace(file, "classes", &names(2))), &["2 classes", "3 apart"]);

    let scaling = Scaling::Standardize { mean: vec![0.0; 4], std: vec![1.0; 4] };
    let scaled = Model { scaling, ..cats() };
    let refused = |spoil: &dyn Fn(&File)| refusal(&scaled, |file| spoil(file));
    assert_words(
        &refused(&|file| replace(file, "scaling/mean", &array![0.0, 1.0, 2.0])),
        &["`scaling/mean`", "[3]", "[4]"],
    );
    assert_words(
        &refused(&|file| replace(file, "scaling/std", &Array1::<f64>::ones(5))),
        &["`scaling/std`", "[5]", "[4]"],
    );
    assert_words(
        &refused(&|file| replace(file, "scaling/std", &array![1.0, 1.0, 0.0, 1.0])),
        &["`scaling/std`", "feature 2", "above 0"],
    );
    assert_words(
        &refused(&|file| replace(file, "scaling/mean", &array![1.0, f64::NAN, 0.0, 1.0])),
        &["`scaling/mean`", "NaN", "finite"],
    );
    assert_words(
        &refused(&|file| replace(file, "scaling/std", &Array1::<f32>::ones(4))),
        &["`scaling/std`", "f32", "f64"],
    );
    assert_words(&refused(&|file| file.unlink("scaling/std").unwrap()), &["`scaling/std`", "not in the file"]);
    assert_refused(|file| say(file, "scaling", "minmax"), &["`scaling`", "\"minmax\"", "divide-255"]);
}

#[test]
fn other_element_types_and_numbers_that_are_none_are_refused() {
    assert_refused(|file| replace(file, "layer_2/w", &Array2::<f64>::zeros((2, 3))), &["`layer_2/w`", "f64", "f32"]);
    assert_refused(|file| say(file, "dtype", "f64"), &["`layer_1/w`", "f32", "f64"]);
    assert_refused(|file| say(file, "dtype", "bf16"), &["`dtype`", "\"bf16\"", "f32, f64"]);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut w = Array2::<f32>::zeros((2, 3));
        w[[1, 2]] = bad;
        assert_refused(|file| replace(file, "layer_2/w", &w), &["`layer_2/w`", "row 1, column 2", "finite"]);
        assert_refused(|file| replace(file, "layer_3/b", &array![bad]), &["`layer_3/b`", "column 0", "finite"]);
    }
}

#[test]
fn activations_costs_and_inputs_that_are_not_known_are_refused() {
    let of_layer = |l: usize, name: &'static str| {
        move |file: &File| say(&file.group(&format!("layer_{l}")).unwrap(), "activation", name)
    };
    assert_refused(of_layer(1, "swish"), &["`activation` of `layer_1`", "\"swish\"", "silu"]);
    assert_refused(of_layer(2, "softmax"), &["`activation` of `layer_2`", "\"softmax\""]);
    for output in ["relu", "softmax", "identity"] {
        assert_refused(of_layer(3, output), &["`activation` of `layer_3`", output, "allowed: sigmoid"]);
    }
    assert_refused(|file| say(file, "cost", "hinge"), &["`cost`", "\"hinge\"", "mean-squared-error"]);
    assert_refused(|file| say(file, "cost", "mean-squared-error"), &["`layer_3`", "\"sigmoid\"", "identity"]);
    assert_refused(|file| say(file, "input", "u16"), &["`input`", "\"u16\"", "u8, f32, f64"]);
    assert_refused(|file| say(file, "provenance", "[1]"), &["`provenance`", "JSON object"]);
}

#[test]
fn an_attribute_that_holds_no_value_is_refused() {
    let empty = |file: &File| {
        file.delete_attr("version").unwrap();
        file.new_attr::<i64>().shape(hdf5::Extents::Null).create("version").unwrap();
    };
    assert_refused(empty, &["attribute `version`", "it is empty"]);
}

#[test]
fn links_and_sizes_that_the_file_does_not_hold_are_refused() {
    let linked = |file: &File| {
        file.relink("layer_2", "elsewhere").unwrap();
        file.link_soft("elsewhere", "layer_2").unwrap();
    };
    assert_refused(linked, &["`layer_2`", "a soft link"]);
    let huge = |rows: usize, columns: usize| {
        move |file: &File| {
            file.unlink("layer_1/w").unwrap();
            file.new_dataset::<f32>().shape((rows, columns)).create("layer_1/w").unwrap();
        }
    };
    assert_refused(huge(1 << 40, 4), &["`layer_1/w`", "needs 35184372088832 bytes", "the limit is"]);
    assert_refused(huge(1 << 31, 4), &["`layer_1/w`", "declares 34359738368 bytes", "stores 0"]);
    let compressed = |file: &File| {
        file.unlink("layer_1/w").unwrap();
        let builder = file.new_dataset::<f32>().shape((1 << 20, 4)).chunk((1 << 20, 4)).deflate(9);
        builder.create("layer_1/w").unwrap().write_raw(&vec![0.0f32; 4 << 20]).unwrap();
    };
    assert_refused(compressed, &["`layer_1/w`", "at most 200 times"]);
    assert_refused(|file| replace(file, "layer_1", &array![1.0]), &["`layer_1`", "group"]);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let (folder, path) = written(&cats());
    let whole = std::fs::read(&path).unwrap();
    let cut = folder.path().join("cut.h5");
    for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        std::fs::write(&cut, &whole[..length]).unwrap();
        refused(&cut);
    }
}
