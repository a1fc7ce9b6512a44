//! Records of a bench: what is kept, compared and refused.

use super::*;

/// Writes the record `to` with the times of `from` multiplied by `factor`, which is larger than any noise.
fn rescale(bench: &Bench, from: &str, to: &str, factor: f64) {
    let mut record: Value = serde_json::from_str(&bench.read(&format!("results/bench/{from}.json"))).unwrap();
    let scale = |value: &mut Value| *value = (value.as_f64().unwrap() * factor).into();
    for product in record["products"].as_array_mut().unwrap() {
        let result = &mut product["results"][0];
        ["median", "low", "high"].into_iter().for_each(|name| scale(&mut result["seconds"][name]));
        result["samples"]["seconds"].as_array_mut().unwrap().iter_mut().for_each(scale);
    }
    bench.write(&format!("results/bench/{to}.json"), &record.to_string());
}

#[test]
fn what_takes_longer_than_in_the_record_is_timed_again_and_fails_and_what_does_not_passes() {
    let bench = Bench::new();
    let shapes = ["bench", "--shape", "64", "--shape", "96,64,128,nt", "--dtype", "f32", "--seconds", "0.1"];
    let run = |more: &[&str]| shimmed(&bench, &[&shapes[..], more].concat()).output().unwrap();
    let save = run(&["--save", "before"]);
    assert!(save.status.success(), "{}", text(&save.stderr));
    let again = run(&["--save", "before"]);
    assert_eq!((again.status.code(), text(&again.stderr).contains("before.json is there")), (Some(2), true));
    rescale(&bench, "before", "slow", 50.0);
    rescale(&bench, "before", "fast", 0.02);
    let faster = run(&["--against", "slow", "--fail-above", "10%"]);
    assert_eq!(faster.status.code(), Some(0), "{}{}", text(&faster.stdout), text(&faster.stderr));
    let slower = run(&["--against", "fast", "--fail-above", "10%"]);
    assert_eq!(slower.status.code(), Some(4), "{}{}", text(&slower.stdout), text(&slower.stderr));
    assert!(text(&slower.stderr).contains("slower: timed again, 1 of "), "{}", text(&slower.stderr));
    let shown = text(&slower.stdout);
    assert!(shown.contains("slower: nn 64 x 64 x 64, f32 on OpenBLAS "), "{shown}");
    assert!(shown.contains("2 times compared with fast: "), "{shown}");
    let quiet = run(&["--against", "fast", "--fail-above", "10%", "--csv", "--quiet"]);
    let said = text(&quiet.stderr);
    assert_eq!((quiet.status.code(), said.matches("warning: slower: n").count()), (Some(4), 2), "{said}");
}

#[test]
fn a_record_of_another_machine_or_of_nothing_in_common_is_refused() {
    let bench = Bench::new();
    let run = |more: &[&str]| run(shimmed(&bench, &[&["bench", "--dtype", "f32", "--shape"], more].concat()));
    assert!(run(&["8", "--save", "here"]).status.success());
    let refused = |output: Output| {
        let line = text(&output.stderr).lines().last().unwrap().to_owned();
        (output.status.code(), line)
    };
    let nothing_in_common = run(&["9", "--against", "here"]);
    assert!(!text(&nothing_in_common.stderr).contains("timing "), "{}", text(&nothing_in_common.stderr));
    let (code, line) = refused(nothing_in_common);
    assert!(code == Some(2) && line.starts_with("error: here has no product"), "{line}");
    let record = bench.read("results/bench/here.json");
    let (cpu, _) = record.split_once("\"cpu\":\"").map(|(_, rest)| rest.split_once('"').unwrap()).unwrap();
    bench.write("results/bench/there.json", &record.replacen(cpu, "Another Processor", 1));
    let (code, line) = refused(run(&["8", "--against", "there"]));
    assert!(code == Some(2) && line.contains("there is a record of another machine (Another Processor"), "{line}");
    let more = run(&["8", "--shape", "9", "--against", "here", "--quiet"]);
    let said = text(&more.stderr);
    assert!(more.status.success() && said.contains("nn 9 x 9 x 9, f32 is not in here: it was not compared"), "{said}");
    let renamed = bench.read("results/bench/here.json").replace("\"name\":\"OpenBLAS", "\"name\":\"Another");
    bench.write("results/bench/renamed.json", &renamed);
    let (code, line) = refused(run(&["8", "--against", "renamed"]));
    assert!(code == Some(2) && line.starts_with("error: renamed has no product"), "{line}");
    let hash = record.split_once("\"sha256\":\"").unwrap().1[..64].to_owned();
    bench.write("results/bench/rebuilt.json", &record.replacen(&hash, &"0".repeat(64), 1));
    let rebuilt = run(&["8", "--against", "rebuilt"]);
    assert!(rebuilt.status.success());
    assert!(
        text(&rebuilt.stderr).contains("blas_shim.so is another file than the OpenBLAS "),
        "{}",
        text(&rebuilt.stderr)
    );
    bench.write("results/bench/broken.json", &record[..record.len() / 2]);
    let (code, line) = refused(run(&["8", "--against", "broken"]));
    assert!(code == Some(2) && line.contains("no record of a bench"), "{line}");
}

#[test]
fn a_record_that_cannot_be_kept_is_refused_before_the_timing_or_printed_after_it() {
    let bench = Bench::new();
    let refused = |more: &[&str]| {
        let run = run(shimmed(&bench, &[&["bench", "--dtype", "f32", "--shape", "8"], more].concat()));
        let stderr = text(&run.stderr);
        assert!(!stderr.contains("timing ") && run.stdout.is_empty(), "{stderr}");
        assert_eq!(run.status.code(), Some(2), "{stderr}");
        stderr.lines().last().unwrap().to_owned()
    };
    bench.write("results", "a file in the place of the folder");
    assert!(refused(&["--save", "a"]).starts_with("error: cannot write results/bench: "));
    std::fs::remove_file(bench.path("results")).unwrap();
    assert!(refused(&["--save", &"long".repeat(60)]).starts_with("error: cannot write results/bench/long"));
    std::fs::create_dir_all(bench.path("results/bench/folder.json")).unwrap();
    let line = refused(&["--save", "folder", "--force"]);
    assert_eq!(line, "error: results/bench/folder.json: this is a folder, which no file replaces; choose another name");
    // A disk that takes the file's name and then nothing more.
    let full = bench.shell("ulimit -f 0; $RUNNER bench --shape 8 --dtype f32 --seconds 0.02 --save full");
    let (stdout, stderr) = (text(&full.stdout), text(&full.stderr));
    assert!(stdout.contains("nn   8x8x8 "), "{stdout}{stderr}");
    assert!(
        full.status.code() == Some(1) && stderr.contains("error: cannot write results/bench/full.json"),
        "{stderr}"
    );
}
