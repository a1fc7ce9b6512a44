//! The examples of the documentation, run as they are printed.

use crate::support::{Bench, repository, text};

/// Returns the block of this language in a file of docs/ that begins with `beginning`.
fn block(file: &str, language: &str, beginning: &str) -> String {
    let docs = std::fs::read_to_string(repository(&format!("docs/{file}"))).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = docs.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.starts_with(beginning)).expect("such an example").to_owned()
}

/// Runs a line as a shell does.
fn shell(bench: &Bench, line: &str) -> std::process::Output {
    let mut command = std::process::Command::new("sh");
    let runner = std::path::Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = format!("{}:{}", runner.display(), std::env::var("PATH").unwrap_or_default());
    command.args(["-c", line]).current_dir(bench.path("")).env("PATH", path).env_remove("CATVNONCAT").output().unwrap()
}

#[test]
fn the_first_experiment_trains_as_it_is_printed() {
    let bench = Bench::new();
    bench.write("first.toml", &block("experiments.md", "toml", "name = \"first\""));
    let commands = block("experiments.md", "sh", "runner data generate");
    let mut printed = Vec::new();
    for line in commands.lines() {
        // The pictures of 8 x 8 pixels are there already.
        let line = line.replace("runner data generate", "true");
        let run = shell(&bench, &line);
        assert!(run.status.success(), "{line}: {}", text(&run.stderr));
        printed.push(text(&run.stdout) + &text(&run.stderr));
    }
    assert!(printed[1].contains("18 trials") && printed[1].contains("18 completed"), "{}", printed[1]);
    assert!(printed[2].contains("best first by validation_cost"), "{}", printed[2]);
    assert!(printed[3].contains("the best of 6 settings"), "{}", printed[3]);
    assert!(printed[5].contains("B - A"), "{}", printed[5]);
}

#[test]
fn the_exit_codes_of_the_documentation_are_those_of_the_help() {
    let help = text(&Bench::new().command().arg("--help").env("COLUMNS", "100").output().unwrap().stdout);
    let list = help.split("Exit codes:\n").nth(1).expect("exit codes");
    let mut of_help: Vec<String> = Vec::new();
    for line in list.lines().take_while(|line| !line.is_empty()) {
        if line.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            of_help.push(String::new());
        }
        let entry = of_help.last_mut().expect("a code before its meaning");
        *entry = format!("{entry} {line}").split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let docs = std::fs::read_to_string(repository("docs/command-line.md")).unwrap();
    let rows = docs.split("| exit code | meaning |\n").nth(1).expect("a table").lines().skip(1);
    let rows = rows.take_while(|row| row.starts_with('|'));
    let of_docs: Vec<String> = rows.map(|row| row.trim_matches(['|', ' ']).replacen(" | ", " ", 1)).collect();
    assert_eq!(of_docs, of_help);
}
