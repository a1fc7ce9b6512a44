//! The comforts of the command line: completions, manual pages, the schema, colours, progress and advice.

use serde_json::Value;

use crate::support::{Bench, failure, repository, signal, text};

const EXPERIMENT: &str = r#"
name = "small"
[data]
set = "drawn"
[model]
hidden = [3]
[train]
learning_rate = 0.1
iterations = 20
[sweep]
seed = [1, 2, 3]
"#;

fn events(stderr: &[u8]) -> Vec<Value> {
    text(stderr).lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[test]
fn the_schema_beside_the_experiments_is_the_one_that_is_printed() {
    let printed = text(&Bench::new().run(&["schema"]).stdout);
    let kept = std::fs::read_to_string(repository("experiments/experiment.schema.json")).unwrap();
    assert!(printed == kept, "write it again: runner schema > experiments/experiment.schema.json");
}

#[test]
fn every_shell_gets_a_script_and_every_command_a_manual_page() {
    let bench = Bench::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = text(&bench.run(&["completions", shell]).stdout);
        assert!(script.contains("LAYERCHAIN_COMPLETE"), "{shell}: {script}");
    }
    assert!(bench.run(&["man", "man1"]).status.success());
    let page = bench.read("man1/runner-sweep.1");
    assert!(page.contains("Train every point of an experiment") && page.contains("dry\\-run"), "{page}");
    assert!(!bench.path("man1/runner-rehearse.1").exists());
    // Its own pages are replaced, and nobody else's.
    bench.write("man1/runner-sweep.1", &page.replace("Train every point", "An older text"));
    assert!(bench.run(&["man", "man1"]).status.success());
    assert_eq!(bench.read("man1/runner-sweep.1"), page);
    bench.write("man1/runner-show.1", "mine\n");
    let (code, line) = failure(&bench.run(&["man", "man1"]));
    assert!(code == Some(2) && line.contains("man1/runner-show.1: this is not a page of runner man"), "{line}");
    assert_eq!(bench.read("man1/runner-show.1"), "mine\n");
}

#[test]
fn a_shell_that_asks_is_answered_with_keys_and_their_values() {
    let bench = Bench::new();
    let completed = |word: &str| {
        let mut command = bench.command();
        command.env("LAYERCHAIN_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
        text(&command.args(["--", "runner", "sweep", "depth.toml", word]).output().unwrap().stdout)
    };
    assert_eq!(completed("train.learn").trim(), "train.learning_rate=");
    assert_eq!(completed("train.optimizer=adam"), "train.optimizer=adam\ntrain.optimizer=adamw");
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let bench = Bench::new();
    let said = |arguments: &[&str], variable: (&str, &str)| {
        text(&bench.command().args(arguments).env(variable.0, variable.1).output().unwrap().stderr)
    };
    let plain = "error: none.toml: can't read";
    assert!(said(&["sweep", "none.toml"], ("TERM", "xterm")).starts_with(plain));
    for painted in [
        said(&["sweep", "none.toml", "--color", "always"], ("TERM", "xterm")),
        said(&["sweep", "none.toml"], ("CLICOLOR_FORCE", "1")),
    ] {
        assert!(painted.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m none.toml"), "{painted:?}");
    }
    assert!(said(&["sweep", "none.toml", "--color", "never"], ("CLICOLOR_FORCE", "1")).starts_with(plain));
    let mut both = bench.command();
    both.args(["sweep", "none.toml"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    assert!(text(&both.output().unwrap().stderr).starts_with(plain));
}

#[test]
fn progress_as_json_is_an_object_a_line_and_nothing_else() {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    let events = events(&bench.run(&["sweep", "small.toml", "--progress", "json"]).stderr);
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).collect::<Vec<_>>();
    assert_eq!(named("begin")[0]["trials"], 3);
    let trials = named("trial");
    assert_eq!(trials.len(), 3);
    assert!(trials.iter().all(|trial| trial["status"] == "completed" && trial["final_cost"].is_f64()), "{trials:?}");
    assert_eq!(trials.iter().map(|trial| &trial["finished"]).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((&named("end")[0]["completed"], &named("end")[0]["diverged"]), (&Value::from(3), &Value::from(0)));
    assert!(named("message").iter().any(|message| message["text"].as_str().unwrap().starts_with("small: 3 trials")));
    let wrong = bench.run(&["train", "small.toml", "--progress", "json"]).stderr;
    let wrong = &self::events(&wrong)[0];
    assert!(wrong["level"] == "error" && wrong["text"].as_str().unwrap().contains("3 points"), "{wrong}");
    let one = self::events(&bench.run(&["train", "small.toml", "seed=1", "--progress", "json"]).stderr);
    let end = one.iter().find(|event| event["event"] == "end").unwrap();
    assert!(end["status"] == "completed" && end["engine"].is_string(), "{end}");
}

#[test]
fn a_long_trial_is_told_of_on_its_way_and_an_interrupted_sweep_how_to_go_on() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    let mut command = bench.command();
    command.args(["sweep", "small.toml", "seed=1", "train.iterations=1000000000", "train.record_every=1000000"]);
    command.args(["--fresh", "sweep.model.dropout=[0.1, 0.2]", "--progress", "json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let progress = lines.find(|line| line.contains(r#""event":"progress""#)).expect("progress of a trial on its way");
    let progress: Value = serde_json::from_str(&progress).unwrap();
    let running = &progress["running"][0];
    assert!(running["iteration"].as_u64().unwrap() > 0 && running["iterations"] == 1_000_000_000, "{progress}");
    assert!(progress["fraction"].as_f64().unwrap() < 0.5 && progress["finished"] == 0, "{progress}");
    signal(&child, "INT");
    let rest = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let again = "sweep small.toml seed=1 train.iterations=1000000000 train.record_every=1000000 'sweep.model.dropout=[0.1, 0.2]'";
    assert!(rest.contains("to go on: ") && rest.contains(again) && !rest.contains("--fresh"), "{rest}");
}

#[test]
fn a_terminal_that_takes_no_codes_or_is_narrow_gets_plain_lines() {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    let shown = |set_up: &str| {
        let on_a_terminal = format!("{set_up}; $RUNNER sweep small.toml --fresh");
        text(&bench.shell(&format!("script -qec '{on_a_terminal}' /dev/null </dev/null")).stdout)
    };
    let has_codes = |shown: &str| shown.contains('\u{1b}');
    assert!(has_codes(&shown("stty cols 80 rows 24; export TERM=xterm")));
    for set_up in ["stty cols 80 rows 24; export TERM=dumb", "stty cols 20 rows 24; export TERM=xterm"] {
        let shown = shown(set_up);
        assert!(!has_codes(&shown) && shown.contains("[3/3] "), "{set_up}: {shown:?}");
    }
}

#[test]
fn quiet_says_warnings_and_errors_alone_and_verbose_more_than_the_usual() {
    let bench = Bench::new().with_own_core();
    bench.write("small.toml", EXPERIMENT);
    let said = |arguments: &[&str]| text(&bench.run(arguments).stderr);
    assert_eq!(said(&["-q", "sweep", "small.toml", "--out", "a"]), "");
    assert_eq!(bench.read("a/trials.csv").lines().count(), 4);
    let usual = said(&["sweep", "small.toml", "--out", "b"]);
    let verbose = said(&["sweep", "small.toml", "--out", "c", "-v"]);
    assert!(usual.contains("3 completed") && !usual.contains("planned in"), "{usual}");
    assert!(
        verbose.contains("read in") && verbose.contains("planned in") && verbose.contains("checked in"),
        "{verbose}"
    );
}

#[test]
fn a_divergence_comes_with_advice_and_so_do_layers_that_hidden_does_not_take() {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    let said = |arguments: &[&str]| text(&bench.run(arguments).stderr);
    let one = said(&["train", "small.toml", "seed=1", "train.learning_rate=1000", "train.diverge_above=10"]);
    assert!(one.contains("try a smaller train.learning_rate than 1000"), "{one}");
    let all = said(&["sweep", "small.toml", "train.learning_rate=1000", "train.diverge_above=10"]);
    assert!(all.contains("warning: every trial diverged") && all.contains("try a smaller one"), "{all}");
    let layers = said(&["sweep", "small.toml", "model.hidden=[192, 5, 1]", "--dry-run"]);
    assert!(layers.contains("model.hidden = [192, 5, 1] seems to list the 192 inputs and the 1 of"), "{layers}");
}

#[test]
fn that_every_trial_diverged_is_said_of_the_whole_plan_and_not_of_the_last_run() {
    let bench = Bench::new().with_own_core();
    bench.write("small.toml", EXPERIMENT);
    let rates = |rates: &str| {
        let rates = format!("sweep.train.learning_rate={rates}");
        bench.succeeds(&["sweep", "small.toml", "sweep.seed=[1]", "train.diverge_above=10", &rates]).1
    };
    assert!(!rates("[0.01]").contains("warning"));
    let more = rates("[0.01, 1000]");
    assert!(more.contains("0 completed, 1 diverged") && !more.contains("every trial diverged"), "{more}");
    rates("[1000]");
    let more = rates("[1000, 2000]");
    assert!(more.contains("every trial diverged, also with the lowest train.learning_rate, 1000.0: "), "{more}");
}

#[test]
fn a_divergence_before_the_first_update_is_no_reason_for_another_learning_rate() {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    let said =
        |command: &str, keys: &[&str]| text(&bench.run(&[&[command, "small.toml", "seed=1"], keys].concat()).stderr);
    let bound = "train.diverge_above=0.1";
    let remedy = "try a larger train.diverge_above";
    let one = said("train", &[bound]);
    assert!(one.contains(&format!("diverged at iteration 0: cost above diverge_above; no model is written; that was before its first update: {remedy}")));
    let all = said("sweep", &[bound]);
    assert!(all.contains(&format!("diverged before its first update (cost above diverge_above): {remedy}")), "{all}");
    let large = ["model.init=scaled-normal", "model.init_factor=1e30"];
    for command in ["train", "sweep"] {
        let said = said(command, &large);
        assert!(
            said.contains("try another model.init, or data.scale=standardize")
                && said.contains("before its first update"),
            "{said}"
        );
        assert!(!said.contains("learning_rate"), "{said}");
    }
}

#[test]
fn a_mistake_in_the_experiment_is_said_before_that_there_is_a_file_already() {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    assert!(bench.run(&["train", "small.toml", "seed=1"]).status.success());
    let said = |arguments: &[&str]| text(&bench.run(arguments).stderr);
    assert!(said(&["train", "small.toml", "seed=1"]).contains("there is a file already"));
    let wrong = said(&["train", "small.toml", "seed=1", "train.optimizer=adam", "run.engine=dual"]);
    assert!(wrong.contains("run.engine") && !wrong.contains("there is a file"), "{wrong}");
}
