//! Points that share the trial of an earlier one, in words.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::row::Row;
use super::trials::Trials;
use crate::text::{comparable, plain, short_name};
use datasets::text::count;

/// Pairs of values that are named; of further ones there is the number.
const NAMED: usize = 6;

/// Says which rows for which `is_shown` holds share the trial of an earlier one, and which of their values differ; `None` if none does. A
/// table has the earlier row alone.
pub fn in_words(trials: &Trials, is_shown: impl Fn(&Row) -> bool) -> Option<String> {
    let mut first: HashMap<&str, &Row> = HashMap::new();
    let (mut shared, mut pairs) = (0, IndexSet::new());
    for row in trials.rows.iter().filter(|row| is_shown(row)) {
        let earlier = *first.entry(&row.trial).or_insert(row);
        shared += usize::from(earlier.place != row.place);
        for axis in &trials.axes {
            let [one, other] = [earlier, row].map(|row| &row.values[&axis.key]);
            if comparable(one) != comparable(other) {
                pairs.insert(format!("{} {} and {}", short_name(&axis.key), plain(one), plain(other)));
            }
        }
    }
    if shared == 0 {
        return None;
    }
    let more = pairs.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let pairs = pairs.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    let share = if shared == 1 { "shares" } else { "share" };
    Some(format!(
        "{} {share} the trial of an earlier point, where these values make the same net: {pairs}{more}",
        count(shared, "point")
    ))
}
