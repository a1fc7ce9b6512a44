//! The forms of a trace: text, a page and HDF5.

use std::fs;

use serde_json::Value;

use super::{EVERYTHING, Matrix, exercise, json, quantities, trace};
use crate::support::{Bench, failure, text};

#[test]
fn the_text_fits_the_terminal_and_says_how_to_see_what_it_leaves_out() {
    let bench = Bench::new();
    bench.write("everything.toml", EVERYTHING);
    let at = |columns: &str, arguments: &[&str]| {
        let run = bench
            .command()
            .env("COLUMNS", columns)
            .args(["trace", "everything.toml"])
            .args(arguments)
            .output()
            .unwrap();
        (text(&run.stdout), text(&run.stderr))
    };
    for columns in [60, 80, 140] {
        let (shown, said) = at(&columns.to_string(), &[]);
        for line in shown.lines().filter(|line| line.contains('…')) {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
        assert!(said.contains("--full prints every number"), "{said}");
    }
    let (all, said) = at("80", &["--full"]);
    assert!(!all.contains('…') && !said.contains("--full"), "{said}");
    // W[1] is 5 × 192: a line has all of a row.
    assert!(all.lines().any(|line| line.split_whitespace().count() == 192), "{all}");
}

#[test]
fn a_page_holds_the_step_and_needs_no_network() {
    let bench = Bench::new();
    let file = exercise("lecture");
    let file = file.to_str().unwrap();
    let run = trace(&bench, file, &["--html", "pages/lecture.html"]);
    assert_eq!(text(&run.stdout), "pages/lecture.html\n");
    let page = bench.read("pages/lecture.html");
    let step = page.split("id=\"step\">").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
    let step: Value = serde_json::from_str(step).unwrap();
    assert_eq!(step, json(&bench, file, &[]));
    for outside in ["src=", "href=", "@import", "url(", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains("{{"), "a place that is not filled");
    let (code, line) = failure(&bench.run(&["trace", file, "--html", "pages/lecture.html"]));
    assert!(code == Some(2) && line.contains("there is a file already; --force replaces it"), "{line}");
    trace(&bench, file, &["--html", "pages/lecture.html", "--force"]);
}

#[test]
fn a_name_cannot_end_the_script_or_the_title_of_the_page() {
    let bench = Bench::new();
    let net = fs::read_to_string(exercise("lecture")).unwrap();
    bench.write("net.toml", &format!("name = \"</title></script><b>\"\n{net}"));
    trace(&bench, "net.toml", &["--html", "net.html"]);
    let page = bench.read("net.html");
    assert!(page.contains("<title>&lt;/title>&lt;/script>&lt;b>: one step</title>"));
    assert!(!page.contains("<b>"), "a tag from the file");
}

#[test]
fn a_net_too_large_for_a_page_is_refused_in_one_line_and_still_printed() {
    let bench = Bench::new().with_own_core();
    bench.write("everything.toml", EVERYTHING);
    let (code, line) =
        failure(&bench.run(&["trace", "everything.toml", "model.hidden=[100, 50]", "--html", "page.html"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("page.html: the step has") && line.contains("a page shows at most 20000"), "{line}");
    assert!(!bench.path("page.html").exists());
    trace(&bench, "everything.toml", &["model.hidden=[100, 50]"]);
}

#[test]
fn every_quantity_is_a_dataset_of_the_hdf5_file() {
    let bench = Bench::new();
    let file = exercise("l-model-forward");
    let file = file.to_str().unwrap();
    trace(&bench, file, &["--hdf5", "step.h5"]);
    let report = json(&bench, file, &[]);
    let step = hdf5::File::open(bench.path("step.h5")).unwrap();
    let read = |path: &str| step.dataset(path).unwrap().read_2d::<f64>().unwrap();
    for quantity in quantities(&report) {
        let values: Matrix = serde_json::from_value(quantity["values"].clone()).unwrap();
        let path = quantity["path"].as_str().unwrap();
        assert_eq!(read(path).iter().copied().collect::<Vec<_>>(), values.concat(), "{path}");
    }
    assert_eq!(read("layer_3/a_published")[[0, 1]], 0.704_989_21);
}

#[test]
fn one_gradient_of_one_element_agrees_and_two_agree() {
    let bench = Bench::new();
    let net = "y = [[1.0]]\n[layer.1]\nactivation = \"sigmoid\"\nw = [[0.0]]\nb = [[0.0]]\n";
    // dW[1] of the tiny input is lost in the rounding of J.
    for (x, verdict) in [
        ("1e-17", "1 gradient in 1 element agrees with finite differences of J"),
        ("2.0", "2 gradients in 2 elements agree with finite differences of J"),
    ] {
        bench.write("one.toml", &format!("x = [[{x}]]\n{net}"));
        let (_, said) = bench.succeeds(&["trace", "one.toml"]);
        assert!(said.contains(verdict), "{said}");
    }
}
