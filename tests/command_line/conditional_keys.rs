//! Keys that have a meaning at some points of a sweep only.

use crate::support::{Bench, failure, text};
use crate::sweep_language::{BASE, bench, points, resolves_to_the_same_trials, rows};

#[test]
fn a_key_holds_where_it_has_a_meaning_and_is_no_part_of_the_trial_elsewhere() {
    let with = bench("momentum = 0.8\n[sweep]\ntrain.optimizer = [\"gd\", \"momentum\", \"nesterov\"]\n");
    let ids = |bench: &Bench, overrides: &[&str]| rows(&points(bench, overrides, &["trial"]));
    let found = ids(&with, &[]);
    let alone = bench("");
    assert_eq!(found[0], ids(&alone, &[])[0], "gd is the trial that it is without the key");
    assert_eq!(found[1], ids(&alone, &["train.optimizer=momentum", "train.momentum=0.8"])[0]);
    assert_eq!(found[2], ids(&alone, &["train.optimizer=nesterov", "train.momentum=0.8"])[0]);
    resolves_to_the_same_trials(&with, &[]);
}

#[test]
fn an_axis_of_such_a_key_gives_points_that_share_a_trial_where_it_has_no_meaning() {
    let both = bench(
        "[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = [0.5, 0.9]\ntrain.weight_decay = [0, 0.1]\n\
         train.decoupled = [true, false]\n",
    );
    let found = rows(&points(&both, &[], &["trial"]));
    let distinct: std::collections::HashSet<_> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (16, 3 + 6), "each optimiser: one without a decay, two with");
    resolves_to_the_same_trials(&both, &[]);
}

#[test]
fn every_conditional_key_may_stand_beside_what_gives_it_a_meaning_at_one_point_of_two() {
    let bench = Bench::new();
    for (axis, key) in [
        ("model.init = [\"he\", \"scaled-normal\"]", "model.init_factor = 0.5"),
        ("model.init = [\"he\", \"orthogonal\"]", "model.init_gain = 0.5"),
        ("model.init = [\"he\", \"mup\"]", "model.base_width = 5"),
        ("train.optimizer = [\"gd\", \"nesterov\"]", "train.momentum = 0.5"),
        ("train.optimizer = [\"gd\", \"rmsprop\"]", "train.alpha = 0.5"),
        ("train.optimizer = [\"gd\", \"adam\"]", "train.betas = [0.5, 0.6]"),
        ("train.optimizer = [\"gd\", \"rmsprop\"]", "train.eps = 0.5"),
        ("train.weight_decay = [0, 0.1]", "train.decoupled = true"),
        ("train.weight_decay = [0, 0.1]", "train.decay_biases = false"),
        ("train.schedule = [\"constant\", \"step\"]", "train.step_size = 3"),
        ("train.schedule = [\"constant\", \"cosine\"]", "train.cosine_iterations = 9"),
        ("train.schedule = [\"constant\", \"cosine\"]", "train.min_learning_rate = 0.01"),
        ("train.schedule = [\"constant\", \"inverse\"]", "train.rate_decay = 0.01"),
        ("train.warmup = [0, 2]", "train.warmup_start = 0.5"),
        ("train.batch = [\"full\", 8]", "train.shuffle = false"),
        ("train.batch = [\"full\", 8]", "train.batch_seed = 7"),
    ] {
        let (section, name) = key.split_once('.').unwrap();
        let base = BASE.replace(&format!("[{section}]\n"), &format!("[{section}]\n{name}\n"));
        bench.write("points.toml", &format!("{base}[sweep]\n{axis}\n"));
        let ids = rows(&points(&bench, &[], &["trial"]));
        bench.write("points.toml", BASE);
        assert_eq!(ids[0], rows(&points(&bench, &[], &["trial"]))[0], "{key} is nothing where it has no meaning");
        assert_ne!(ids[0], ids[1], "{key}");

        bench.write("points.toml", &base);
        let (code, line) = failure(&bench.run(&["sweep", "points.toml", "--dry-run"]));
        let place = base.lines().position(|line| line == name).unwrap() + 1;
        let key = key.split(' ').next().unwrap();
        assert_eq!(code, Some(2), "{line}");
        for part in [&format!("points.toml:{place}: {key}: "), "only applies with", "which no point has"] {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
    }
}

#[test]
fn a_key_without_a_meaning_at_any_point_is_refused_wherever_it_stands() {
    let bench = Bench::new();
    for (sweep, place) in [
        ("[sweep]\ntrain.momentum = [0.5, 0.9]", "points.toml:15: sweep.train.momentum"),
        ("[[sweep.zip]]\nseed = [1, 2]\ntrain.alpha = [0.5, 0.9]", "points.toml:16: sweep.train.alpha"),
        (
            "[sweep]\ntrain.optimizer = [\"gd\", \"adam\"]\n[[sweep.include]]\nmodel.depth = 2\ntrain.eps = 0.1",
            "points.toml:18: sweep.include.train.eps",
        ),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 2\ntrain.momentum = { from = 0, to = 0.9 }",
            "points.toml:17: sweep.train.momentum",
        ),
    ] {
        bench.write("points.toml", &format!("{BASE}{sweep}\n"));
        let (code, line) = failure(&bench.run(&["sweep", "points.toml", "--dry-run"]));
        assert!(code == Some(2) && line.contains(place), "{place} is not in: {line}");
    }
}

#[test]
fn a_key_that_only_samples_yet_to_be_drawn_would_use_is_none_without_a_meaning() {
    let bench = bench(
        "[sweep]\nmethod = \"random\"\nsamples = 1\ntrain.optimizer = [\"gd\", \"momentum\"]\n\
         train.momentum = { from = 0, to = 0.9 }\n",
    );
    for seed in 1..5 {
        bench.succeeds(&["sweep", "points.toml", "--dry-run", &format!("sweep.sample_seed={seed}")]);
    }
}

#[test]
fn a_key_of_the_file_that_only_the_command_line_leaves_without_a_point_is_left_out() {
    let with =
        bench("momentum = 0.8\n[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.learning_rate = [0.1, 0.2]\n");
    let axis = bench(
        "[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = [0.5, 0.9]\ntrain.learning_rate = [0.1, 0.2]\n",
    );
    let zip = bench(
        "[[sweep.zip]]\ntrain.momentum = [0.5, 0.9]\ntrain.learning_rate = [0.1, 0.2]\n[sweep]\n\
         train.optimizer = [\"gd\", \"momentum\"]\n",
    );
    let alone = bench("[sweep]\ntrain.learning_rate = [0.1, 0.2]\n");
    let gd = rows(&points(&alone, &[], &["trial"]));
    for bench in [with, axis, zip] {
        assert_eq!(rows(&points(&bench, &["train.optimizer=gd"], &["trial"])), gd);
        resolves_to_the_same_trials(&bench, &["train.optimizer=gd"]);
        for line in
            [&["train.optimizer=gd", "train.momentum=0.3"][..], &["train.optimizer=gd", "sweep.train.momentum=[0.3]"]]
        {
            let (code, line) = failure(&bench.run(&[&["sweep", "points.toml", "--dry-run"], line].concat()));
            assert!(code == Some(2) && line.contains("command line: ") && line.contains("only applies with"), "{line}");
        }
    }
    // Exclusions by the axis go with it, and what stands on its line stays.
    for sweep in [
        "[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = [0.5, 0.9]\ntrain.learning_rate = [0.1, 0.2]\n\
         [[sweep.exclude]]\ntrain.optimizer = \"gd\"\ntrain.momentum = 0.9\n",
        "sweep = { train.optimizer = [\"gd\", \"momentum\"], train.learning_rate = [0.1, 0.2], train.momentum = [0.5, 0.9], \
         exclude = [{ train.momentum = 0.9, train.learning_rate = 0.1 }] }\n",
    ] {
        let bench = Bench::new();
        let (inline, table) = if sweep.starts_with("sweep") { (sweep, "") } else { ("", sweep) };
        bench.write("points.toml", &format!("{inline}{BASE}{table}"));
        assert_eq!(rows(&points(&bench, &["train.optimizer=gd"], &["trial"])), gd, "{sweep}");
        resolves_to_the_same_trials(&bench, &["train.optimizer=gd"]);
    }
    // The file's own mistake stays one.
    let wrong = bench("momentum = 0.8\n");
    let (code, line) = failure(&wrong.run(&["sweep", "points.toml", "--dry-run", "seed=3"]));
    assert!(code == Some(2) && line.contains("train.momentum: only applies with"), "{line}");
}

#[test]
fn nothing_is_drawn_where_the_command_line_fixes_every_key_that_would_be() {
    let bench = bench(
        "[sweep]\nmethod = \"sobol\"\nsamples = 4\nsample_seed = 3\nseed = [1, 2]\n\
         train.learning_rate = { from = 0.1, to = 0.3 }\n",
    );
    let drawn = points(&bench, &[], &["trial", "train.learning_rate"]);
    let rate = format!("train.learning_rate={}", drawn[0][1]);
    assert_eq!(drawn.len(), 8);
    assert_eq!(points(&bench, &[&rate], &["trial", "seed"]).len(), 2);
    assert_eq!(rows(&points(&bench, &[&rate], &["trial"])), [&*drawn[0][0], &drawn[1][0]]);
    resolves_to_the_same_trials(&bench, &[&rate]);
    assert_eq!(points(&bench, &["sweep.samples=2"], &["trial"]).len(), 4);
    let (code, line) = failure(&bench.run(&["sweep", "points.toml", "--dry-run", &rate, "sweep.samples=2"]));
    assert!(code == Some(2) && line.contains("sweep.method: there is no axis to draw from"), "{line}");
}

#[test]
fn what_one_optimiser_decays_by_itself_is_not_written_down_for_the_others() {
    let adam = bench("[sweep]\ntrain.optimizer = [\"adamw\", \"adam\"]\n");
    resolves_to_the_same_trials(&adam, &[]);
    let mup = bench("[sweep]\nmodel.init = [\"mup\", \"he\"]\n");
    resolves_to_the_same_trials(&mup, &[]);
}

#[test]
fn a_list_of_one_value_is_for_a_net_of_one_hidden_layer() {
    let bench = bench("");
    for (key, found) in [
        ("model.activation=[\"tanh\"]", "model.activation: has 1 value, the net has 2 hidden layers"),
        ("model.dropout=[0.5]", "model.dropout: has 1 value, the net has 2 hidden layers"),
        ("model.init_scale=[2]", "model.init_scale: has 1 number, the net has 3 layers"),
    ] {
        let (code, line) = failure(&bench.run(&["sweep", "points.toml", "--dry-run", key]));
        assert!(code == Some(2) && line.contains(found), "{line}");
    }
    bench.succeeds(&["sweep", "points.toml", "--dry-run", "model.depth=2", "model.activation=[\"tanh\"]"]);
}

#[test]
fn a_dry_run_of_what_does_not_fit_the_memory_lists_it_and_is_refused_as_the_run_is() {
    let bench = bench("");
    let wide = ["model.width=100000", "model.depth=40"];
    let dry = bench.run(&[&["sweep", "points.toml", "--dry-run"], &wide[..]].concat());
    let (code, refusal) = failure(&bench.run(&[&["sweep", "points.toml"], &wide[..]].concat()));
    assert_eq!((dry.status.code(), code), (Some(2), Some(2)));
    assert!(text(&dry.stdout).lines().count() == 2, "the table comes all the same");
    let last = text(&dry.stderr).lines().last().unwrap().to_owned();
    let without_free = |line: &str| line.split(", and ").next().unwrap().to_owned();
    assert_eq!(without_free(&last), without_free(&refusal));
    assert!(last.contains("need") && last.contains("free"), "{last}");
}

#[test]
fn dropout_needs_a_hidden_layer_at_some_point() {
    let bench = Bench::new();
    let one_layer = BASE.replace("depth = 3", "depth = 1");
    bench.write("points.toml", &format!("{one_layer}[sweep]\nmodel.dropout = [0.1, 0.5]\n"));
    let (code, line) = failure(&bench.run(&["sweep", "points.toml"]));
    assert!(
        code == Some(2) && line.contains("points.toml:15: sweep.model.dropout: only applies with a hidden layer"),
        "{line}"
    );
    bench.write("points.toml", &one_layer);
    let alone = rows(&points(&bench, &[], &["trial"]));
    let swept = ["sweep.model.depth=[1, 2]", "model.dropout=0.2"];
    let found = rows(&points(&bench, &swept, &["trial"]));
    assert_eq!(found[0], alone[0]);
    assert_ne!(found[1], rows(&points(&bench, &["model.depth=2"], &["trial"]))[0]);
}
