//! A file under its final name is complete, whatever the disk does: a C shim makes the calls that write it fail, do
//! nothing, or end the process. `scripts/faults/files` tries every call of every command; this is a sample.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::{Bench, built, text};

const EIO: &str = "5";
const ENOSPC: &str = "28";

const EXPERIMENT: &str = r#"
name = "small"
[data]
set = "drawn"
scale = "standardize"
[model]
hidden = [7, 5]
dtype = "f64"
[train]
learning_rate = 0.05
iterations = 20
record_every = 10
"#;

/// A command that writes below `out`, with the files of an undisturbed run.
struct Disturbed {
    bench: Bench,
    shim: PathBuf,
    arguments: Vec<String>,
    whole: BTreeMap<String, Vec<u8>>,
    /// The number of times that it makes each call.
    calls: BTreeMap<String, usize>,
}

/// A fault: the end of the `when`-th `call`, and of all later ones if it ends in +.
type Fault<'a> = (&'a str, usize, &'a str);

impl Disturbed {
    fn new(command: &str) -> Self {
        let bench = Bench::new();
        bench.write("small.toml", EXPERIMENT);
        let rows = (0..30).map(|i| format!("{i}.5,{},{}\n", i * i % 7, ["cat", "other"][i % 2]));
        bench.write("table.csv", &rows.collect::<String>());
        let shim = built(&bench, "disk_shim");
        let out = bench.path("out");
        let out = out.display();
        let line = match command {
            "train" => format!("train small.toml --force --out {out}/m.h5 --history {out}/h.csv"),
            "generate" => format!("data generate --train 20 --test 9 --side 8 --out {out}"),
            "import" => format!("data import table.csv --force --test-share 0.2 --out {out}"),
            "sweep" => format!("sweep small.toml -j 1 sweep.seed=[1,2] --out {out}"),
            _ => unreachable!("no such command"),
        };
        let arguments = line.split(' ').map(str::to_owned).collect();
        let mut disturbed = Disturbed { bench, shim, arguments, whole: BTreeMap::new(), calls: BTreeMap::new() };
        let run = disturbed.run(None);
        assert!(run.status.success(), "{}", text(&run.stderr));
        disturbed.whole = disturbed.files();
        let counts = disturbed.bench.read("calls");
        let counts = counts.lines().filter_map(|line| line.split_once(' '));
        disturbed.calls = counts.map(|(call, count)| (call.to_owned(), count.parse().unwrap())).collect();
        disturbed
    }

    /// Runs the command in an empty folder.
    fn run(&self, fault: Option<Fault>) -> Output {
        let _ = fs::remove_dir_all(self.bench.path("out"));
        self.run_again(fault)
    }

    fn run_again(&self, fault: Option<Fault>) -> Output {
        let mut command: Command = self.bench.command();
        command.args(&self.arguments).env("LD_PRELOAD", &self.shim).env("DISK_SHIM_FOLDER", self.bench.path("out"));
        match fault {
            None => command.env("DISK_SHIM_COUNT", self.bench.path("calls")),
            Some((call, when, error)) => {
                if error.ends_with('+') {
                    command.env("DISK_SHIM_ON", "1");
                }
                let command = command.env("DISK_SHIM_CALL", call).env("DISK_SHIM_WHEN", when.to_string());
                command.env("DISK_SHIM_ERROR", error.trim_end_matches('+'))
            }
        };
        command.output().unwrap()
    }

    /// Reads the files below `out`, without SQLite's pages and the seconds of a table.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.bench.path("out")) else { return BTreeMap::new() };
        let content = |entry: std::io::Result<fs::DirEntry>| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let plain = !matches!(name.as_str(), "results.db" | "trials.csv");
            (name, if plain { fs::read(path).unwrap() } else { Vec::new() })
        };
        entries.map(content).collect()
    }

    /// Returns every `step`-th of these calls.
    fn points<'a>(&self, calls: &[&'a str], step: usize) -> Vec<(&'a str, usize)> {
        let all = calls.iter().flat_map(|&call| (1..=self.calls[call]).map(move |when| (call, when)));
        all.step_by(step).collect()
    }

    /// Checks that a run with this fault either succeeds with the right bytes, or fails with one line and without half
    /// a file. Returns whether it succeeded.
    fn survives(&self, fault: Fault) -> bool {
        let run = self.run(Some(fault));
        let (stderr, files) = (text(&run.stderr), self.files());
        if run.status.success() {
            assert!(files == self.whole, "{fault:?}: exit code 0 with other bytes: {stderr}");
            return true;
        }
        assert_eq!(run.status.code(), Some(1), "{fault:?}: {stderr}");
        let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(lines.len() == 1 && stderr.trim_end().ends_with(lines[0]), "{fault:?}: {stderr}");
        for (name, bytes) in files {
            let may_be_other = name.starts_with("results.db") || name.ends_with(".csv") && self.is_sweep();
            assert!(may_be_other || self.whole.get(&name) == Some(&bytes), "{fault:?}: half of {name} is left");
        }
        false
    }

    fn is_sweep(&self) -> bool {
        self.arguments[0] == "sweep"
    }
}

/// Without the check of files that are read back, each of these runs exits with 0, with zeros in place of labels, names
/// or whole layers.
#[test]
fn a_write_that_fails_once_is_said_and_leaves_no_file_of_zeros() {
    for command in ["train", "generate", "import"] {
        let disturbed = Disturbed::new(command);
        let points = disturbed.points(&["pwrite"], 1);
        assert!(points.len() > 5, "{command}: {points:?}");
        for (call, when) in points {
            disturbed.survives((call, when, if when % 2 == 0 { EIO } else { ENOSPC }));
        }
    }
}

/// libhdf5 2.2.0 frees memory twice when it closes a file that it couldn't write.
#[test]
fn a_disk_that_takes_nothing_more_is_said_and_leaves_no_file() {
    for command in ["train", "generate", "import"] {
        let disturbed = Disturbed::new(command);
        for (call, when) in disturbed.points(&["pwrite"], 1) {
            let ended_well = disturbed.survives((call, when, if when % 2 == 0 { "5+" } else { "28+" }));
            assert!(!ended_well, "{command}: {call} {when} passes in silence");
        }
    }
}

#[test]
fn a_write_that_is_lost_without_a_word_is_seen_when_the_file_is_read_back() {
    for command in ["train", "generate", "import"] {
        let disturbed = Disturbed::new(command);
        let mut seen = 0;
        for (call, when) in disturbed.points(&["pwrite"], 2) {
            let run = disturbed.run(Some((call, when, "lost")));
            if run.status.success() {
                // libhdf5 marks a file as open for writing in byte 20, which holds no content.
                let unmarked = |mut files: BTreeMap<String, Vec<u8>>| {
                    files.values_mut().filter(|bytes| bytes.starts_with(b"\x89HDF")).for_each(|bytes| bytes[20] = 0);
                    files
                };
                let (found, whole) = (unmarked(disturbed.files()), unmarked(disturbed.whole.clone()));
                assert!(found == whole, "{command}: write {when} is missing");
            } else {
                seen += 1;
                assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
                let left = disturbed.files();
                assert!(
                    left.keys().all(|name| name == "h.csv"),
                    "{command}: write {when} is missing: {:?}",
                    left.keys()
                );
            }
        }
        assert!(seen > 2, "{command}: {seen}");
    }
}

#[test]
fn a_sync_rename_or_cut_that_fails_is_said() {
    for command in ["train", "generate", "import"] {
        let disturbed = Disturbed::new(command);
        for (call, when) in disturbed.points(&["write", "ftruncate", "rename", "close"], 1) {
            disturbed.survives((call, when, EIO));
        }
        for (call, when) in disturbed.points(&["fsync"], 1) {
            assert!(!disturbed.survives((call, when, EIO)), "{command}: fsync {when} passes in silence");
        }
    }
}

#[test]
fn a_sweep_on_a_failing_disk_says_so_and_goes_on_to_the_same_bytes() {
    let disturbed = Disturbed::new("sweep");
    for (call, when) in disturbed.points(&["pwrite", "write", "fsync", "fdatasync", "ftruncate", "rename"], 10) {
        disturbed.survives((call, when, if when % 2 == 0 { EIO } else { ENOSPC }));
        let again = disturbed.run_again(None);
        assert!(again.status.success(), "{call} {when}: {}", text(&again.stderr));
        assert!(disturbed.files() == disturbed.whole, "{call} {when}: the next run leaves other files");
    }
}

#[test]
fn what_a_killed_run_left_unfinished_goes_with_the_next() {
    for command in ["train", "generate", "import"] {
        let disturbed = Disturbed::new(command);
        let mut parts = 0;
        for (call, when) in disturbed.points(&["pwrite"], 5) {
            let run = disturbed.run(Some((call, when, "kill")));
            assert_eq!(run.status.signal(), Some(9));
            parts += disturbed.files().keys().filter(|name| name.ends_with(".part")).count();
            let again = disturbed.run_again(None);
            assert!(again.status.success(), "{}", text(&again.stderr));
            assert!(disturbed.files() == disturbed.whole, "{command}: {:?}", disturbed.files().keys());
        }
        assert!(parts > 0, "{command}: no kill left anything");
    }
}
