//! The commands around a sweep: gradcheck, show, check and data.

use crate::support::{Bench, failure, text};

const EXPERIMENT: &str = r#"
name = "nets"

[data]
set = "drawn"

[model]
depth = 3
width = 4

[train]
learning_rate = 0.1
iterations = 20

[sweep]
"model.activation" = ["relu", "leaky-relu", "tanh", "sigmoid", "identity"]
"model.init" = ["course", "scaled-normal", "he", "xavier", "orthogonal", "zeros"]
seed = [1, 2]
"#;

#[test]
fn gradcheck_finds_every_gradient_of_every_net_right() {
    let bench = Bench::new();
    bench.write("nets.toml", EXPERIMENT);
    let drawn = "sweep.model.init=['course', 'scaled-normal', 'he', 'he-uniform', 'xavier', 'xavier-uniform', 'lecun', \
                 'lecun-uniform', 'orthogonal', 'pytorch']";
    // With a width of 4, all z of a layer of one net lie at the kink of relu.
    let run = bench.run(&["gradcheck", "nets.toml", "model.width=6", drawn]);
    let table = text(&run.stdout);
    assert!(run.status.success(), "{table}{}", text(&run.stderr));
    assert_eq!(table.lines().count(), 1 + 5 * 10 * 6, "a row for each tensor of each net\n{table}");
    assert!(!table.contains('✗'), "{table}");
    assert!(
        text(&run.stderr).contains("every gradient compared is right: 50 nets, 16 examples"),
        "{}",
        text(&run.stderr)
    );
}

#[test]
fn gradcheck_compares_as_many_elements_by_as_many_examples_as_it_is_asked_for() {
    let bench = Bench::new();
    bench.write("nets.toml", EXPERIMENT);
    let one = ["gradcheck", "nets.toml", "model.activation=tanh", "model.init=he", "model.width=6", "seed=1"];
    let (table, said) = bench.succeeds(&[&one[..], &["--elements", "5", "--examples", "3"]].concat());
    assert!(table.contains("5 of ") && !table.contains("6 of ") && said.contains("3 examples"), "{said}{table}");
}

#[test]
fn gradcheck_checks_nets_apart_that_differ_in_one_key_or_in_the_kind_of_decay() {
    let bench = Bench::new();
    bench.write("nets.toml", EXPERIMENT);
    let one = ["gradcheck", "nets.toml", "model.activation=tanh", "model.init=he", "model.width=6", "seed=1"];
    for (more, nets) in [
        (&["train.weight_decay=0.1", "sweep.train.optimizer=['adamw', 'adam']"][..], 2),
        (&["sweep.zip=[{model.init_scale=[0.1, 1], train.weight_decay=[0, 0.1]}]"], 2),
        (&["sweep.train.optimizer=['gd', 'adam']"], 1),
    ] {
        let (table, said) = bench.succeeds(&[&one[..], more].concat());
        let noun = if nets == 1 { "net" } else { "nets" };
        assert!(
            said.contains(&format!("every gradient compared is right: {nets} {noun}, ")),
            "{more:?}: {said}{table}"
        );
    }
}

#[test]
fn gradcheck_says_what_it_could_not_compare() {
    let bench = Bench::new();
    bench.write("nets.toml", EXPERIMENT);
    // All z are 0: every step of a weight takes them across the kink of relu and leaky relu.
    let run = bench.run(&["gradcheck", "nets.toml", "model.init=zeros"]);
    assert!(run.status.success());
    assert!(text(&run.stderr).contains("could not be compared: all at a kink"), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("- all at a kink"));
    // J is so large that its last digit is larger than its derivatives.
    let huge = ["nets.toml", "model.dtype=f64", "model.init_scale=1e100", "seed=1", "model.depth=2", "model.width=3"];
    let (table, said) = bench.succeeds(&[&["gradcheck"], &huge[..]].concat());
    assert!(said.contains("could not be compared: lost in the rounding of J, or the step is too long"), "{said}");
    assert!(table.contains("- lost in the rounding of J, or the step is too long"), "{table}");
    assert!(!table.lines().any(|row| row.contains("1.0e0") && row.contains('✓')), "{table}");
    let (step, said) = bench.succeeds(&[&["trace"], &huge[..], &["model.activation=relu", "model.init=he"]].concat());
    assert!(step.contains("by finite differences lost in the rounding of J, or the step is too long"), "{step}");
    assert!(said.contains("can't be compared, lost in the rounding of J, or the step is too long"), "{said}");
    // J itself overflows.
    let beyond = [&huge[..], &["model.init_scale=1e300", "model.activation=relu"]].concat();
    let (_, said) = bench.succeeds(&[&["gradcheck"], &beyond[..]].concat());
    assert!(said.contains("no gradient is wrong; 20 tensors could not be compared: J is not finite"), "{said}");
}

#[test]
fn show_lists_the_best_trial_first_with_its_sparkline() {
    let bench = Bench::new();
    bench.write("nets.toml", EXPERIMENT);
    let sweep = bench.run(&["sweep", "nets.toml", "sweep.seed=[1]"]);
    assert!(sweep.status.success(), "{}", text(&sweep.stderr));
    assert_eq!(text(&sweep.stdout), "results/nets\n");

    let shown = text(&bench.run(&["show", "results/nets"]).stdout);
    let header: Vec<&str> = shown.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(header[..4], ["trial", "activation", "init", "seed"]);
    let costs: Vec<f64> =
        shown.lines().skip(1).map(|row| row.split_whitespace().nth(4).unwrap().parse().unwrap()).collect();
    assert_eq!(costs.len(), 30);
    assert!(costs.is_sorted(), "{shown}");
    assert!(shown.lines().nth(1).unwrap().contains('█'), "{shown}");

    let three = ["show", "results/nets", "--sort", "train", "-n", "3", "--columns", "train_accuracy,trial"];
    let three = text(&bench.run(&three).stdout);
    let accuracies: Vec<&str> = three.lines().skip(1).map(|row| row.split_whitespace().next().unwrap()).collect();
    assert!(accuracies.len() == 3 && accuracies.is_sorted_by(|a, b| a >= b), "{three}");
    let planned = text(&bench.run(&["show", "results/nets", "--sort", "plan", "-n", "1"]).stdout);
    assert!(planned.contains("relu") && planned.contains("course"), "{planned}");
}

#[test]
fn check_names_the_machine_openblas_hdf5_and_where_data_is_or_comes_from() {
    let bench = Bench::new().with_own_core();
    let run = bench.run(&["check"]);
    let report = text(&run.stdout);
    assert!(run.status.success(), "{report}");
    for line in
        ["✓ machine", "✓ peak of a core", "✓ BLAS", "✓ BLAS threads", "✓ products in f32", "✓ HDF5", "✓ data set drawn"]
    {
        assert!(report.contains(line), "{line} is not in\n{report}");
    }
    assert!(report.contains("· data set catvnoncat: not here; get it with `runner data fetch catvnoncat`"), "{report}");
}

#[test]
fn data_commands_list_generate_and_inspect() {
    let bench = Bench::new();
    let list = text(&bench.run(&["data", "list"]).stdout);
    assert!(list.contains("catvnoncat") && list.contains("runner data fetch catvnoncat"), "{list}");
    let inspect = bench.run(&["data", "inspect", "drawn", "--sheet", "sheet.png"]);
    let report = text(&inspect.stdout);
    assert!(inspect.status.success(), "{}", text(&inspect.stderr));
    for part in ["train_set_x", "[40, 8, 8, 3]", "sha256", "20 of label 1 cat", "test_drawn.h5"] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    for sheet in ["sheet.png", "sheet-2.png"] {
        assert!(bench.path(sheet).exists());
    }
    let again = bench.run(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--out", "again"]);
    assert!(again.status.success());
    for file in ["train_drawn.h5", "test_drawn.h5"] {
        let bytes = |folder: &str| std::fs::read(bench.path(folder).join(file)).unwrap();
        assert!(bytes("data") == bytes("again"), "the same request draws other bytes");
    }
}

#[test]
fn a_drawn_set_of_another_size_is_replaced_with_a_note() {
    let bench = Bench::new();
    let generated = |train: &str, side: &str| {
        bench.succeeds(&["data", "generate", "--train", train, "--test", "12", "--side", side]).1
    };
    assert_eq!(generated("40", "8"), "", "the same size");
    let train = "note: data/train_drawn.h5: an earlier set of 40 pictures of 8 x 8 pixels is replaced; --out DIR ";
    let said = generated("41", "8");
    assert!(said.starts_with(train) && said.lines().count() == 1, "{said}");
    let said = generated("41", "9");
    assert!(said.contains("test_drawn.h5: an earlier set of 12 pictures of 8 x 8 pixels"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_fetch_that_cannot_reach_its_server_leaves_nothing_behind() {
    let bench = Bench::new();
    // Port 9 of this machine: nothing listens there.
    let run = bench.run(&["data", "fetch", "catvnoncat", "--from", "http://127.0.0.1:9/", "--out", "fetched"]);
    let (code, line) = failure(&run);
    assert_eq!(code, Some(2));
    assert!(line.contains("127.0.0.1:9"), "{line}");
    assert!(!bench.path("fetched").exists());
}

#[test]
fn help_names_every_command_and_exit_code() {
    let bench = Bench::new();
    let help = text(&bench.run(&["--help"]).stdout);
    for word in ["sweep", "show", "gradcheck", "check", "data", "130  interrupted"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    assert_eq!(bench.run(&["sweep"]).status.code(), Some(2));
}

#[test]
fn a_file_in_the_place_of_a_results_directory_and_mpi_without_it_are_answered_with_what_to_do() {
    let bench = Bench::new();
    bench.write("file.toml", "");
    for command in ["show", "best", "verify", "report"] {
        let (code, line) = failure(&bench.run(&[command, "file.toml"]));
        assert!(
            code == Some(2) && line.contains("file.toml: this is a file; give the directory of"),
            "{command}: {line}"
        );
    }
    if !cfg!(feature = "mpi") {
        let refused = bench.run(&["train", "file.toml", "--mpi"]);
        assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("--features mpi"));
    }
}
