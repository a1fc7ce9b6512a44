//! The choice of the BLAS, its messages, and what it refuses.

use std::fs;
use std::process::Command;

use kernels::Vectors;
use kernels::blas::{Request, Source, candidates, choose};

use crate::blas::{EXPERIMENT, shim, shimmed};
use crate::support::{Bench, built_with, failure, has_fma4, repository, text};

/// The arguments of a short command that needs a BLAS.
const SWEEP: [&str; 2] = ["sweep", "counted.toml"];

fn sweep_fails(mut command: Command) -> (Option<i32>, String) {
    failure(&command.output().unwrap())
}

#[test]
fn what_is_no_blas_is_refused_in_one_line() {
    let bench = Bench::new();
    bench.write("counted.toml", EXPERIMENT);
    bench.write("text.so", "no library");
    bench.write("long.so", &"no library".repeat(100));
    // Most of it, half of it, and its first page: what a full disk or a broken download leaves.
    let whole = fs::read(choose(&Request::Auto).unwrap().library.path()).unwrap();
    for (name, length) in [("most", whole.len() / 10 * 9), ("half", whole.len() / 2), ("page", 4096)] {
        fs::write(bench.path(&format!("{name}.so")), &whole[..length]).unwrap();
    }
    for (blas, said) in [
        ("/nowhere/libopenblas.so.0", "can't load /nowhere/libopenblas.so.0 as a BLAS"),
        ("./text.so", "can't load ./text.so as a BLAS"),
        ("./long.so", "can't load ./long.so as a BLAS"),
        ("./most.so", "./most.so is cut off: it has "),
        ("./half.so", "./half.so is cut off: it has "),
        ("./page.so", "./page.so is cut off: it has 4096 bytes"),
        ("libm.so.6", "libm.so.6 is not a BLAS with cblas: it has no cblas_sgemm"),
        ("aocl", "no BLAS named aocl was found"),
    ] {
        let mut command = bench.command();
        command.args(SWEEP).args(["--blas", blas]);
        let (code, line) = sweep_fails(command);
        assert!(code == Some(2) && line.contains(said), "{blas}: {line}");
        let mut by_variable = bench.command();
        by_variable.args(SWEEP).env("LAYERCHAIN_BLAS", blas);
        assert_eq!(sweep_fails(by_variable), (code, line), "by LAYERCHAIN_BLAS");
        let mut by_key = bench.command();
        by_key.args(SWEEP).arg(format!("run.blas={blas}"));
        assert!(sweep_fails(by_key).1.contains(said), "by run.blas");
    }
}

#[test]
fn kernels_for_vectors_that_the_processor_lacks_are_refused_before_they_end_the_process() {
    if Vectors::detect() == Vectors::Avx512 {
        println!("skipped: this processor has AVX-512");
        return;
    }
    if candidates(Source::Bundled).is_empty() {
        println!("skipped: no BLAS is bundled here");
        return;
    }
    let bench = Bench::new();
    bench.write("counted.toml", EXPERIMENT);
    let mut command = bench.command();
    let (code, line) = sweep_fails({
        command.args(SWEEP).args(["--blas", "bundled"]).env("OPENBLAS_CORETYPE", "SkylakeX");
        command
    });
    assert!(code == Some(2) && line.contains("core SkylakeX, which need AVX-512"), "{line}");
}

#[test]
fn kernels_that_need_fma4_are_refused_on_a_processor_without_it() {
    if has_fma4() {
        println!("skipped: this processor has FMA4");
        return;
    }
    let bench = Bench::new();
    for core in ["Bulldozer", "Piledriver", "Steamroller", "Excavator"] {
        let mut command = shimmed(&bench, &SWEEP);
        command.env("BLAS_SHIM_BLIND", "1").env("OPENBLAS_CORETYPE", core);
        let (code, line) = sweep_fails(command);
        let said = format!("core {core}, which need FMA4, and this processor lacks it (unset OPENBLAS_CORETYPE?)");
        assert!(code == Some(2) && line.contains(&said), "{line}");
    }
}

#[test]
fn releases_that_go_wrong_are_refused_and_threads_that_stay_too() {
    let bench = Bench::new();
    for (variable, value, said) in [
        ("BLAS_SHIM_CONFIG", "OpenBLAS 0.3.20 DYNAMIC_ARCH MAX_THREADS=64", "blas_shim.so: OpenBLAS 0.3.20 is too old"),
        ("BLAS_SHIM_CONFIG", "OpenBLAS 0.3.30 DYNAMIC_ARCH MAX_THREADS=64", "known for races"),
        ("BLAS_SHIM_CONFIG", "ATLAS", "can't find the release of this OpenBLAS"),
        ("BLAS_SHIM_THREADS", "2", "was set to one thread and still uses 2"),
    ] {
        let mut command = shimmed(&bench, &SWEEP);
        command.env(variable, value);
        let (code, line) = sweep_fails(command);
        assert!(code == Some(3) && line.contains(said), "{line}");
    }
    let mut wide = shimmed(&bench, &SWEEP);
    wide.env("BLAS_SHIM_CONFIG", "OpenBLAS 0.3.34 USE64BITINT DYNAMIC_ARCH MAX_THREADS=64");
    let (code, line) = sweep_fails(wide);
    assert!(code == Some(2) && line.contains("64-bit integers"), "{line}");
}

#[test]
fn another_library_of_ld_preload_is_named_as_what_it_is() {
    let bench = Bench::new();
    shimmed(&bench, &SWEEP);
    let library = choose(&Request::Auto).unwrap().library;
    // A bare name that the loader finds, and that is not the file's own, as libopenblas.so.0 is of Debian.
    fs::create_dir(bench.path("lib")).unwrap();
    std::os::unix::fs::symlink(shim(&bench), bench.path("lib/libany.so.0")).unwrap();
    for named in [shim(&bench), "libany.so.0".into()] {
        let mut impostor = bench.command();
        impostor.args(SWEEP).env("LD_PRELOAD", named).env("LD_LIBRARY_PATH", bench.path("lib"));
        impostor.env("BLAS_SHIM_REAL", library.path()).env("BLAS_SHIM_CONFIG", "OpenBLAS 0.3.99 MAX_THREADS=64");
        let (code, line) = sweep_fails(impostor);
        assert_eq!(code, Some(2));
        assert!(line.contains("LD_PRELOAD puts ") && line.contains("blas_shim.so (OpenBLAS 0.3.99"), "{line}");
        assert!(line.contains(": unset LD_PRELOAD, or choose that library with --blas "), "{line}");
    }
    // One that can't be chosen either.
    let half = built_with(&bench, "other_blas", &["-Dcblas_dgemm=hidden"]);
    for (preloaded, config, said) in
        [(half, "", "it has no cblas_dgemm"), (shim(&bench), "OpenBLAS 0.3.20", "0.3.20 is too old")]
    {
        let mut unusable = bench.command();
        unusable.args(SWEEP).env("LD_PRELOAD", preloaded);
        unusable.env("BLAS_SHIM_REAL", library.path()).env("BLAS_SHIM_CONFIG", config);
        let (code, line) = sweep_fails(unusable);
        assert!(code == Some(2) && line.contains(said) && line.ends_with(": unset LD_PRELOAD"), "{line}");
    }
    let mut asked_for = shimmed(&bench, &SWEEP);
    let asked_for = asked_for.env("LD_PRELOAD", shim(&bench)).output().unwrap();
    assert!(asked_for.status.success(), "{}", text(&asked_for.stderr));
}

#[test]
fn an_openblas_that_does_not_know_the_processor_gets_wider_kernels_unless_the_user_chose() {
    let bench = Bench::new();
    let blind = |core: Option<&str>| {
        let mut command = shimmed(&bench, &["sweep", "counted.toml", "--fresh"]);
        command.env("BLAS_SHIM_BLIND", "1").env_remove("OPENBLAS_CORETYPE");
        core.into_iter().for_each(|core| {
            command.env("OPENBLAS_CORETYPE", core);
        });
        let run = command.output().unwrap();
        assert!(run.status.success(), "{}", text(&run.stderr));
        text(&run.stderr)
    };
    if Vectors::detect() > Vectors::Avx {
        let cured = blind(None);
        assert!(cured.contains("would have taken its Prescott kernels; it was given wider ones"), "{cured}");
    } else {
        println!("skipped in part: this processor has no wider kernels");
    }
    // `check` loads further libraries after it, which must choose their kernels as usual.
    let found = |command: &mut Command| -> Vec<String> {
        let check = command.env("BLAS_SHIM_BLIND", "1").env_remove("OPENBLAS_CORETYPE").output().unwrap();
        let report = text(&check.stdout);
        let lines = report.lines().filter(|line| line.contains(" found "));
        lines.map(|line| line.split(',').next().unwrap_or_default().to_owned()).collect()
    };
    let after_the_cure = found(&mut shimmed(&bench, &["check"]));
    assert_eq!(after_the_cure, found(bench.command().arg("check")));
    let chosen = blind(Some("Prescott"));
    assert!(!chosen.contains("wider ones"), "{chosen}");
}

#[test]
fn kernels_that_are_slow_by_request_are_said_to_be_slow() {
    let bench = Bench::new();
    if Vectors::detect() < Vectors::Avx2 {
        println!("skipped: this processor has no AVX2, and the kernels of Nehalem are its own");
        return;
    }
    bench.write("counted.toml", EXPERIMENT);
    let slow = bench.command().args(SWEEP).env("OPENBLAS_CORETYPE", "Nehalem").output().unwrap();
    assert!(text(&slow.stderr).contains("% of this processor's"), "{}", text(&slow.stderr));
    let check = bench.command().arg("check").env("OPENBLAS_CORETYPE", "Nehalem").output().unwrap();
    assert!(text(&check.stdout).contains("peak: unset OPENBLAS_CORETYPE"), "{}", text(&check.stdout));
    assert_eq!(check.status.code(), Some(3));
}

#[test]
fn a_core_that_no_openblas_knows_is_warned_of_and_one_that_a_build_maps_to_another_is_not() {
    let bench = Bench::new();
    let said = |core: &str| {
        let run =
            shimmed(&bench, &["sweep", "counted.toml", "--fresh"]).env("OPENBLAS_CORETYPE", core).output().unwrap();
        let stderr = text(&run.stderr);
        let warnings: Vec<_> =
            stderr.lines().filter(|line| line.contains("names no core")).map(str::to_owned).collect();
        assert!(warnings.len() <= 1, "{stderr}");
        warnings.into_iter().next()
    };
    for unknown in ["Sandybrige", "Hasswel", "Foo", "Haswell2", "Has"] {
        let warning = said(unknown).unwrap_or_else(|| panic!("{unknown}"));
        assert!(
            warning.contains(&format!("OPENBLAS_CORETYPE={unknown} names no core that this OpenBLAS has")),
            "{warning}"
        );
    }
    for known in ["", "Haswell", "haswell", "HASWELL", "Zen", "Barcelona", "Core2", "Opteron_SSE3", "Steamroller"] {
        assert_eq!(said(known), None, "{known:?}");
    }
    let lecture = repository("experiments/trace/lecture.toml");
    for command in [&["gradcheck", "counted.toml"][..], &["trace", lecture.to_str().unwrap()]] {
        let run = shimmed(&bench, command).env("OPENBLAS_CORETYPE", "Hasswel").output().unwrap();
        assert_eq!(
            text(&run.stderr).matches("names no core that this OpenBLAS has").count(),
            1,
            "{}",
            text(&run.stderr)
        );
    }
    let check = bench.command().arg("check").env("OPENBLAS_CORETYPE", "Hasswel").output().unwrap();
    assert!(text(&check.stdout).contains("✗ BLAS: OPENBLAS_CORETYPE=Hasswel names no core"), "{}", text(&check.stdout));
}

#[test]
fn the_library_is_named_in_the_header_the_machine_and_the_model_and_another_one_is_warned_of() {
    let bench = Bench::new();
    let first = shimmed(&bench, &SWEEP).output().unwrap();
    assert!(text(&first.stderr).contains("blas_shim.so, sha256 "), "{}", text(&first.stderr));
    let machine: toml::Table = bench.read("results/counted/machine.toml").parse().unwrap();
    assert_eq!((&machine["blas"]["name"], &machine["blas"]["threads"]), (&"OpenBLAS".into(), &1.into()));
    assert!(machine["blas"]["path"].as_str().unwrap().ends_with("blas_shim.so"));
    assert_eq!(machine["blas"]["sha256"].as_str().unwrap().len(), 64);
    let again = bench.command().args(SWEEP).output().unwrap();
    assert!(
        text(&again.stderr).contains("finished trials of another BLAS, core, plans of products or run.threads"),
        "{}",
        text(&again.stderr)
    );
    let one = ["train", "counted.toml", "model.dtype=f32"];
    assert!(bench.run(&one).status.success());
    let model = text(&fs::read(bench.path("results/counted/model.h5")).unwrap());
    let library = choose(&Request::Auto).unwrap().library;
    for said in [format!("{:?}", library.release()), format!("{:?}", library.path())] {
        assert!(model.contains(&said), "{said} is not in the model");
    }
}

#[test]
fn every_library_that_is_found_trains_the_same_net() {
    let bench = Bench::new();
    bench.write("counted.toml", EXPERIMENT);
    let costs = |blas: &str| -> Vec<f64> {
        let run = bench.run(&["sweep", "counted.toml", "--fresh", "model.dtype=f64", "--blas", blas]);
        assert!(run.status.success(), "{blas}: {}", text(&run.stderr));
        let history = bench.read("results/counted/history.csv");
        history.lines().skip(1).map(|line| line.rsplit_once(',').unwrap().1.parse().unwrap()).collect()
    };
    let expected = costs("auto");
    for candidate in Source::ALL.into_iter().flat_map(candidates) {
        for (cost, expected) in costs(candidate.path.to_str().unwrap()).iter().zip(&expected) {
            assert!((cost - expected).abs() < 1e-12, "{}: {cost} {expected}", candidate.path.display());
        }
    }
}

#[test]
fn the_commands_that_multiply_take_a_blas_and_the_others_refuse_one() {
    let bench = Bench::new();
    let takes = |command: &str| text(&bench.run(&[command, "--help"]).stdout).contains("--blas <NAME|PATH>");
    for command in ["sweep", "train", "predict", "evaluate", "verify", "gradcheck", "trace", "check"] {
        assert!(takes(command), "{command}");
    }
    let lecture = repository("experiments/trace/lecture.toml");
    let lecture = lecture.to_str().unwrap();
    for wrong in
        [&["show", "results", "--blas", "auto"][..], &["schema", "--blas", "auto"], &["--blas", "auto", "schema"]]
    {
        let refused = bench.run(wrong);
        assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("--blas"), "{wrong:?}");
    }
    for place in [&["--blas", "libm.so.6", "trace", lecture][..], &["trace", lecture, "--blas", "libm.so.6"]] {
        let (code, line) = failure(&bench.run(place));
        assert!(code == Some(2) && line.contains("libm.so.6 is not a BLAS"), "{line}");
    }
}
