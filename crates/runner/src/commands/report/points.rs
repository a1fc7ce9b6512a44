//! The points of a sweep as a report shows them: each with its state, its numbers and its thinned curve.

use serde_json::{Map, Value};

use super::curves::Curve;
use crate::record::Record;
use crate::record::columns::Column;
use crate::record::error::Error;
use crate::record::planned::RecordedPoint;
use crate::record::summary::Summary;
use crate::run::outcome::Status;

/// A point of the plan.
pub(super) struct Point {
    /// The id of its trial.
    pub(super) trial: String,
    /// Swept key -> value.
    pub(super) values: Map<String, Value>,
    pub(super) state: State,
    /// The results of its trial; `None` if it has not finished, or is not what was stored.
    pub(super) summary: Option<Summary>,
    /// The costs and metrics that it recorded, thinned; `None` as above.
    pub(super) curve: Option<Curve>,
    /// The name of its machine; `None` if all trials come from one.
    pub(super) machine: Option<String>,
}

/// The state of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Completed,
    Diverged,
    Failed,
    Unfinished,
    Damaged,
}

impl State {
    /// Every state.
    pub(super) const ALL: [State; 5] =
        [State::Completed, State::Diverged, State::Failed, State::Unfinished, State::Damaged];

    /// Returns its name on the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Completed => Status::Completed.name(),
            State::Diverged => Status::Diverged.name(),
            State::Failed => Status::Failed.name(),
            State::Unfinished => "not finished",
            State::Damaged => "damaged",
        }
    }
}

impl Point {
    /// Returns the number that it is judged by, the lower the better; `None` if its trial did not complete.
    pub(super) fn loss(&self, score: &Column) -> Option<f64> {
        score.loss(self.summary.as_ref()?)
    }
}

/// Reads every point of the plan, and compares each trial with its digest.
///
/// # Errors
/// If the database can't be read.
pub(super) fn read(record: &Record) -> Result<Vec<Point>, Error> {
    let points = record.points()?;
    let machines = record.machines_in_words(&points)?;
    let finished = points.iter().filter_map(|point| point.finished.as_ref());
    let series = finished.clone().map(|trial| trial.summary.metrics.len() + 1).max().unwrap_or(1);
    let most = Curve::most_records(finished.count(), series);
    let read = |RecordedPoint { trial, values, finished }: RecordedPoint| {
        let nothing = |trial, values, state| Point { trial, values, state, summary: None, curve: None, machine: None };
        let Some(finished) = finished else { return Ok(nothing(trial, values, State::Unfinished)) };
        let history = match record.history(&trial, &finished) {
            Ok(history) => history,
            Err(Error::Damaged { .. }) => return Ok(nothing(trial, values, State::Damaged)),
            Err(error) => return Err(error),
        };
        let machine = machines.of(&finished).map(str::to_owned);
        let summary = finished.summary;
        let state = match summary.status {
            Status::Completed => State::Completed,
            Status::Diverged => State::Diverged,
            Status::Failed => State::Failed,
        };
        let curve = Some(Curve::thinned(&history, &summary.metrics, most));
        Ok(Point { trial, values, state, summary: Some(summary), curve, machine })
    };
    points.into_iter().map(read).collect()
}
