//! The sentences of a report about its record: the comparison with what the sweep has written.

use std::path::Path;

use serde::Serialize;

use super::state::State;
use crate::commands::answer::mark;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::names::FILES;
use crate::results::row::Row;
use datasets::text::count;

/// A line of the proof, or of the claims.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// ✓, ✗, or · if neither can be said.
    mark: &'static str,
    /// The mark in words.
    said: &'static str,
    what: String,
    detail: String,
    /// A SHA-256, or nothing.
    digest: String,
}

impl Line {
    pub(super) fn new(right: Option<bool>, what: &str, detail: String, digest: String) -> Self {
        let said = right.map_or("not known", |right| if right { "right" } else { "wrong" });
        Line { mark: mark(right), said, what: what.to_owned(), detail, digest }
    }
}

/// Compares the plan of `planned` points, the trials and the files with their digests. The plan has been proved by [`Record::read`].
///
/// # Errors
/// If the database can't be read.
pub(super) fn lines(record: &Record, folder: &Path, planned: usize, points: &[Row]) -> Result<Vec<Line>, Error> {
    let (damaged, open) = (State::Damaged.count(points), State::Unfinished.count(points));
    let finished = points.len() - damaged - open;
    let trials = match damaged {
        0 => format!("the {} as stored, ids and histories included", count(finished, "finished trial")),
        _ => format!("{damaged} of {} are not what was stored; run the sweep again", damaged + finished),
    };
    let plan = format!("{} as stored; its digest covers experiment, axes and plan", count(planned, "point"));
    let mut lines = vec![
        Line::new(Some(true), "plan", plan, record.digest()?.unwrap_or_default()),
        Line::new(Some(damaged == 0), "trials", trials, String::new()),
    ];
    let hashes = record.files()?;
    for name in FILES {
        let state = record.compare_file(folder, name)?;
        lines.push(Line::new(state.is_right(), name, state.to_string(), hashes.get(name).cloned().unwrap_or_default()));
    }
    Ok(lines)
}
