//! Commands that the runner prints: a shell takes them as they are, whatever the names of folders are.

use rusqlite::Connection;

use crate::support::{Bench, text};

const EXPERIMENT: &str = r#"
name = "small"
[data]
set = "drawn"
[model]
hidden = [3]
[train]
iterations = 20
[sweep]
"train.learning_rate" = [0.01, 0.1]
"#;
/// A folder, as a shell takes its name.
const ODD: &str = r"$'it\'s\nre s'";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("small.toml", EXPERIMENT);
    bench
}

/// Runs a script, with `runner` for the program; returns its stdout and stderr.
fn done(bench: &Bench, script: &str) -> (String, String) {
    let run = bench.shell(&format!("set -e -o pipefail; runner() {{ \"$RUNNER\" \"$@\"; }}\n{script}"));
    assert!(run.status.success(), "{script}: {}", text(&run.stderr));
    (text(&run.stdout), text(&run.stderr))
}

#[test]
fn the_comments_of_best_are_lines_that_name_a_command_a_shell_takes() {
    let bench = bench();
    done(&bench, &format!("runner sweep small.toml --out {ODD}"));
    let (best, _) = done(&bench, &format!("runner best {ODD}"));
    let keys: Vec<_> = best.lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(keys.len() == 1 && keys[0].starts_with("train.learning_rate="), "{best}");
    let its_net = best.lines().find_map(|line| line.split_once("; its net: ")).expect("a command").1;
    done(&bench, its_net);
}

#[test]
fn the_merge_that_a_shard_and_the_status_name_can_be_run() {
    let bench = bench();
    let (_, said) = done(&bench, &format!("runner sweep small.toml --out {ODD} --shard 0/1"));
    let merge = said.lines().find_map(|line| line.strip_suffix(" joins the shards")).expect("a command");
    let (out, _) = done(&bench, merge);
    assert_eq!(out, "it's\nre s\n");
    let record = Connection::open(bench.path("it's\nre s/results.db")).unwrap();
    assert_eq!(record.execute("UPDATE axis SET scale = 'log'", []).unwrap(), 1);
    let (_, said) = done(&bench, &format!("runner status {ODD}.shards"));
    let merge = said.split_once("its plan is damaged; ").expect("a warning").1;
    let (_, said) = done(&bench, merge.split_once(" writes it anew").unwrap().0);
    assert!(said.contains("its plan is damaged, and is written anew"), "{said}");
}

#[test]
fn the_command_that_goes_on_can_be_run() {
    let bench = bench();
    let long = "train.iterations=1000000000 train.record_every=1000000 --time-budget 2s";
    let cut = bench.shell(&format!("$RUNNER sweep small.toml {long} --out {ODD}"));
    let said = text(&cut.stderr);
    let again = said.split_once("to go on: ").expect("a command").1.lines().next().unwrap();
    let (_, long) = again.split_once(" sweep small.toml ").expect("the same words");
    let (_, said) = done(&bench, &format!("runner sweep small.toml {long} --dry-run"));
    assert!(said.contains("2 trials"), "{said}");
    assert!(again.ends_with(&format!("--out {ODD}")), "{again}");
}
