//! `runner verify`: checks that a results directory is what its sweep has written, with a line for each part, ✓ or ✗.

use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;

use self::report::Report;
use super::failure::INTERRUPTED;
use super::stop::stop_on_interrupt;
use crate::cli;
use crate::record::Record;
use crate::record::stored::Finished;
use crate::terminal::say;
use datasets::text::count;

mod again;
mod compared;
mod report;

/// Prints the report on stdout; exit code 1 if something differs.
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
    let Finished { intact, damaged } = record.finished()?;
    report.plan(&record)?;
    report.former_plans(&record)?;
    report.trials(intact.len(), &damaged);
    let experiment_is_kept = report.files(&record, &args.dir)?;
    if !experiment_is_kept {
        report.nothing_trained("experiment.toml says what the trials were trained on");
    } else if !stop.is_asked() {
        again::run(args, blas, &record, &intact, &stop, &mut report)?;
    }
    if stop.is_asked() {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    report.printed?;
    say(&match report.wrong {
        0 => format!("{}: nothing differs", args.dir.display()),
        wrong => format!("{}: {} found", args.dir.display(), count(wrong, "difference")),
    });
    Ok(ExitCode::from(u8::from(report.wrong > 0)))
}
