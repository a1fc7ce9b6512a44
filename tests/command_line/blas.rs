//! The runner over an OpenBLAS that is counted, or wrong: a C shim is loaded between them.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::{Bench, repository, text};

const EXPERIMENT: &str = r#"
name = "counted"

[data]
set = "drawn"

[model]
hidden = [6, 5, 4]

[train]
learning_rate = 0.1
iterations = 30

[sweep]
"model.dtype" = ["f32", "f64"]
"#;

fn shim(bench: &Bench) -> PathBuf {
    let library = bench.path("blas_shim.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let built = Command::new(compiler)
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&library, &repository("tests/command_line/blas_shim.c")])
        .arg("-ldl")
        .output()
        .expect("a C compiler");
    assert!(built.status.success(), "{}", text(&built.stderr));
    library
}

fn run(bench: &Bench, arguments: &[&str], variable: &str, value: &str) -> Output {
    bench.write("counted.toml", EXPERIMENT);
    bench.command().args(arguments).env("LD_PRELOAD", shim(bench)).env(variable, value).output().unwrap()
}

#[test]
fn a_whole_sweep_makes_one_gemm_call_a_product_and_no_other() {
    let bench = Bench::new();
    let count = |iterations: usize| {
        let setting = format!("train.iterations={iterations}");
        let arguments = ["sweep", "counted.toml", "--fresh", "-j", "1", &setting];
        let sweep = run(&bench, &arguments, "BLAS_SHIM_COUNT", "calls");
        assert!(sweep.status.success(), "{}", text(&sweep.stderr));
        bench.read("calls").trim().parse::<usize>().unwrap()
    };
    let layers = 4;
    let products_a_step = layers + layers + (layers - 1); // W·A, dZ·Aᵀ, and Wᵀ·dZ but for the first layer
    let trials = 2;
    assert_eq!(count(31) - count(30), trials * products_a_step);
    // The rest: the self-check's three products at each layer's shape on both sets, and two evaluations a trial.
    let around = trials * (2 * layers * 3 + 2 * layers);
    assert_eq!(count(30), trials * 30 * products_a_step + around);
}

#[test]
fn one_element_off_by_a_thousandth_stops_a_sweep_before_its_first_trial() {
    let bench = Bench::new();
    for factor in ["1.001", "0.999", "0", "nan"] {
        let sweep = run(&bench, &["sweep", "counted.toml"], "BLAS_SHIM_WRONG", factor);
        let stderr = text(&sweep.stderr);
        assert_eq!(sweep.status.code(), Some(3), "{factor}: {stderr}");
        assert!(stderr.contains("error: OpenBLAS computes W·A wrongly"), "{stderr}");
        assert!(!bench.path("results").exists());
    }
}

#[test]
fn the_self_check_sees_each_of_the_three_products() {
    let bench = Bench::new();
    bench.write("counted.toml", EXPERIMENT);
    for (case, product) in [("0", "W·A"), ("1", "dZ·Aᵀ"), ("2", "Wᵀ·dZ")] {
        let wrong = [("BLAS_SHIM_WRONG", "1.001"), ("BLAS_SHIM_CASE", case)];
        let run = bench.command().args(["sweep", "counted.toml"]).env("LD_PRELOAD", shim(&bench)).envs(wrong).output();
        let run = run.unwrap();
        assert_eq!(run.status.code(), Some(3));
        let stderr = text(&run.stderr);
        assert!(stderr.contains(&format!("computes {product} wrongly")), "{stderr}");
    }
}

#[test]
fn check_says_that_a_wrong_openblas_is_wrong_and_a_right_one_right() {
    let bench = Bench::new();
    let wrong = run(&bench, &["check"], "BLAS_SHIM_WRONG", "1.001");
    assert_eq!(wrong.status.code(), Some(3));
    assert!(text(&wrong.stdout).contains("✗ products in f32"), "{}", text(&wrong.stdout));
    let right = run(&bench, &["check"], "BLAS_SHIM_WRONG", "1");
    assert_eq!(right.status.code(), Some(0));
    assert!(text(&right.stdout).contains("✓ products in f64"), "{}", text(&right.stdout));
}
