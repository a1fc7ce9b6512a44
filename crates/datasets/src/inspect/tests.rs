//! Reports of good files, of half of one, and of what is wrong.

use std::fs;
use std::path::Path;

use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(format!("{name}.h5"))
}

fn inspected(path: &Path, names: &Names) -> Inspection {
    inspect(&Pinned::any(path), names, 1 << 20).unwrap()
}

#[test]
fn a_file_with_one_part_is_reported_in_full() {
    let report = inspected(&fixture("good_plain"), &Names::default());
    assert!(report.problems.is_empty());
    assert_eq!(report.splits.len(), 1);
    assert_eq!(report.splits[0].targets, TargetSummary::Classes(vec![2, 2]));
    let sha256 = "627e890f1b44f482e0d3db4a05cec0c5b3281664ff9a5151bed1a0ebd3aa3cda";
    let lines = format!(
        "  2142 bytes, sha256 {sha256}\n\
         \x20 list_classes  [2]           text of width 7\n\
         \x20 train_set_x   [4, 2, 2, 3]  u8\n\
         \x20 train_set_y   [4]           i64\n\
         \x20 classes: 0 = non-cat, 1 = cat\n\
         \x20 train_set_x: 4 pictures of 2 × 2 × 3 (12 features), values 0 to 235, mean 117.500\n\
         \x20 train_set_y: 2 of label 0 non-cat (50.0 %), 2 of label 1 cat (50.0 %)\n\
         \x20 in an experiment:\n\
         \x20   [data]\n"
    );
    let path = fixture("good_plain").display().to_string();
    let pinned = format!("    train = \"{path}\"\n    train_sha256 = \"{sha256}\"\n");
    assert_eq!(report.to_string(), format!("{path}\n{lines}{pinned}"));
}

#[test]
fn statistics_are_short_and_have_digits_whatever_the_size_of_the_values() {
    for (min, max, mean, text) in [
        (0.0, 235.0, 117.5, "0 to 235, mean 117.500"),
        (-1.5, 1_234_567.0, 0.0, "-1.5 to 1234567, mean 0.000"),
        (0.0, f64::from(0.1f32), 0.012_345_6, "0 to 0.1, mean 0.01235"),
        (-3e-5, 1e-5, -1.5e-5, "-3e-5 to 1e-5, mean -1.5e-5"),
        (1.0, f64::MAX, f64::MAX / 2.0, "1 to 1.797693e308, mean 8.988e307"),
    ] {
        assert_eq!(Statistics { min, max, mean }.to_string(), text);
    }
}

#[test]
fn a_file_with_only_the_test_part_is_enough() {
    let Names { train_x, train_y, .. } = Names::default();
    let names = Names {
        train_x: "a".to_owned(),
        train_y: "b".to_owned(),
        test_x: train_x,
        test_y: train_y,
        ..Names::default()
    };
    let report = inspected(&fixture("good_plain"), &names);
    assert!(report.problems.is_empty());
    assert_eq!(report.splits[0].x_name, "train_set_x");
}

#[test]
fn what_can_be_read_stands_beside_what_is_wrong() {
    let report = inspected(&fixture("soft_link"), &Names::default()).to_string();
    assert!(report.contains("a soft link, not followed"), "{report}");
    assert!(report.contains("classes: 0 = non-cat, 1 = cat"), "{report}");
    assert!(report.contains("  error: ") && report.contains("`train_set_x` is a soft link"), "{report}");
}

#[test]
fn a_file_without_either_part_is_a_problem() {
    let names = Names { train_x: "x".to_owned(), train_y: "y".to_owned(), ..Names::default() };
    let report = inspected(&fixture("good_plain"), &names);
    let problem = report.problems[0].to_string();
    assert!(problem.contains("neither `x` nor `test_set_x`") && problem.contains("`train_set_x`"), "{problem}");
}

#[test]
fn a_part_with_one_class_is_read_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    let file = hdf5::File::create(&path).unwrap();
    let features = ndarray::array![[1.0f64, f64::MAX], [f64::MAX, 1.0]];
    file.new_dataset_builder().with_data(&features).create("train_set_x").unwrap();
    file.new_dataset_builder().with_data(&ndarray::array![0u8, 0]).create("train_set_y").unwrap();
    file.close().unwrap();
    let report = inspected(&path, &Names::default());
    assert!((report.splits[0].features.mean / f64::MAX - 0.5).abs() < 1e-12);
    assert!(report.to_string().contains("0 of label 1 (0.0 %); only one class is present"), "{report}");
}

#[test]
fn of_many_names_the_first_are_looked_at_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    let file = hdf5::File::create(&path).unwrap();
    for number in 0..1000 {
        file.create_group(&format!("group_{number:04}")).unwrap();
    }
    file.close().unwrap();
    let report = inspected(&path, &Names::default());
    assert_eq!((report.datasets.len(), report.further), (LISTED, 1000 - LISTED));
    assert!(report.to_string().contains("  ... and 960 more\n"), "{report}");
}

#[test]
fn terminal_control_in_names_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    fs::copy(fixture("good_plain"), &path).unwrap();
    let file = hdf5::File::open_rw(&path).unwrap();
    file.link_hard("train_set_x", "\u{1b}[2J").unwrap();
    file.close().unwrap();
    let report = inspected(&path, &Names::default()).to_string();
    assert!(!report.contains('\u{1b}') && report.contains(r"\u{1b}[2J"), "{report}");
}

#[test]
fn one_example_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.h5");
    let file = hdf5::File::create(&path).unwrap();
    for (name, rows) in [("train_set_x", 2), ("test_set_x", 1)] {
        file.new_dataset_builder().with_data(&ndarray::Array2::<f32>::zeros((rows, 3))).create(name).unwrap();
    }
    file.new_dataset_builder().with_data(&ndarray::array![0u8, 1]).create("train_set_y").unwrap();
    file.new_dataset_builder().with_data(&ndarray::array![0u8]).create("test_set_y").unwrap();
    file.close().unwrap();
    let report = inspected(&path, &Names::default()).to_string();
    assert!(report.contains("test_set_x: 1 example (3 features)"), "{report}");
    assert!(report.contains("train_set_x: 2 examples (3 features)"), "{report}");
}
