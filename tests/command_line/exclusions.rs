//! Excluded and included points: lists of values, tables without effect, and the example in the documentation.

use crate::support::{Bench, failure, repository, text};
use crate::sweep_language::{BASE, bench, points, resolves_to_the_same_trials, rows};

#[test]
fn a_list_in_an_exclusion_is_one_of_these_for_keys_that_may_be_lists_too() {
    let axis = "[sweep]\nmodel.activation = [\"relu\", \"tanh\", \"elu\", [\"tanh\", \"elu\"]]\nseed = [1, 2]\n[[sweep.exclude]]\n";
    let left = |sweep: &str, column: &str| rows(&points(&bench(sweep), &["seed=1"], &[column]));
    let activations = |list: &str| left(&format!("{axis}model.activation = {list}\n"), "model.activation").len();
    assert_eq!(activations("[\"relu\", \"tanh\"]"), 2);
    assert_eq!(activations("\"relu\""), 3);
    assert_eq!(activations("[[\"tanh\", \"elu\"]]"), 3);
    assert_eq!(activations("[\"relu\", [\"tanh\", \"elu\"]]"), 2);

    let dropout = "[sweep]\nmodel.dropout = [0.1, 0.2, [0.1, 0.2]]\n[[sweep.exclude]]\nmodel.dropout = ";
    assert_eq!(left(&format!("{dropout}[0.1, 0.2]\n"), "model.dropout"), ["[0.1,0.2]"]);
    assert_eq!(left(&format!("{dropout}[[0.10, 0.2]]\n"), "model.dropout"), ["0.1", "0.2"]);

    let scale = "[sweep]\nmodel.init_scale = [1, 2, 3]\n[[sweep.exclude]]\nmodel.init_scale = [1.0, 3]\n";
    assert_eq!(left(scale, "model.init_scale"), ["2"]);

    let hidden = Bench::new();
    let base = BASE.replace("depth = 3\nwidth = 4\n", "");
    for (list, widths) in [
        ("[4]", &["192-1", "192-4-2-1"][..]),
        ("[[4], [4, 2]]", &["192-1"]),
        ("[]", &["192-4-1", "192-4-2-1"]),
        ("[[], [4]]", &["192-4-2-1"]),
    ] {
        let sweep = format!("[sweep]\nmodel.hidden = [[], [4], [4, 2]]\n[[sweep.exclude]]\nmodel.hidden = {list}\n");
        hidden.write("points.toml", &format!("{base}{sweep}"));
        assert_eq!(rows(&points(&hidden, &[], &["layers"])), widths, "{list}");
    }
}

#[test]
fn an_exclusion_or_inclusion_that_does_nothing_is_refused_with_its_line() {
    let bench = Bench::new();
    for (sweep, parts) in [
        (
            "[sweep]\nseed = [1, 2]\n[[sweep.exclude]]\nseed = 3",
            &["points.toml:17", "sweep.exclude", "leaves out nothing"][..],
        ),
        (
            "[sweep]\nseed = [1, 2]\nmodel.depth = [2, 3]\n[[sweep.exclude]]\nseed = 1\n[[sweep.exclude]]\nseed = 2\nmodel.depth = { gt = 3 }",
            &["points.toml:20", "sweep.exclude", "leaves out nothing"],
        ),
        (
            "[sweep]\nmodel.activation = [\"relu\", \"tanh\"]\n[[sweep.exclude]]\nmodel.activation = []",
            &["points.toml:17", "sweep.exclude.model.activation", "the list is empty"],
        ),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 3\ntrain.learning_rate = { from = 0.1, to = 1 }\n[[sweep.exclude]]\ntrain.learning_rate = { gt = 1 }",
            &["points.toml:19", "sweep.exclude", "leaves out nothing"],
        ),
        (
            "[sweep]\nmethod = \"sobol\"\nsamples = 3\nmodel.depth = { from = 2, to = 4 }\n[[sweep.exclude]]\nmodel.depth = { gt = 2, lt = 3 }",
            &["points.toml:19", "sweep.exclude", "leaves out nothing"],
        ),
        (
            "[sweep]\nseed = [1, 2]\nmodel.depth = [2, 3]\n[[sweep.include]]\nmodel.depth = 3",
            &["points.toml:18", "sweep.include", "adds nothing"],
        ),
        (
            "[sweep]\ntrain.learning_rate = [0.1, 1]\n[[sweep.include]]\nmodel.depth = 2\n",
            &["points.toml:17", "sweep.include", "train.learning_rate is missing", "outside of [sweep]"],
        ),
    ] {
        let base = if sweep.contains("is missing") || sweep.contains("[0.1, 1]") {
            BASE.replace("learning_rate = 0.1", "record_every = 1")
        } else {
            BASE.to_owned()
        };
        bench.write("points.toml", &format!("{base}{sweep}\n"));
        let (code, line) = failure(&bench.run(&["sweep", "points.toml"]));
        assert_eq!(code, Some(2), "{sweep}: {line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
    }
}

#[test]
fn an_exclusion_that_few_samples_do_not_meet_is_none_that_matches_nothing() {
    let drawn = "[sweep]\nmethod = \"random\"\nsamples = 2\nmodel.depth = { from = 1, to = 9999 }\nseed = [1]\n";
    for condition in ["9999", "{ gt = 9998 }", "{ ge = 7, le = 7 }", "[3, 20000]"] {
        let sweep = format!("{drawn}[[sweep.exclude]]\nmodel.depth = {condition}\nseed = 1\n");
        // Whether it would fit into memory is another question.
        let shown = bench(&sweep).run(&["sweep", "points.toml", "--dry-run", "model.width=1"]);
        match condition {
            "[3, 20000]" => assert!(failure(&shown).1.contains("from 1 to 10000, found 20000")),
            _ => assert!(shown.status.success(), "{condition}: {}", text(&shown.stderr)),
        }
    }
}

#[test]
fn what_the_command_line_makes_idle_is_left_out_without_a_word_and_of_the_record_too() {
    let bench = bench(
        "[sweep]\nmodel.depth = [2, 8]\nseed = [1, 2]\n[[sweep.exclude]]\nmodel.depth = 8\nseed = 2\n\
         [[sweep.include]]\nmodel.depth = 3\n",
    );
    assert_eq!(rows(&points(&bench, &[], &["model.depth", "seed"])), ["2 1", "2 2", "8 1", "3 1", "3 2"]);
    let axes = ["sweep.model.depth=[2, 3]"];
    assert_eq!(rows(&points(&bench, &axes, &["model.depth", "seed"])), ["2 1", "2 2", "3 1", "3 2"]);
    resolves_to_the_same_trials(&bench, &axes);
    let again = bench.run(&["sweep", "points.toml", "--dry-run", "sweep.exclude=[{ seed = 7 }]"]);
    let (code, line) = failure(&again);
    assert!(code == Some(2) && line.contains("leaves out nothing"), "{line}");
}

#[test]
fn an_exclusion_by_a_key_that_the_command_line_replaces_by_another_is_dropped() {
    let sweep = "[sweep]\ntrain.epochs = [1, 2]\nseed = [1, 2]\n[[sweep.exclude]]\ntrain.epochs = 2\nseed = 2\n";
    let bench = Bench::new();
    bench.write("points.toml", &format!("{}{sweep}", BASE.replace("iterations = 5\n", "")));
    assert_eq!(rows(&points(&bench, &[], &["train.epochs", "seed"])), ["1 1", "1 2", "2 1"]);
    assert_eq!(rows(&points(&bench, &["train.iterations=3"], &["seed"])), ["1", "2"]);
    let swept = points(&bench, &["sweep.train.iterations=[2, 3]"], &["train.iterations", "seed"]);
    assert_eq!(rows(&swept), ["2 1", "2 2", "3 1", "3 2"]);
}

#[test]
fn the_example_of_the_documentation_is_a_sweep_of_as_many_points_as_it_says() {
    let docs = std::fs::read_to_string(repository("docs/experiments.md")).unwrap();
    let example = docs.split("```toml\n").find(|block| block.starts_with("[sweep]")).expect("an example");
    let example = example.split("```").next().unwrap();
    let bench = Bench::new();
    bench.write("points.toml", &format!("{}{example}", BASE.replace("learning_rate = 0.1\n", "")));
    let (_, summary) = bench.succeeds(&["sweep", "points.toml", "--dry-run"]);
    assert!(summary.starts_with("171 trials in "), "{summary}");
    assert!(docs.contains("171 points"), "the documentation says how many there are");
}
