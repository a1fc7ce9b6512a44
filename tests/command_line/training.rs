//! Optimisers, batches, costs, stopping and metrics, through the program a person runs.

use crate::support::{Bench, failure, signal, text};

/// Six trials in f32 and in fleets, with most of the options of a step.
const EXPERIMENT: &str = r#"
name = "steps"

[data]
set = "drawn"
scale = "standardize"
validation = 0.2

[model]
hidden = [9, 6]
activation = ["gelu", "relu"]
dropout = 0.2

[train]
learning_rate = 0.003
batch = 7
epochs = 400
record_every = 100
schedule = "cosine"
warmup = 50
clip_norm = 2.0
weight_decay = 0.01
metrics = ["test_accuracy", "validation_cost", "gradient_norm", "weight_norm", "dead_relu"]

[sweep]
"train.optimizer" = ["adamw", "nesterov", "rmsprop"]
seed = [1, 2]
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("steps.toml", EXPERIMENT);
    bench
}

fn sweep(bench: &Bench, arguments: &[&str]) -> String {
    let run = bench.run(&[&["sweep", "steps.toml"], arguments].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    text(&run.stderr)
}

/// Returns the cells of a table, with its header first.
fn cells(bench: &Bench, table: &str) -> Vec<Vec<String>> {
    bench.read(table).lines().map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

fn column<'t>(table: &'t [Vec<String>], name: &str) -> Vec<&'t str> {
    let place = table[0].iter().position(|column| column == name).unwrap_or_else(|| panic!("{name}: {:?}", table[0]));
    table[1..].iter().map(|row| row[place].as_str()).collect()
}

#[test]
fn mini_batches_dropout_and_adam_have_the_same_bytes_for_any_number_of_jobs_and_after_a_kill() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "one"]);
    sweep(&bench, &["-j", "2", "--out", "two"]);
    let mut killed = bench.start_until(&["sweep", "steps.toml", "-j", "2", "--out", "killed"], 2);
    signal(&killed, "KILL");
    killed.wait().unwrap();
    sweep(&bench, &["-j", "1", "--out", "killed"]);
    let one = bench.read("one/history.csv");
    assert_eq!(one, bench.read("two/history.csv"));
    assert_eq!(one, bench.read("killed/history.csv"));
}

#[test]
fn every_metric_has_a_column_and_a_value_at_each_record() {
    let bench = bench();
    sweep(&bench, &["seed=1"]);
    let history = cells(&bench, "results/steps/history.csv");
    let names = "trial,iteration,cost,test_accuracy,validation_cost,gradient_norm_1,gradient_norm_2,gradient_norm_3,\
                 weight_norm_1,weight_norm_2,weight_norm_3,dead_relu_1,dead_relu_2";
    assert_eq!(history[0].join(","), names);
    assert_eq!(history.len(), 1 + 3 * 21, "32 examples, 5 batches an epoch: records at 0, 100, ... and 1999");
    for name in names.split(',').skip(1) {
        let filled = column(&history, name).iter().all(|cell| cell.parse::<f64>().is_ok_and(f64::is_finite));
        assert_eq!(filled, name != "dead_relu_1", "{name}: a gelu is no relu");
    }
    let trials = cells(&bench, "results/steps/trials.csv");
    for name in ["train_cost", "train_accuracy", "test_cost", "validation_accuracy", "validation_cost"] {
        assert!(column(&trials, name).iter().all(|cell| cell.parse::<f64>().is_ok()), "{name}");
    }
}

#[test]
fn a_training_that_ends_early_is_completed_and_says_when_and_why() {
    let bench = bench();
    let ended = |setting: &str| {
        sweep(&bench, &["seed=1", "train.optimizer=adamw", "--fresh", setting]);
        let trials = cells(&bench, "results/steps/trials.csv");
        let cell = |name| column(&trials, name)[0].to_owned();
        (cell("status"), cell("ended_at"), cell("reason"))
    };
    let told = |reason: &str| ("completed".to_owned(), reason.to_owned());
    let (status, at, reason) = ended("train.stop_cost=0.4");
    assert_eq!((status, reason), told("cost below stop_cost"));
    assert!((1..1999).contains(&at.parse().unwrap()), "{at}");
    let (status, at, reason) = ended("train.patience=1");
    assert_eq!((status, reason), told("validation cost no longer falls"));
    assert!((100..1999).contains(&at.parse().unwrap()), "{at}");
    let (status, _, reason) = ended("train.stop_seconds=1e-9");
    assert_eq!((status, reason), told("stop_seconds are over"));
    let (status, at, reason) = ended("train.diverge_above=0.1");
    assert_eq!((&*status, &*at, &*reason), ("diverged", "0", "cost above diverge_above"));
    let shown = bench.run(&["show", "--trials", "results/steps"]);
    assert!(text(&shown.stdout).contains("diverged at 0"), "{}", text(&shown.stdout));
}

#[test]
fn the_same_data_can_be_two_sigmoid_classes_a_softmax_or_values() {
    let bench = bench();
    let layers = |cost: &str| {
        let dry = bench.run(&["sweep", "steps.toml", "seed=1", "train.optimizer=adamw", "--dry-run", cost]);
        text(&dry.stdout).lines().nth(1).unwrap().to_owned()
    };
    assert!(layers("model.cost=auto").contains("192-9-6-1 "));
    assert!(layers("model.cost=softmax-cross-entropy").contains("192-9-6-2 "));
    assert!(layers("model.cost=mean-squared-error").contains("192-9-6-1 "));
    sweep(&bench, &["seed=1", "train.optimizer=adamw", "model.cost=mean-squared-error", "train.metrics=[]"]);
    let trials = cells(&bench, "results/steps/trials.csv");
    assert_eq!(column(&trials, "test_accuracy"), [""], "values have no classes to be in");
    assert!(column(&trials, "test_cost")[0].parse::<f64>().unwrap() < 1.0);
}

#[test]
fn engines_are_chosen_by_what_is_exact_for_the_optimiser_and_the_batch() {
    let bench = bench();
    let engine = |settings: &[&str]| {
        let arguments = ["sweep", "steps.toml", "seed=1", "--dry-run"];
        let dry = bench.run(&[&arguments, settings].concat());
        let table = text(&dry.stdout);
        let row = table.lines().nth(1).unwrap_or_else(|| panic!("{}", text(&dry.stderr)));
        ["direct", "reduced", "dual"].into_iter().find(|name| row.contains(name)).unwrap()
    };
    assert_eq!(engine(&["train.optimizer=nesterov", "train.batch=full"]), "dual");
    assert_eq!(engine(&["train.optimizer=nesterov"]), "reduced");
    assert_eq!(engine(&["train.optimizer=adamw"]), "direct");
}

#[test]
fn iterations_on_the_command_line_take_the_place_of_epochs_and_a_file_has_one_of_them() {
    let bench = bench();
    let (table, _) = bench.succeeds(&["sweep", "steps.toml", "--dry-run", "train.iterations=10"]);
    assert!(table.lines().count() > 1);
    bench.succeeds(&["sweep", "steps.toml", "train.iterations=10", "seed=1"]);
    let history = bench.read("results/steps/history.csv");
    assert!(
        history
            .lines()
            .skip(1)
            .all(|line| line.split(',').nth(1).is_some_and(|iteration| iteration.parse::<usize>().unwrap() < 10))
    );
    bench.write("both.toml", &EXPERIMENT.replace("epochs = 400", "epochs = 400\niterations = 10"));
    let (code, line) = failure(&bench.run(&["sweep", "both.toml", "--dry-run"]));
    assert!(
        code == Some(2) && line.contains("both.toml:") && line.contains("train.epochs") && line.contains("not both"),
        "{line}"
    );
}

#[test]
fn a_metric_of_examples_that_there_are_none_of_is_warned_of() {
    let bench = bench();
    let said = |more: &[&str]| bench.succeeds(&[&["sweep", "steps.toml", "--dry-run"], more].concat()).1;
    let metrics = "train.metrics=['validation_cost', 'train_accuracy', 'validation_accuracy']";
    assert!(!said(&[metrics]).contains("train.metrics"));
    let empty =
        "warning: train.metrics: validation_accuracy, validation_cost stay empty, as there are no validation examples";
    assert!(said(&[metrics, "data.validation=0"]).contains(empty));
}

#[test]
fn settings_that_contradict_each_other_or_the_data_are_refused_in_one_line() {
    let bench = bench();
    for (settings, parts) in [
        (&["train.optimizer=gd", "train.momentum=0.9"][..], &["train.momentum", "only applies with optimizer"][..]),
        (&["train.optimizer=gd", "train.betas=[0.9, 0.99]"], &["train.betas", "adam"]),
        (&["train.betas=[0.9]", "train.optimizer=adam"], &["train.betas", "two numbers"]),
        (&["train.betas=[0.9, 1.0]", "train.optimizer=adam"], &["train.betas", "below 1"]),
        (&["train.optimizer=adamw", "train.decoupled=false"], &["train.decoupled", "adam"]),
        (&["train.optimizer=sgd"], &["train.optimizer", "\"nesterov\"", "sgd"]),
        (&["train.schedule=step"], &["train.step_size", "missing"]),
        (&["train.gamma=0.5"], &["train.gamma", "schedule = \"step\""]),
        (&["train.warmup=0", "train.warmup_start=0.5"], &["train.warmup_start", "warmup above 0"]),
        (&["train.batch=full", "train.shuffle=false"], &["train.shuffle", "batch"]),
        (&["train.batch=0"], &["train.batch", "from 1 to"]),
        (&["train.min_delta=0.1"], &["train.min_delta", "patience"]),
        (&["train.restore_best=true"], &["train.restore_best", "patience"]),
        (&["train.metrics=[\"speed\"]"], &["train.metrics", "gradient_norm", "speed"]),
        (&["train.metrics=[\"dead_relu\", \"dead_relu\"]"], &["train.metrics", "twice"]),
        (
            &["model.activation=[\"relu\"]", "model.hidden=[3, 3]"],
            &["model.activation", "1 value", "2 hidden layers"][..],
        ),
        (&["model.activation=[\"relu\", \"tanh\", \"elu\"]"], &["model.activation", "3 values", "2 hidden layers"]),
        (&["model.dropout=1.0"], &["model.dropout", "below 1"]),
        (&["model.dropout=[0.1, 0.2, 0.3]"], &["model.dropout", "3 values"]),
        (&["model.init_gain=2"], &["model.init_gain", "orthogonal"]),
        (&["model.init_scale=[1, 2]"], &["model.init_scale", "2 numbers", "3 layers"]),
        (&["run.engine=dual"], &["run.engine", "dual is not exact"]),
        (&["run.engine=dual", "train.optimizer=nesterov"], &["run.engine", "on mini-batches"]),
        (&["run.engine=reduced", "train.optimizer=adam"], &["run.engine", "Adam"]),
        (&["data.validation=0.999"], &["data.validation", "0.999"]),
        (&["data.validation=0", "data.validation_seed=2"], &["data.validation_seed", "above 0"]),
        (&["data.scale=huge"], &["data.scale", "standardize", "huge"]),
    ] {
        let run = bench.run(&[&["sweep", "steps.toml", "--dry-run"], settings].concat());
        let (code, line) = failure(&run);
        assert_eq!(code, Some(2), "{settings:?}: {line}");
        for part in parts {
            assert!(line.contains(part), "{settings:?}: {part:?} is not in: {line}");
        }
    }
}

#[test]
fn defaults_that_are_written_out_keep_the_id_of_a_trial_and_other_settings_change_it() {
    let bench = Bench::new();
    let experiment =
        "name = \"old\"\ndata.set = \"drawn\"\nmodel.hidden = [3]\n[train]\nlearning_rate = 0.1\niterations = 5\n";
    bench.write("old.toml", experiment);
    let id = |settings: &[&str]| {
        let dry = bench.run(&[&["sweep", "old.toml", "--dry-run", "run.engine=direct"], settings].concat());
        text(&dry.stdout).lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    let plain = id(&[]);
    let defaults = ["model.cost=binary-cross-entropy", "model.dropout=0", "train.batch=full", "train.weight_decay=0"];
    assert_eq!(id(&defaults), plain, "{defaults:?}");
    assert_ne!(id(&["train.batch=8"]), plain);
    assert_ne!(id(&["train.optimizer=momentum"]), plain);
    assert_ne!(id(&["data.scale=standardize"]), plain);
    assert_ne!(id(&["data.validation=0.1"]), plain);
}

#[test]
fn a_trial_that_restores_its_best_parameters_has_their_scores_and_so_has_its_model() {
    let bench = bench();
    let restoring = [
        "sweep.seed=[1, 2, 3, 4]",
        "train.patience=4",
        "train.restore_best=true",
        "train.record_every=5",
        "train.metrics=[\"validation_cost\"]",
    ];
    let by_batches = ["train.optimizer=adamw", "train.learning_rate=0.03"];
    let whole = ["train.optimizer=nesterov", "train.learning_rate=0.1", "train.batch=full"];
    let (mut earlier, mut early) = (0, 0);
    for (settings, engine) in [(&by_batches[..], "direct"), (&whole, "direct"), (&whole, "reduced"), (&whole, "dual")] {
        let engine = format!("run.engine={engine}");
        sweep(&bench, &[&restoring, settings, &[&*engine, "--fresh"]].concat());
        let (trials, history) = (cells(&bench, "results/steps/trials.csv"), cells(&bench, "results/steps/history.csv"));
        for (row, id) in column(&trials, "trial").into_iter().enumerate() {
            let cell = |name| column(&trials, name)[row];
            let columns = ["iteration", "cost", "validation_cost"].map(|name| column(&history, name));
            let ids = column(&history, "trial").into_iter().enumerate().filter(|(_, of)| *of == id);
            let records: Vec<_> = ids.map(|(at, _)| columns.each_ref().map(|column| column[at])).collect();
            let number = |text: &str| text.parse::<f64>().unwrap();
            let best = records.iter().min_by(|a, b| number(a[2]).total_cmp(&number(b[2]))).unwrap();
            assert_eq!([cell("final_cost"), cell("validation_cost")], best[1..], "{engine}, {id}");
            let reason = format!("; the parameters are those of iteration {}", best[0]);
            assert!(cell("reason").ends_with(&reason), "{engine}: {} {reason}", cell("reason"));
            earlier += usize::from(best != records.last().unwrap());
            early += usize::from(!cell("ended_at").is_empty());
            // Its net may leave a fleet whose others go on.
            let again = bench.run(&["train", "results/steps", "--trial", id, "--out", "m.h5", "--force"]);
            assert!(again.status.success() && text(&again.stderr).contains(&reason), "{}", text(&again.stderr));
            let evaluated = bench.run(&["evaluate", "m.h5", "--json"]);
            let evaluated: serde_json::Value = serde_json::from_slice(&evaluated.stdout).unwrap();
            let (found, cost) = (evaluated["cost"].as_f64().unwrap(), number(cell("test_cost")));
            assert!((found - cost).abs() < 1e-4 * cost, "{engine}, {id}: {found} is not {cost}");
        }
    }
    assert!(earlier > 8 && early > 8, "{earlier} have earlier parameters, {early} end early");
}
