//! `runner evaluate`: the confusion matrix, what it takes, and the examples in a wrong class.

use std::fs;

use hdf5::File;

use super::{bench, half_transparent, succeeds};
use crate::support::{failure, json_lines, text};

#[test]
fn the_confusion_of_three_classes_is_counted() {
    let bench = bench();
    let rows = |kinds: usize| -> String {
        (0..30 * kinds)
            .map(|row| format!("{},{},{}\n", row % kinds, (row * 7) % 5, ["ash", "elm", "oak"][row % kinds]))
            .collect()
    };
    bench.write("trees.csv", &rows(3));
    succeeds(&bench, &["data", "import", "trees.csv", "--test-share", "0.2"]);
    let files = ["data.train=data/train_trees.h5", "data.test=data/test_trees.h5"];
    // So few steps that some examples are misclassified.
    let short = ["train.iterations=20", "--out", "trees.h5"];
    succeeds(&bench, &[&["train", "one.toml"], &files[..], &short].concat());
    let answer = &json_lines(&succeeds(&bench, &["evaluate", "trees.h5", "data/test_trees.h5", "--json"]))[0];
    let matrix: Vec<Vec<u64>> = serde_json::from_value(answer["confusion"].clone()).unwrap();
    assert_eq!(matrix.iter().map(|row| row.iter().sum::<u64>()).collect::<Vec<_>>(), [6, 6, 6]);
    assert_ne!(matrix[1][2], matrix[2][1], "else rows could be columns");
    let right: u64 = (0..3).map(|class| matrix[class][class]).sum();
    assert_eq!(answer["accuracy"].as_f64(), Some(right as f64 / 18.0));
    for class in 0..3 {
        let put: u64 = matrix.iter().map(|row| row[class]).sum();
        let precision = (put > 0).then(|| matrix[class][class] as f64 / put as f64);
        let recall = matrix[class][class] as f64 / 6.0;
        let found = &answer["classes"][class];
        assert_eq!((found["precision"].as_f64(), found["recall"].as_f64()), (precision, Some(recall)));
        assert_eq!(found["name"], ["ash", "elm", "oak"][class]);
    }
    // The predictions of single examples add up to the same matrix.
    let said = json_lines(&succeeds(&bench, &["predict", "trees.h5", "data/test_trees.h5", "--json"]));
    let predicted = |class: usize| said.iter().filter(|line| line["class"] == class).count() as u64;
    assert_eq!(
        (0..3).map(predicted).collect::<Vec<_>>(),
        (0..3).map(|class| matrix.iter().map(|row| row[class]).sum()).collect::<Vec<u64>>()
    );

    let (code, line) = failure(&bench.run(&["predict", "trees.h5", "data/test_drawn.h5"]));
    assert!(code == Some(2) && line.contains("192 features, the model takes 2"), "{line}");
    half_transparent(&bench.path("tree.png"));
    let (code, line) = failure(&bench.run(&["predict", "trees.h5", "tree.png"]));
    assert!(code == Some(2) && line.contains("the model takes 2 numbers an example, not pictures"), "{line}");
    bench.write("two.csv", &rows(2));
    succeeds(&bench, &["data", "import", "two.csv", "--test-share", "0.2"]);
    let (code, _) = (bench.run(&["evaluate", "trees.h5", "data/test_two.h5"]).status.code(), ());
    assert_eq!(code, Some(0), "the names that it has are the model's");
    let (code, line) = failure(&bench.run(&["evaluate", "trees.h5", "data/test_drawn.h5"]));
    assert!(code == Some(2) && line.contains("features"), "{line}");
}

#[test]
fn a_model_takes_no_examples_whose_columns_have_other_names() {
    let bench = bench();
    let rows = |header: &str, first: usize, second: usize| -> String {
        let row = |row: usize| {
            let cells = [row * 7 % 5, 100 + row * 3 % 11];
            format!("{},{},{row},{}\n", cells[first], cells[second], 2 * row)
        };
        format!("{header}\n{}", (0..20).map(row).collect::<String>())
    };
    for (name, table) in [("own", rows("age,height,rent,price", 0, 1)), ("other", rows("height,age,rent,price", 1, 0))]
    {
        bench.write(&format!("{name}.csv"), &table);
        let import = ["data", "import", &format!("{name}.csv"), "--target", "rent,price", "--test-share", "0.2"];
        succeeds(&bench, &import);
    }
    let train = ["train", "one.toml", "data.train=data/train_own.h5", "data.test=data/test_own.h5", "--out", "m.h5"];
    succeeds(&bench, &[&train[..], &["data.scale=standardize"]].concat());
    let table = succeeds(&bench, &["predict", "m.h5", "data/test_own.h5"]);
    assert_eq!(
        table.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["input", "example", "rent", "price"]
    );
    for command in ["predict", "evaluate"] {
        succeeds(&bench, &[command, "m.h5", "data/test_own.h5"]);
        let (code, line) = failure(&bench.run(&[command, "m.h5", "data/test_other.h5"]));
        let problem = "`feature_names` beside it has \"height\" for feature 0, the model takes \"age\" there";
        assert!(code == Some(2) && line.contains(problem), "{command}: {line}");
    }
    let (code, line) = failure(&bench.run(&[&train[..3], &["data.test=data/test_other.h5", "--out", "n.h5"]].concat()));
    assert!(code == Some(2) && line.contains("must have the same columns in one order"), "{line}");
}

#[test]
fn data_of_more_classes_than_the_model_has_are_refused_named_or_one_hot() {
    let bench = bench();
    let rows: String = (0..30).map(|row| format!("{row},{}\n", ["ash", "elm"][row % 2])).collect();
    bench.write("two.csv", &rows);
    succeeds(&bench, &["data", "import", "two.csv", "--test-share", "0.2"]);
    let files = ["data.train=data/train_two.h5", "data.test=data/test_two.h5"];
    succeeds(&bench, &[&["train", "one.toml", "--out", "two.h5"][..], &files].concat());
    let x = ndarray::Array2::from_elem((4, 1), 0.5);
    let labels = ndarray::arr1(&[0i64, 1, 1, 0]);
    let one_hot = ndarray::arr2(&[[1i64, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]);
    let names = ["ash", "elm", "oak"].map(|name| hdf5::types::FixedAscii::<3>::from_ascii(name).unwrap());
    let write = |name: &str, add: &dyn Fn(&File)| {
        let file = File::create(bench.path(name)).unwrap();
        file.new_dataset_builder().with_data(&x).create("test_set_x").unwrap();
        add(&file);
        file.close().unwrap();
    };
    write("named.h5", &|file| {
        file.new_dataset_builder().with_data(&labels).create("test_set_y").unwrap();
        file.new_dataset_builder().with_data(&names).create("list_classes").unwrap();
    });
    write("one_hot.h5", &|file| drop(file.new_dataset_builder().with_data(&one_hot).create("test_set_y").unwrap()));
    write("values.h5", &|file| drop(file.new_dataset_builder().with_data(&x.column(0)).create("test_set_y").unwrap()));
    for (data, problem) in [
        ("named.h5", "its classes are [\"ash\", \"elm\", \"oak\"], the model's [\"ash\", \"elm\"]"),
        ("one_hot.h5", "`test_set_y`: its rows have 3 columns, but the net tells 2 classes apart"),
        ("values.h5", "`test_set_y`: the value of row 0 is 0.5; the number of a class is whole, from 0 to 65535"),
    ] {
        let (code, line) = failure(&bench.run(&["evaluate", "two.h5", data]));
        assert!(code == Some(2) && line.contains(problem) && !line.contains("data.targets"), "{line}");
    }
}

/// Classes 1 and 2 of a file that names them are its labels 0 and 1, which a model without names would take for its classes 0 and 1.
#[test]
fn classes_without_names_are_numbered_from_0_and_never_taken_for_other_numbers() {
    let bench = bench();
    let rows = |classes: &[usize]| -> String {
        (0..30)
            .map(|row| format!("{},{row},{}\n", classes[row % classes.len()] * 10, classes[row % classes.len()]))
            .collect()
    };
    for (name, classes) in [("whole", &[0, 1, 2][..]), ("rest", &[1, 2]), ("begin", &[0, 1])] {
        bench.write(&format!("{name}.csv"), &rows(classes));
        succeeds(&bench, &["data", "import", &format!("{name}.csv"), "--test-share", "0.2"]);
        let files = [format!("data.train=data/train_{name}.h5"), format!("data.test=data/test_{name}.h5")];
        succeeds(&bench, &["train", "one.toml", &files[0], &files[1], "--out", &format!("{name}.h5")]);
    }
    for (model, data, parts) in [
        ("whole", "rest", ["its classes are [\"1\", \"2\"], the model's 0, 1, ...;", "both must name the same"]),
        ("rest", "begin", ["its classes are 0, 1, ..., the model's [\"1\", \"2\"];", "both must name the same"]),
    ] {
        let run = bench.run(&["evaluate", &format!("{model}.h5"), &format!("data/test_{data}.h5")]);
        let (code, line) = failure(&run);
        assert_eq!(code, Some(2), "{line}");
        parts.iter().for_each(|part| assert!(line.contains(part), "{part:?} is not in: {line}"));
    }
    succeeds(&bench, &["evaluate", "whole.h5", "data/test_begin.h5"]);
}

#[test]
fn evaluate_takes_experiments_sets_and_files_and_warns_of_other_data() {
    let bench = bench();
    succeeds(&bench, &["train", "one.toml"]);
    let model = "results/one/model.h5";
    let of_test = succeeds(&bench, &["evaluate", model]);
    assert!(of_test.starts_with("data/test_drawn.h5: 12 examples of test_set_x\ncost 0."), "{of_test}");
    for what in ["one.toml", "drawn", "data/test_drawn.h5"] {
        assert_eq!(succeeds(&bench, &["evaluate", model, what]), of_test, "{what}");
    }
    let (code, line) = failure(&bench.run(&["evaluate", model, "dogs"]));
    assert!(
        code == Some(2) && line.starts_with("error: dogs: no such file, and unknown data set \"dogs\" (known: "),
        "{line}"
    );
    let both = succeeds(&bench, &["evaluate", model, "data/train_drawn.h5", "drawn"]);
    assert!(
        both.starts_with("data/train_drawn.h5: 40 examples of train_set_x\n") && both.ends_with(&of_test),
        "{both}"
    );
    let (code, line) = failure(&bench.run(&["evaluate", model, "nothing"]));
    assert!(code == Some(2) && line.contains("unknown data set \"nothing\""), "{line}");

    succeeds(&bench, &["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2"]);
    let warned = bench.run(&["evaluate", model]);
    assert!(text(&warned.stderr).contains("another SHA-256"), "{}", text(&warned.stderr));
    succeeds(&bench, &["data", "generate", "--train", "40", "--test", "12", "--side", "9"]);
    let (code, line) = failure(&bench.run(&["evaluate", model, "drawn"]));
    assert!(code == Some(2) && line.contains("[9, 9, 3]") && line.contains("[8, 8, 3]"), "{line}");
}

/// `--wrong` names the examples that predict puts in another class, and the sheet has their pictures.
#[test]
fn wrong_answers_are_listed_the_surest_first_and_drawn() {
    let bench = bench();
    // So few steps that some examples are misclassified.
    succeeds(&bench, &["train", "one.toml", "train.iterations=20", "--out", "model.h5"]);
    let run = bench.run(&["evaluate", "model.h5", "--part", "train", "--wrong", "--json", "--sheet", "wrong.png"]);
    let evaluated = &json_lines(&text(&run.stdout))[0];
    let predicted = json_lines(&succeeds(&bench, &["predict", "model.h5", "data/train_drawn.h5", "--json"]));
    let labels = File::open(bench.path("data/train_drawn.h5")).unwrap().dataset("train_set_y").unwrap();
    let labels = labels.read_raw::<i64>().unwrap();
    let classes = ["non-cat", "cat"];
    let mut expected: Vec<(usize, f64)> = Vec::new();
    for (example, (answer, &label)) in predicted.iter().zip(&labels).enumerate() {
        if answer["class"] != label {
            let class = answer["class"].as_u64().unwrap() as usize;
            expected.push((example, answer["probabilities"][class].as_f64().unwrap()));
        }
    }
    expected.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert!(!expected.is_empty() && expected.len() < labels.len(), "{} wrong answers", expected.len());
    let wrong = evaluated["wrong"].as_array().unwrap();
    assert_eq!(wrong.len(), expected.len());
    for (found, (example, probability)) in wrong.iter().zip(&expected) {
        assert_eq!((&found["example"], &found["probability"]), (&(*example).into(), &(*probability).into()));
        assert_eq!(found["actual"], classes[labels[*example] as usize]);
        assert_eq!(found["predicted"], classes[1 - labels[*example] as usize]);
    }
    let said = text(&run.stderr);
    assert!(said.contains(&format!("wrong.png shows {} pictures", wrong.len())), "{said}");
    assert!(said.contains("frames: blue non-cat, orange cat"), "{said}");
    assert!(fs::read(bench.path("wrong.png")).unwrap().starts_with(b"\x89PNG"));
    let listed = succeeds(&bench, &["evaluate", "model.h5", "--part", "train", "--wrong"]);
    assert!(listed.contains(&format!("{} examples in a wrong class", wrong.len())), "{listed}");
}

#[test]
fn a_model_is_evaluated_on_its_own_data_within_the_bytes_that_its_experiment_allows() {
    let bench = bench();
    let bytes =
        |model: &str| runner::model::Model::read(&bench.path(model)).unwrap().provenance["data"]["max_bytes"].as_u64();
    succeeds(&bench, &["train", "one.toml", "--out", "default.h5"]);
    assert_eq!(bytes("default.h5"), None);
    // 40 + 12 pictures of 8 x 8 x 3 numbers.
    let most = 52 * 192 * 8;
    succeeds(&bench, &["train", "one.toml", &format!("data.max_bytes={most}"), "--out", "least.h5"]);
    assert_eq!(bytes("least.h5"), Some(most));
    let of_test = succeeds(&bench, &["evaluate", "default.h5"]);
    assert_eq!(succeeds(&bench, &["evaluate", "least.h5"]), of_test);
    succeeds(&bench, &["data", "generate", "--train", "40", "--test", "60", "--side", "8"]);
    let (code, line) = failure(&bench.run(&["evaluate", "least.h5"]));
    assert!(code == Some(2) && line.contains(&format!("the limit is {most}")), "{line}");
    succeeds(&bench, &["evaluate", "default.h5"]);
}

/// Test and training examples of one file are numbered by its rows, and not within the draw.
#[test]
fn wrong_answers_of_a_drawn_test_set_are_listed_by_their_rows_of_the_file() {
    let bench = bench();
    let shared = ["train", "one.toml", "data.train=data/train_drawn.h5", "data.test_share=0.3"];
    bench.write("one.toml", &super::ONE.replace("set = \"drawn\"", ""));
    succeeds(&bench, &[&shared[..], &["train.iterations=20", "--out", "model.h5"]].concat());
    let predicted = json_lines(&succeeds(&bench, &["predict", "model.h5", "data/train_drawn.h5", "--json"]));
    let labels = File::open(bench.path("data/train_drawn.h5")).unwrap().dataset("train_set_y").unwrap();
    let labels = labels.read_raw::<i64>().unwrap();
    let mut found = Vec::new();
    for part in ["test", "train"] {
        let evaluate = ["evaluate", "model.h5", "--part", part, "--wrong", "--json"];
        let answer = &json_lines(&succeeds(&bench, &evaluate))[0];
        let rows = answer["wrong"].as_array().unwrap().iter().map(|wrong| wrong["example"].as_u64().unwrap() as usize);
        found.extend(rows);
    }
    found.sort_unstable();
    let wrong = |&row: &usize| predicted[row]["class"] != labels[row];
    assert_eq!(found, (0..labels.len()).filter(wrong).collect::<Vec<_>>());
    assert!(!found.is_empty());
}
