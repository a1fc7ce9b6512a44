//! The one answer to which setting is the best: `runner show`, `runner best`, `runner train --best` and `runner report` ask here.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::mem;

use super::column::TrialColumn;
use super::row::Row;
use super::setting::{Setting, first_of_each};
use super::statistic::Statistic;
use super::trials::Trials;
use crate::record::columns::{Column, FINAL_COST, Kind, VALIDATION_COST, measures};
use crate::text::plain;

/// The warning where costs of different kinds are compared; what they are follows.
pub const COSTS_DIFFER: &str = "the costs don't compare where they are of different kinds";

/// The score that settings are ranked by.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The result that decides.
    pub column: &'static Column,
    /// The reason why it does.
    pub why: &'static str,
}

impl Score {
    /// Returns the score of trials where nobody has asked for one: the validation cost where it is measured, else the training cost. Never
    /// one of the test examples.
    pub fn default_of(trials: &Trials) -> Self {
        let is_measured = |column| trials.rows.iter().any(|row| row.loss(column).is_some());
        if is_measured(&VALIDATION_COST) {
            Score { column: &VALIDATION_COST, why: "the cost of the validation examples" }
        } else if !is_measured(&FINAL_COST) {
            let why = match trials.unfinished().next() {
                Some(_) => "the training cost, as no trial has completed yet",
                None => "the training cost, as no trial completed",
            };
            Score { column: &FINAL_COST, why }
        } else {
            Score { column: &FINAL_COST, why: "the training cost, as there are no validation examples" }
        }
    }

    /// Finds the score of this name.
    ///
    /// # Errors
    /// If there is no such column, or its values have no better and worse.
    pub fn find(name: &str, trials: &Trials) -> Result<Self, String> {
        if let Some(statistic) = Statistic::find(name) {
            return Err(format!("{} is a number of a setting that does not tell better from worse", statistic.name()));
        }
        match TrialColumn::find(name, trials)?.measure() {
            Some(column) => Ok(Score { column, why: "as asked" }),
            None => {
                let scores: Vec<_> = measures().map(|column| column.name).collect();
                Err(format!("{name} does not tell better from worse; {} do", scores.join(", ")))
            }
        }
    }
}

/// Orders the better setting first: those of a later rung; then those all of whose trials completed; then by the mean. Equal ones stay in
/// their order. A rung counts from its first finished trial on.
pub fn order(settings: &mut [Setting], score: &Column) {
    let key = |setting: &Setting| (setting.rows.first().and_then(|row| row.rung), setting.rank(score));
    sort_by_key_with(settings, key, |(rung_a, a), (rung_b, b)| {
        let ranks = match (a, b) {
            (Some(a), Some(b)) => a.compare(b),
            // Without a rank if no trial completed.
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        rung_b.cmp(rung_a).then(ranks)
    });
}

/// Sorts by keys, each of which is computed once. Equal ones stay in their order.
pub fn sort_by_key_with<K>(
    settings: &mut [Setting],
    key: impl Fn(&Setting) -> K,
    compare: impl Fn(&K, &K) -> Ordering,
) {
    let mut keyed: Vec<_> = settings.iter_mut().map(|setting| (key(setting), mem::take(setting))).collect();
    keyed.sort_by(|(a, _), (b, _)| compare(a, b));
    settings.iter_mut().zip(keyed).for_each(|(place, (_, setting))| *place = setting);
}

/// Warns if the finished trials for which `is_shown` holds are ranked by a cost, and their costs are of different kinds.
pub fn warning_of_costs(trials: &Trials, score: &Column, is_shown: impl Fn(&Row) -> bool) -> Option<String> {
    const KEY: &str = "model.cost";
    if score.kind != Kind::Cost || !trials.axes.iter().any(|axis| axis.key == KEY) {
        return None;
    }
    let shown = first_of_each(trials.finished().filter(|row| is_shown(row)));
    let kinds: BTreeSet<String> = shown.map(|row| plain(&row.cost())).collect();
    (kinds.len() > 1).then(|| format!("{COSTS_DIFFER}: {KEY} is {}", kinds.into_iter().collect::<Vec<_>>().join(", ")))
}

/// The best setting, and its best trial.
#[derive(Clone, Debug)]
pub struct Best<'t> {
    /// The number of settings that it is the best of: those of its rung.
    pub among: usize,
    /// The setting.
    pub setting: Setting<'t>,
    /// The trial.
    pub trial: &'t Row,
}

/// Finds the best setting of the rows for which `is_shown` holds; `None` if no trial of the last rung completed.
pub fn best<'t>(trials: &'t Trials, score: Score, is_shown: impl Fn(&Row) -> bool) -> Option<Best<'t>> {
    let mut settings = trials.settings(trials.seed(), is_shown);
    order(&mut settings, score.column);
    let rung = settings.first()?.rung();
    let among = settings.iter().filter(|setting| setting.rung() == rung).count();
    let setting = settings.swap_remove(0);
    let trial = setting.best_trial(score.column)?;
    Some(Best { among, setting, trial })
}
