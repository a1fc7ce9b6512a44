//! Imports of archives: which of their arrays are the training and the test examples.

use super::*;
use crate::{TargetKind, Task};

fn bytes(values: &[u8], shape: &str) -> Vec<u8> {
    npy("'|u1'", false, shape, values)
}

#[test]
fn named_arrays_are_never_both_the_training_and_the_test_examples() {
    let bench = Bench::new();
    let arrays = [("feats", bytes(&[1, 2, 3, 4], "(4, 1)")), ("labs", bytes(&[0, 1, 0, 1], "(4,)"))];
    let path = bench.put("a.npz", npz(&arrays));
    let named = Request {
        features: Some("feats".to_owned()),
        label: Some("labs".to_owned()),
        test_share: None,
        ..bench.request(&[&path])
    };
    bench.assert_refused(&named, &["--features and --label", "--test FILE", "--test-share 0.2"]);
    let set = imported(&Request { test_share: Some(0.5), ..named.clone() });
    assert_eq!((set.train.examples(), set.test.unwrap().examples()), (2, 2));
    let set = imported(&Request { test: vec![path], ..named });
    assert_eq!(set.test.unwrap().examples(), 4, "asked for");
}

#[test]
fn an_array_that_is_named_as_the_labels_has_classes_even_if_they_are_floats() {
    let bench = Bench::new();
    let floats = |shape: &str, values: &[f32]| {
        npy("'<f4'", false, shape, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    };
    let arrays = [
        ("feats", bytes(&[1, 2, 3, 4], "(4, 1)")),
        ("cls", floats("(4,)", &[0.0, 1.0, 0.0, 1.0])),
        ("column", floats("(4, 1)", &[2.0, 1.0, 2.0, 1.0])),
        ("categorical", floats("(4, 2)", &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0])),
        ("prices", floats("(4,)", &[0.5, 1.0, 0.5, 1.0])),
        ("shares", floats("(4, 2)", &[0.5; 8])),
    ];
    let path = bench.put("a.npz", npz(&arrays));
    let labelled = |label: &str| Request {
        features: Some("feats".to_owned()),
        label: Some(label.to_owned()),
        test_share: Some(0.5),
        ..bench.request(&[&path])
    };
    for label in ["cls", "column", "categorical"] {
        assert_eq!(imported(&labelled(label)).task, Task::Classes(2), "{label}");
    }
    let values = TargetsChoice::Declared(TargetKind::Values);
    assert_eq!(imported(&Request { target_kind: values, ..labelled("cls") }).task, Task::Values(1), "said");
    let refused = |label, words: &[&str]| bench.assert_refused_after(labelled(label), words);
    refused("prices", &["prices.npy: ", "0.5", "--targets values"]);
    refused("shares", &["shares.npy: ", "row 0 is not one-hot"]);
}

#[test]
fn test_arrays_that_are_not_read_are_remarked_on() {
    let bench = Bench::new();
    let (x, y) = (|| bytes(&[1, 2, 3, 4], "(4, 1)"), || bytes(&[0, 1, 0, 1], "(4,)"));
    let path = bench.put("a.npz", npz(&[("x_train", x()), ("y_train", y()), ("x_test", x()), ("y_test", y())]));
    let share = Request { test_share: Some(0.5), ..bench.request(&[&path]) };
    let unread = |request: &Request| remarks(request).into_iter().find(|words| words.contains("not read"));
    let words = unread(&share).unwrap();
    assert!(
        words.ends_with(
            "a.npz: its x_test and y_test are not read; the test examples are a share of 0.5 of x_train (--test-share)"
        ),
        "{words}"
    );
    let other = Request { test: vec![path], test_share: None, ..share.clone() };
    let words = unread(&other).unwrap();
    assert!(
        words.ends_with(
            "a.npz: its x_test and y_test are not read; only x_train and y_train are taken of this file (--test)"
        ),
        "{words}"
    );
    assert_eq!(unread(&Request { test_share: None, ..share.clone() }), None);
    let (six, x_val) = ([("x_train", x()), ("y_train", y()), ("x_test", x()), ("y_test", y())], ("val_images", x()));
    let more = bench.put("more.npz", npz(&[&six[..], &[x_val, ("val_labels", y())]].concat()));
    let words = unread(&Request { train: vec![more], test_share: None, ..share.clone() }).unwrap();
    assert!(
        words.contains("its val_images and val_labels are not read; --features and --label name others"),
        "{words}"
    );
    let many: Vec<(String, Vec<u8>)> = (0..12).map(|array| (format!("a{array}"), y())).collect();
    let many: Vec<(&str, Vec<u8>)> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let many = bench.put("many.npz", npz(&[&six[..2], &many].concat()));
    let words = unread(&Request { train: vec![many], ..share.clone() }).unwrap();
    assert!(words.contains("its a0, a1, a2, a3, a4, a5, a6, a7, ... (12 arrays) are not read; "), "{words}");
    let alone = bench.put("b.npz", npz(&[("x_train", x()), ("y_train", y())]));
    assert_eq!(unread(&Request { train: vec![alone], ..share }), None);
}

#[test]
fn a_zip_archive_without_arrays_is_told_what_it_is() {
    let bench = Bench::new();
    let zip = |names: &[&str]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        names.iter().for_each(|name| zip.start_file(*name, options).unwrap());
        zip.finish().unwrap().into_inner()
    };
    let sheet = bench.put("t.xlsx", zip(&["[Content_Types].xml", "xl/workbook.xml"]));
    bench.assert_refused(&bench.request(&[&sheet]), &["t.xlsx: a spreadsheet; save it as CSV"]);
    let others = bench.put("t.zip", zip(&["a.txt"]));
    for test_share in [Some(0.5), None] {
        let request = Request { test_share, ..bench.request(&[&others]) };
        bench.assert_refused(&request, &["t.zip: a zip archive without arrays (files that end in .npy)"]);
    }
    let (x, y) = (bytes(&[1, 2, 3, 4], "(4, 1)"), bytes(&[0, 1, 0, 1], "(4,)"));
    let gzipped = bench.put("a.npz.gz", gzipped(&npz(&[("x", x), ("y", y)])));
    let problem = "a.npz.gz: a gzipped archive, which is not read; unpack it with gunzip";
    bench.assert_refused(&bench.request(&[&gzipped]), &[problem]);
}
