//! The sweep that the tests of answers ask about, and its trials as trials.csv has them.

use std::collections::BTreeMap;

use crate::support::Bench;

/// Twenty-four trials of eight settings, those of the highest rate diverge.
pub(crate) const SWEEP: &str = r#"
name = "nets"

[data]
set = "drawn"
validation = 0.25

[model]
width = 6
activation = "identity"

[train]
iterations = 60
record_every = 10

[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.001, 0.01, 0.1, 1e4]
seed = [1, 2, 3]
"#;
pub(crate) const DIR: &str = "results/nets";

pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("nets.toml", SWEEP);
    bench.succeeds(&["sweep", "nets.toml"]);
    bench
}

/// The rows of trials.csv by their columns.
pub(crate) fn trials(bench: &Bench, dir: &str) -> Vec<BTreeMap<String, String>> {
    let csv = bench.read(&format!("{dir}/trials.csv"));
    let mut rows = csv.lines().map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = rows.next().unwrap();
    rows.map(|row| header.iter().cloned().zip(row).collect()).collect()
}

pub(crate) fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

pub(crate) fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// The settings by depth and rate, each with its completed trials.
pub(crate) fn settings(bench: &Bench) -> BTreeMap<(String, String), Vec<BTreeMap<String, String>>> {
    let mut settings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in trials(bench, DIR).into_iter().filter(|row| row["status"] == "completed") {
        settings.entry((row["model.depth"].clone(), row["train.learning_rate"].clone())).or_default().push(row);
    }
    settings
}
