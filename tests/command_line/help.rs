//! The help and the manual pages.

use std::fs::{self, OpenOptions};

use crate::support::{Bench, failure, text};

/// Writes the manual pages, and returns each with the words of its command.
fn pages(bench: &Bench) -> Vec<(Vec<String>, String)> {
    bench.succeeds(&["man", "man1"]);
    let names =
        fs::read_dir(bench.path("man1")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let words = |name: &str| name.trim_end_matches(".1").split('-').skip(1).map(str::to_owned).collect();
    let pages: Vec<_> = names.map(|name| (words(&name), bench.read(&format!("man1/{name}")))).collect();
    assert!(pages.len() > 20, "{} pages", pages.len());
    pages
}

fn help_of(bench: &Bench, words: &[String]) -> String {
    text(&bench.command().args(words).arg("--help").env("COLUMNS", "200").output().unwrap().stdout)
}

/// Reads a line of a page as it is shown.
fn shown(line: &str) -> String {
    line.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\\\", "\\")
}

#[test]
fn a_manual_page_has_the_arguments_in_the_order_of_the_help() {
    let bench = Bench::new();
    for (words, page) in pages(&bench) {
        let help = help_of(&bench, &words);
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: runner")).expect("a usage");
        if usage.ends_with("<COMMAND>") {
            continue;
        }
        // Options of which one is required come before the arguments.
        let arguments = usage.rsplit(">> ").next().unwrap().split_whitespace();
        let of_help: Vec<_> = arguments
            .filter(|word| word.starts_with(['<', '[']) && *word != "[OPTIONS]")
            .map(|word| word.trim_matches(['<', '>', '[', ']', '.']))
            .collect();
        let synopsis = shown(page.split(".SH SYNOPSIS\n").nth(1).unwrap().lines().next().unwrap());
        let italic = synopsis.split("\\fI").skip(1).map(|rest| rest.split("\\fR").next().unwrap().to_owned());
        assert_eq!(italic.collect::<Vec<_>>(), of_help, "{words:?}: {synopsis}");
    }
}

#[test]
fn what_is_indented_in_the_help_keeps_its_lines_in_the_manual_and_fits_80_columns() {
    let bench = Bench::new();
    for (words, page) in pages(&bench) {
        assert!(!page.contains(".SH EXTRA"), "{words:?}");
        let help = help_of(&bench, &words);
        for (heading, title) in
            [("Example:", "EXAMPLES"), ("Examples:", "EXAMPLES"), ("Exit codes:", "\"EXIT STATUS\"")]
        {
            let Some((_, of_help)) = help.split_once(&format!("\n{heading}\n")) else { continue };
            let of_help: Vec<_> = of_help.lines().map_while(|line| line.strip_prefix("  ")).collect();
            let kept = page.split_once(&format!(".SH {title}\n.nf\n")).expect("a section").1;
            let kept: Vec<_> = kept.lines().take_while(|line| *line != ".fi").map(shown).collect();
            assert!(!kept.is_empty() && kept == of_help, "{words:?}: {kept:#?} for {of_help:#?}");
            assert!(kept.iter().all(|line| line.chars().count() <= 73), "{words:?}: {kept:#?}");
        }
    }
    let [root, show] = ["man1/runner.1", "man1/runner-show.1"].map(|page| bench.read(page));
    assert!(root.contains("EXIT STATUS") && show.contains(".PP\nA condition compares"), "{root}{show}");
}

#[test]
fn a_help_that_cannot_be_written_ends_with_1() {
    let bench = Bench::new();
    for arguments in [&["--help"][..], &["--version"], &["help", "sweep"], &["sweep", "-h"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, line) = failure(&bench.command().args(arguments).stdout(full).output().unwrap());
        assert!(code == Some(1) && line.contains("stdout can't be written: "), "{arguments:?}: {line}");
    }
    assert!(bench.shell("$RUNNER --help | head -n 1; exit ${PIPESTATUS[0]}").status.success());
}

#[test]
fn what_the_runner_calls_itself_is_suggested_to_nobody() {
    let bench = Bench::new();
    for word in ["rehears", "rehearsed", "research"] {
        let run = bench.run(&[word]);
        assert!(run.status.code() == Some(2) && !text(&run.stderr).contains("'rehearse'"), "{}", text(&run.stderr));
    }
    let run = bench.run(&["rehearse", "--help"]);
    assert!(run.status.code() == Some(2) && run.stdout.is_empty(), "{}", text(&run.stdout));
}
