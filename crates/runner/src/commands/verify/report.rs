//! The report of a verification, printed line by line.

use std::path::Path;

use anyhow::Result;

use crate::commands::answer::{mark, print_with_marks};
use crate::record::Record;
use crate::record::error::Error;
use crate::record::names::{EXPERIMENT, FILES};
use crate::text::first_few;
use datasets::text::count;

/// The report, whose lines are printed as they come.
pub(super) struct Report {
    /// The number of differences.
    pub(super) wrong: usize,
    /// Whether every line could be printed; none is after one that couldn't.
    pub(super) printed: Result<()>,
}

impl Default for Report {
    fn default() -> Self {
        Report { wrong: 0, printed: Ok(()) }
    }
}

impl Report {
    /// Prints a line: right, wrong, or neither.
    pub(super) fn line(&mut self, right: Option<bool>, what: &str, detail: &str) {
        self.wrong += usize::from(right == Some(false));
        if self.printed.is_ok() {
            self.printed =
                print_with_marks(&format!("{} {what}: {}\n", mark(right), detail.replace(char::is_control, " ")));
        }
    }

    /// Prints why no trial is trained again.
    pub(super) fn nothing_trained(&mut self, why: &str) {
        self.line(None, "trained again", &format!("nothing: {why}"));
    }

    pub(super) fn plan(&mut self, record: &Record) -> Result<(), Error> {
        match record.prove_plan() {
            Ok(()) => {
                let points = record.points()?;
                let left = points.iter().filter(|point| point.finished.is_none()).count();
                let left = if left > 0 { format!("; {left} not finished yet") } else { String::new() };
                let (points, axes) = (count(points.len(), "point"), count(record.axes()?.len(), "swept key"));
                self.line(Some(true), "plan", &format!("{points} of {axes}, as they were stored{left}"));
            }
            Err(Error::DamagedPlan(_)) => {
                self.line(Some(false), "plan", "the experiment, its axes or its plan are not what was stored");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) fn trials(&mut self, intact: usize, damaged: &[String]) {
        if damaged.is_empty() {
            let all = format!("{} as stored, each id the hash of its settings and data", count(intact, "trial"));
            self.line(Some(true), "trials", &all);
        } else {
            let (all, ids) = (intact + damaged.len(), first_few(damaged.iter().map(String::as_str)));
            let some = format!("{} of {all} are not what was stored: {ids}; run the sweep again", damaged.len());
            self.line(Some(false), "trials", &some);
        }
    }

    /// Compares the former plans with their seals.
    pub(super) fn former_plans(&mut self, record: &Record) -> Result<(), Error> {
        match record.former_plans()? {
            (_, damaged @ 1..) => {
                self.line(
                    Some(false),
                    "former plans",
                    &format!("{} not what was stored; the next sweep here forgets it", count(damaged, "plan")),
                );
            }
            (plans, 0) if !plans.is_empty() => {
                self.line(Some(true), "former plans", &format!("{}, as stored", count(plans.len(), "plan")));
            }
            _ => {}
        }
        Ok(())
    }

    /// Compares the files beside the record with their recorded hashes; returns whether experiment.toml is as it was
    /// written.
    pub(super) fn files(&mut self, record: &Record, folder: &Path) -> Result<bool, Error> {
        let mut experiment_is_kept = false;
        for name in FILES {
            let state = record.compare_file(folder, name)?;
            let right = state.is_right();
            experiment_is_kept |= name == EXPERIMENT && right == Some(true);
            self.line(right, name, &state.to_string());
        }
        Ok(experiment_is_kept)
    }
}
