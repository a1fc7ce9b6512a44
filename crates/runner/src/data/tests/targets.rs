//! Class labels, values, and which of the two a file holds.

use ndarray::{Array, Array1, Array2, Array3, Dimension, array};

use super::*;

/// Four pictures whose training and test targets are `train` and `test`, in files of their own.
fn asked<T, U, D, E>(train: &Array<T, D>, test: &Array<U, E>) -> Result<DataSet, Error>
where
    T: hdf5::H5Type,
    U: hdf5::H5Type,
    D: Dimension,
    E: Dimension,
{
    let (_train, train) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", train).finish();
    let (_test, test) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", test).finish();
    DataSet::load(&Files { train, test }, &names(), LIMIT)
}

#[test]
fn labels_that_cannot_number_classes_are_refused_with_their_range() {
    let (_folder, path) = labelled(&array![0i64, 5, 65_536, 1]);
    assert_refused(&path, &["`train_set_y`", "labels 0 to 65536; classes are numbered from 0 to at most 65535"]);
    let (_folder, path) = labelled(&array![-1i8, 1, -1, 1]);
    assert_refused(&path, &["labels -1 to 1"]);
    let (_folder, path) = labelled(&array![1u64, 1 << 40, 1, u64::MAX]);
    assert_refused(&path, &["labels 1 to 18446744073709551615"]);
    let (_folder, path) = labelled(&array![0u32, 65_535, 1, 2]);
    assert_eq!(load(&path).unwrap().task, Task::Classes(MOST_CLASSES));
}

#[test]
fn there_are_as_many_classes_as_names_or_else_as_labels_of_both_files() {
    let classes = |train: [u8; 4], test: [u8; 4]| asked(&Array1::from_iter(train), &Array1::from_iter(test));
    assert_eq!(classes([0, 1, 1, 0], [0, 0, 0, 4]).unwrap().task, Task::Classes(5));
    assert_eq!(classes([0, 6, 1, 0], [0, 0, 0, 4]).unwrap().task, Task::Classes(7));
    assert_eq!(classes([0; 4], [0; 4]).unwrap().task, Task::Classes(2), "one class is not enough");

    let names = ["a", "b", "c"].map(|name| hdf5::types::FixedAscii::<1>::from_ascii(name).unwrap());
    let named = |labels: [u8; 4]| {
        let builder =
            Builder::new().with("train_set_x", &pictures()).with("list_classes", &array![names[0], names[1], names[2]]);
        builder.with("train_set_y", &Array1::from_iter(labels)).finish()
    };
    let (_folder, path) = named([0, 1, 1, 0]);
    let set = load(&path).unwrap();
    assert_eq!((set.task, set.classes), (Task::Classes(3), ["a", "b", "c"].map(str::to_owned).to_vec()));
    let (_folder, path) = named([0, 1, 3, 0]);
    assert_refused(&path, &["`train_set_y`", "label 3 has no name", "3 classes are named", "below 3"]);
}

#[test]
fn labels_of_every_type_and_orientation_are_read() {
    fn read<T: hdf5::H5Type, D: Dimension>(labels: Array<T, D>) -> Targets {
        asked(&labels, &labels).unwrap().train.targets
    }
    let labels = Targets::Classes(vec![0, 1, 3, 0]);
    assert_eq!(read(array![0u8, 1, 3, 0]), labels);
    assert_eq!(read(array![[0i8, 1, 3, 0]]), labels);
    assert_eq!(read(array![[0u16], [1], [3], [0]]), labels);
    assert_eq!(read(array![0i16, 1, 3, 0]), labels);
    assert_eq!(read(array![0u32, 1, 3, 0]), labels);
    assert_eq!(read(array![0i32, 1, 3, 0]), labels);
    assert_eq!(read(array![0u64, 1, 3, 0]), labels);
    assert_eq!(read(array![0.0f32, 1.0, 3.0, 0.0]), labels);
    assert_eq!(read(array![[0.0f64], [1.0], [3.0], [-0.0]]), labels);
}

#[test]
fn floats_that_are_no_labels_are_values() {
    for column in [array![0.0, 1.5, 1.0, 2.0], array![0.0, -1.0, 1.0, 2.0], array![0.0, 65_536.0, 1.0, 2.0]] {
        let set = asked(&column, &column).unwrap();
        assert_eq!(set.task, Task::Values(1));
        assert_eq!(set.train.y::<f64>(), column.insert_axis(ndarray::Axis(0)));
    }
}

#[test]
fn columns_of_values_become_rows_of_outputs() {
    let values = array![[0.25f32, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]];
    let set = asked(&values, &values).unwrap();
    assert_eq!(set.task, Task::Values(2));
    let y = set.train.y::<f32>();
    assert_eq!(y, values.t());
    assert!(y.is_standard_layout());
    let whole = values.mapv(|value| value as i64);
    assert_eq!(asked(&whole, &whole).unwrap().task, Task::Values(2), "two columns are no labels");
}

#[test]
fn one_example_may_have_many_values_in_its_row() {
    let (_folder, path) =
        Builder::new().with("train_set_x", &array![[1.0, 2.0]]).with("train_set_y", &array![[1.0, 2.0, 3.0]]).finish();
    assert_eq!(load(&path).unwrap().train.y::<f64>(), array![[1.0], [2.0], [3.0]]);
}

#[test]
fn an_attribute_makes_whole_numbers_values() {
    let (_folder, path) = labelled(&array![3i32, -7, 70_000, 0]);
    assert_refused(&path, &["labels -7 to 70000"]);
    let file = File::open_rw(&path).unwrap();
    let y = file.dataset("train_set_y").unwrap();
    y.new_attr::<u8>().create("regression").unwrap().write_scalar(&1u8).unwrap();
    drop(y); // it would keep the file open
    file.close().unwrap();
    let set = load(&path).unwrap();
    assert_eq!(set.task, Task::Values(1));
    assert_eq!(set.train.targets, Targets::Values(array![[3.0, -7.0, 70_000.0, 0.0]]));
}

#[test]
fn floats_that_are_whole_by_chance_in_one_file_are_values_in_both() {
    let (whole, other) = (array![0.0, 1.0, 3.0, 0.0], array![0.5, 1.0, 3.0, 0.0]);
    for (train, test) in [(&whole, &other), (&other, &whole)] {
        let set = asked(train, test).unwrap();
        assert_eq!(set.task, Task::Values(1));
        assert_eq!((set.train.y::<f64>().row(0), set.test.y::<f64>().row(0)), (train.view(), test.view()));
    }
}

#[test]
fn training_and_test_targets_must_ask_the_same() {
    let (labels, floats) = (array![0u8, 1, 1, 0], array![0.5, 1.0, 3.0, 0.0]);
    let error = asked(&labels, &floats).unwrap_err().to_string();
    assert!(error.contains("`train_set_y` has values that are no labels") && error.contains("class labels"), "{error}");
    let error = asked(&floats, &labels).unwrap_err().to_string();
    assert!(error.contains("has class labels, but"), "{error}");
    let error = asked(&Array2::<f32>::zeros((4, 2)), &Array2::<f32>::zeros((4, 3))).unwrap_err().to_string();
    assert!(error.contains("has 3 columns, but") && error.contains("has 2"), "{error}");
    let error = asked(&Array3::<f32>::zeros((4, 2, 1)), &floats).unwrap_err().to_string();
    assert!(error.contains("[4, 2, 1]"), "{error}");
}

#[test]
fn values_must_be_finite_and_exact() {
    let (_folder, path) = labelled(&array![0.0, f64::NAN, 1.0, 0.0]);
    assert_refused(&path, &["`train_set_y`", "row 1, column 0 is NaN"]);
    let big = array![[0, 1], [1, 0], [0, 1 << 60], [0, 0i64]];
    let (_folder, path) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", &big).finish();
    assert_refused(&path, &["row 2, column 1 is 1152921504606846976"]);
}

#[test]
fn class_names_of_great_width_and_number_are_bounded() {
    let many = Array1::from_elem(1025, hdf5::types::FixedAscii::<2000>::from_ascii("a").unwrap());
    let builder = Builder::new().with("train_set_x", &pictures()).with("train_set_y", &array![0u8, 1, 1, 0]);
    let (_folder, path) = builder.with("list_classes", &many).finish();
    assert_refused(&path, &["`list_classes`", "text of width 2000", "64 MiB together"]);
    let many = Array1::from_elem(1 << 16, hdf5::types::FixedAscii::<20>::from_ascii("a").unwrap());
    let builder = Builder::new().with("train_set_x", &pictures()).with("train_set_y", &array![0u8, 1, 1, 0]);
    let (_folder, path) = builder.with("list_classes", &many).finish();
    assert_eq!(load(&path).unwrap().task, Task::Classes(1 << 16));
}

#[test]
fn an_inspection_says_what_the_targets_are() {
    let report = |y: &Array2<f64>| {
        let (_folder, path) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", y).finish();
        inspect(&path, &Names::default(), LIMIT).unwrap().to_string()
    };
    let text = report(&array![[0.0], [2.0], [4.0], [4.0]]);
    let line =
        "train_set_y: 5 classes of 0 to 2 examples; no example of 2 classes: 1 of label 0, 0 of label 1, 1 of label 2";
    assert!(text.contains(line), "{text}");
    let text = report(&array![[0.5], [2.0], [4.0], [4.0]]);
    assert!(text.contains("train_set_y: 1 value an example, 0.5 to 4, mean 2.625"), "{text}");
    let text = report(&array![[0.5, 1.0], [2.0, 1.0], [4.0, 1.0], [4.0, 3.0]]);
    assert!(text.contains("2 values an example; 0: 0.5 to 4 mean 2.625, 1: 1 to 3 mean 1.500"), "{text}");
}
