//! Names of classes and features that two files give, or one of them.

use super::*;

/// A file of four examples of two classes, with texts in a dataset.
fn file(texts: Option<(&str, [&str; 2])>) -> (TempDir, PathBuf) {
    let x = Array2::from_shape_fn((4, 2), |(example, feature)| (example + feature) as f64);
    let builder = Builder::new().with("train_set_x", &x).with("train_set_y", &array![0u8, 1, 0, 1]);
    let text = |text: &str| text.parse::<hdf5::types::FixedUnicode<8>>().unwrap();
    match texts {
        Some((dataset, texts)) => builder.with(dataset, &Array1::from_iter(texts.map(text))),
        None => builder,
    }
    .finish()
}

#[test]
fn classes_that_one_file_numbers_otherwise_than_from_0_are_not_those_that_the_other_leaves_unnamed() {
    let (_folder, unnamed) = file(None);
    for (names, are_refused) in [
        (["1", "2"], true),
        (["-1", "1"], true),
        (["1", "0"], true),
        (["0", "1"], false),
        (["cat", "dog"], false),
        (["1", "dog"], false),
    ] {
        let (_other, named) = file(Some(("list_classes", names)));
        for (train, test) in [(&named, &unnamed), (&unnamed, &named)] {
            match loaded(train, test) {
                Ok(set) => assert!(!are_refused && set.classes == names, "{names:?}"),
                Err(error) => {
                    let error = error.to_string();
                    let begins = format!("{}: names no classes in `list_classes`", unnamed.display());
                    assert!(are_refused && error.starts_with(&begins), "{error}");
                    for part in [&*named.display().to_string(), &format!("{names:?}"), "both files must name the same"]
                    {
                        assert!(error.contains(part), "{part:?} is missing in: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn features_of_other_names_are_refused() {
    let names = |first: &str| file(Some(("feature_names", [first, "height"])));
    let [(_a, train), (_b, same), (_c, other), (_d, unnamed)] =
        [names("width"), names("width"), names("age"), file(None)];
    for test in [&train, &same, &unnamed] {
        assert!(loaded(&train, test).is_ok() && loaded(test, &train).is_ok());
    }
    let error = loaded(&train, &other).unwrap_err().to_string();
    let begins = format!("{}: dataset `feature_names` has \"age\" for feature 0, but ", other.display());
    assert!(error.starts_with(&begins) && error.contains("has \"width\" for feature 0"), "{error}");
}

/// scikit-learn calls the names of classes `target_names`.
#[test]
fn target_names_of_classes_or_of_another_type_are_no_names_of_values() {
    let x = Array2::from_shape_fn((4, 2), |(example, feature)| (example + feature) as f64);
    let one_hot = array![[1u8, 0], [0, 1], [1, 0], [0, 1]];
    let builder = || Builder::new().with("train_set_x", &x).with("train_set_y", &one_hot);
    let names =
        Array1::from_iter(["setosa", "virginica"].map(|text| text.parse::<hdf5::types::FixedUnicode<9>>().unwrap()));
    let files =
        [builder().with("target_names", &names).finish(), builder().with("target_names", &array![1i64, 2]).finish()];
    for (_folder, path) in &files {
        assert_eq!(loaded(path, path).unwrap().columns, ColumnNames::default());
        let report = inspect(&Pinned::any(path), &Names::default(), 1 << 20).unwrap();
        assert!(report.problems.is_empty() && report.values.is_empty(), "{report}");
    }
}

/// h5py writes a list of texts as text of variable length, which has another place in the file than its dataset.
#[test]
fn names_of_columns_that_cannot_be_read_are_refused_and_not_left_out() {
    let x = Array2::from_shape_fn((4, 2), |(example, feature)| (example + feature) as f64);
    let builder =
        |y: &Array1<f64>| Builder::new().with("train_set_x", &x).with("train_set_y", &y.mapv(|value| value * 0.5));
    let fixed = |texts: &[&str]| {
        Array1::from_iter(texts.iter().map(|text| text.parse::<hdf5::types::FixedUnicode<9>>().unwrap()))
    };
    let variable = Array1::from_iter(["a", "b"].map(|text| text.parse::<hdf5::types::VarLenUnicode>().unwrap()));
    let y = array![0.0, 1.0, 2.0, 3.0];
    for ((_folder, path), words) in [
        (
            builder(&y).with("feature_names", &variable).finish(),
            "text of variable length; allowed: text of fixed length",
        ),
        (builder(&y).with("feature_names", &array![1i64, 2]).finish(), "its elements are i64"),
        (
            builder(&y).with("feature_names", &fixed(&["a", "b", "c"])).finish(),
            "has 3 names, but the examples have 2 features",
        ),
        (builder(&y).with("feature_names", &fixed(&["a", "b\n"])).finish(), "name 1 is \"b\\n\""),
        (
            builder(&y).with("target_names", &variable).finish(),
            "text of variable length; allowed: text of fixed length",
        ),
        (builder(&y).with("target_names", &fixed(&["a", "b"])).finish(), "has 2 names, but the targets have 1 value"),
    ] {
        let refusal = refusal(&path);
        assert!(refusal.starts_with("dataset `") && refusal.contains(words), "{words:?} is not in: {refusal}");
        let report = inspect(&Pinned::any(&path), &Names::default(), 1 << 20).unwrap();
        assert_eq!(report.problems.len(), 1, "{report}");
    }
}
