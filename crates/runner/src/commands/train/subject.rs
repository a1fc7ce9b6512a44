//! The subject of `runner train`: the one point of an experiment, or a trial of a record.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::cli;
use crate::commands::best::best_of;
use crate::commands::failure::Failure;
use crate::commands::recorded::planned_again;
use crate::commands::selected::SelectedTrials;
use crate::commands::session::Session;
use crate::commands::source::one_point;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::record::Record;
use crate::record::folder::results_folder;
use crate::record::names::EXPERIMENT;
use crate::record::stored::Recipe;
use crate::record::summary::Recorded;
use crate::run::fleet::Kept;
use crate::run::outcome::{Outcome, Status};
use crate::shell_words::quoted_path;
use crate::spec::experiment::Experiment;
use crate::terminal::{say, warn};
use datasets::files::hash_file;
use datasets::text::count;

/// The net to train.
pub(super) struct Subject {
    pub(super) experiment: Experiment,
    /// The trial; `None` if the experiment is trained.
    pub(super) recorded: Option<RecordedTrial>,
}

/// A trial of a record, with all that it takes to train it again.
pub(super) struct RecordedTrial {
    dir: PathBuf,
    id: String,
    /// The recipes of the trials of its fleet.
    recipes: HashMap<String, Recipe>,
    machine: Option<Machine>,
    history: Vec<Recorded>,
}

impl Subject {
    /// Reads the experiment, or the record if a directory is given in its place.
    pub(super) fn of(args: &cli::Train) -> Result<Self> {
        let file = &args.experiment.file;
        let is_trial = args.trial.is_some() || args.best;
        match (file.is_dir(), is_trial) {
            (true, true) => Subject::of_trial(args, file),
            (true, false) => {
                bail!("{}: this is a directory; --best or --trial ID chooses a trial of its sweep", file.display())
            }
            (false, true) => {
                bail!("{}: --trial and --best take a results directory in place of the experiment", file.display())
            }
            (false, false) => {
                let experiment = Experiment::load(file, &args.experiment.overrides)?;
                one_point(&experiment, file, "runner train")?;
                Ok(Subject { experiment, recorded: None })
            }
        }
    }

    fn of_trial(args: &cli::Train, dir: &Path) -> Result<Self> {
        if let Some(given) = args.experiment.overrides.first() {
            bail!("{given}: a trial of a record has its settings; give the experiment to change them");
        }
        let selected = SelectedTrials::of(dir, None, None)?;
        let record = &selected.record;
        let id = match &args.trial {
            Some(id) => selected.trial(id, dir)?.trial.clone(),
            None => best_of(&selected, selected.score(args.by.as_deref())?)?.trial.trial.clone(),
        };
        let file = dir.join(EXPERIMENT);
        match (record.files()?.get(EXPERIMENT), hash_file(&file)) {
            (_, Err(error)) => bail!("{}: {error}", file.display()),
            (Some(stored), Ok(found)) if *stored == found => {}
            _ => bail!("{}: edited since it was written; run the sweep again, which writes it anew", file.display()),
        }
        let experiment = Experiment::load(&file, &[])?;
        let recorded = RecordedTrial::read(record, dir, id)?;
        Ok(Subject { experiment, recorded: Some(recorded) })
    }

    /// Names the file of the model where no other is asked for.
    pub(super) fn model_file(&self) -> PathBuf {
        match &self.recorded {
            Some(RecordedTrial { dir, id, .. }) => dir.join(format!("model-{id}.h5")),
            None => results_folder(None, &self.experiment.name).join("model.h5"),
        }
    }
}

impl RecordedTrial {
    fn read(record: &Record, dir: &Path, id: String) -> Result<Self> {
        let mut recipes = record.recipes()?;
        let Some(recipe) = recipes.get(&id) else {
            bail!(
                "trial {id}: the record has lost its data or its fleet; runner verify {} says more",
                quoted_path(dir)
            );
        };
        let history = record.history(&id, &recipe.trial)?;
        if recipe.trial.summary.status == Status::Failed {
            let reason = recipe.trial.summary.reason.as_deref().unwrap_or("no reason is recorded");
            bail!("trial {id} failed in its sweep: {reason}");
        }
        let machine = record.machines()?.remove(&recipe.trial.machine);
        let fleet = recipe.fleet.clone();
        recipes.retain(|of, _| fleet.contains(of));
        Ok(RecordedTrial { dir: dir.to_owned(), id, recipes, machine, history })
    }

    fn recipe(&self) -> &Recipe {
        &self.recipes[&self.id]
    }

    /// Plans the fleet of the trial as it was trained.
    pub(super) fn plan(&self, session: &mut Session) -> Result<Plan> {
        if session.data_hash() != self.recipe().data {
            bail!("trial {} was trained on other data than {} names", self.id, self.dir.join(EXPERIMENT).display());
        }
        if let Some(machine) = &self.machine {
            session.experiment.threads = machine.threads().min(crate::machine::cores());
        }
        match planned_again(session, &self.recipes, &[&self.recipe().fleet])? {
            Some(plan) => Ok(plan),
            None => bail!(
                "trial {}: this build of runner computes another id from its settings and data, so that it can't train it again; the build that \
                 trained it can, or the experiment with its settings as KEY=VALUE",
                self.id
            ),
        }
    }

    /// Finds its place in its fleet, and where it stops if it stops early.
    pub(super) fn kept(&self) -> Kept {
        let place = self.recipe().fleet.iter().position(|id| *id == self.id).unwrap_or_default();
        let summary = &self.recipe().trial.summary;
        let stops_at = summary.ended_at.filter(|_| summary.status == Status::Completed);
        Kept { place, stops_at: stops_at.and_then(|iteration| usize::try_from(iteration).ok()) }
    }

    /// Says what is trained, and whether its costs can be those of the record bit for bit.
    pub(super) fn say(&self, here: &Machine) {
        let (id, others) = (&self.id, self.recipe().fleet.len() - 1);
        let with = if others > 0 { format!(", with {} of its fleet", count(others, "other")) } else { String::new() };
        say(&format!("trial {id} of {}{with}", self.dir.display()));
        let Some(then) = &self.machine else { return };
        if then.fingerprint() != here.fingerprint() {
            warn(&format!(
                "it was trained on another machine or by another build ({}): its costs need not come out bit for bit",
                then.parts().join(" ")
            ));
        }
    }

    /// Compares the costs with those of the record.
    pub(super) fn compare(&self, outcome: &Outcome, here: &Machine) -> Result<()> {
        let found = Recorded::all_of(outcome);
        let costs = count(found.len(), "cost");
        let is_same_machine = self.machine.as_ref().is_some_and(|then| then.fingerprint() == here.fingerprint());
        let by_the_clock = self.recipes.values().any(|recipe| recipe.trial.is_timed());
        if found == self.history {
            say(&format!("{costs} as in the record, bit for bit"));
        } else if is_same_machine && !by_the_clock {
            return Err(Failure::NotRepeated { id: self.id.clone() }.into());
        } else {
            warn("the costs are not those of the record");
        }
        Ok(())
    }

    /// Names the record in the provenance of the model.
    pub(super) fn name_in(&self, provenance: &mut Value) {
        let dir = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
        provenance["results"] = json!(dir.to_string_lossy());
        provenance["fleet"] = json!(self.recipe().fleet);
    }
}
