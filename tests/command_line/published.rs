//! The course's two nets on the real images: published costs and accuracies, through the program a person runs.

use crate::support::{Bench, only_trial, real_images, repository, text};
use serde_json::Value;

/// Half a unit of the sixth decimal, the last one published.
const TOLERANCE: f64 = 5e-7;

fn matches_the_published_history(experiment: &str, net: &str, engine: &str) {
    let Some(images) = real_images() else { return };
    let published: Value = serde_json::from_str(include_str!("../golden/course.json")).unwrap();
    let published = &published[net];

    let bench = Bench::new();
    let file = repository(&format!("experiments/{experiment}.toml"));
    let run = bench
        .command()
        .env("CATVNONCAT", images)
        .arg("sweep")
        .arg(file)
        .arg(format!("run.engine={engine}"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));

    let history = bench.read(&format!("results/{experiment}/history.csv"));
    let found: Vec<(String, f64)> = history
        .lines()
        .skip(1)
        .map(|row| {
            let mut cells = row.split(',').skip(1);
            (cells.next().unwrap().to_owned(), cells.next().unwrap().parse().unwrap())
        })
        .collect();
    let costs = published["costs"].as_object().unwrap();
    assert_eq!(found.len(), costs.len());
    for (iteration, cost) in &found {
        let published = costs[iteration].as_f64().unwrap();
        assert!((cost - published).abs() <= TOLERANCE, "iteration {iteration}: {cost}, published {published}");
    }

    let cell = only_trial(&bench, experiment);
    assert_eq!((cell("status"), cell("engine")), ("completed".to_owned(), engine.to_owned()));
    for accuracy in ["train_accuracy", "test_accuracy"] {
        let found: f64 = cell(accuracy).parse().unwrap();
        assert!((found - published[accuracy].as_f64().unwrap()).abs() <= TOLERANCE, "{accuracy} {found}");
    }
}

#[test]
fn the_4_layer_net_repeats_the_published_costs_and_accuracies_by_every_engine() {
    for engine in ["direct", "reduced", "dual"] {
        matches_the_published_history("course-4layer", "4-layer", engine);
    }
}

#[test]
fn the_2_layer_net_repeats_the_published_costs_and_accuracies_by_every_engine() {
    for engine in ["direct", "reduced", "dual"] {
        matches_the_published_history("course-2layer", "2-layer", engine);
    }
}
