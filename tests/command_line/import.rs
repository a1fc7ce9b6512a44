//! `runner data import` as a person uses it.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::support::{Bench, failure, signal, text};

/// Writes a table of two features that tell two kinds of flowers apart.
fn flowers() -> String {
    let row = |row: usize| {
        let (noise, kind) = (row as f64 * 0.01, ["tulip", "rose"][row % 2]);
        format!("{},{},{kind}\n", (row % 2) as f64 * 2.0 - 1.0 + noise, noise)
    };
    format!("height,width,kind\n{}", (0..40).map(row).collect::<String>())
}

#[test]
fn an_imported_table_is_inspected_and_trained_on() {
    let bench = Bench::new();
    bench.write("flowers.csv", &flowers());
    let run = bench.run(&["data", "import", "flowers.csv", "--label", "kind", "--test-share", "0.25"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(text(&run.stdout), "data/train_flowers.h5\ndata/test_flowers.h5\n");
    assert_eq!(text(&run.stderr), "30 training and 10 test examples of 2 (f64), 2 classes\n");
    let report = text(&bench.run(&["data", "inspect", "data/train_flowers.h5", "data/test_flowers.h5"]).stdout);
    for part in ["[30, 2]", "f64", "classes: 0 = rose, 1 = tulip", "15 of label 1 tulip (50.0 %)", "5 of label 0 rose"]
    {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }

    let experiment = r#"
name = "flowers"
[data]
train = "data/train_flowers.h5"
test = "data/test_flowers.h5"
[model]
hidden = [4]
[train]
learning_rate = 0.5
iterations = 200
"#;
    bench.write("flowers.toml", experiment);
    let sweep = bench.run(&["sweep", "flowers.toml"]);
    assert!(sweep.status.success(), "{}", text(&sweep.stderr));
    let trials = bench.read("results/flowers/trials.csv");
    let (header, row) = trials.split_once('\n').unwrap();
    let column = header.split(',').position(|name| name == "test_accuracy").unwrap();
    let accuracy: f64 = row.trim().split(',').nth(column).unwrap().parse().unwrap();
    assert_eq!(accuracy, 1.0, "{trials}");
}

#[test]
fn rows_that_are_dropped_are_said_whatever_progress_is_shown() {
    let bench = Bench::new();
    bench.write("holes.csv", &flowers().replacen("1.01,", ",", 1));
    let import =
        ["data", "import", "holes.csv", "--label", "kind", "--test-share", "0.25", "--missing", "drop", "--force"];
    let said = |more: &[&str]| bench.succeeds(&[&import[..], more].concat()).1;
    let plain = said(&["--progress", "plain"]);
    assert!(plain.contains("1 row with a missing cell left out"), "{plain}");
    assert_eq!(said(&["--progress", "none"]), plain);
    assert_eq!(said(&["--progress", "none", "--quiet"]), "");
}

#[test]
fn a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing() {
    let bench = Bench::new();
    bench.write("bad.csv", "1,2,a\n3,b\n");
    bench.write("good.csv", &flowers());
    for (arguments, parts) in [
        (&["bad.csv", "--test-share", "0.5"][..], &["bad.csv: line 2", "2 columns", "the first line has 3"][..]),
        (&["none.csv", "--test-share", "0.5"], &["none.csv", "No such file"]),
        (&["good.csv"], &["--test FILE, or --test-share"]),
        (&["good.csv", "--test-share", "2"], &["a test share of 2"]),
        (&["good.csv", "--test-share", "0.5", "--label", "colour"], &["good.csv: line 1", "\"colour\"", "\"kind\""]),
        (&["good.csv", "--test-share", "0.5", "--target", "kind"], &["line 2", "column 3, \"kind\", is \"tulip\""]),
        (&["good.csv", "--test-share", "0.5", "--format", "idx"], &["good.csv", "a file of labels"]),
    ] {
        let run = bench.run(&[&["data", "import", "--out", "imported"], arguments].concat());
        let (code, line) = failure(&run);
        assert_eq!(code, Some(2), "{line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
        assert!(!bench.path("imported").exists(), "{line}");
    }
    for arguments in [
        &["--test-share", "0.5"][..],
        &["good.csv", "--side", "0"],
        &["good.csv", "--header", "maybe"],
        &["good.csv", "--test", "good.csv", "--seed", "2"],
    ] {
        let run = bench.run(&[&["data", "import"], arguments].concat());
        assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    }
}

#[test]
fn an_interrupted_import_leaves_nothing_half_made() {
    let bench = Bench::new();
    let mut table = fs::File::create(bench.path("large.csv")).unwrap();
    for block in 0..200 {
        let rows: String = (0..2000)
            .map(|row| {
                format!("{}\n", vec![(row + block) % 10; 60].iter().map(i32::to_string).collect::<Vec<_>>().join(","))
            })
            .collect();
        table.write_all(rows.as_bytes()).unwrap();
    }
    let mut child = bench
        .command()
        .args(["data", "import", "large.csv", "--test-share", "0.5", "--out", "imported"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The runner reports the columns after its first pass, before it writes files.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    // On a slow machine, lines of progress come before that.
    while !said.contains(" training") {
        assert!(std::io::BufRead::read_line(&mut stderr, &mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains("200000 training"), "{said}");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(bench.path("imported")).unwrap().count(), 0);
}

#[test]
fn help_shows_every_format_with_an_example() {
    let help = text(&Bench::new().run(&["data", "import", "--help"]).stdout);
    for word in [
        "idx3-ubyte",
        "digits.csv",
        "--target price,rent",
        "mnist.npz",
        "x_test.npy",
        "flowers/train",
        "--test-share",
        "--force",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}
