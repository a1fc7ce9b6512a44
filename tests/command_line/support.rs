//! Runs the `runner` program as a person would, in a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use runner::record::seal::Seal;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a small drawn data set in `data/`, like a checkout.
pub(crate) struct Bench {
    folder: TempDir,
    /// The environment variables that its runs don't have.
    without: Vec<&'static str>,
}

impl Bench {
    /// Draws the pictures.
    pub(crate) fn new() -> Self {
        let bench = Bench { folder: TempDir::new().expect("a temporary directory"), without: vec!["CATVNONCAT"] };
        let drawn = bench.run(&["data", "generate", "--train", "40", "--test", "12", "--side", "8"]);
        assert!(drawn.status.success(), "{}", text(&drawn.stderr));
        bench
    }

    /// Leaves the core to the library: a slow one that the environment asks for is warned of in each run.
    pub(crate) fn with_own_core(mut self) -> Self {
        self.without.push("OPENBLAS_CORETYPE");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file of the test's own");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in &self.without {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the runner starts")
    }

    /// Runs a script of the shell, in which `$RUNNER` is the program.
    pub(crate) fn shell(&self, script: &str) -> Output {
        let mut shell = Command::new("bash");
        shell.args(["-c", script]).env("RUNNER", env!("CARGO_BIN_EXE_runner"));
        for variable in &self.without {
            shell.env_remove(variable);
        }
        shell.current_dir(self.folder.path()).output().expect("a shell")
    }

    /// Runs what must succeed, and returns its stdout and stderr.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> (String, String) {
        let run = self.run(arguments);
        assert!(run.status.success(), "{arguments:?}: {}", text(&run.stderr));
        (text(&run.stdout), text(&run.stderr))
    }

    /// Starts the runner and returns once it has reported `lines` finished trials.
    pub(crate) fn start_until(&self, arguments: &[&str], lines: usize) -> Child {
        let mut child = self
            .command()
            .args(arguments)
            .args(["--progress", "plain"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the runner starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let finished = stderr.lines().map_while(Result::ok).filter(|line| line.starts_with('[')).take(lines).count();
        assert_eq!(finished, lines, "the sweep ended before it could be interrupted");
        child
    }
}

/// Sends a signal to a running program.
pub(crate) fn signal(child: &Child, name: &str) {
    // The shell's built-in kill: not every machine has the program.
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("bash").args(["-c", &kill]).status().unwrap().success());
}

/// Returns whether the processor says that it has FMA4, which no core since Zen does.
pub(crate) fn has_fma4() -> bool {
    fs::read_to_string("/proc/cpuinfo").unwrap_or_default().split_whitespace().any(|flag| flag == "fma4")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads JSON objects, one a line.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// Returns the cells of the only row of trials.csv.
pub(crate) fn only_trial(bench: &Bench, name: &str) -> impl Fn(&str) -> String + use<> {
    let table = bench.read(&format!("results/{name}/trials.csv"));
    let mut csv = csv::Reader::from_reader(table.as_bytes());
    let headers = csv.headers().unwrap().clone();
    let row = csv.records().next().unwrap().unwrap();
    move |column| row[headers.iter().position(|header| header == column).unwrap()].to_owned()
}

/// Compiles the C source `name` beside these tests to a shared library.
pub(crate) fn built(bench: &Bench, name: &str) -> PathBuf {
    built_with(bench, name, &[])
}

/// Builds a library as [`built`] does, with these further arguments for the compiler.
pub(crate) fn built_with(bench: &Bench, name: &str, arguments: &[&str]) -> PathBuf {
    let library = bench.path(&format!("{name}.so"));
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let built = Command::new(compiler)
        .args(["-O1", "-shared", "-fPIC"])
        .args(arguments)
        .arg("-o")
        .args([&library, &repository(&format!("tests/command_line/{name}.c"))])
        .arg("-ldl")
        .output()
        .expect("a C compiler");
    assert!(built.status.success(), "{}", text(&built.stderr));
    library
}

/// Returns the exit code and the only line on stderr of a run that must fail.
pub(crate) fn failure(output: &Output) -> (Option<i32>, String) {
    let stderr = text(&output.stderr);
    let line = stderr.trim_end();
    assert!(line.starts_with("error: ") && !line.contains('\n'), "one clear line, not:\n{stderr}");
    assert!(!line.contains("panicked"), "{line}");
    (output.status.code(), line.to_owned())
}

/// Seals trial 1 of a record as it is now, as a faulty runner would have done.
pub(crate) fn reseal(record: &Connection) {
    let mut seal = Seal::of("trial");
    for (select, columns) in [
        ("SELECT * FROM trial WHERE number = 1", 1..17),
        (
            "SELECT fingerprint, toml FROM machine JOIN trial ON trial.machine = machine.number WHERE trial.number = 1",
            0..2,
        ),
        ("SELECT said FROM data JOIN trial ON trial.data = data.number WHERE trial.number = 1", 0..1),
        ("SELECT trials FROM fleet JOIN trial ON trial.fleet = fleet.number WHERE trial.number = 1", 0..1),
        ("SELECT iteration, cost, metrics FROM history WHERE trial = 1 ORDER BY iteration", 0..3),
    ] {
        let mut rows = record.prepare(select).unwrap();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            columns.clone().for_each(|column| seal.add(row.get_ref(column).unwrap()));
        }
    }
    assert_eq!(record.execute("UPDATE trial SET digest = ?1 WHERE number = 1", [seal.hex()]).unwrap(), 1);
}

pub(crate) fn real_images() -> Option<PathBuf> {
    let folder = std::env::var_os("CATVNONCAT").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: set CATVNONCAT to the folder of the course's two files");
    }
    folder
}

/// Returns the path of a file of this repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}
