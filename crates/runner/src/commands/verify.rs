//! `runner verify`: whether a results directory is what its sweep has written, line by line, each ✓ or ✗.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;

use super::print;
use super::stop::stop_on_interrupt;
use crate::cli;
use crate::machine::sha256;
use crate::progress::say;
use crate::record::{Error, Record};
use datasets::text::count;

mod again;
mod compared;

/// Ids that a line names; of further ones it gives the number.
const NAMED: usize = 3;

/// Prints the lines on stdout; exit code 1 if something differs.
pub(super) fn run(args: &cli::Verify, blas: Option<&Request>) -> Result<ExitCode> {
    let stop = stop_on_interrupt()?;
    let record = Record::read_unproven(&args.dir)?;
    let mut report = Report::default();
    match record.lost_references()? {
        0 => report.line(Some(true), "results.db", "SQLite finds it whole"),
        rows => report.line(
            Some(false),
            "results.db",
            &format!("{} of something that is no longer there", count(rows, "row")),
        ),
    }
    let (finished, damaged) = record.finished()?;
    report.plan(&record)?;
    report.trials(finished.len(), &damaged);
    let experiment_is_kept = report.files(&record, &args.dir)?;
    if !experiment_is_kept {
        report.line(None, "trained again", "nothing: experiment.toml says what the trials were trained on");
    } else if !stop.is_asked() {
        again::run(args, blas, &record, &finished, &stop, &mut report)?;
    }
    if stop.is_asked() {
        return Ok(ExitCode::from(130));
    }
    say(&match report.wrong {
        0 => format!("{}: nothing differs", args.dir.display()),
        wrong => format!("{}: {} found", args.dir.display(), count(wrong, "difference")),
    });
    Ok(ExitCode::from(u8::from(report.wrong > 0)))
}

/// The lines, printed as they come.
#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    /// Prints a line: right, wrong, or neither.
    fn line(&mut self, right: Option<bool>, what: &str, detail: &str) {
        self.wrong += usize::from(right == Some(false));
        let mark = right.map_or("·", |right| if right { "✓" } else { "✗" });
        // A reader that has gone wants no more lines.
        let _ = print(&format!("{mark} {what}: {}\n", detail.replace(char::is_control, " ")));
    }

    fn plan(&mut self, record: &Record) -> Result<(), Error> {
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

    fn trials(&mut self, intact: usize, damaged: &[String]) {
        if damaged.is_empty() {
            let all = format!("{} as stored, their ids the hashes of what they are", count(intact, "trial"));
            self.line(Some(true), "trials", &all);
        } else {
            let (all, ids) = (intact + damaged.len(), some(damaged.iter().map(String::as_str)));
            let some = format!("{} of {all} are not what was stored: {ids}; run the sweep again", damaged.len());
            self.line(Some(false), "trials", &some);
        }
    }

    /// Compares the files beside the record with their hashes in it; whether experiment.toml is the one that was written.
    fn files(&mut self, record: &Record, folder: &Path) -> Result<bool, Error> {
        let hashes: BTreeMap<String, String> = record.files()?;
        let mut experiment_is_kept = false;
        for name in ["experiment.toml", "machine.toml", "trials.csv", "history.csv"] {
            let found = sha256(&folder.join(name));
            let (right, detail) = match (hashes.get(name), found) {
                (Some(stored), Ok(found)) if *stored == found => (Some(true), "as it was written".to_owned()),
                (Some(_), Ok(_)) => {
                    (Some(false), "edited since it was written; the next sweep here writes it anew".to_owned())
                }
                (Some(_), Err(error)) => (Some(false), error.to_string()),
                (None, _) => (None, "not written to the end by the last run; run the sweep again".to_owned()),
            };
            experiment_is_kept |= name == "experiment.toml" && right == Some(true);
            self.line(right, name, &detail);
        }
        Ok(experiment_is_kept)
    }
}

/// The first few of some names, and how many there are beside them.
fn some<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.collect();
    let rest = names.len().saturating_sub(NAMED);
    let first = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if rest > 0 { format!("{first} and {rest} more") } else { first }
}
