//! The trials that a command is asked for.

use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::cli::Which;
use crate::record::Record;
use crate::results::condition::Condition;
use crate::results::ranking::Score;
use crate::results::row::Row;
use crate::results::setting::first_of_each;
use crate::results::trials::Trials;
use datasets::text::count;

/// The trials of a plan, and the condition on them.
pub(super) struct SelectedTrials {
    pub(super) record: Record,
    pub(super) trials: Trials,
    pub(super) condition: Option<Condition>,
}

impl SelectedTrials {
    pub(super) fn read(which: &Which) -> Result<Self> {
        SelectedTrials::of(&which.dir, which.plan, which.condition.as_deref())
    }

    /// Reads a plan of the record in `dir`, the newest one unless a `number` is given.
    pub(super) fn of(dir: &Path, number: Option<i64>, condition: Option<&str>) -> Result<Self> {
        let record = Record::read(dir)?;
        let trials = match number {
            None => Trials::newest(&record)?,
            Some(number) => {
                let (plans, _) = record.former_plans()?;
                let numbers: Vec<_> = plans.iter().map(|plan| plan.number.to_string()).collect();
                let Some(plan) = plans.into_iter().find(|plan| plan.number == number) else {
                    let kept = match &numbers[..] {
                        [] => "no former plan".to_owned(),
                        numbers => format!("former plans {}", numbers.join(", ")),
                    };
                    bail!("--plan: {} keeps {kept}, there is no {number}", dir.display());
                };
                Trials::read(&record, plan.planned(&record)?)?
            }
        };
        let parse = |text: &str| {
            Condition::parse(text, &trials)
                .map_err(|mistake| anyhow!("--where '{text}': at character {}: {}", mistake.at, mistake.problem))
        };
        let condition = condition.map(parse).transpose()?;
        Ok(SelectedTrials { record, trials, condition })
    }

    /// Returns whether a trial is among those that are asked for.
    pub(super) fn has(&self, row: &Row) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(row))
    }

    /// Finds the score that is asked for by the option `--by`, or else the usual one.
    pub(super) fn score(&self, by: Option<&str>) -> Result<Score> {
        let find = |name| Score::find(name, &self.trials).map_err(|problem| anyhow!("--by: {problem}"));
        Ok(by.map(find).transpose()?.unwrap_or_else(|| Score::default_of(&self.trials)))
    }

    /// Finds the trial whose id begins with `id`.
    pub(super) fn trial(&self, id: &str, dir: &Path) -> Result<&Row> {
        let begins_with_it = self.trials.finished().filter(|row| row.trial.starts_with(id));
        let found: Vec<&Row> = first_of_each(begins_with_it).collect();
        match found[..] {
            [row] if !id.is_empty() => Ok(row),
            [] => bail!(
                "--trial: {} has no finished trial {id} in its plan; `runner show --trials` lists them",
                dir.display()
            ),
            _ => bail!(
                "--trial: {} of {} begin with {id:?}; give more of the id",
                count(found.len(), "trial"),
                dir.display()
            ),
        }
    }
}
