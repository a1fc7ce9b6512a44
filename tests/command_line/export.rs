//! `runner export` as a person uses it; what other programs make of the files is tested in python/tests.

use std::fs;

use crate::support::{Bench, failure, text};

fn with_a_model() -> Bench {
    let bench = Bench::new();
    let one = "name = \"one\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [3]\n[train]\nlearning_rate = 0.1\niterations = 2\n";
    bench.write("one.toml", one);
    let trained = bench.run(&["train", "one.toml", "--out", "m.h5"]);
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    bench
}

#[test]
fn a_model_is_written_in_each_format_that_is_asked_for_and_no_file_is_replaced() {
    let bench = with_a_model();
    let all = ["export", "m.h5", "--onnx", "m.onnx", "--safetensors", "m.safetensors", "--npz", "m.npz"];
    let exported = bench.run(&all);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    assert_eq!(text(&exported.stdout), "m.onnx\nm.safetensors\nm.npz\n");
    let before = fs::read(bench.path("m.onnx")).unwrap();
    assert!(String::from_utf8_lossy(&before).contains("layerchain-model"));

    fs::remove_file(bench.path("m.onnx")).unwrap();
    let (code, line) = failure(&bench.run(&all));
    assert!(code == Some(2) && line.contains("m.safetensors: there is a file already; --force"), "{line}");
    assert!(!bench.path("m.onnx").exists(), "half of the work was done");
    assert!(bench.run(&[&all[..], &["--force"]].concat()).status.success());
    assert_eq!(fs::read(bench.path("m.onnx")).unwrap(), before);
}

#[test]
fn what_cannot_be_exported_is_refused_in_one_line() {
    let bench = with_a_model();
    let none = bench.run(&["export", "m.h5"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("--onnx"), "{}", text(&none.stderr));
    for (model, out, parts) in [
        ("none.h5", "m.onnx", &["none.h5", "No such file"][..]),
        ("data/test_drawn.h5", "m.onnx", &["test_drawn.h5", "attribute `format`"]),
        ("m.h5", "data", &["data", "this is a folder"]),
        ("m.h5", "none/m.onnx", &["none/m.onnx", "No such file"]),
    ] {
        let (code, line) = failure(&bench.run(&["export", model, "--onnx", out]));
        assert!(code == Some(2) && parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert!(!bench.path("m.onnx").exists());
}
