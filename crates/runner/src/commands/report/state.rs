//! The state of each point of a sweep.

use crate::results::row::Row;
use crate::run::outcome::Status;

/// The state of a point's trial.
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

    /// Finds the state of a point.
    pub(super) fn of(row: &Row) -> Self {
        match row.status() {
            Some(Status::Completed) => State::Completed,
            Some(Status::Diverged) => State::Diverged,
            Some(Status::Failed) => State::Failed,
            None if row.is_damaged => State::Damaged,
            None => State::Unfinished,
        }
    }

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

    /// Counts the trials in this state.
    pub(super) fn count(self, points: &[Row]) -> usize {
        points.iter().filter(|row| State::of(row) == self).count()
    }
}
