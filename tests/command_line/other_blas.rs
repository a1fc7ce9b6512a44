//! Libraries of other families, played by a C library: what is known of them, and what is refused.

use std::process::Command;

use kernels::blas::{Choice, Request, choose};

use crate::blas::EXPERIMENT;
use crate::support::{Bench, built_with, failure, has_fma4, text};

/// Makes a command of the runner on a library that describes itself as `family` does: `-DMKL`, `-DBLIS`, or nothing for one that doesn't.
fn on(bench: &Bench, family: &[&str], arguments: &[&str]) -> Command {
    bench.write("counted.toml", EXPERIMENT);
    let Choice { library, .. } = choose(&Request::Auto).expect("a BLAS");
    let mut command = bench.command();
    command.args(arguments).arg("--blas").arg(built_with(bench, "other_blas", family));
    command.env("OTHER_BLAS_REAL", library.path());
    command
}

#[test]
fn a_library_of_64_bit_integers_is_refused_even_if_it_does_not_say_so() {
    let bench = Bench::new();
    let (code, line) =
        failure(&on(&bench, &[], &["sweep", "counted.toml"]).env("OTHER_BLAS_WIDE", "1").output().unwrap());
    assert!(code == Some(2) && line.contains("is built for 64-bit integers (ILP64)"), "{line}");
    let narrow = on(&bench, &[], &["sweep", "counted.toml"]).output().unwrap();
    let said = text(&narrow.stderr);
    assert!(narrow.status.success() && said.contains("checking other_blas.so (BLAS of unknown make): "), "{said}");
}

#[test]
fn threads_that_only_products_of_other_threads_start_are_seen() {
    let bench = Bench::new();
    for family in [&[][..], &["-DBLIS"]] {
        let mut threaded = on(&bench, family, &["sweep", "counted.toml"]);
        let (code, line) = failure(&threaded.env("OTHER_BLAS_THREADS", "1").output().unwrap());
        assert!(code == Some(3) && line.contains("was set to one thread and still uses 2"), "{family:?}: {line}");
    }
}

#[test]
fn the_loops_of_blis_are_set_to_one_thread_before_it_is_loaded_and_it_is_initialised_before_it_is_asked() {
    let bench = Bench::new();
    let run = on(&bench, &["-DBLIS"], &["sweep", "counted.toml"]).env("BLIS_JC_NT", "2").output().unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
}

#[test]
fn a_core_that_blis_was_told_to_take_is_undone_by_its_own_variable() {
    if has_fma4() {
        println!("skipped: this processor has FMA4");
        return;
    }
    let bench = Bench::new();
    let mut command = on(&bench, &["-DBLIS"], &["sweep", "counted.toml"]);
    let (code, line) = failure(&command.env("OTHER_BLAS_CORE", "piledriver").output().unwrap());
    assert!(
        code == Some(2)
            && line.ends_with("core piledriver, which need FMA4, and this processor lacks it (unset BLIS_ARCH_TYPE?)"),
        "{line}"
    );
}

#[test]
fn the_openblas_that_lends_its_lapack_is_part_of_the_machine() {
    let bench = Bench::new();
    let run = on(&bench, &["-DBLIS"], &["sweep", "counted.toml"]).output().unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    let machine: toml::Table = bench.read("results/counted/machine.toml").parse().unwrap();
    let lender = choose(&Request::Auto).unwrap().library.to_string();
    let lapack = machine["blas"]["lapack"].as_str().unwrap();
    assert!(lapack.starts_with(&lender) && lapack.len() == lender.len() + 13, "{lapack}");
}

#[test]
fn the_kernels_that_mkl_was_told_to_take_are_part_of_its_core() {
    let bench = Bench::new();
    let run = |branch: &str, arguments: &[&str]| {
        on(&bench, &["-DMKL"], arguments).env("OTHER_BLAS_CBWR", branch).output().unwrap()
    };
    let first = run("1", &["sweep", "counted.toml", "train.iterations=3"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let machine = bench.read("results/counted/machine.toml");
    assert!(machine.contains("core = \"Intel(R) Architecture processors with "), "{machine}");
    let more = ["sweep", "counted.toml", "train.iterations=3", "sweep.seed=[1, 2, 3, 4]"];
    let (code, line) = failure(&run("3", &more));
    assert!(
        code == Some(2) && line.contains("MKL_CBWR=3") && line.contains("a processor for which MKL takes"),
        "{line}"
    );
}

#[test]
fn a_pipe_is_no_library_and_a_word_that_means_nothing_is_answered_with_those_that_do() {
    let bench = Bench::new();
    assert!(Command::new("mkfifo").arg(bench.path("pipe")).status().unwrap().success());
    bench.write("libmine.so", "no library");
    for (name, said) in [
        ("./pipe", "can't load ./pipe as a BLAS: it is not a file"),
        ("openblas", "it is neither auto, bundled, system, mkl, blis, aocl nor a library that the system finds"),
        ("libmine.so", "the file in this folder is ./libmine.so"),
    ] {
        let (code, line) = failure(&bench.run(&["check", "--blas", name]));
        assert!(code == Some(2) && line.contains(said) && line.matches(name).count() <= 3, "{line}");
    }
}
