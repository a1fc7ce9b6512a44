//! The cells of tables: which texts are numbers, codes, or no value.

use super::*;
use crate::{Pinned, Task, inspect};

/// A table of these cells in the column `a`, with two kinds of rows.
fn column(cells: &[&str]) -> String {
    let row = |(row, cell): (usize, &&str)| format!("{cell},{row},{}\n", ["x", "y"][row % 2]);
    format!("a,b,kind\n{}", cells.iter().enumerate().map(row).collect::<String>())
}

/// Imports a table as training and test table, and returns the names of the features.
fn features(bench: &Bench, cells: &[&str]) -> String {
    let path = bench.put("t.csv", column(cells));
    let categorical = Categorical::Columns(vec!["a".to_owned()]);
    let request = Request { test: vec![path.clone()], test_share: None, categorical, ..bench.request(&[&path]) };
    import(&request, |_| true).unwrap_or_else(|error| panic!("{error}"));
    let report = inspect(&Pinned::any(bench.path("out/train_set.h5")), &Names::default(), LIMIT).unwrap().to_string();
    let line = report.lines().find_map(|line| line.trim().strip_prefix("features: ")).unwrap();
    line.strip_suffix(", b").unwrap().to_owned()
}

#[test]
fn codes_that_look_like_numbers_are_levels_of_their_own() {
    let bench = Bench::new();
    for (cells, levels) in [
        (&["1", "1.0", "2"][..], "a=1, a=2"),
        (&["-1", "-1.0", "0.5"], "a=-1, a=0.5"),
        (&["0E1", "0E2", "00E3"], "a=00E3, a=0E1, a=0E2"),
        (&["007", "7", "1.0"], "a=007, a=1.0, a=7"),
        (&["1", "1.0", "x"], "a=1, a=1.0, a=x"),
    ] {
        assert_eq!(features(&bench, cells), levels);
    }
}

#[test]
fn codes_that_look_like_numbers_are_classes_of_their_own() {
    let bench = Bench::new();
    let set = |train: &[&str], test: &[&str]| {
        let [train, test] = [("train.csv", train), ("test.csv", test)].map(|(name, labels)| {
            bench
                .put(name, labels.iter().enumerate().map(|(row, label)| format!("{row},{label}\n")).collect::<String>())
        });
        imported(&Request { test: vec![test], test_share: None, ..bench.request(&[&train]) })
    };
    let classes = |train: &[&str], test: &[&str]| set(train, test).classes;
    assert_eq!(classes(&["0E1", "0E2", "00E3", "0E1"], &["0E2"]), ["00E3", "0E1", "0E2"]);
    assert_eq!(classes(&["007", "7", "07"], &["7"]), ["007", "07", "7"]);
    assert_eq!(classes(&["1", "1.0", "x"], &["x"]), ["1", "1.0", "x"]);
    assert_eq!(classes(&["10", "9.0", "10.0"], &["9"]), ["9", "10"], "in the order of numbers");
    let plain = set(&["1.0", "0", "1", "0.0"], &["1.0"]);
    assert_eq!((plain.task, plain.classes.len()), (Task::Classes(2), 0));
    assert_eq!(plain.train.targets, Targets::Classes(vec![1, 0, 1, 0]));
    // Of "1", "1.0" and "01", "1.0" is a class of its own: a test label is the same text.
    let codes = set(&["1", "1.0", "01"], &["1.0"]);
    assert_eq!(
        (codes.classes.join(" "), codes.test.unwrap().targets),
        ("01 1 1.0".to_owned(), Targets::Classes(vec![2]))
    );
}
