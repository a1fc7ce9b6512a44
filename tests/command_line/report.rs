//! `runner report`: a page that says what the record says, that no text of others breaks, and that leaves the record as it is.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Bench, failure, json_lines, text};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>";

const SWEEP: &str = r#"
name = "rates"
description = "</script><img src=x onerror=alert(1)>"

[data]
set = "drawn"
validation = 0.25

[model]
width = 6
init = "he"

[train]
iterations = 40
record_every = 10
diverge_above = 10
metrics = ["train_accuracy"]

[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.03, 0.3, 1e12]
seed = [1, 2]
"#;
const DIR: &str = "results/rates";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("rates.toml", SWEEP);
    swept(&bench, &[]);
    bench
}

fn swept(bench: &Bench, overrides: &[&str]) {
    let swept = bench.run(&[&["sweep", "rates.toml", "--progress", "none"], overrides].concat());
    assert!(swept.status.success(), "{}", text(&swept.stderr));
}

fn report(bench: &Bench) -> String {
    let run = bench.run(&["report", DIR]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(text(&run.stdout), "results/rates/report.html\n");
    bench.read("results/rates/report.html")
}

/// The data that the page's scripts read.
fn data(page: &str) -> Value {
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(data).unwrap()
}

/// The text of the element that begins with `tag`.
fn element<'p>(page: &'p str, tag: &str) -> &'p str {
    page.split(tag).nth(1).unwrap_or_else(|| panic!("no {tag}")).split("</").next().unwrap()
}

#[test]
fn a_page_has_the_numbers_of_the_record_and_says_which_setting_is_best_on_validation_examples() {
    let bench = bench();
    let page = report(&bench);
    assert_eq!(element(&page, "<p class=\"tally\">"), "12 trials of 6 settings: 8 completed, 4 diverged");

    // The best by hand, from trials.csv: the lowest mean validation cost of settings whose trials all completed.
    let trials = bench.read("results/rates/trials.csv");
    let rows: Vec<Vec<&str>> = trials.lines().map(|line| line.split(',').collect()).collect();
    let at = |name: &str| rows[0].iter().position(|head| *head == name).unwrap();
    let (depth, rate, cost) = (at("model.depth"), at("train.learning_rate"), at("validation_cost"));
    let completed = |row: &&Vec<&str>| row[at("status")] == "completed";
    let mean = |pair: &[&Vec<&str>]| pair.iter().map(|row| row[cost].parse::<f64>().unwrap()).sum::<f64>() / 2.0;
    let settings: Vec<&Vec<&str>> = rows.iter().skip(1).filter(completed).collect();
    let best = settings.chunks(2).min_by(|a, b| mean(a).total_cmp(&mean(b))).unwrap();
    let answer = element(&page, "<p class=\"best\">");
    let expected = format!(
        "The best of 6 settings by validation cost, mean over 2 seeds, is model.depth = {}, train.learning_rate = {}, with ",
        best[0][depth], best[0][rate],
    );
    let said = answer.strip_prefix(&expected).unwrap_or_else(|| panic!("{answer}\n{expected}"));
    let said: f64 = said.split(' ').next().unwrap().parse().unwrap();
    assert!((said - mean(best)).abs() < 1e-4, "{answer}, and {} by hand", mean(best));
    assert!(page.contains("the test examples had no part in the choice."));

    let data = data(&page);
    assert_eq!(data["judged_by"], "validation_cost");
    for (point, row) in rows.iter().skip(1).enumerate() {
        assert_eq!(data["trials"][point], row[0]);
        let measure = data["measures"].as_array().unwrap().iter().find(|measure| measure["key"] == "test_accuracy");
        let shown = measure.unwrap()["values"][point].as_f64();
        let stored = row[at("test_accuracy")].parse::<f64>().ok();
        let is_equal = |(a, b): (f64, f64)| (a - b).abs() < 1e-5;
        assert!(shown.zip(stored).map_or(shown == stored, is_equal), "{shown:?} {stored:?}");
    }
    let history = bench.read("results/rates/history.csv");
    let first = history.lines().nth(1).unwrap().split(',').nth(2).unwrap().parse::<f64>().unwrap();
    let drawn = data["curves"]["values"][0][0][0].as_f64().unwrap();
    assert!((drawn - first).abs() <= 1e-3 * first, "{drawn} {first}");
    assert_eq!(data["curves"]["names"], serde_json::json!(["cost", "train_accuracy"]));
}

/// `"relu"` and `["relu", "relu"]` are one net of two hidden layers, and so are a batch of 300 examples and all 300.
#[test]
fn a_trial_that_points_share_which_are_written_differently_counts_once() {
    let bench = Bench::new();
    bench.write(
        "rates.toml",
        "name = \"rates\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [6, 4]\n[train]\niterations = 20\nlearning_rate = 0.05\n[sweep]\n\
         \"model.activation\" = [\"relu\", [\"relu\", \"relu\"], \"tanh\"]\n\"model.dropout\" = [0, [0.3, 0.3], 0.3]\nseed = [1, 2]\n",
    );
    swept(&bench, &[]);
    let page = report(&bench);
    assert_eq!(element(&page, "<p class=\"tally\">"), "8 trials of 4 settings: 8 completed");
    let shared = "10 points share the trial of an earlier point, where these values make the same net: dropout [0.3,0.3] and 0.3; \
                  activation relu and [";
    assert!(page.contains(shared) && page.contains("; the page has the earlier point."), "{page}");
    let data = data(&page);
    let trials: BTreeSet<&str> = data["trials"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!((data["trials"].as_array().unwrap().len(), trials.len()), (8, 8));
    let values = |axis: usize| data["axes"][axis]["values"].to_string();
    assert_eq!([values(0), values(1)], [r#"["relu","tanh"]"#, "[0,[0.3,0.3]]"]);
    assert!(
        page.contains("<td>2 values</td>") && !page.contains("<td>3 values</td>"),
        "the importance is of the trials"
    );

    // One trial a setting and seed, as runner show has it.
    let (shown, _) = bench.succeeds(&["show", DIR, "--json", "--columns", "n"]);
    assert!(json_lines(&shown).iter().all(|setting| setting["n"] == 2), "{shown}");
    let settings = data["settings"].as_array().unwrap();
    assert!((0..4).all(|number| settings.iter().filter(|setting| **setting == number).count() == 2), "{settings:?}");
}

/// An included point has the default 0.0 where the axis has 0.
#[test]
fn equal_numbers_are_one_value_of_a_key() {
    let bench = Bench::new();
    let axes = "\"model.depth\" = [2]\n\"train.weight_decay\" = [0, 1]\n\"train.learning_rate\" = [0.03, 0.3]";
    let axes = SWEEP.replace("\"model.depth\" = [2, 3]\n\"train.learning_rate\" = [0.03, 0.3, 1e12]", axes);
    let point = "[[sweep.include]]\nseed = 3\n\"model.depth\" = 2\n\"train.learning_rate\" = 0.3\n";
    bench.write("rates.toml", &format!("{axes}\n{point}"));
    swept(&bench, &[]);
    let page = report(&bench);
    let data = data(&page);
    let decay = data["axes"].as_array().unwrap().iter().find(|axis| axis["key"] == "train.weight_decay").unwrap();
    assert_eq!(decay["values"].to_string(), "[0,1]");
    assert_eq!(element(&page, "<p class=\"tally\">"), "9 trials of 4 settings: 9 completed");
}

#[test]
fn texts_of_others_become_no_tags_and_the_page_may_ask_for_nothing() {
    let bench = bench();
    let page = report(&bench);
    assert!(page.contains("&lt;&#x2f;script&gt;&lt;img src=x onerror=alert(1)&gt;"), "the description is on the page");
    let own = page.split("id=\"data\">").next().unwrap();
    assert!(!page.contains(HOSTILE) && !own.contains("<img"), "as a tag");
    assert_eq!(page.matches("</script>").count(), 3);
    assert!(page.contains("content=\"default-src &#x27;none&#x27;;"));
    for tag in ["src=\"", "<link rel=\"stylesheet", "@import", "url("] {
        assert!(!own.contains(tag), "{tag}");
    }
}

#[test]
fn a_report_leaves_the_record_as_it_is_and_replaces_only_reports() {
    let bench = bench();
    let before = fs::read(bench.path("results/rates/results.db")).unwrap();
    let page = report(&bench);
    assert!(page == report(&bench), "the same page again");
    assert!(before == fs::read(bench.path("results/rates/results.db")).unwrap());
    let verified = bench.run(&["verify", DIR, "--retrain", "1"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));

    bench.write(
        "mine.html",
        "<!DOCTYPE html>\n<html lang=\"en\">\n<p>A page of my own, of some length.\n<title>mine</title>",
    );
    let (code, line) = failure(&bench.run(&["report", DIR, "-o", "mine.html"]));
    assert!(code == Some(2) && line.contains("mine.html: this file is not a report"), "{line}");
    assert!(bench.read("mine.html").ends_with("mine</title>"));
    let (code, line) = failure(&bench.run(&["report", DIR, "-o", "data"]));
    assert!(code == Some(2) && line.contains("this is a folder"), "{line}");
    let (code, line) = failure(&bench.run(&["report", "nowhere"]));
    assert!(code == Some(2) && line.contains("no results here"), "{line}");

    let elsewhere = bench.run(&["report", DIR, "-o", "pages/rates.html"]);
    assert!(elsewhere.status.success() && text(&elsewhere.stdout) == "pages/rates.html\n");
    assert!(bench.read("pages/rates.html") == page);
}

#[test]
fn damaged_trials_edited_files_and_an_edited_plan_are_said() {
    let bench = bench();
    let edit = |statement: &str| {
        assert!(Connection::open(bench.path("results/rates/results.db")).unwrap().execute(statement, []).unwrap() > 0);
    };
    edit("UPDATE trial SET test_accuracy = 2.0 WHERE number = 1");
    bench.write("results/rates/trials.csv", "trial\n");
    let page = report(&bench);
    assert!(
        page.contains("1 of 12 are not what was stored; run the sweep again"),
        "{}",
        element(&page, "class=\"proof\"")
    );
    assert!(page.contains("<b>trials.csv</b>: edited since it was written"));
    assert!(element(&page, "<p class=\"tally\">").contains("1 damaged"));
    edit("UPDATE experiment SET name = 'large'");
    let (code, line) = failure(&bench.run(&["report", DIR]));
    assert!(code == Some(2) && line.contains("are not what was stored"), "{line}");
}

#[test]
fn a_sweep_of_one_trial_of_diverged_ones_and_one_that_halves_have_pages_too() {
    let bench = bench();
    for (overrides, answer) in [
        (&["model.depth=2", "train.learning_rate=0.3", "seed=1"][..], "The one trial ended at a validation cost of 0."),
        (&["sweep.train.learning_rate=[1e12, 1e13]", "seed=1"], "No trial has completed."),
        (
            &["sweep.halving.least=10", "sweep.train.learning_rate=[0.01, 0.03, 0.3]"],
            "The best of 2 settings by validation",
        ),
    ] {
        swept(&bench, overrides);
        let page = report(&bench);
        assert!(element(&page, "<p class=\"best\">").starts_with(answer), "{}", element(&page, "<p class=\"best\">"));
    }
    assert!(report(&bench).contains("only settings of the longest rung (train.iterations = 40) are compared"));
}

#[test]
fn a_page_is_opened_where_that_is_asked_for() {
    let bench = bench();
    let opener = bench.path("bin/xdg-open");
    fs::create_dir(bench.path("bin")).unwrap();
    fs::write(&opener, "#!/bin/sh\necho \"$1\" > opened\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |open: &str, path: &std::path::Path| {
        let run = bench.command().args(["report", DIR, "--open", open]).env("PATH", path).output().unwrap();
        assert!(run.status.success(), "{}", text(&run.stderr));
        text(&run.stderr)
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let with_opener = std::path::PathBuf::from(format!("{}:{path}", bench.path("bin").display()));
    run("no", &with_opener);
    assert!(!bench.path("opened").exists());
    run("yes", &with_opener);
    let is_opened = || fs::read_to_string(bench.path("opened")).is_ok_and(|name| name == "results/rates/report.html\n");
    let waited = (0..200).any(|_| {
        is_opened() || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            false
        }
    });
    assert!(waited, "xdg-open was not called");
    let said = run("yes", std::path::Path::new("/nowhere"));
    assert!(said.contains("warning: can't start xdg-open"), "{said}");
}
