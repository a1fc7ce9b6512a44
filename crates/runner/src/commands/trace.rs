//! `runner trace`: one step of a small net laid open.

mod equations;
mod hdf5;
mod laws;
mod matrix;
mod page;
mod pass;
mod report;
mod stages;
mod subject;
mod text;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use datasets::files::{NewHdf5, folder_of, make_folder, write_whole};
use datasets::text::count;
use kernels::blas::Request;
use kernels::{Accumulate, Call, LayerShape, self_check};

use self::pass::Pass;
use self::report::Report;
use self::subject::Subject;
use super::answer::may_be_written;
use super::answer::{print, print_names};
use super::blas::{set_up_blas, set_up_blas_of, warn_of};
use super::failure::Failure;
use super::source::{data_of, one_point, read_files};
use crate::cli;
use crate::spec::experiment::Experiment;
use crate::spec::worked_example::example::WorkedExample;
use crate::terminal::say;

/// Makes the step and shows it; exit code 1 if a gradient or a published value is not met.
pub(super) fn run(args: &cli::Trace, blas: Option<&Request>) -> Result<ExitCode> {
    let cli::ExperimentArgs { file, overrides } = &args.experiment;
    args.hdf5.as_deref().map_or(Ok(()), NewHdf5::can_be_at)?;
    let written = || [&args.hdf5, &args.html].into_iter().flatten();
    let subject = match WorkedExample::load(file, overrides)? {
        Some(example) => {
            may_be_written(written(), &[file], args.force)?;
            warn_of(&set_up_blas(blas)?);
            Subject::of_example(example, args)?
        }
        None => {
            let experiment = Experiment::load(file, overrides)?;
            one_point(&experiment, file, "runner trace")?;
            may_be_written(written(), &read_files(file, &experiment)?, args.force)?;
            let data = data_of(&experiment)?;
            warn_of(&set_up_blas_of(&experiment, blas)?);
            Subject::of_experiment(&experiment, &data, args)?
        }
    };
    check_products(&subject)?;
    let report = stages::report(&subject, &Pass::of(&subject));
    write_files(&report, args)?;
    if args.json {
        print(&(serde_json::to_string(&report)? + "\n"))?;
    } else if args.hdf5.is_none() && args.html.is_none() {
        let text = text::write(&report, text::columns(), args.full);
        print(&text.text)?;
        if text.is_abbreviated {
            say("… stands for rows and columns that are left out; --full prints every number");
        }
    }
    Ok(verdict(&report))
}

/// Checks the BLAS at every layer's shape.
fn check_products(subject: &Subject) -> Result<()> {
    let examples = subject.x.as_ref().map_or(1, ndarray::Array2::ncols);
    let calls = [
        Call::forward(Accumulate::Replace),
        Call::backward_weights(1.0 / examples as f64, Accumulate::Replace),
        Call::backward_data(),
    ];
    for layer in &subject.chain.layers {
        self_check::<f64>(LayerShape { n_out: layer.n_out(), n_in: layer.n_in(), examples }, &calls)?;
    }
    Ok(())
}

/// Writes the files that are asked for, and prints their names.
fn write_files(report: &Report, args: &cli::Trace) -> Result<()> {
    if let Some(path) = &args.html {
        page::fits(report, path)?;
    }
    let paths: Vec<_> = [&args.hdf5, &args.html].into_iter().flatten().map(AsRef::as_ref).collect();
    paths.iter().try_for_each(|path| make_folder(folder_of(path))).map_err(Failure::of_writing)?;
    if let Some(path) = &args.hdf5 {
        hdf5::write(report, path, args.force).map_err(Failure::of_writing)?;
    }
    if let Some(path) = &args.html {
        let page = page::write(report)?;
        write_whole(path, args.force, |out| out.write_all(page.as_bytes())).map_err(Failure::of_writing)?;
    }
    if !paths.is_empty() && !args.json {
        print_names(&paths)?;
    }
    Ok(())
}

/// Says whether the gradients agree with finite differences, and the results with the published ones.
fn verdict(report: &Report) -> ExitCode {
    let differences: Vec<_> = report.quantities().filter_map(|quantity| quantity.differences.as_ref()).collect();
    let published: Vec<_> = report.quantities().filter_map(|quantity| quantity.published.as_ref()).collect();
    let wrong = differences.iter().filter(|differences| differences.agrees == Some(false)).count();
    let off = published.iter().filter(|published| !published.agrees).count();
    let (compared, left_out): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(|differences| differences.agrees.is_some());
    let elements: usize = compared.iter().map(|differences| differences.compared).sum();
    let mut said = match (compared.len(), wrong) {
        (0, _) => Vec::new(),
        (all, 0) => {
            let agree = if all == 1 { "agrees" } else { "agree" };
            let (gradients, elements) = (count(all, "gradient"), count(elements, "element"));
            vec![format!("{gradients} in {elements} {agree} with finite differences of J")]
        }
        (all, wrong) => {
            let differ = if wrong == 1 { "differs" } else { "differ" };
            vec![format!("{wrong} of {} {differ} from finite differences of J", count(all, "gradient"))]
        }
    };
    let mut reasons = BTreeMap::new();
    left_out.iter().filter_map(|differences| differences.unknown).for_each(|why| *reasons.entry(why).or_insert(0) += 1);
    said.extend(
        reasons
            .into_iter()
            .map(|(why, gradients)| format!("{} can't be compared, {why}", count(gradients, "gradient"))),
    );
    if !said.is_empty() {
        say(&said.join("; "));
    }
    match (published.len(), off) {
        (0, _) => {}
        (all, 0) => say(&format!("{all} of {all} published results are met to 8 decimals")),
        (all, off) => say(&format!("{off} of {all} published results are not met to 8 decimals")),
    }
    if report.not_computed > 0 {
        say(&format!(
            "{} can't be compared: this step does not compute these values",
            count(report.not_computed, "published result")
        ));
    }
    ExitCode::from(u8::from(wrong + off + report.not_computed > 0))
}
