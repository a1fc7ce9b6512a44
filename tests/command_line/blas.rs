//! The runner on a BLAS whose calls are counted, or that is wrong or disguised: a C shim in front of the real one.

use std::path::PathBuf;
use std::process::{Command, Output};

use kernels::GemmPlan;
use kernels::blas::{Choice, Request, Transpose, choose};

use crate::support::{Bench, built, text};

pub(crate) const EXPERIMENT: &str = include_str!("counted.toml");

pub(crate) fn shim(bench: &Bench) -> PathBuf {
    built(bench, "blas_shim")
}

/// Makes a command of the runner on the shim, which forwards to the library that the runner would choose.
pub(crate) fn shimmed(bench: &Bench, arguments: &[&str]) -> Command {
    bench.write("counted.toml", EXPERIMENT);
    let Choice { library, .. } = choose(&Request::Auto).expect("a BLAS");
    let mut command = bench.command();
    command.args(arguments).arg("--blas").arg(shim(bench)).env("BLAS_SHIM_REAL", library.path());
    command
}

fn run(bench: &Bench, arguments: &[&str], variable: &str, value: &str) -> Output {
    shimmed(bench, arguments).env(variable, value).output().unwrap()
}

/// The form of a product and its m × n elements with k terms each.
type Form = ([Transpose; 2], [usize; 3]);

/// Counts the gemm calls that the products take on the shim, in f32 and in f64.
fn calls(products: &[Form]) -> [usize; 2] {
    let library = choose(&Request::Auto).unwrap().library;
    // No product is made without a call on the shim, which hides an AVX2 core.
    let calls = |plan: GemmPlan, shape| plan.calls(shape).max(1);
    let single = products.iter().map(|&(form, shape)| calls(GemmPlan::of::<f32>(library, form, shape), shape)).sum();
    let double = products.iter().map(|&(form, shape)| calls(GemmPlan::of::<f64>(library, form, shape), shape)).sum();
    [single, double]
}

const NN: [Transpose; 2] = [Transpose::No, Transpose::No];
const NT: [Transpose; 2] = [Transpose::No, Transpose::Yes];
const TN: [Transpose; 2] = [Transpose::Yes, Transpose::No];

#[test]
fn a_whole_sweep_makes_the_calls_of_its_products_and_no_other() {
    let bench = Bench::new();
    let count = |iterations: usize, engine: &str| {
        let settings = [format!("train.iterations={iterations}"), format!("run.engine={engine}")];
        let arguments = ["sweep", "counted.toml", "--fresh", "-j", "1", &settings[0], &settings[1]];
        let sweep = run(&bench, &arguments, "BLAS_SHIM_COUNT", "calls");
        assert!(sweep.status.success(), "{}", text(&sweep.stderr));
        bench.read("calls").trim().parse::<usize>().unwrap()
    };
    let (layers, trials) = (4, 2);
    let upper = 3 * (layers - 1); // W·A, dZ·Aᵀ and Wᵀ·dZ
    for (engine, first) in [("direct", 2), ("reduced", 2), ("dual", 1)] {
        assert_eq!(count(31, engine) - count(30, engine), trials * (first + upper), "{engine}");
    }
    // The other calls of a direct sweep: each product of a step and of an evaluation once in the self-check, and two
    // evaluations for each trial.
    let widths = [192, 6, 5, 4, 1];
    let mut checked = Vec::new();
    for (l, n) in widths.windows(2).enumerate() {
        let (z, dw, da_prev) = ([n[1], 40, n[0]], [n[1], n[0], 40], [n[0], 40, n[1]]);
        checked.extend([(NN, z), (NT, dw), (NN, [n[1], 12, n[0]])]);
        checked.extend((l > 0).then_some((TN, da_prev)));
    }
    let around = calls(&checked).iter().sum::<usize>() + trials * 2 * layers;
    assert_eq!(count(30, "direct"), trials * 30 * (2 + upper) + around);
}

#[test]
fn nets_of_a_fleet_share_the_first_layers_products() {
    let bench = Bench::new();
    let count = |iterations: usize, nets: usize| {
        let rates = format!("{{ from = 0.1, to = 0.1{}, count = {nets} }}", if nets > 1 { "1" } else { "" });
        let settings = [format!("train.iterations={iterations}"), format!("sweep.train.learning_rate={rates}")];
        let engine = "run.engine=direct";
        let arguments = ["sweep", "counted.toml", "--fresh", "-j", "1", engine, &settings[0], &settings[1]];
        let sweep = run(&bench, &arguments, "BLAS_SHIM_COUNT", "calls");
        assert!(sweep.status.success(), "{}", text(&sweep.stderr));
        bench.read("calls").trim().parse::<usize>().unwrap()
    };
    for (nets, fleets) in [(1, 1), (12, 4)] {
        let rows = 6 * nets / fleets;
        let first: usize = calls(&[(NN, [rows, 40, 192]), (NT, [rows, 192, 40])]).iter().sum();
        assert_eq!(count(31, nets) - count(30, nets), first * fleets + 2 * 9 * nets, "{nets} nets of each type");
    }
}

#[test]
fn threads_share_the_products_that_are_large_enough_with_a_call_each() {
    let bench = Bench::new();
    let count = |command: &[&str], iterations: usize, threads: usize| {
        let settings = [format!("train.iterations={iterations}"), format!("run.threads={threads}")];
        let fixed = ["model.dtype=f32", "model.hidden=[128]", "run.engine=direct", &settings[0], &settings[1]];
        let done = run(&bench, &[command, &fixed].concat(), "BLAS_SHIM_COUNT", "calls");
        assert!(done.status.success(), "{}", text(&done.stderr));
        bench.read("calls").trim().parse::<usize>().unwrap()
    };
    for command in [["sweep", "counted.toml", "--fresh"], ["train", "counted.toml", "--force"]] {
        // W·A and dZ·Aᵀ of 192 features and 128 units are shared; the three products of the output unit are too small.
        let [first, _] = calls(&[(NN, [128, 40, 192]), (NT, [128, 192, 40])]);
        let [a_part, _] = calls(&[(NN, [64, 40, 192]), (NT, [64, 192, 40])]);
        for (threads, a_step) in [(1, first + 3), (2, 2 * a_part + 3)] {
            let steps = count(&command, 31, threads) - count(&command, 30, threads);
            assert_eq!(steps, a_step, "{command:?}, {threads} threads");
        }
    }
}

#[test]
fn one_element_off_by_a_thousandth_stops_a_sweep_before_its_first_trial() {
    let bench = Bench::new();
    for factor in ["1.001", "0.999", "0", "nan"] {
        let sweep = run(&bench, &["sweep", "counted.toml"], "BLAS_SHIM_WRONG", factor);
        let stderr = text(&sweep.stderr);
        assert_eq!(sweep.status.code(), Some(3), "{factor}: {stderr}");
        assert!(stderr.contains("error: OpenBLAS ") && stderr.contains(" computes W·A wrongly"), "{stderr}");
        assert!(!bench.path("results").exists());
    }
}

#[test]
fn the_self_check_sees_each_of_the_three_products() {
    let bench = Bench::new();
    for (case, product) in [("0", "W·A"), ("1", "dZ·Aᵀ added to C"), ("2", "Wᵀ·dZ")] {
        let wrong = [("BLAS_SHIM_WRONG", "1.001"), ("BLAS_SHIM_CASE", case)];
        let run = shimmed(&bench, &["sweep", "counted.toml"]).envs(wrong).output().unwrap();
        assert_eq!(run.status.code(), Some(3));
        let stderr = text(&run.stderr);
        assert!(stderr.contains(&format!("computes {product} wrongly")), "{stderr}");
    }
}

#[test]
fn check_says_that_a_wrong_openblas_is_wrong_and_a_right_one_right() {
    let bench = Bench::new().with_own_core();
    let wrong = run(&bench, &["check"], "BLAS_SHIM_WRONG", "1.001");
    assert_eq!(wrong.status.code(), Some(3));
    let said = text(&wrong.stdout);
    assert!(said.contains("✗ products in f32"), "{said}");
    let given = said.lines().find(|line| line.contains("blas_shim.so") && line.contains("in use;")).unwrap();
    assert!(given.starts_with("✗ given: ") && given.contains(", its products are wrong, in use;"), "{given}");
    assert!(!given.contains("GFLOP/s"), "{given}");
    let right = run(&bench, &["check"], "BLAS_SHIM_WRONG", "1");
    assert_eq!(right.status.code(), Some(0));
    let said = text(&right.stdout);
    assert!(said.contains("✓ products in f64"), "{said}");
    assert!(!said.contains("its products are wrong"), "{said}");
}

#[test]
fn a_wrong_product_of_all_examples_stops_a_sweep_before_its_first_trial() {
    let bench = Bench::new();
    // Only sums over the 192 features are wrong, which no step of these engines makes.
    for (factor, engine) in [("1.001", "dual"), ("nan", "dual"), ("1.001", "reduced")] {
        let wrong = [("BLAS_SHIM_WRONG", factor), ("BLAS_SHIM_SIDE", "192")];
        let engine = format!("run.engine={engine}");
        let run = shimmed(&bench, &["sweep", "counted.toml", &engine]).envs(wrong).output().unwrap();
        let stderr = text(&run.stderr);
        assert_eq!(run.status.code(), Some(3), "{factor} {engine}: {stderr}");
        assert!(stderr.contains("computes the product of"), "{stderr}");
    }
}

#[test]
fn a_wrong_product_of_a_nets_initial_weights_stops_the_sweep() {
    let bench = Bench::new();
    let wrong = [("BLAS_SHIM_WRONG", "1.001"), ("BLAS_SHIM_SIDE", "192"), ("BLAS_SHIM_CASE", "0")];
    let run = shimmed(&bench, &["sweep", "counted.toml", "run.engine=dual"]).envs(wrong).output().unwrap();
    let stderr = text(&run.stderr);
    assert_eq!(run.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains(" computes the product of 6x192 and 192x52 wrongly"), "{stderr}");
}
