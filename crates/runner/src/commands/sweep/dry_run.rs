//! `runner sweep --dry-run`: lists the trials with their operations, memory and predicted time.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;

use super::shard::trials_in_words;
use crate::commands::answer::print;
use crate::commands::predicted_time::PredictedTime;
use crate::plan::Plan;
use crate::record::Record;
use crate::table::Table;
use crate::terminal::say;
use crate::text::{bytes, flop, layers, plain};
use datasets::text::count;

/// Lists the plan on stdout, and its total cost on stderr; returns the ids of the finished trials.
pub(super) fn run(
    plan: &Plan,
    folder: &Path,
    merged: &HashSet<String>,
    (jobs, threads): (usize, usize),
    fresh: bool,
    predicted: Option<&PredictedTime>,
) -> Result<HashSet<String>> {
    let mut finished = if fresh { HashSet::new() } else { Record::finished_in(folder)? };
    finished.extend(merged.iter().cloned());
    let own: HashSet<&str> = plan.own_trials().map(|trial| &*trial.id).collect();
    let keys = plan.axes.iter().map(|axis| axis.key.as_str());
    let mut table = Table::new(["trial"].into_iter().chain(keys).chain([
        "layers",
        "engine",
        "parameters",
        "operations/step",
        "operations",
        "seconds",
        "memory",
        "state",
    ]));
    for point in &plan.points {
        let trial = &plan.trials[point.trial];
        if !own.contains(&*trial.id) {
            continue;
        }
        let config = &trial.config;
        let state = if finished.contains(&trial.id) { "finished" } else { "" };
        let seconds = predicted.and_then(|predicted| predicted.trial(plan, point.trial));
        let costs = [
            layers(&plan.widths(config)),
            trial.engine.name().to_owned(),
            format!("{:.0}", plan.parameters(config)),
            flop(plan.flops_per_step(trial)),
            flop(plan.flops(trial)),
            seconds.map_or_else(String::new, |seconds| format!("{seconds:.3}")),
            bytes(plan.bytes(trial)),
            state.to_owned(),
        ];
        table.row([trial.id.clone()].into_iter().chain(point.values.iter().map(plain)).chain(costs));
    }
    print(&table.to_string())?;

    let (trials_left, flops) =
        plan.unfinished(&finished).fold((0, 0.0), |(trials, sum), trial| (trials + 1, sum + plan.flops(trial)));
    say(&format!(
        "{} in {}, {} to train: {} in all; {} with {jobs} at once; results in {}",
        trials_in_words(plan),
        count(plan.fleets.len(), "fleet"),
        trials_left,
        flop(flops),
        bytes(plan.peak_bytes(jobs, threads)),
        folder.display()
    ));
    if let Some(predicted) = predicted.filter(|_| trials_left > 0) {
        predicted.say(plan, &finished);
    }
    Ok(finished)
}
