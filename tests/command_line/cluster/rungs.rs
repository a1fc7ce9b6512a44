//! Sweeps on Slurm that halve: rungs from which nothing goes on, and shards that are damaged after a merge.

use super::*;

const HALVING: [&str; 2] = ["sweep.halving.least=10", "sweep.halving.factor=2"];

/// Runs both shards and their merge, as the jobs of a rung do.
fn rung(bench: &Bench) -> String {
    assert!((0..2).all(|shard| task(bench, shard).status().unwrap().success()));
    let mut merge = prepared(bench, Command::new("bash"));
    let merged = merge.arg("results/six.shards/merge.sh").current_dir(bench.path("")).output().unwrap();
    assert!(merged.status.success(), "{}", text(&merged.stderr));
    text(&merged.stderr)
}

#[test]
fn a_sweep_that_halves_ends_with_a_rung_of_which_no_setting_has_completed() {
    let bench = bench();
    let words = [&HALVING[..], &["train.learning_rate=1e30", "--time", "1h"]].concat();
    submit(&bench, &[&words[..], &["--shards", "2"]].concat());
    bench.write("squeue.txt", "");
    let over = "no setting of this rung has completed, so none goes on";
    let merged = rung(&bench);
    assert!(merged.contains(over) && !merged.contains("train the next one"), "{merged}");
    let calls = bench.read("sbatch.log");
    let said = submit(&bench, &[&words[..], &["--resume"]].concat());
    assert!(said.contains(over) && bench.read("sbatch.log") == calls, "{said}");
    let shown = runner(&bench, &["status", "results/six.shards"]);
    let table = text(&shown.stdout);
    assert!(shown.status.success() && table.contains("; rung 1 of 3, from which no setting goes on"), "{table}");
    // The later arrays, which Slurm has.
    let again = task(&bench, 0).output().unwrap();
    let said = text(&again.stderr);
    assert!(again.status.success() && said.contains(over) && !said.contains("before the next rung"), "{said}");
}

#[test]
fn a_shard_whose_record_is_damaged_behind_the_merge_of_a_rung_is_mended_by_the_command_that_is_named() {
    let bench = bench();
    let words = [&HALVING[..], &["--time", "1h"]].concat();
    submit(&bench, &[&words[..], &["--shards", "2"]].concat());
    bench.write("squeue.txt", "");
    rung(&bench);
    assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
    fs::write(bench.path("results/six.shards/1-of-2/results.db"), "no database").unwrap();
    let command = "runner sweep results/six.shards/experiment.toml --out results/six --shard 1/2 --fresh";
    let said = submit(&bench, &[&words[..], &["--resume"]].concat());
    let (damage, remedy) = ("shard 1/2 counts as not finished: ", format!("; {command} begins this shard anew"));
    assert!(said.contains(damage) && said.contains(&remedy), "{said}");
    let calls = bench.read("sbatch.log");
    assert!(calls.lines().nth(6).is_some_and(|call| call.contains("--array=1 ")), "{calls}");
    let mended = bench.shell(&command.replacen("runner", "$RUNNER", 1));
    assert!(mended.status.success(), "{}", text(&mended.stderr));
    // The second rung is merged, and the third one trained.
    rung(&bench);
    rung(&bench);
    assert_eq!(status(&bench).0, Some(0));
}

#[test]
fn the_time_limit_is_long_enough_for_a_shard_of_any_rung() {
    let bench = bench();
    // Ten million times as long as those of the first rung.
    let long = ["train.iterations=1_000_000_000", "train.record_every=10_000_000", "sweep.halving.factor=1000"];
    let words = [&["submit", "six.toml", "--shards", "2", "--dry-run", "sweep.halving.least=10"][..], &long].concat();
    let shown = runner(&bench, &words);
    let (script, said) = (text(&shown.stdout), text(&shown.stderr));
    let minutes: u64 = script.lines().find_map(|line| line.strip_prefix("#SBATCH --time=")).unwrap().parse().unwrap();
    assert!(minutes > 6 && said.contains(", on the last rung up to "), "{minutes} minutes: {said}");
}
