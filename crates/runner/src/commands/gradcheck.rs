//! `runner gradcheck`: compares the gradients of an experiment's nets with finite differences, in f64.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;
use ndarray::{Array2, Axis};
use net::gradient_check::{self, TensorCheck, Verdict};
use net::initialise;

use super::answer::print_with_marks;
use super::blas::{set_up_blas_of, warn_of};
use super::resources::enough_for_net;
use super::source::data_of;
use crate::cli;
use crate::spec::experiment::Experiment;
use crate::spec::trial::TrialConfig;
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

    let (mut seen, mut tally) = (BTreeSet::new(), Tally::new());
    for point in &experiment.points {
        let config = point.on(shape)?;
        let net = net_in_words(&config);
        if !seen.insert(net.clone()) {
            continue; // the same equations, from another seed or with keys that J doesn't depend on
        }
        enough_for_net(&config.widths(shape.features, shape.task), examples)?;
        let architecture = config.architecture(shape.features, shape.task);
        let chain = initialise::chain(&architecture, &config.initialisation, config.seed);
        for check in gradient_check::check(&chain, x, y, &config.training(shape.train), args.elements as usize) {
            tally.add(&net, check);
        }
    }
    print_with_marks(&tally.table.to_string())?;
    say(&tally.in_words(seen.len(), examples));
    Ok(ExitCode::from(u8::from(tally.wrong > 0)))
}

/// Lists the keys that a net and its cost depend on, with their values.
fn net_in_words(config: &TrialConfig) -> String {
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
    net.collect::<Vec<_>>().join(" ")
}

/// The tensors that were checked.
struct Tally {
    table: Table,
    /// The number of wrong gradients.
    wrong: usize,
    /// The number of tensors that could not be compared, by the reason.
    unknown: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn new() -> Self {
        let table = Table::new(["net", "tensor", "compared", "at_kink", "relative_error", "gradient"]);
        Tally { table, wrong: 0, unknown: BTreeMap::new() }
    }

    fn add(&mut self, net: &str, check: TensorCheck) {
        let verdict = match check.verdict {
            Verdict::Right => "✓".to_owned(),
            Verdict::Wrong => {
                self.wrong += 1;
                "✗ wrong".to_owned()
            }
            Verdict::Unknown(why) => {
                *self.unknown.entry(why).or_insert(0) += 1;
                format!("- {why}")
            }
        };
        self.table.row([
            net.to_owned(),
            check.name,
            format!("{} of {}", check.compared, check.elements),
            check.at_kink.to_string(),
            if check.relative_error.is_finite() { format!("{:.1e}", check.relative_error) } else { "-".to_owned() },
            verdict,
        ]);
    }

    fn in_words(&self, nets: usize, examples: usize) -> String {
        let unknown = self.unknown.iter();
        let reasons =
            unknown.map(|(why, &tensors)| format!("; {} could not be compared: {why}", count(tensors, "tensor")));
        match self.wrong {
            0 if self.unknown.is_empty() => {
                format!("every gradient compared is right: {}, {}, f64", count(nets, "net"), count(examples, "example"))
            }
            0 => format!("no gradient is wrong{}", reasons.collect::<String>()),
            wrong => format!("{} wrong", count(wrong, "gradient")),
        }
    }
}
