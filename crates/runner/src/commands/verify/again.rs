//! Trials of a record that are trained again and compared with their recorded results.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use kernels::blas::{self, Request};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::compared::Compared;
use super::report::Report;
use crate::cli::{self, Retrain};
use crate::commands::blas::warn_of;
use crate::commands::failure::Failure;
use crate::commands::recorded::planned_again;
use crate::commands::resources::enough_memory;
use crate::commands::session::Session;
use crate::commands::source::{data_of, source_of};
use crate::commands::stop::Stop;
use crate::machine::{self, Machine};
use crate::plan::trial::Trial;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::names::EXPERIMENT;
use crate::record::stored::Recipe;
use crate::record::summary::{Recorded, Summary};
use crate::run::outcome::Outcome;
use crate::run::running_fleets::RunningFleets;
use crate::run::training::Run;
use crate::run::workers::Workers;
use crate::spec::experiment::Experiment;
use crate::text::first_few;
use datasets::text::count;

/// Returns whether the files of the data are all here, whatever is in them.
fn are_at_hand(experiment: &Experiment) -> bool {
    source_of(experiment).is_ok_and(|source| source.files().iter().all(|file| file.path.exists()))
}

/// Trains as many trials again as `--retrain` says, with the fleets that they were trained in.
pub(super) fn run(
    args: &cli::Verify,
    blas: Option<&Request>,
    record: &Record,
    intact: &HashSet<String>,
    stop: &Stop,
    report: &mut Report,
) -> Result<()> {
    if args.retrain == Retrain::Some(0) {
        report.nothing_trained("--retrain 0");
        return Ok(());
    }
    let mut recipes = record.recipes()?;
    recipes.retain(|id, _| intact.contains(id));
    let chosen = choose(args, record, &recipes)?;
    if chosen.is_empty() {
        report.nothing_trained("no finished trial of the plan, with all of its fleet, repeats");
        return Ok(());
    }
    let experiment = Experiment::load(&args.dir.join(EXPERIMENT), &[])?;
    let Some(mut session) = session_or_why(&experiment, blas, report)? else { return Ok(()) };
    warn_of(&session.blas);
    let mine = on_these_data(chosen, &recipes, &session.data_hash(), report);
    let machines = record.machines()?;
    let mut by_threads: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for id in mine {
        let threads = machines.get(&recipes[id].trial.machine).map_or(1, Machine::threads).min(machine::cores());
        by_threads.entry(threads).or_default().push(id);
    }
    for (threads, ids) in by_threads {
        session.experiment.threads = threads;
        let again = Again { record, recipes: &recipes, machines: &machines, ids };
        if let Some(compared) = again.train(&mut session, stop, report)? {
            compared.say(report);
        }
    }
    Ok(())
}

/// Reads the data and loads the BLAS; if they can't be used, reports why and returns `None`.
fn session_or_why(experiment: &Experiment, blas: Option<&Request>, report: &mut Report) -> Result<Option<Session>> {
    match Session::of(experiment.clone(), blas) {
        Ok(session) => return Ok(Some(session)),
        Err(error) if error.is::<Failure>() || error.is::<blas::Error>() => return Err(error),
        Err(error) => match data_of(experiment) {
            Ok(_) => report.nothing_trained(&format!("{error:#}")),
            Err(_) if are_at_hand(experiment) => report.line(Some(false), "data", &format!("{error:#}")),
            Err(_) => report.nothing_trained(&format!("the data are not at hand: {error:#}")),
        },
    }
    Ok(None)
}

/// Returns the trials that were trained on the data with this `hash`, and reports whether there are others.
fn on_these_data<'r>(
    chosen: Vec<&'r str>,
    recipes: &HashMap<String, Recipe>,
    hash: &str,
    report: &mut Report,
) -> Vec<&'r str> {
    let (mine, others): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|id| recipes[*id].data == hash);
    if others.is_empty() {
        report.line(Some(true), "data", "what these trials were trained on");
    } else {
        let (trials, ids) = (count(others.len(), "trial"), first_few(others.iter().copied()));
        report.line(Some(false), "data", &format!("other data than {trials} trained on: {ids}"));
    }
    mine
}

/// Draws from the finished trials of the plan. Trials are left out if a clock may end one of their fleet, or if one of
/// their fleet is missing.
fn choose<'r>(
    args: &cli::Verify,
    record: &Record,
    recipes: &'r HashMap<String, Recipe>,
) -> Result<Vec<&'r str>, Error> {
    let repeats = |id: &String| recipes.get(id).is_some_and(|recipe| !recipe.trial.is_timed());
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for point in record.points()? {
        if let Some((id, recipe)) = recipes.get_key_value(&point.trial)
            && recipe.fleet.iter().all(repeats)
            && seen.insert(id)
        {
            ids.push(id.as_str());
        }
    }
    if let Retrain::Some(number) = args.retrain {
        ids.shuffle(&mut ChaCha8Rng::seed_from_u64(args.seed));
        ids.truncate(number);
    }
    Ok(ids)
}

/// Trials to train again, all by the same number of threads.
struct Again<'r> {
    record: &'r Record,
    recipes: &'r HashMap<String, Recipe>,
    machines: &'r BTreeMap<i64, Machine>,
    ids: Vec<&'r str>,
}

impl<'r> Again<'r> {
    /// Trains the fleets as the sweep did; reports why and returns `None` if that can't be done.
    fn train(&self, session: &mut Session, stop: &Stop, report: &mut Report) -> Result<Option<Compared<'r>>> {
        let mut fleets: Vec<&'r [String]> = self.ids.iter().map(|id| &*self.recipes[*id].fleet).collect();
        fleets.sort_unstable();
        fleets.dedup();
        let Some(plan) = planned_again(session, self.recipes, &fleets)? else {
            report.line(
                Some(false),
                "trained again",
                "nothing: this build of runner computes other ids from these settings and data",
            );
            return Ok(None);
        };

        let threads = session.experiment.threads;
        enough_memory(session.bytes_needed(&plan, 1), "training again needs", "use a machine with more")?;
        let workers = Workers::new(1, threads)?;
        session.check_blas(&plan, &workers, None, stop)?;
        let inputs = session.inputs(&plan)?;
        let (here, mut compared) = (session.machine(), Compared::of(&self.ids));
        let running = RunningFleets::default();
        let run = Run {
            plan: &plan,
            inputs: &inputs,
            workers: &workers,
            stop: stop.flag(),
            running: &running,
            checkpoints: None,
        };
        // One fleet after the other: a trial that was trained again in a later fleet belongs to several of them.
        for (recorded, fleet) in fleets.iter().zip(&plan.fleets) {
            let fleet = plan.trials_of(fleet).collect();
            let write = |outcomes: Vec<(&Trial, Outcome)>| {
                let mut outcomes = outcomes.iter();
                outcomes.try_for_each(|(trial, outcome)| self.compare(recorded, trial, outcome, &here, &mut compared))
            };
            run.train(&[fleet], write).map_err(|error| Failure::of_training(error, 0))?;
        }
        Ok(Some(compared))
    }

    fn compare(
        &self,
        fleet: &[String],
        trial: &Trial,
        outcome: &Outcome,
        here: &Machine,
        compared: &mut Compared<'r>,
    ) -> Result<(), Error> {
        let recipe = &self.recipes[&trial.id];
        let Some(then) = self.machines.get(&recipe.trial.machine) else { return Ok(()) };
        if recipe.fleet != fleet {
            return Ok(());
        }
        let recorded = (&recipe.trial.summary, &*self.record.history(&trial.id, &recipe.trial)?);
        let found = (&Summary::of(trial.engine, outcome), &*Recorded::all_of(outcome));
        if then.fingerprint() == here.fingerprint() {
            compared.with_the_same_machine(&trial.id, recorded, found);
        } else {
            compared.with_another_machine(&trial.id, trial.config.dtype, &then.parts().join(" "), recorded.1, found.1);
        }
        Ok(())
    }
}
