//! `runner evaluate`: compares the predictions of a model with the targets.

mod mistakes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use kernels::blas::Request;
use serde::Deserialize;
use serde_json::json;

use super::answer::print;
use super::blas::{set_up_blas, warn_of};
use super::failure::Failure;
use super::rehearse::{Reading, rehearse};
use super::source::{files_of, is_path, set_of, source_of};
use crate::cli::{self, WhichPart};
use crate::model::{Confusion, Evaluation, Model};
use crate::spec::data::DataSource;
use crate::spec::experiment::Experiment;
use crate::table::Table;
use crate::terminal::warn;
use crate::text::decimals;
use datasets::contract::class_names::are_other_numbers;
use datasets::text::count;
use datasets::{
    ContactSheet, DEFAULT_MAX_BYTES, DataSet, NamedSplit, Names, Pinned, Source, TargetsChoice, TestSource, catalog,
};

/// The most classes of a confusion matrix that a person can read.
const MOST_SHOWN: usize = 20;
/// The most classes of a confusion matrix in JSON.
const MOST_IN_JSON: usize = 1024;

/// Examples with targets, and the file that they come from.
struct Labelled {
    path: PathBuf,
    examples: NamedSplit,
}

/// The part of a provenance that finds the data again.
#[derive(Deserialize)]
struct DataUsed {
    source: DataSource,
    train_x: String,
    train_y: String,
    test_x: String,
    test_y: String,
    class_names: String,
    train_sha256: String,
    test_sha256: Option<String>,
    targets: Option<String>,
    max_bytes: Option<u64>,
}

/// Reads the model and all data, evaluates, and prints.
pub(super) fn run(args: &cli::Evaluate, blas: Option<&Request>) -> Result<ExitCode> {
    args.sheet.as_deref().map_or(Ok(()), ContactSheet::can_be_at).map_err(Failure::of_writing)?;
    rehearse(&Reading::Model, &[&Pinned::any(&args.model)])?;
    let model = Model::read(&args.model)?;
    let mut all = Vec::new();
    for what in &args.what {
        let labelled = named(what, args.part, &model)?;
        all.push(checked(labelled, &model)?);
    }
    if args.what.is_empty() {
        all.push(checked(trained_on(args, &model)?, &model)?);
    }
    if args.sheet.is_some() && all.len() > 1 {
        bail!("--sheet takes one set of examples, {} are given", all.len());
    }
    if model.class_count().is_none() && (args.wrong || args.sheet.is_some()) {
        bail!("--wrong and --sheet are for classes; this model predicts values");
    }
    if let (Some(sheet), [Labelled { examples, .. }]) = (&args.sheet, &all[..]) {
        ContactSheet::can_show(&examples.split, sheet)?;
    }
    warn_of(&set_up_blas(blas)?);
    let mut wrong = Vec::new();
    let mut report = String::new();
    for (index, Labelled { path, examples }) in all.iter().enumerate() {
        model.net.check_products(examples.split.examples())?;
        let mut evaluation = match model.evaluate(&examples.split) {
            Ok(evaluation) => evaluation,
            Err(problem) => bail!("{}: dataset `{}`: {problem}", path.display(), examples.y_name),
        };
        mistakes::surest_first(&mut evaluation);
        if index > 0 && !args.json {
            report += "\n";
        }
        report += &if args.json {
            as_json(&model, path, examples, &evaluation, args.wrong)
        } else {
            as_text(&model, path, examples, &evaluation, args.wrong)
        };
        wrong = evaluation.mistakes;
    }
    // Nothing of the evaluation is lost if one of the two can't be written.
    let printed = print(&report);
    if let (Some(sheet), [Labelled { examples, .. }]) = (&args.sheet, &all[..]) {
        mistakes::sheet(&model, examples, &wrong, sheet)?;
    }
    printed?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the examples that an argument names: an experiment's, a known set's or a file's.
fn named(path: &Path, part: WhichPart, model: &Model) -> Result<Labelled> {
    if path.extension().is_some_and(|extension| extension == "toml") {
        return of_source(&source_of(&Experiment::load(path, &[])?)?, part, model);
    }
    if !is_path(path) {
        let what = path.to_string_lossy();
        let set = catalog::known(&what).map_err(|error| anyhow!("{what}: no such file, and {error}"))?;
        let [train, test] = set.find()?;
        let (test, names, targets) = (TestSource::File(test), Names::default(), TargetsChoice::Auto);
        return of_source(&Source { train, test, names, targets, max_bytes: DEFAULT_MAX_BYTES }, part, model);
    }
    let names = Names::default();
    let (test, train) = ((&*names.test_x, &*names.test_y), (&*names.train_x, &*names.train_y));
    let pairs = if part == WhichPart::Test { [test, train] } else { [train, test] };
    labelled(&Pinned::any(path), &pairs, &names.classes, model, DEFAULT_MAX_BYTES)
}

fn of_source(source: &Source, part: WhichPart, model: &Model) -> Result<Labelled> {
    let Source { train, test, names, max_bytes, .. } = source;
    let (file, pair) = match (part, test) {
        (WhichPart::Train, TestSource::File(_) | TestSource::Absent) => (train, (&*names.train_x, &*names.train_y)),
        (WhichPart::Test, TestSource::File(test)) => (test, (&*names.test_x, &*names.test_y)),
        (WhichPart::Test, TestSource::Absent) => {
            bail!("{}: there are no test examples; use --part train, or name a file", train.path.display())
        }
        (_, TestSource::Share { .. }) => {
            let DataSet { train: kept, test: aside, classes, columns, .. } = set_of(source)?;
            let chosen = if part == WhichPart::Test { aside.unwrap_or(kept) } else { kept };
            let (x_name, y_name) = (names.train_x.clone(), names.train_y.clone());
            return Ok(Labelled {
                path: train.path.clone(),
                examples: NamedSplit { x_name, y_name, split: chosen, classes, columns },
            });
        }
    };
    labelled(file, &[pair], &names.classes, model, *max_bytes)
}

fn labelled(file: &Pinned, pairs: &[(&str, &str)], classes: &str, model: &Model, max_bytes: u64) -> Result<Labelled> {
    let owned = pairs.iter().map(|(x, y)| ((*x).to_owned(), (*y).to_owned())).collect();
    let reading = Reading::Part { pairs: owned, classes: classes.to_owned(), asked: model.task(), max_bytes };
    rehearse(&reading, &[file])?;
    let examples = NamedSplit::load(file, pairs, classes, model.task(), max_bytes)?;
    Ok(Labelled { path: file.path.clone(), examples })
}

/// Reads the examples that the model's provenance names, and warns if they have changed.
fn trained_on(args: &cli::Evaluate, model: &Model) -> Result<Labelled> {
    let data = model.provenance.get("data").cloned().unwrap_or_default();
    let Ok(data) = serde_json::from_value::<DataUsed>(data) else {
        bail!("{}: its provenance names no data; name a set or a file to evaluate it on", args.model.display());
    };
    let DataUsed { train_x, train_y, test_x, test_y, class_names: classes, .. } = data;
    let names = Names { train_x, train_y, test_x, test_y, classes };
    let said = data.targets.unwrap_or_default();
    let declared = TargetsChoice::ALL.into_iter().find(|(name, _)| *name == said);
    let targets = declared.map(|(_, choice)| choice).unwrap_or_default();
    let (train, test) = files_of(&data.source)?;
    let max_bytes = data.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
    let source = Source { train, test, names, targets, max_bytes };
    let labelled = of_source(&source, args.part, model)?;
    let sha256 = if args.part == WhichPart::Test { data.test_sha256 } else { Some(data.train_sha256) };
    if Some(&labelled.examples.split.sha256) != sha256.as_ref() {
        warn(&format!(
            "{} has changed since the model was trained with it: it has another SHA-256",
            labelled.path.display()
        ));
    }
    Ok(labelled)
}

/// Checks that the model takes the examples, and that both name the same columns and classes.
fn checked(labelled: Labelled, model: &Model) -> Result<Labelled> {
    let Labelled { path, examples: NamedSplit { x_name, split: part, classes, columns, .. } } = &labelled;
    if let Err(problem) = model.takes(&part.x, part.image_shape, columns) {
        bail!("{}: dataset `{x_name}`: {problem}", path.display());
    }
    let differ = match (&model.classes[..], &classes[..]) {
        ([], names) | (names, []) => are_other_numbers(names),
        (ours, theirs) => ours.iter().zip(theirs).any(|(ours, theirs)| ours != theirs),
    };
    // A file may lack the last classes of the model.
    let count = model.class_count();
    if count.is_some_and(|count| differ || classes.len() > count) {
        let shown = |names: &[String]| if names.is_empty() { "0, 1, ...".to_owned() } else { format!("{names:?}") };
        let (theirs, ours) = (shown(classes), shown(&model.classes));
        bail!("{}: its classes are {theirs}, the model's {ours}; both must name the same", path.display());
    }
    Ok(labelled)
}

fn as_json(model: &Model, path: &Path, examples: &NamedSplit, evaluation: &Evaluation, wrong: bool) -> String {
    let Evaluation { examples: count, cost, accuracy, confusion, mistakes } = evaluation;
    let mut line = json!({
        "data": path.display().to_string(),
        "dataset": examples.x_name,
        "examples": count,
        "cost": cost,
        "accuracy": accuracy,
    });
    if let Some(confusion) = confusion {
        let classes = confusion.classes();
        let row = |actual| (0..classes).map(|predicted| confusion.count(actual, predicted)).collect::<Vec<_>>();
        let matrix = (classes <= MOST_IN_JSON).then(|| (0..classes).map(row).collect::<Vec<_>>());
        line["confusion"] = json!(matrix);
        let shares = confusion.precision().into_iter().zip(confusion.recall()).zip(confusion.actual());
        let of_class = |(class, ((precision, recall), examples))| {
            json!({
                "class": class,
                "name": model.class_name(class),
                "examples": examples,
                "precision": precision,
                "recall": recall,
            })
        };
        line["classes"] = json!(shares.enumerate().map(of_class).collect::<Vec<_>>());
        if wrong {
            line["wrong"] = mistakes::json(model, examples, mistakes);
        }
    }
    format!("{line}\n")
}

fn as_text(model: &Model, path: &Path, examples: &NamedSplit, evaluation: &Evaluation, wrong: bool) -> String {
    let Evaluation { examples: all, cost, accuracy, confusion, mistakes } = evaluation;
    let mut text =
        format!("{}: {} of {}\ncost {}\n", path.display(), count(*all, "example"), examples.x_name, decimals(*cost, 6));
    if let Some(accuracy) = accuracy {
        text += &format!("accuracy {accuracy:.6}\n");
    }
    if let Some(confusion) = confusion {
        text += &format!("\n{}", shares(model, confusion));
        text += &match confusion.classes() {
            ..=MOST_SHOWN => format!("\n{}", matrix(model, confusion)),
            classes => format!("\nthe confusion matrix of {classes} classes is in --json\n"),
        };
        if wrong {
            text += &format!("\n{} in a wrong class\n", count(mistakes.len(), "example"));
            text += &if mistakes.is_empty() {
                String::new()
            } else {
                mistakes::table(model, examples, mistakes).to_string()
            };
        }
    }
    text
}

fn shares(model: &Model, confusion: &Confusion) -> Table {
    let mut table = Table::new(["class", "examples", "predicted", "precision", "recall"]);
    let share = |share: Option<f64>| share.map(|share| format!("{share:.4}")).unwrap_or_default();
    let (actual, predicted) = (confusion.actual(), confusion.predicted());
    for (class, (precision, recall)) in confusion.precision().into_iter().zip(confusion.recall()).enumerate() {
        let counts = [actual[class].to_string(), predicted[class].to_string()];
        table.row([model.class_name(class)].into_iter().chain(counts).chain([share(precision), share(recall)]));
    }
    table
}

/// Makes the confusion matrix, with a row for each actual class and a column for each predicted class.
fn matrix(model: &Model, confusion: &Confusion) -> Table {
    let names: Vec<String> = (0..confusion.classes()).map(|class| model.class_name(class)).collect();
    let mut table = Table::new(["actual \\ predicted"].into_iter().chain(names.iter().map(String::as_str)));
    for (actual, name) in names.iter().enumerate() {
        let counts = (0..names.len()).map(|predicted| confusion.count(actual, predicted).to_string());
        table.row([name.clone()].into_iter().chain(counts));
    }
    table
}
