//! The costs of a trial as a line of blocks.

use crate::record::Record;
use crate::record::error::Error;
use crate::record::stored::FinishedTrial;

/// Characters of a sparkline.
const SPARKLINE: usize = 24;

/// Reads the recorded costs of a trial; `None` if they are not what was stored.
pub(super) fn trial_costs(record: &Record, id: &str, finished: &FinishedTrial) -> Result<Option<Vec<f64>>, Error> {
    match record.history(id, finished) {
        Ok(history) => Ok(Some(history.iter().map(|record| record.cost).collect())),
        Err(Error::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The costs from the lowest to the highest of the trial as blocks of eight heights.
pub(super) fn sparkline(costs: &[f64]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (low, high) =
        costs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &cost| (low.min(cost), high.max(cost)));
    let shown = SPARKLINE.min(costs.len());
    let block = |place: usize| {
        let cost = costs[if shown == 1 { 0 } else { place * (costs.len() - 1) / (shown - 1) }];
        let height = if high > low { (cost - low) / (high - low) * 7.0 } else { 0.0 };
        BLOCKS[height.round() as usize]
    };
    (0..shown).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn a_sparkline_falls_with_the_cost_and_has_its_first_and_last() {
        assert_eq!(sparkline(&[7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]), "█▇▆▅▄▃▂▁");
        let long: Vec<f64> = (0..1000).map(|i| f64::from(1000 - i)).collect();
        let line = sparkline(&long);
        assert_eq!(line.chars().count(), 24);
        assert!(line.starts_with('█') && line.ends_with('▁'));
    }

    #[test]
    fn flat_short_and_empty_histories_have_sparklines_too() {
        assert_eq!(sparkline(&[0.5, 0.5]), "▁▁");
        assert_eq!(sparkline(&[0.5]), "▁");
        assert_eq!(sparkline(&[]), "");
    }
}
