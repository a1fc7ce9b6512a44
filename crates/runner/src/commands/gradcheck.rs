//! `runner gradcheck`: compares the gradients of an experiment's nets with finite differences, in f64.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;
use ndarray::{Array2, Axis};
use net::gradient_check::{self, Verdict};
use net::initialise;

use super::answer::print_with_marks;
use super::session::{enough_for_net, set_up_blas_of, warn_of};
use super::source::data_of;
use crate::cli;
use crate::spec::experiment::Experiment;
use crate::table::Table;
use crate::terminal::say;
use crate::text::{plain, short_name};
use datasets::text::count;

/// The keys that a net and its cost depend on.
const KEYS: [&str; 12] = [
    "model.hidden",
    "model.activation",
    "model.cost",
    "model.dropout",
    "model.init",
    "model.init_factor",
    "model.init_gain",
    "model.init_scale",
    "model.base_width",
    "train.optimizer",
    "train.weight_decay",
    "train.decay_biases",
];

/// Checks every different net of the sweep at the initial weights of its first seed; exit code 1 if a gradient is wrong.
pub(super) fn run(args: &cli::Gradcheck, blas: Option<&Request>) -> Result<ExitCode> {
    let experiment = Experiment::load(&args.experiment.file, &args.experiment.overrides)?;
    let data = data_of(&experiment)?;
    let shape = data.shape();
    warn_of(&set_up_blas_of(&experiment, blas)?);
    let (x, y): (Array2<f64>, Array2<f64>) = (data.train.columns(&data.scaling), data.train.y());
    let examples = x.ncols().min(args.examples as usize);
    let (x, y) = (x.view().split_at(Axis(1), examples).0, y.view().split_at(Axis(1), examples).0);

    let mut table = Table::new(["net", "tensor", "compared", "at_kink", "relative_error", "gradient"]);
    let (mut seen, mut wrong, mut unknown) = (BTreeSet::new(), 0, BTreeMap::new());
    for point in &experiment.points {
        let config = point.on(shape)?;
        let canonical = config.canonical();
        // Only L2 decay is a part of the gradient.
        let decays = config.optimiser.decay.lambda > 0.0 && !config.optimiser.decay.decoupled;
        // Under muP, the λ of a tensor is another one for optimisers of another kind.
        let is_mup = canonical.get("model.init").is_some_and(|init| init == "mup");
        let is_part = |key: &str| match key {
            "train.optimizer" => decays && is_mup,
            _ => decays || !key.starts_with("train."),
        };
        let value = |key: &str| canonical.get(key).filter(|value| !value.is_null() && is_part(key));
        let net = KEYS.iter().filter_map(|key| Some(format!("{}={}", short_name(key), plain(value(key)?))));
        let net = net.collect::<Vec<_>>().join(" ");
        if !seen.insert(net.clone()) {
            continue; // the same equations, from another seed or with keys that J doesn't depend on
        }
        enough_for_net(&config.widths(shape.features, shape.task), examples)?;
        let architecture = config.architecture(shape.features, shape.task);
        let chain = initialise::chain(&architecture, &config.initialisation, config.seed);
        for check in gradient_check::check(&chain, x, y, &config.training(shape.train), args.elements as usize) {
            let verdict = match check.verdict {
                Verdict::Right => "✓".to_owned(),
                Verdict::Wrong => {
                    wrong += 1;
                    "✗ wrong".to_owned()
                }
                Verdict::Unknown(why) => {
                    *unknown.entry(why).or_insert(0) += 1;
                    format!("- {why}")
                }
            };
            table.row([
                net.clone(),
                check.name,
                format!("{} of {}", check.compared, check.elements),
                check.at_kink.to_string(),
                format!("{:.1e}", check.relative_error),
                verdict,
            ]);
        }
    }
    print_with_marks(&table.to_string())?;
    let reasons =
        unknown.iter().map(|(why, &tensors)| format!("; {} could not be compared: {why}", count(tensors, "tensor")));
    say(&match wrong {
        0 if unknown.is_empty() => {
            format!(
                "every gradient compared is right: {}, {}, f64",
                count(seen.len(), "net"),
                count(examples, "example")
            )
        }
        0 => format!("no gradient is wrong{}", reasons.collect::<String>()),
        _ => format!("{} wrong", count(wrong, "gradient")),
    });
    Ok(ExitCode::from(u8::from(wrong > 0)))
}
