//! Mistakes of users: each gives one clear line with the file and the key or dataset, exit code 2, and no results.

use std::fs;

use crate::support::{Bench, failure, text};

const GOOD: &str = r#"
name = "good"

[data]
set = "drawn"

[model]
depth = 2
width = 3

[train]
learning_rate = 0.1
iterations = 5

[sweep]
seed = [1, 2]
"#;

#[test]
fn a_bad_experiment_is_refused_with_file_line_and_key() {
    let bench = Bench::new();
    let replaced = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    };
    for (toml, parts) in [
        (
            replaced("learning_rate", "learning_rat"),
            &["bad.toml:12", "unknown key train.learning_rat", "did you mean train.learning_rate?"][..],
        ),
        (replaced("[train]", "[trian]"), &["bad.toml:12", "trian.learning_rate", "did you mean train.learning_rate?"]),
        (replaced("seed = [", "sead = ["), &["bad.toml:16", "sweep.sead", "did you mean sweep.seed?"]),
        (replaced("depth = 2", "depth = \"two\""), &["bad.toml:8", "model.depth", "must be an integer", "\"two\""]),
        (replaced("depth = 2", "depth = 2.0"), &["bad.toml:8", "model.depth", "2.0"]),
        (replaced("depth = 2", "depth = 0"), &["bad.toml:8", "model.depth", "from 1"]),
        (replaced("width = 3", "width = -3"), &["bad.toml:9", "model.width", "-3"]),
        (replaced("width = 3", "width = 99999999999"), &["bad.toml:9", "model.width", "to 1000000"]),
        (replaced("width = 3", "hidden = [3]"), &["bad.toml", "model.hidden", "not both"]),
        (replaced("width = 3\n", ""), &["bad.toml", "model.width", "missing"]),
        (
            replaced("width = 3", "width = 3\nactivation = \"rely\""),
            &["bad.toml:10", "model.activation", "\"relu\"", "\"rely\""],
        ),
        (replaced("width = 3", "width = 3\ninit_factor = 0.1"), &["bad.toml", "model.init_factor", "scaled-normal"]),
        (replaced("0.1", "-0.1"), &["bad.toml:12", "train.learning_rate", "above 0", "-0.1"]),
        (replaced("0.1", "nan"), &["bad.toml:12", "train.learning_rate", "nan"]),
        (replaced("0.1", "inf"), &["bad.toml:12", "train.learning_rate", "inf"]),
        (replaced("0.1", "0"), &["bad.toml:12", "train.learning_rate", "found 0"]),
        (replaced("learning_rate = 0.1\n", ""), &["bad.toml", "train.learning_rate", "missing"]),
        (replaced("iterations = 5", "iterations = 0"), &["bad.toml:13", "train.iterations"]),
        (replaced("seed = [1, 2]", "seed = []"), &["bad.toml:16", "sweep.seed", "empty"]),
        (replaced("seed = [1, 2]", "seed = [1, -1]"), &["bad.toml:16", "sweep.seed", "-1"]),
        (replaced("seed = [1, 2]", "seed = [1, 1]"), &["bad.toml:16", "sweep.seed", "twice"]),
        (replaced("seed = [1, 2]", "seed = 3"), &["bad.toml:16", "sweep.seed", "list"]),
        (replaced("seed = [1, 2]", "seed = { from = 0, to = 9e9, count = 2 }"), &["bad.toml:16", "sweep.seed"]),
        (
            replaced("seed = [1, 2]", "seed = { from = 0, to = 1999999, count = 2000000 }"),
            &["bad.toml:16", "sweep.seed", "count"],
        ),
        (
            replaced(
                "seed = [1, 2]",
                "seed = { from = 0, to = 9999, count = 10000 }\n\"train.iterations\" = { from = 1, to = 1000, count = 1000 }",
            ),
            &["bad.toml", "sweep", "10000 x 1000 points"],
        ),
        (replaced("\"good\"", "\"../good\""), &["bad.toml:2", "name", "../good"]),
        (replaced("\"good\"", "\"..\""), &["bad.toml:2", "name"]),
        (replaced("\"good\"", "\"a\\nb\""), &["bad.toml:2", "name"]),
        (replaced("seed = [1, 2]", "seed = { to = 3, count = 2 }"), &["bad.toml:16", "sweep.seed", "lacks from"]),
        (
            replaced("seed = [1, 2]", "seed = [1, 2]\n\"model.depth\" = [1, 2]\nmodel.depth = [3, 4]"),
            &["bad.toml", "sweep.model.depth", "given twice"],
        ),
        (replaced("0.1", "1e-60"), &["bad.toml", "train.learning_rate", "beyond f32"]),
        (replaced("\"good\"", "7"), &["bad.toml:2", "name", "found 7"]),
        (replaced("name = \"good\"\n", ""), &["bad.toml", "name", "missing"]),
        (replaced("set = \"drawn\"\n", ""), &["bad.toml", "data.set", "missing"]),
        (replaced("\"drawn\"", "\"drwan\""), &["drwan", "drawn"]),
        (
            replaced("set = \"drawn\"", "train = \"data/none.h5\"\ntest = \"data/test_drawn.h5\""),
            &["error: bad.toml:5: data/none.h5: "],
        ),
        (
            replaced("set = \"drawn\"", "train = \"data/train_drawn.h5\"\ntest = \"data/none.h5\""),
            &["error: bad.toml:6: data/none.h5: "],
        ),
        (
            replaced("set = \"drawn\"", "set = \"drawn\"\nvalidation = 0.99"),
            &["error: bad.toml:6: data.validation: a share of 0.99"],
        ),
        (replaced("[sweep]", "[run]\nblas = \"/none\"\n[sweep]"), &["error: bad.toml:16: run.blas: can't load /none"]),
        (replaced("set = \"drawn\"", "set = \"drawn\"\ntrain_x = \"pictures\""), &["data/train_drawn.h5", "pictures"]),
        (replaced("[model]", "[model"), &["bad.toml:7", "not valid TOML"]),
        (replaced("width = 3", "width = 3\nwidth = 4"), &["bad.toml:10", "not valid TOML", "duplicate"]),
        (
            replaced("width = 3", &format!("width = {}3{}", "[".repeat(5000), "]".repeat(5000))),
            &["bad.toml:9", "not valid TOML"],
        ),
        (replaced("[sweep]", "[run]\njobs = 100\n[sweep]"), &["100 jobs", "cores"]),
        (replaced("[sweep]", "[run]\nthreads = 100\n[sweep]"), &["100 threads", "run.threads"]),
        (replaced("[sweep]", "[run]\nthreads = 2\njobs = 100\n[sweep]"), &["100 jobs x 2 threads", "cores", "--jobs"]),
        (replaced("width = 3", "width = 1000000\n").replace("depth = 2", "depth = 5000"), &["need", "free"]),
    ] {
        bench.write("bad.toml", &toml);
        let (code, line) = failure(&bench.run(&["sweep", "bad.toml"]));
        assert_eq!(code, Some(2), "{line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
        assert!(!bench.path("results").exists(), "half a result: {line}");
    }
}

#[test]
fn a_table_in_the_place_of_a_key_and_a_key_that_cannot_be_swept_are_not_called_unknown() {
    let bench = Bench::new();
    bench.write("good.toml", GOOD);
    for (from, to, said) in [
        (
            "[model]",
            "[[model]]",
            "bad.toml:7: model: a table with keys such as model.depth, model.width, model.parameters",
        ),
        (
            "seed = [1, 2]",
            "[sweep.zip]\ntrain.momentum = [0.5, 0.9]",
            "bad.toml:17: sweep.zip: must be a list of tables: [[sweep.zip]]",
        ),
        (
            "seed = [1, 2]",
            "seed = [1, 2]\n[sweep.halving]",
            "bad.toml:17: sweep.halving: a table with keys such as sweep.halving.least, sweep.halving.factor, sweep.halving.metric",
        ),
        ("[sweep]", "[trian]\n[sweep]", "bad.toml:15: unknown key trian (did you mean train?)"),
        ("seed = [1, 2]", "train.momentum = {}", "bad.toml:16: sweep.train.momentum: the range lacks from"),
        (
            "seed = [1, 2]",
            "zip = [{}]",
            "bad.toml:16: sweep.zip: must be tables with at least one key, [[sweep.zip]], found {}",
        ),
        (
            "seed = [1, 2]",
            "data.validation = [0.1, 0.2]",
            "bad.toml:16: sweep.data.validation: can't be swept: all trials of an experiment have the same",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        bench.write("bad.toml", &GOOD.replace(from, to));
        assert_eq!(failure(&bench.run(&["sweep", "bad.toml"])), (Some(2), format!("error: {said}")));
    }
    let all_the_same = "can't be swept: all trials of an experiment have the same";
    for (word, said) in [
        ("train={}", "train: a table with keys such as train."),
        ("data=drawn", "data: a table with keys such as data.set, data.train, data.test"),
        ("sweep={}", "sweep: a table with keys such as sweep.method, "),
        ("sweep.halving=1", "sweep.halving: a table with keys such as sweep.halving.least, "),
        ("sweep.model=[1]", "sweep.model: a table with keys such as sweep.model.depth, "),
        ("sweep.exclude.seed=1", "sweep.exclude: must be a list of tables: [[sweep.exclude]]"),
        ("sweep.exclude=1", "sweep.exclude: must be a list of tables, [[sweep.exclude]], found 1"),
        ("sweep.run.jobs=[1, 2]", &format!("sweep.run.jobs: {all_the_same}")),
        ("sweep.name=['a', 'b']", &format!("sweep.name: {all_the_same}")),
        ("sweep.include=[{name='a'}]", &format!("sweep.include.name: {all_the_same}")),
        ("=0.2", "\"=0.2\" is not of the form key=value"),
    ] {
        let (code, line) = failure(&bench.run(&["sweep", "good.toml", word]));
        assert!(code == Some(2) && line.starts_with(&format!("error: command line: {said}")), "{word}: {line}");
    }
}

#[test]
fn a_text_on_the_command_line_may_be_made_of_digits() {
    let bench = Bench::new();
    bench.write("good.toml", GOOD);
    for name in ["5", "2024-01-01", "1_000", "0x1F", "true"] {
        let name_key = format!("name={name}");
        let (shown, _) = bench.succeeds(&["sweep", "good.toml", &name_key, "description=5.0", "--progress", "none"]);
        assert_eq!(shown, format!("results/{name}\n"));
        assert!(bench.read(&format!("results/{name}/experiment.toml")).contains("description = \"5.0\"\n"));
    }
    let (_, line) = failure(&bench.run(&["sweep", "good.toml", "name=[5]"]));
    assert!(line.contains("name: must be 1 to 64 letters") && line.ends_with("found [5]"), "{line}");
}

#[test]
fn a_bad_override_or_file_is_refused() {
    let bench = Bench::new();
    bench.write("good.toml", GOOD);
    fs::write(bench.path("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    for (arguments, parts) in [
        (&["none.toml"][..], &["none.toml", "No such file"][..]),
        (&["data"], &["data", "a folder, not a regular file"]),
        (&["binary.toml"], &["binary.toml", "UTF-8"]),
        (&["good.toml", "train.learning_rate"], &["command line", "key=value"]),
        (&["good.toml", "name=[5"], &["command line: name: must be 1 to 64 letters"]),
        (&["good.toml", "train.learning_rate=fast"], &["command line", "train.learning_rate", "\"fast\""]),
        (&["good.toml", "train.lerning_rate=1"], &["command line", "did you mean train.learning_rate?"]),
        (&["good.toml", "sweep.model.depth=[2, 0]"], &["command line", "sweep.model.depth", "0"]),
        (
            &["good.toml", "sweep.model.activation=[relu,tanh]"],
            &[
                "command line: sweep.model.activation: not valid TOML, in which texts have quotes",
                "; found [relu,tanh]",
            ],
        ),
        (
            &["good.toml", "sweep.train.learning_rate={from=0.1,to=1,count=3,scale=log}"],
            &["command line: sweep.train.learning_rate: not valid TOML, in which texts have quotes", "scale=log}"],
        ),
        (
            &["good.toml", "data.train=data/train_drawn.h5", "data.test_x=x"],
            &["command line", "data.test_x: only applies with data.test or data.set"],
        ),
        (
            &["good.toml", "data.train=data/train_drawn.h5", "data.test_share=0.2", "data.test_y=y"],
            &["command line", "data.test_y: only applies with data.test or data.set"],
        ),
    ] {
        let (code, line) = failure(&bench.run(&[&["sweep"], arguments].concat()));
        assert_eq!(code, Some(2), "{line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
    }
    let (code, line) = failure(&bench.run(&["show", "nowhere"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("nowhere") && line.contains("run a sweep first"), "{line}");
}

#[test]
fn a_bad_data_file_is_refused_with_its_name() {
    let bench = Bench::new();
    bench.write("good.toml", GOOD);
    let train = bench.path("data/train_drawn.h5");
    let whole = fs::read(&train).unwrap();
    for length in [0, 100, 2000, whole.len() / 2, whole.len() - 1] {
        fs::write(&train, &whole[..length]).unwrap();
        let (code, line) = failure(&bench.run(&["sweep", "good.toml"]));
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains("train_drawn.h5"), "{length} bytes: {line}");
    }
    fs::remove_file(&train).unwrap();
    let (code, line) = failure(&bench.run(&["sweep", "good.toml"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("train_drawn.h5") && line.contains("runner data generate"), "{line}");
    assert!(!bench.path("results").exists());
}

#[test]
fn overrides_fix_a_swept_key_and_replace_alternatives() {
    let bench = Bench::new();
    bench.write("good.toml", GOOD);
    for (arguments, trials) in [
        (&["seed=7"][..], 1),
        (&["sweep.seed=[1,2,3,4]"], 4),
        (&["model.hidden=[4, 2]", "seed=1"], 1),
        (&["sweep.model.hidden=[[4], [4, 2]]"], 4),
        (&["model.hidden=[4, 2]", "model.depth=2", "model.width=3"], 2),
    ] {
        let run = bench.run(&[&["sweep", "good.toml", "--dry-run"], arguments].concat());
        assert_eq!(text(&run.stdout).lines().count() - 1, trials, "{}", text(&run.stderr));
    }
}

#[test]
fn a_key_that_fails_only_with_the_data_or_the_machine_has_its_file_and_line() {
    let bench = Bench::new();
    let base = "name = \"late\"\n[data]\nset = \"drawn\"\n[train]\niterations = 5\nlearning_rate = 0.1\n";
    for (text, key) in [
        ("[model]\nhidden = [4]\n[run]\nthreads = 1000\n", "late.toml:10: run.threads: "),
        ("[model]\nhidden = [4]\n[run]\njobs = 1000\n", "late.toml:10: run.jobs: "),
        ("optimizer = \"adam\"\n[model]\nhidden = [4]\n[run]\nengine = \"dual\"\n", "late.toml:11: run.engine: "),
        ("[model]\ndepth = 3\nparameters = 3\n", "late.toml:9: model.parameters: "),
        ("[model]\ndepth = 3\n[sweep]\nmodel.parameters = [3, 9999]\n", "late.toml:10: model.parameters: "),
        (
            "[model]\ndepth = 3\nparameters = 9999\n[sweep]\nmodel.parameters = [3, 9998]\n",
            "late.toml:11: model.parameters: ",
        ),
    ] {
        bench.write("late.toml", &format!("{base}{text}"));
        let (code, line) = failure(&bench.run(&["sweep", "late.toml", "--dry-run"]));
        assert!(code == Some(2) && line.starts_with(&format!("error: {key}")), "{key} is not in: {line}");
    }
    bench.write("late.toml", &format!("{base}[model]\nhidden = [4]\n").replace("drawn", "drown"));
    for command in ["sweep", "train", "gradcheck"] {
        let (code, line) = failure(&bench.run(&[command, "late.toml"]));
        assert!(
            code == Some(2) && line.starts_with("error: late.toml:3: data.set: unknown data set"),
            "{command}: {line}"
        );
        let (_, line) = failure(&bench.run(&[command, "late.toml", "data.set=x"]));
        assert!(line.starts_with("error: command line: data.set: unknown data set"), "{command}: {line}");
    }
}
