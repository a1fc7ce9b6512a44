//! `runner bench`: times an experiment's products and steps, or given shapes, on every library in turn.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use kernels::blas::{Library, Request};

use self::comparison::Comparison;
use super::answer::print;
use super::failure::Failure;
use super::resources::{enough_cores, enough_memory};
use super::session::Session;
use crate::bench::busy::Counters;
use crate::bench::cases::{self, Selection, Weighted};
use crate::bench::libraries;
use crate::bench::record::{self, Host, Record, path_of};
use crate::bench::report::percent;
use crate::bench::timing::{Bench, Step};
use crate::bench::{compare, report};
use crate::cli;
use crate::plan::Plan;
use crate::run::inputs::Inputs;
use crate::run::workers::Workers;
use crate::spec::experiment::Experiment;
use crate::spec::trial::Dtype;
use crate::terminal::{say, warn};
use datasets::files::regular_file;
use datasets::text::count;

mod comparison;

/// The pause between passes of a run that is compared with another.
const PAUSE: Duration = Duration::from_millis(300);

/// Checks, times and reports; exit code 4 if something has become slower than `--fail-above` allows.
pub(super) fn run(args: &cli::Bench) -> Result<ExitCode> {
    let to_save = file_to_save(args)?;
    let against = match &args.against {
        Some(name) => Some((name, Record::read(&path_of("against", name)?)?)),
        None => None,
    };
    let experiments = experiments(args)?;
    let threads =
        args.threads.map(usize::from).or(experiments.first().map(|experiment| experiment.threads)).unwrap_or(1);
    enough_cores(if args.threads.is_some() { "--threads" } else { "run.threads" }, threads)?;
    if let Some((name, then)) = &against {
        compare::same_machine(name, then, &Host::this(), threads)?;
    }
    let usual = experiments.first().and_then(|experiment| experiment.blas.clone());
    let libraries = libraries::find(&args.blas, &usual.unwrap_or_else(Request::of_environment), threads)?;
    let sessions = sessions(experiments, libraries[0])?;
    let plans = sessions.iter().map(Session::plan).collect::<Result<Vec<_>>>()?;
    let inputs = inputs(&sessions, &plans)?;

    let products = products(args, &plans)?;
    let steps = steps(&plans, &inputs);
    // Times that are compared must not depend on what happened in a single second.
    let is_compared = args.save.is_some() || args.against.is_some();
    let pause = if is_compared { PAUSE } else { Duration::ZERO };
    let mut bench = Bench { libraries, threads, seconds: args.seconds, pause, products, steps };
    let workers = Workers::new(1, threads)?;
    let watch = Counters::read();
    watch.before().into_iter().for_each(|busy| warn(&busy.to_string()));
    say(&format!("checking {} at {}", count_libraries(&bench), count(bench.layers().len(), "layer shape")));
    workers.alone(|| bench.check())?;
    for fleet in workers.alone(|| bench.leave_out_diverging())? {
        warn(&format!("a step of {fleet} is left out: a net diverges at its initial parameters"));
    }
    let comparison = against.as_ref().map(|(name, then)| Comparison::new(name, then, &bench)).transpose()?;
    to_save.as_deref().map_or(Ok(()), Record::can_be_saved).map_err(Failure::of_writing)?;
    let cases = [(bench.products.len(), "product"), (bench.steps.len(), "fleet")];
    let cases: Vec<_> = cases.iter().filter(|(cases, _)| *cases > 0).map(|(cases, what)| count(*cases, what)).collect();
    let seconds = args.seconds;
    say(&format!("timing {}: up to {seconds} s each, or as long as six samples take", cases.join(" and ")));
    let mut record = Record::new(what(args, &sessions), threads);
    workers.alone(|| bench.run(&mut record))?;
    watch.after(&Counters::read()).iter().for_each(|busy| warn(&busy.to_string()));

    // Nothing of the measurement is lost if one of the two can't be written.
    let printed = print(&match args {
        cli::Bench { json: true, .. } => record.to_json() + "\n",
        cli::Bench { csv: true, .. } => report::in_csv(&record),
        _ => report::for_a_person(&record),
    });
    if let Some(path) = to_save {
        record.save(&path, args.force).map_err(Failure::of_writing)?;
        say(&format!("kept as {}", path.display()));
    }
    printed?;
    comparison.map_or(Ok(ExitCode::SUCCESS), |comparison| comparison.run(args, &workers, &bench, &record))
}

fn file_to_save(args: &cli::Bench) -> Result<Option<PathBuf>> {
    let Some(name) = &args.save else { return Ok(None) };
    let path = path_of("save", name)?;
    if regular_file::is_at(&path)? && !args.force {
        return Err(record::Error::Exists(path).into());
    }
    Ok(Some(path))
}

/// Loads the experiment in every element type that is asked for; nothing if shapes are given instead.
fn experiments(args: &cli::Bench) -> Result<Vec<Experiment>> {
    let Some(file) = &args.file else { return Ok(Vec::new()) };
    let load = |further: Option<String>| -> Result<Experiment> {
        let threads = args.threads.map(|threads| format!("run.threads={threads}"));
        let overrides: Vec<_> = args.overrides.iter().cloned().chain(threads).chain(further).collect();
        Ok(Experiment::load(file, &overrides)?)
    };
    match args.dtype {
        None => Ok(vec![load(None)?]),
        Some(dtypes) => dtypes.iter().map(|dtype| load(Some(format!("model.dtype={}", dtype.name())))).collect(),
    }
}

fn sessions(experiments: Vec<Experiment>, library: &'static Library) -> Result<Vec<Session>> {
    let first = Request::Path(library.path().to_owned());
    experiments.into_iter().map(|experiment| Session::of(experiment, Some(&first))).collect()
}

fn inputs(sessions: &[Session], plans: &[Plan]) -> Result<Vec<Inputs>> {
    let of_plan = |(session, plan): (&Session, &Plan)| {
        enough_memory(session.bytes_needed(plan, 1), "a step of the largest fleet needs", "use smaller nets")?;
        Ok(session.inputs(plan)?)
    };
    sessions.iter().zip(plans).map(of_plan).collect()
}

fn products(args: &cli::Bench, plans: &[Plan]) -> Result<Vec<Weighted>> {
    let mut products = cases::of_shapes(&args.shape, args.dtype.unwrap_or(&[Dtype::F32, Dtype::F64]));
    for plan in plans {
        let found = cases::products(plan);
        say_left_out(&found, "products");
        products.extend(found.cases);
    }
    let largest = products.iter().map(|case| case.product.bytes()).fold(0.0, f64::max);
    // The check holds the matrices of all three products, and all of them in f64 too.
    enough_memory(6.0 * largest, "the largest product needs", "use smaller shapes")?;
    Ok(products)
}

fn steps<'i>(plans: &'i [Plan], inputs: &'i [Inputs]) -> Vec<Step<'i>> {
    let of_plan = |(plan, inputs): (&'i Plan, &'i Inputs)| {
        let found = cases::fleets(plan);
        say_left_out(&found, "kinds of fleets");
        found.cases.into_iter().map(move |kind| Step { plan, inputs, kind })
    };
    plans.iter().zip(inputs).flat_map(of_plan).collect()
}

fn say_left_out<T>(found: &Selection<T>, what: &str) {
    if found.left_out > 0 {
        let Selection { cases, left_out, share_left_out } = found;
        let share = percent(*share_left_out);
        say(&format!(
            "the {} largest {what} are timed; {left_out} with {share} of the operations are not",
            cases.len()
        ));
    }
}

fn count_libraries(bench: &Bench) -> String {
    match &bench.libraries[..] {
        [one] => one.to_string(),
        several => format!("{} libraries", several.len()),
    }
}

/// Names the experiment or the shapes that were timed, in words.
fn what(args: &cli::Bench, sessions: &[Session]) -> String {
    match (&args.file, sessions.first()) {
        (Some(file), Some(session)) => {
            let words: Vec<_> =
                [file.display().to_string()].into_iter().chain(args.overrides.iter().cloned()).collect();
            format!("{} ({})", words.join(" "), session.data_in_words())
        }
        _ => "products of given shapes".to_owned(),
    }
}
