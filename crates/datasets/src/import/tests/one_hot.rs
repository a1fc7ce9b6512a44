//! Imports of one-hot targets.

use super::*;
use crate::Task;

/// One-hot rows of `columns` columns.
fn one_hot(columns: usize, classes: &[usize]) -> Vec<u8> {
    let rows: Vec<u8> =
        classes.iter().flat_map(|&class| (0..columns).map(move |column| u8::from(column == class))).collect();
    npy("'|u1'", false, &format!("({}, {columns})", classes.len()), &rows)
}

/// The examples 0, 1, 2, ...
fn examples(count: u8) -> Vec<u8> {
    npy("'|u1'", false, &format!("({count}, 1)"), &(0..count).collect::<Vec<_>>())
}

#[test]
fn the_class_is_the_column_even_if_other_columns_have_no_example() {
    let bench = Bench::new();
    let x = bench.put("x.npy", examples(8));
    let of = |columns: usize, classes: [usize; 2]| {
        let y = bench.put("y.npy", one_hot(columns, &classes.repeat(4)));
        let set = imported(&bench.request(&[&x, &y]));
        let Targets::Classes(labels) = set.train.targets else { panic!() };
        assert!(labels.iter().all(|&label| classes.contains(&(label as usize))), "{labels:?}");
        (set.task, set.classes.len())
    };
    assert_eq!(of(5, [0, 3]), (Task::Classes(5), 5));
    assert_eq!(of(4, [0, 3]), (Task::Classes(4), 0), "the labels tell of 4 classes themselves");
    assert_eq!(of(4, [1, 3]), (Task::Classes(4), 4));
}

#[test]
fn a_test_example_of_a_column_without_a_training_example_is_refused() {
    let bench = Bench::new();
    let [x, x_test] = ["x.npy", "xt.npy"].map(|name| bench.put(name, examples(3)));
    let (y, y_test) = (bench.put("y.npy", one_hot(5, &[0, 3, 4])), bench.put("yt.npy", one_hot(5, &[0, 2, 4])));
    let request = Request { test: vec![x_test, y_test], test_share: None, ..bench.request(&[&x, &y]) };
    bench.assert_refused(&request, &["yt.npy: label \"2\" is not among the training examples' labels"]);
}
