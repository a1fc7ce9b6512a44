//! The answer of `runner status`.

use std::path::Path;

use serde_json::json;

use super::expected::seconds_left;
use super::shards::{Found, ShardState, State};
use crate::cluster::submission::Submission;
use crate::table::Table;
use crate::text::duration;
use datasets::text::count;

/// The answer.
pub(super) struct Page<'f> {
    folder: &'f Path,
    found: &'f Found,
    expected: Option<f64>,
    /// Whether Slurm has answered.
    slurm: bool,
}

impl<'f> Page<'f> {
    /// Makes the answer for the shards in `folder`.
    pub(super) fn of(folder: &'f Path, found: &'f Found, submission: Option<&Submission>, slurm: bool) -> Self {
        Page { folder, found, expected: seconds_left(&found.shards, submission), slurm }
    }

    /// Returns whether every trial has finished.
    pub(super) fn is_done(&self) -> bool {
        self.found.trials > 0 && self.found.finished == self.found.trials
    }

    /// Writes it for a person: a row for each shard, and what they come to.
    pub(super) fn to_text(&self) -> String {
        let Found { shards, trials, finished, failed } = self.found;
        let mut table = Table::new(
            ["shard", "state", "trials", "finished", "failed"].into_iter().chain(self.slurm.then_some("slurm")),
        );
        for ShardState { shard, state, trials, finished, failed, slurm, .. } in shards {
            let trials = trials.map_or_else(String::new, |trials| trials.to_string());
            let row = [shard.to_string(), state.name().to_owned(), trials, finished.to_string(), failed.to_string()];
            table.row(row.into_iter().chain(self.slurm.then(|| slurm.clone().unwrap_or_default())));
        }
        let states = State::ALL.map(|state| (self.count(state), state.name()));
        let states: Vec<_> =
            states.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
        let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
        let end = self.expected.map(|seconds| format!("; expected end in {}", duration(seconds))).unwrap_or_default();
        format!(
            "{table}{}: {}: {}; {finished} of {} finished{failed}{end}\n",
            self.folder.display(),
            count(shards.len(), "shard"),
            states.join(", "),
            count(*trials, "trial"),
        )
    }

    /// Writes it for a program.
    pub(super) fn to_json(&self) -> String {
        let Found { shards, trials, finished, failed } = self.found;
        let mut page = json!({
            "shards": shards, "trials": trials, "trials_finished": finished, "trials_failed": failed,
            "trials_left": trials - finished - failed, "expected_seconds": self.expected, "slurm_answered": self.slurm,
        });
        for state in State::ALL {
            page[state.name().replace(' ', "_")] = self.count(state).into();
        }
        format!("{page:#}\n")
    }

    fn count(&self, state: State) -> usize {
        self.found.shards.iter().filter(|shard| shard.state == state).count()
    }
}
