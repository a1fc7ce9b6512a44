//! Class labels, values, and which of the two a file holds.

use ndarray::{Array, Array1, Array2, Array3, Dimension, array};

use super::*;

/// The same as [`asked`], with targets that are said to be something.
fn said<T: hdf5::H5Type, D: Dimension>(targets: &Array<T, D>, target_kind: TargetKind) -> Result<DataSet, Error> {
    let (_folder, path) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", targets).finish();
    let files = Files { train: path.clone(), test: path };
    let source = Source { targets: TargetsChoice::Declared(target_kind), ..Source::of_files(&files, &names(), LIMIT) };
    DataSet::load(&source)
}

/// The one line of a refusal.
#[track_caller]
fn assert_error(result: Result<DataSet, Error>, words: &[&str]) {
    let error = result.expect_err("should be refused").to_string();
    assert!(!error.contains('\n') && words.iter().all(|word| error.contains(word)), "{error}");
}

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
    loaded(&train, &test)
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
fn there_are_as_many_classes_as_names_or_else_as_training_labels() {
    let classes = |train: [u8; 4], test: [u8; 4]| asked(&Array1::from_iter(train), &Array1::from_iter(test));
    assert_eq!(classes([0, 6, 1, 0], [0, 0, 0, 6]).unwrap().task, Task::Classes(7));
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
    assert_eq!(read(array![false, true, true, false]), Targets::Classes(vec![0, 1, 1, 0]));
}

#[test]
fn floats_are_values_even_if_they_are_whole() {
    let columns = [array![0.0, 1.5, 1.0, 2.0], array![0.0, -1.0, 1.0, 2.0], array![0.0, 1.0, 2.0, 8.0]];
    for column in columns {
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
        assert_eq!((set.train.y::<f64>().row(0), set.test.unwrap().y::<f64>().row(0)), (train.view(), test.view()));
    }
}

#[test]
fn training_and_test_targets_must_ask_the_same() {
    let (labels, floats) = (array![0u8, 1, 1, 0], array![0.5, 1.0, 3.0, 0.0]);
    let error = asked(&labels, &floats).unwrap_err().to_string();
    assert!(
        error.contains("`train_set_y` has values, but") && error.contains("has class numbers (integers)"),
        "{error}"
    );
    let error = asked(&floats, &labels).unwrap_err().to_string();
    assert!(error.contains("has class numbers (integers), but") && error.contains("data.targets"), "{error}");
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
    fn report<T: hdf5::H5Type>(y: &Array2<T>) -> String {
        let (_folder, path) = Builder::new().with("train_set_x", &pictures()).with("train_set_y", y).finish();
        inspect(&Pinned::any(&path), &Names::default(), LIMIT).unwrap().to_string()
    }
    let text = report(&array![[0], [2], [4], [4]]);
    let line =
        "train_set_y: 5 classes of 0 to 2 examples; no example of 2 classes: 1 of label 0, 0 of label 1, 1 of label 2";
    assert!(text.contains(line), "{text}");
    let text = report(&array![[0.5], [2.0], [4.0], [4.0]]);
    assert!(text.contains("train_set_y: 1 value for each example, 0.5 to 4, mean 2.625"), "{text}");
    let text = report(&array![[0u8, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]);
    let line =
        "train_set_y: one-hot rows, 3 classes of 0 to 2 examples; no example of 1 class: 2 of label 0, 2 of label 1, 0";
    assert!(text.contains(line), "{text}");
    let text = report(&array![[0.5, 1.0], [2.0, 1.0], [4.0, 1.0], [4.0, 3.0]]);
    assert!(text.contains("2 values for each example; 0: 0.5 to 4 mean 2.625, 1: 1 to 3 mean 1.500"), "{text}");
}

#[test]
fn what_targets_are_said_to_be_goes_before_what_they_look_like() {
    let floats = array![0.0f32, 1.0, 3.0, 0.0];
    let set = said(&floats, TargetKind::Classes).unwrap();
    assert_eq!(
        (set.task, set.kind_in_id, &set.train.targets),
        (Task::Classes(4), None, &Targets::Classes(vec![0, 1, 3, 0]))
    );
    let set = said(&array![7i64, -3, 70_000, 0], TargetKind::Values).unwrap();
    assert_eq!(set.train.targets, Targets::Values(array![[7.0, -3.0, 70_000.0, 0.0]]));
    assert_eq!(said(&array![0u8, 1, 1, 0], TargetKind::Values).unwrap().kind_in_id, Some("values"), "an id of its own");
    assert_eq!(said(&array![true, false, true, true], TargetKind::Values).unwrap().task, Task::Values(1));

    let fraction = said(&array![0.0, 1.0, 0.5, 1.0], TargetKind::Classes);
    assert_error(fraction, &["`train_set_y`", "row 2 is 0.5", "the number of a class is whole, from 0 to 65535"]);
    assert_error(said(&array![[0, 1], [1, 0], [1, 1], [0, 0]], TargetKind::Classes), &["2 columns", "one column"]);
    assert_error(said(&array![0u8, 1, 1, 0], TargetKind::OneHot), &["one column", "at least 2"]);
    assert_error(
        said(&array![[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [1.0, 0.0]], TargetKind::OneHot),
        &["row 2 is not one-hot"],
    );
}

#[test]
fn whole_floats_have_another_id_than_when_they_were_taken_for_classes() {
    let (whole, fraction) = (array![0.0, 1.0, 2.0, 8.0], array![0.5, 1.0, 2.0, 8.0]);
    assert_eq!(asked(&whole, &whole).unwrap().kind_in_id, Some("values"));
    assert_eq!(asked(&whole, &fraction).unwrap().kind_in_id, None);
    assert_eq!(asked(&fraction, &fraction).unwrap().kind_in_id, None);
    assert_eq!(asked(&array![0u8, 1, 1, 0], &array![0u8, 1, 1, 0]).unwrap().kind_in_id, None);
}

#[test]
fn one_hot_rows_of_integers_and_booleans_are_classes() {
    let rows = array![[0u8, 0, 1], [1, 0, 0], [0, 0, 1], [1, 0, 0]];
    let set = asked(&rows, &rows).unwrap();
    assert_eq!((set.task, set.target_kind, set.kind_in_id), (Task::Classes(3), TargetKind::OneHot, Some("one-hot")));
    assert_eq!(set.train.targets, Targets::Classes(vec![2, 0, 2, 0]), "class 1 has no example and is one all the same");
    assert_eq!(set.train.targets.without_example(3), [1]);
    let bools = rows.mapv(|one| one == 1);
    // Each file has the time of its writing in it.
    let of_bools = asked(&bools, &bools).unwrap().train;
    assert_eq!(of_bools, Split { sha256: of_bools.sha256.clone(), ..set.train });

    let floats = rows.mapv(f32::from);
    assert_eq!(asked(&floats, &floats).unwrap().task, Task::Values(3), "floats are values, unless it is said");
    assert_eq!(said(&floats, TargetKind::OneHot).unwrap().task, Task::Classes(3));
    for other in [[0u8, 0, 0], [0, 1, 1], [0, 2, 0]] {
        let mut spoilt = rows.clone();
        spoilt.row_mut(3).assign(&Array1::from_iter(other));
        assert_eq!(asked(&spoilt, &spoilt).unwrap().task, Task::Values(3), "{other:?}");
        assert_error(asked(&rows, &spoilt), &["has values, but", "one-hot rows", "data.targets"]);
    }
}

#[test]
fn labels_that_begin_at_1_are_an_error_unless_class_0_has_a_name() {
    let from_1 = array![1i64, 2, 3, 1];
    assert_error(asked(&from_1, &from_1), &["`train_set_y`", "labels 1 to 3", "write each label - 1", "list_classes"]);
    assert_error(asked(&array![5u8, 7, 7, 5], &array![5u8, 7, 7, 5]), &["labels 5 to 7", "each label - 5"]);
    let names = ["none", "a", "b", "c"].map(|name| hdf5::types::FixedAscii::<4>::from_ascii(name).unwrap());
    let builder = Builder::new().with("train_set_x", &pictures()).with("train_set_y", &from_1);
    let (_folder, path) = builder.with("list_classes", &Array1::from_iter(names)).finish();
    let set = load(&path).unwrap();
    assert_eq!((set.task, set.train.targets.without_example(4)), (Task::Classes(4), vec![0]));
    let (_folder, path) = labelled(&from_1);
    let report = inspect(&Pinned::any(path), &Names::default(), LIMIT).unwrap().to_string();
    assert!(report.contains("error: ") && report.contains("labels 1 to 3"), "{report}");
}

#[test]
fn test_labels_that_no_training_example_has_are_refused() {
    let error = asked(&array![0u8, 1, 1, 0], &array![0u8, 1, 4, 0]);
    assert_error(error, &["`train_set_y`", "the label of row 2 is 4", "no training example"]);
    assert!(asked(&array![0u8, 1, 2, 0], &array![0u8, 1, 1, 0]).is_ok(), "the other way round is fine");
}

/// Random small sets of integers, against a rule written down a second time.
#[test]
fn what_numbers_look_like_follows_the_rule_for_any_numbers() {
    let mut seen = [0; 4];
    for seed in 0..300u64 {
        let next = |index: u64| (seed * 31 + index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let columns = 1 + (seed % 3) as usize;
        let most = 2 + seed / 3 % 2;
        let hot = |i: usize, j: usize| i32::from(next(i as u64) % columns as u64 == j as u64);
        let any = |i: usize, j: usize| (next((i * 3 + j) as u64) % most) as i32;
        let rows = Array2::from_shape_fn((4, columns), |(i, j)| if seed % 4 == 0 { hot(i, j) } else { any(i, j) });
        let one_hot =
            columns > 1 && rows.rows().into_iter().all(|row| row.sum() == 1 && row.iter().all(|v| (0..2).contains(v)));
        let least = *rows.iter().min().unwrap();
        let found = asked(&rows, &rows).map(|set| set.target_kind);
        let expected = match columns {
            1 if least > 0 => None,
            1 => Some(TargetKind::Classes),
            _ if one_hot => Some(TargetKind::OneHot),
            _ => Some(TargetKind::Values),
        };
        assert_eq!(found.ok(), expected, "{rows}");
        seen[expected.map_or(3, |target_kind| target_kind as usize)] += 1;
    }
    assert!(seen.iter().all(|&times| times > 2), "every case is met: {seen:?}");
}
