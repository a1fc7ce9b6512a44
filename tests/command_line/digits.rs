//! scikit-learn's handwritten digits: imported through CSV, trained by the documented experiment.

use std::env;

use crate::support::{Bench, repository, text};

/// Imports scikit-learn's own file, if `DIGITS_CSV` names it.
fn digits() -> Option<Bench> {
    let Some(csv) = env::var_os("DIGITS_CSV") else {
        eprintln!("DIGITS_CSV isn't set: the digits are not tried");
        return None;
    };
    let bench = Bench::new();
    let import = ["data", "import", "--test-share", "0.2", "--seed", "1", "--name", "digits"];
    let imported = bench.command().args(import).arg(csv).output().unwrap();
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    assert_eq!(text(&imported.stdout).trim(), "data/train_digits.h5\ndata/test_digits.h5");
    Some(bench)
}

/// Returns a column of trials.csv.
fn column(bench: &Bench, results: &str, name: &str) -> Vec<f64> {
    let table = bench.read(&format!("{results}/trials.csv"));
    let mut rows = table.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let place = rows.next().unwrap().iter().position(|column| *column == name).unwrap();
    rows.map(|row| row[place].parse().unwrap()).collect()
}

#[test]
fn the_documented_experiment_puts_at_least_97_of_100_digits_in_their_class() {
    let Some(bench) = digits() else { return };
    let experiment = repository("experiments/digits.toml");
    let sweep = bench.command().arg("sweep").arg(experiment).output().unwrap();
    assert!(sweep.status.success(), "{}", text(&sweep.stderr));
    let accuracies = column(&bench, "results/digits", "test_accuracy");
    assert_eq!(accuracies.len(), 5);
    assert!(accuracies.iter().all(|accuracy| *accuracy >= 0.97), "{accuracies:?}");
    let costs = column(&bench, "results/digits", "train_cost");
    assert!(costs.iter().all(|cost| *cost < 0.05), "{costs:?}");
}

#[test]
fn gradients_of_the_documented_experiment_are_right() {
    let Some(bench) = digits() else { return };
    let check = bench.command().arg("gradcheck").arg(repository("experiments/digits.toml")).output().unwrap();
    assert!(check.status.success(), "{}{}", text(&check.stdout), text(&check.stderr));
}
