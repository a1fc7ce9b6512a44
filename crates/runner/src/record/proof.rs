//! The comparison of all trials with their digests, in one pass over the histories.

use std::collections::HashSet;

use super::Record;
use super::error::{Error, at};
use super::stored::FinishedTrial;

impl Record {
    /// Finds the ids of those of `trials` that are not what was stored, their histories included.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn damaged<'t>(
        &self,
        trials: impl Iterator<Item = (&'t str, &'t FinishedTrial)>,
    ) -> Result<HashSet<String>, Error> {
        let mut trials: Vec<_> = trials.collect();
        trials.sort_by_key(|(_, trial)| trial.number);
        trials.dedup_by_key(|(_, trial)| trial.number);
        let read = || {
            let mut damaged = HashSet::new();
            let mut select = self
                .connection
                .prepare("SELECT trial, iteration, cost, metrics FROM history ORDER BY trial, iteration")?;
            let mut rows = select.query([])?;
            let mut row = rows.next()?;
            for (id, trial) in trials {
                let mut seal = trial.seal.clone();
                while let Some(found) = row {
                    let number: i64 = found.get(0)?;
                    if number > trial.number {
                        break;
                    }
                    if number == trial.number {
                        seal.add_row(found, 1)?;
                    }
                    row = rows.next()?;
                }
                if !trial.is_sound(&seal) {
                    damaged.insert(id.to_owned());
                }
            }
            Ok(damaged)
        };
        read().map_err(at(&self.path))
    }

    /// Reads the recorded costs of a trial, which [`Record::damaged`] has proved.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn costs(&self, trial: &FinishedTrial) -> Result<Vec<f64>, Error> {
        let select = "SELECT cost FROM history WHERE trial = ?1 ORDER BY iteration";
        let costs = self.rows(select, [trial.number], |row| row.get::<_, Option<f64>>(0))?;
        Ok(costs.into_iter().map(|cost| cost.unwrap_or(f64::NAN)).collect())
    }
}
