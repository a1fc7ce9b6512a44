//! Checkpoints that are damaged, of others or not written: said, and the training goes on without them.

use std::fs;

use super::{ONE, assert_same, bench, checkpoints, finished, kill_after_a_checkpoint, sweep};
use crate::support::built;

#[test]
fn a_checkpoint_that_is_damaged_or_of_others_is_named_and_left_out() {
    let bench = bench();
    finished(&sweep(&bench, &[ONE, &["--out", "undisturbed"]].concat()));
    assert!(kill_after_a_checkpoint(&bench, "out", ONE));
    let path = checkpoints(&bench, "out").remove(0);
    let whole = fs::read(&path).unwrap();
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let header = whole.iter().position(|byte| *byte == b'{').unwrap();
    for (bytes, said) in [
        (changed(whole.len() / 2), "the checkpoint is damaged"),
        (changed(whole.len() - 1), "the checkpoint is damaged"),
        (changed(header + 15), "the checkpoint is damaged"),
        (whole[..whole.len() - 10].to_vec(), "the checkpoint is damaged"),
        (whole[..30].to_vec(), "the checkpoint is damaged"),
        (changed(3), "no checkpoint of this release"),
        (Vec::new(), "no checkpoint of this release"),
    ] {
        fs::remove_dir_all(bench.path("out")).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &bytes).unwrap();
        let stderr = finished(&sweep(&bench, &[ONE, &["--out", "out"]].concat()));
        assert_eq!(stderr.matches("; the training begins anew").count(), 1, "{stderr}");
        assert!(stderr.contains(said) && stderr.contains(path.file_name().unwrap().to_str().unwrap()), "{stderr}");
        assert_same(&bench, "out", "undisturbed");
        // What is not ours is left.
        assert_eq!(path.exists(), said.starts_with("no checkpoint"), "{said}");
    }
    // Other trials in a fleet that begins with the same one.
    fs::remove_dir_all(bench.path("out")).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, &whole).unwrap();
    let five = ["sweep.seed=[1,2,3,4,5]", "model.hidden=[5]", "train.patience=60"];
    finished(&sweep(&bench, &[&five[..], &["--out", "five"]].concat()));
    let stderr = finished(&sweep(&bench, &[&five[..], &["--out", "out"]].concat()));
    let aside = path.with_extension("1.ckpt");
    let named = format!("{} now; the training begins anew", aside.file_name().unwrap().display());
    assert!(stderr.contains("it is the checkpoint of other trials, and is ") && stderr.contains(&named), "{stderr}");
    assert!(fs::read(&aside).unwrap() == whole, "what other trials have trained is kept");
    assert_same(&bench, "out", "five");
}

#[test]
fn a_checkpoint_of_another_core_is_left_out() {
    let bench = bench();
    // A core that no machine has by itself any more.
    let sandybridge = |out: &str| {
        let mut command = bench.command();
        command.args(["sweep", "long.toml", "-j", "1", "--out", out]).args(ONE).env("OPENBLAS_CORETYPE", "Sandybridge");
        finished(&command.output().unwrap())
    };
    sandybridge("undisturbed");
    assert!(kill_after_a_checkpoint(&bench, "out", ONE));
    let stderr = sandybridge("out");
    assert!(stderr.contains("it was trained on another machine or by another build"), "{stderr}");
    assert_eq!(stderr.matches("; the training begins anew").count(), 1, "{stderr}");
    assert_same(&bench, "out", "undisturbed");
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_set_aside_and_not_written_over() {
    let bench = bench();
    assert!(kill_after_a_checkpoint(&bench, "out", ONE));
    let path = checkpoints(&bench, "out").remove(0);
    let whole = fs::read(&path).unwrap();
    let shim = built(&bench, "disk_shim");
    let mut command = bench.command();
    command.args([
        "sweep",
        "long.toml",
        "-j",
        "1",
        "--out",
        path.parent().unwrap().parent().unwrap().to_str().unwrap(),
    ]);
    command.args(ONE).env("LD_PRELOAD", &shim).env("DISK_SHIM_FOLDER", path.parent().unwrap());
    command
        .env("DISK_SHIM_CALL", "open")
        .env("DISK_SHIM_WHEN", "1")
        .env("DISK_SHIM_ON", "1")
        .env("DISK_SHIM_ERROR", "116");
    let stderr = finished(&command.output().unwrap());
    let aside = path.with_extension("1.ckpt");
    let said = format!(
        "it can't be read (Stale file handle (os error 116)), and is {} now; the training begins anew",
        aside.display()
    );
    assert!(stderr.contains(&said), "{stderr}");
    assert!(fs::read(&aside).unwrap() == whole, "what was trained is kept");
    let left = format!("{} is left: a checkpoint from which this plan does not go on", aside.display());
    assert!(stderr.contains(&left), "{stderr}");
}

#[test]
fn a_disk_that_takes_no_checkpoint_is_one_warning_and_no_end() {
    let bench = bench().with_own_core();
    finished(&sweep(&bench, &[ONE, &["--out", "undisturbed"]].concat()));
    let shim = built(&bench, "disk_shim");
    for (call, error, reason) in [
        ("write", "28", "No space left on device"),
        ("write", "5", "Input/output error"),
        ("fsync", "5", "Input/output error"),
    ] {
        let out = bench.path("out");
        let mut command = bench.command();
        command.args(["sweep", "long.toml", "-j", "1", "--out", out.to_str().unwrap()]).args(ONE);
        command.env("LD_PRELOAD", &shim).env("DISK_SHIM_FOLDER", out.join("checkpoints")).env("DISK_SHIM_CALL", call);
        command.env("DISK_SHIM_WHEN", "1").env("DISK_SHIM_ON", "1").env("DISK_SHIM_ERROR", error);
        let stderr = finished(&command.output().unwrap());
        let warnings: Vec<_> = stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        let [warning] = warnings[..] else { panic!("{call} {error}: {stderr}") };
        assert!(
            warning.contains(reason) && warning.contains("the training goes on without this checkpoint"),
            "{warning}"
        );
        assert_same(&bench, "out", "undisturbed");
        assert!(!bench.path("out/checkpoints").exists(), "{call} {error}: no part is left");
        fs::remove_dir_all(out).unwrap();
    }
}
