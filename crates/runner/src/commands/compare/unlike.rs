//! The warnings of a comparison: in what the trainings of pairs differ that makes their results differ, whatever is compared, and what is
//! missing.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::commands::selected::SelectedTrials;
use crate::record::error::Error;
use crate::results::pairs::Joined;
use crate::results::ranking::COSTS_DIFFER;
use crate::results::row::Row;
use crate::text::plain;

/// The keys of the length of a training.
const ITERATIONS: &str = "train.iterations";
const EPOCHS: &str = "train.epochs";
/// The value of train.batch for all examples.
const FULL: &str = "full";

/// The digits of a SHA-256, and those of them that are shown.
const DIGITS: [usize; 2] = [64, 12];

/// Lists the warnings; none if the pairs have the same data, cost and length, and all trials of both sweeps are here.
pub(super) fn warnings(joined: &Joined, a: &SelectedTrials, b: &SelectedTrials) -> Result<Vec<String>> {
    let cost = differing(joined, "model.cost", Row::cost);
    let cost = cost.map(|values| format!("{COSTS_DIFFER}: {values}"));
    let length = differing(joined, ITERATIONS, |row| length_in(row, ITERATIONS));
    let length = length.or_else(|| differing(joined, EPOCHS, |row| length_in(row, EPOCHS)));
    let length =
        length.map(|values| format!("the trainings differ in length, and so do costs because of it: {values}"));
    let [of_a, of_b] = [(a, "A"), (b, "B")]
        .map(|(side, name)| side.trials.elsewhere_in_words().map(|elsewhere| format!("{name}: {elsewhere}")));
    Ok([data(joined, a, b)?, cost, length, of_a, of_b].into_iter().flatten().collect())
}

/// Says with which data both sides were trained; `None` if with the same. All trials of a plan have the same.
fn data(joined: &Joined, a: &SelectedTrials, b: &SelectedTrials) -> Result<Option<String>, Error> {
    let Some((row_a, row_b)) = joined.pairs().next() else { return Ok(None) };
    let read = |side: &SelectedTrials, id: &str| -> Result<_, Error> {
        let said = side.record.recipe(id)?.map(|recipe| recipe.data).unwrap_or_default();
        Ok((side.record.asked()?.map(|asked| asked.data).unwrap_or_default(), said))
    };
    let ((words_a, a), (words_b, b)) = (read(a, &row_a.trial)?, read(b, &row_b.trial)?);
    let differ = |own: &str, other: &str| {
        let others: Vec<&str> = other.split(' ').collect();
        let own = own.split(' ').filter(|part| !others.contains(part));
        own.map(short).collect::<Vec<_>>().join(" ")
    };
    Ok((a != b).then(|| {
        format!(
            "the data differ, and so do results because of it: {words_a} ({}) in A, {words_b} ({}) in B",
            differ(&a, &b),
            differ(&b, &a)
        )
    }))
}

fn short(part: &str) -> &str {
    part.get(..DIGITS[1]).filter(|_| part.len() == DIGITS[0]).unwrap_or(part)
}

/// Returns the length of a training in the unit of `key`, null if it has another. An epoch of full batches is one iteration.
fn length_in(row: &Row, key: &str) -> Value {
    let epochs = row.setting(EPOCHS);
    let is_in_iterations = !epochs.is_null() && row.setting("train.batch") == FULL;
    match key {
        ITERATIONS if is_in_iterations => epochs,
        EPOCHS if is_in_iterations => Value::Null,
        key => row.setting(key),
    }
}

/// Says which values `key` has if they differ within a pair; `None` if they don't.
fn differing(joined: &Joined, key: &str, value: impl Fn(&Row) -> Value) -> Option<String> {
    if joined.pairs().all(|(a, b)| value(a) == value(b)) {
        return None;
    }
    let listed = |values: BTreeSet<String>| {
        let values: Vec<_> = values.iter().map(|value| if value.is_empty() { "not set" } else { value }).collect();
        values.join(", ")
    };
    let a = listed(joined.pairs().map(|(a, _)| plain(&value(a))).collect());
    let b = listed(joined.pairs().map(|(_, b)| plain(&value(b))).collect());
    Some(format!("{key} is {a} in A, {b} in B"))
}
