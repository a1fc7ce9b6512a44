//! The second training of a fleet in which a net diverged has a checkpoint of its own.

use std::fs;

use super::*;

/// A net that diverges at step 3001, when the learning rate jumps.
const DIVERGING: &[&str] = &[
    "sweep.seed=[1]",
    "model.hidden=[5]",
    "train.patience=10000000",
    "train.optimizer=gd",
    "train.learning_rate=1e-6",
    "train.schedule=step",
    "train.step_size=3000",
    "train.gamma=1e7",
    "train.iterations=30000",
    "model.activation=identity",
    "model.dropout=0",
    "train.diverge_above=50",
];

/// Returns the iteration of the second training's checkpoint; `None` if there is none.
fn repeated_up_to(bench: &Bench, out: &str) -> Option<u64> {
    let second = checkpoints(bench, out).into_iter().find(|path| path.to_string_lossy().ends_with(".again.ckpt"))?;
    // It may be replaced, or removed, between the listing and the reading.
    let bytes = fs::read(second).ok()?;
    let header: Value = serde_json::from_slice(bytes.split(|byte| *byte == b'\n').nth(1)?).ok()?;
    header["iteration"].as_u64()
}

/// Trains until the second training's checkpoint is at `until` or later, and then kills it; returns the first iteration that was seen, and
/// the last one.
fn kill_in_the_second_training(bench: &Bench, until: u64) -> (u64, u64) {
    let before = repeated_up_to(bench, "killed");
    let mut command = bench.command();
    command.args(["sweep", "long.toml", "-j", "1", "--progress", "none", "--out", "killed"]).args(DIVERGING);
    let mut child = start(&mut command);
    let mut first = None;
    loop {
        let now = repeated_up_to(bench, "killed").filter(|now| Some(*now) != before);
        first = first.or(now);
        if let (Some(first), Some(now)) = (first, now)
            && now >= until
        {
            child.kill().unwrap();
            child.wait().unwrap();
            return (first, now);
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before the second training reached iteration {until}");
    }
}

#[test]
fn a_repetition_that_is_killed_goes_on_and_leaves_nothing_behind() {
    let bench = bench();
    let all = [&["--out", "undisturbed"], DIVERGING].concat();
    finished(&sweep(&bench, &all));
    assert!(trials(&bench, "undisturbed").iter().flatten().any(|cell| cell == "diverged"));
    let (_, reached) = kill_in_the_second_training(&bench, 1500);
    let (first, _) = kill_in_the_second_training(&bench, reached + 1);
    assert!(first > reached, "the second training began anew: {first} after {reached}");
    finished(&sweep(&bench, &[&["--out", "killed"], DIVERGING].concat()));
    assert_same(&bench, "killed", "undisturbed");
    assert_eq!(checkpoints(&bench, "killed"), [] as [PathBuf; 0]);
}

#[test]
fn a_fleet_with_two_checkpoints_is_one_fleet() {
    let bench = bench();
    let mut command = bench.command();
    command.args(["sweep", "long.toml", "-j", "1", "--progress", "none", "--out", "killed"]).args(DIVERGING);
    let mut child = start(&mut command);
    while repeated_up_to(&bench, "killed").is_none() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the second training had a checkpoint");
    }
    signal(&child, "INT");
    let said = text(&child.wait_with_output().unwrap().stderr);
    assert!(checkpoints(&bench, "killed").len() == 2, "{said}");
    assert!(said.contains("1 fleet in training is kept as far as it is, in killed/checkpoints"), "{said}");
}
