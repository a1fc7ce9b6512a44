//! Requests that contradict themselves, or don't fit their files.

use super::*;
use crate::TargetKind;

#[test]
fn requests_that_cannot_be() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    let request = || bench.request(&[&path]);
    for (request, words) in [
        (Request { name: Some("a/b".to_owned()), ..request() }, "the name \"a/b\""),
        (Request { name: Some(".a".to_owned()), ..request() }, "the name \".a\""),
        (
            Request { name: Some("\u{fc}".to_owned()), ..request() },
            "--name takes ASCII letters, digits, - _ and . (at most 100), not beginning",
        ),
        (
            Request { name: None, ..bench.request(&[&bench.put("we ird.n\u{e4}me.csv", "1,x\n2,y\n")]) },
            "we ird.n\u{e4}me.csv: \"we ird\" cannot be the name of the set; --name gives another: ASCII letters",
        ),
        (Request { test_share: Some(1.0), ..request() }, "a test share of 1"),
        (Request { test_share: Some(f64::NAN), ..request() }, "a test share of NaN"),
        (Request { test_share: Some(0.01), ..request() }, "0 test and 4 training examples"),
        (Request { test_share: None, ..request() }, "no test examples: give --test"),
        (Request { test: vec![path.clone()], ..request() }, "not both"),
        (Request { grey: true, ..request() }, "--grey is for a folder of pictures; "),
        (Request { features: Some("x".to_owned()), ..request() }, "--features is for NPZ"),
        (
            Request { target_kind: TargetsChoice::Declared(TargetKind::Values), ..request() },
            "--targets is for IDX and NPY and NPZ",
        ),
        (bench.request(&[&bench.put("x.bin", "??")]), "neither IDX, CSV"),
        (bench.request(&[&bench.path("none.csv")]), "No such file"),
        (bench.request(&[Path::new("/dev/null")]), "not a regular file"),
    ] {
        bench.assert_refused(&request, &[words]);
    }
    let test = bench.put("test.csv", "1,2,3,x\n");
    let other = Request { test: vec![test], test_share: None, ..request() };
    bench.assert_refused(&other, &["test.csv: examples are [3] of f64, but the training examples are [2] of f64"]);
    let test = bench.put("test.csv", "1,2,z\n");
    let other = Request { test: vec![test], test_share: None, ..request() };
    bench.assert_refused(&other, &["test.csv: label \"z\" is not among"]);
}

#[test]
fn a_test_on_the_training_examples_is_remarked_on() {
    let bench = Bench::new();
    let table = "1,2,x\n3,4,y\n5,6,x\n7,8,y\n";
    let [path, copy] = ["t.csv", "copy.csv"].map(|name| bench.put(name, table));
    let link = bench.path("link.csv");
    fs::hard_link(&path, &link).unwrap();
    for (test, is_same) in [(path.clone(), true), (link, true), (copy, false)] {
        let found = remarks(&Request { test: vec![test], test_share: None, ..bench.request(&[&path]) });
        let words = "csv: the test examples are the training examples; --test-share 0.2";
        assert_eq!(found.iter().any(|found| found.contains(words)), is_same, "{found:?}");
    }
}
