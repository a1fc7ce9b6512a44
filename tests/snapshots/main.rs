//! Snapshots of the output of the runner: every `--help`, and the tables of a small sweep.
//!
//! `INSTA_UPDATE=always cargo test -p layerchain-runner --test snapshots` writes them again; read the diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Ten examples of two features; the class says whether the first feature is the larger.
const POINTS: &str = "a,b,larger\n1,3,b\n4,2,a\n3,5,b\n6,1,a\n2,7,b\n8,3,a\n5,9,b\n7,6,a\n4,8,b\n9,5,a\n";

const EXPERIMENT: &str = r#"
name = "points"
[data]
train = "data/train_points.h5"
test = "data/test_points.h5"
scale = "standardize"
[model]
hidden = [3]
dtype = "f64"
[train]
iterations = 40
[sweep]
train.learning_rate = [0.1, 0.5]
seed = [1, 2]
"#;

/// An empty directory to run in.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(TempDir::new().expect("a temporary directory"))
    }

    /// Makes a directory with the points imported as HDF5 files, and an experiment on them.
    fn with_points() -> Self {
        let folder = Folder::new();
        fs::write(folder.0.path().join("points.csv"), POINTS).unwrap();
        fs::write(folder.0.path().join("points.toml"), EXPERIMENT).unwrap();
        folder.run("data import points.csv --label larger --test-share 0.3 --seed 1");
        folder
    }

    /// Runs the runner with the words of `arguments`, and returns what it prints, paths as from the directory.
    fn run(&self, arguments: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_runner"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env("COLUMNS", "100")
            .env_remove("CATVNONCAT")
            .env_remove("LAYERCHAIN_BLAS")
            .stdin(Stdio::null())
            .output()
            .expect("the runner starts");
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        let folder = format!("{}/", self.0.path().display());
        String::from_utf8(output.stdout).expect("UTF-8").replace(&folder, "")
    }

    fn agrees(&self, name: &str, arguments: &str) {
        agrees(name, &without_hashes(&self.run(arguments)));
    }
}

fn snapshots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/snapshots")
}

fn agrees(name: &str, printed: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshots());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, printed));
}

/// Replaces trial ids and digests, which follow the bytes of HDF5 files, by as many x.
fn without_hashes(text: &str) -> String {
    with_words(text, |word| {
        let hash = word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        hash.then(|| "x".repeat(word.len()))
    })
}

/// Replaces the seconds of trials, measured or predicted, the only numbers of a table with three decimals.
fn without_seconds(text: &str) -> String {
    with_words(text, |word| {
        let seconds =
            word.parse::<f64>().is_ok() && word.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 3);
        seconds.then(|| "s".repeat(word.len()))
    })
}

/// Replaces words, without the punctuation around them, where `replacement` has another.
fn with_words(text: &str, replacement: impl Fn(&str) -> Option<String>) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|spaced| {
        let word = spaced.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        replacement(word).map_or_else(|| spaced.to_owned(), |other| spaced.replace(word, &other))
    });
    words.collect()
}

/// Returns the subcommands that a help lists.
fn subcommands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = list.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_help_reads_as_it_was_last_looked_at() {
    let folder = Folder::new();
    let (mut to_ask, mut asked) = (vec![String::new()], BTreeSet::new());
    while let Some(command) = to_ask.pop() {
        let help = folder.run(&format!("{command} --help"));
        to_ask.extend(subcommands(&help).into_iter().map(|name| format!("{command} {name}")));
        let name = format!("help{}", command.replace(' ', "-"));
        agrees(&name, &help);
        asked.insert(format!("{name}.snap"));
    }
    let files = fs::read_dir(snapshots()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let kept: BTreeSet<_> = files.filter(|name| name.starts_with("help") && name.ends_with(".snap")).collect();
    assert_eq!(kept, asked, "a snapshot of a command that is no more");
}

#[test]
fn data_sets_are_listed_and_inspected() {
    Folder::new().agrees("data-list", "data list");
    Folder::with_points().agrees("data-inspect", "data inspect data/train_points.h5 data/test_points.h5");
}

#[test]
fn the_tables_of_a_sweep_read_as_they_were_last_looked_at() {
    let folder = Folder::with_points();
    agrees("sweep-dry-run", &without_seconds(&without_hashes(&folder.run("sweep points.toml --dry-run"))));
    folder.run("sweep points.toml --progress none");
    agrees("show", &without_seconds(&folder.run("show results/points")));
    agrees("show-trials", &without_seconds(&without_hashes(&folder.run("show results/points --trials"))));
}

/// Replaces relative errors of finite differences, whose digits are rounding.
fn without_rounding(text: &str) -> String {
    with_words(text, |word| {
        word.parse::<f64>().is_ok_and(|error| error > 0.0 && error < 1e-9).then(|| "tiny".to_owned())
    })
}

#[test]
fn a_step_laid_open_reads_as_it_was_last_looked_at() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../experiments/trace/lecture.toml");
    agrees("trace", &without_rounding(&Folder::new().run(&format!("trace {}", file.display()))));
}

#[test]
fn a_model_is_asked_in_tables() {
    let folder = Folder::with_points();
    folder.run("train points.toml seed=1 train.learning_rate=0.5 --progress none");
    folder.agrees("evaluate", "evaluate results/points/model.h5");
}
