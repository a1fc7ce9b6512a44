//! The costs of trials as a line of blocks.

use crate::record::Record;
use crate::record::error::Error;
use crate::results::setting::Setting;
use crate::run::outcome::Status;

/// Characters of a sparkline.
pub(super) const SPARKLINE: usize = 24;
/// A ratio of the highest to the lowest cost from which heights are those of logarithms.
const LOGARITHMIC: f64 = 10.0;

/// Draws the mean of the costs of a setting's trials; those of one trial however it ended, of several those that completed.
///
/// # Errors
/// If the record can't be read.
pub(super) fn curve(record: &Record, setting: &Setting) -> Result<String, Error> {
    let is_drawn = |status| status == Status::Completed || setting.rows.len() == 1;
    let rows = setting.rows.iter().filter(|row| row.status().is_some_and(is_drawn));
    let trials = rows.filter_map(|row| row.finished.as_ref());
    let curves = trials.map(|trial| record.costs(trial)).collect::<Result<Vec<_>, _>>()?;
    Ok(sparkline(&mean_curve(&curves)))
}

/// Computes the mean at each record, as far as every curve has it.
fn mean_curve(curves: &[Vec<f64>]) -> Vec<f64> {
    let length = curves.iter().map(Vec::len).min().unwrap_or(0);
    (0..length).map(|i| curves.iter().map(|curve| curve[i]).sum::<f64>() / curves.len() as f64).collect()
}

/// Draws the costs from the lowest to the highest as blocks of eight heights, of their logarithms where they differ much.
fn sparkline(costs: &[f64]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (low, high) =
        costs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &cost| (low.min(cost), high.max(cost)));
    let shown = SPARKLINE.min(costs.len());
    let is_logarithmic = low > 0.0 && high >= LOGARITHMIC * low;
    let scale = |cost: f64| if is_logarithmic { cost.ln() } else { cost };
    let block = |place: usize| {
        let cost = costs[if shown == 1 { 0 } else { place * (costs.len() - 1) / (shown - 1) }];
        let height = if high > low { (scale(cost) - scale(low)) / (scale(high) - scale(low)) * 7.0 } else { 0.0 };
        BLOCKS[height.round() as usize]
    };
    (0..shown).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::{mean_curve, sparkline};

    #[test]
    fn a_sparkline_falls_with_the_cost_and_has_its_first_and_last() {
        assert_eq!(sparkline(&[7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]), "█▇▆▅▄▃▂▁");
        let long: Vec<f64> = (0..1000).map(|i| f64::from(1000 - i)).collect();
        let line = sparkline(&long);
        assert_eq!(line.chars().count(), 24);
        assert!(line.starts_with('█') && line.ends_with('▁'));
    }

    #[test]
    fn costs_that_differ_by_powers_of_ten_fall_evenly() {
        let costs: Vec<f64> = (0..8).map(|power| 10f64.powi(-power)).collect();
        assert_eq!(sparkline(&costs), "█▇▆▅▄▃▂▁");
    }

    #[test]
    fn flat_short_and_empty_histories_have_sparklines_too() {
        assert_eq!(sparkline(&[0.5, 0.5]), "▁▁");
        assert_eq!(sparkline(&[0.5]), "▁");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_mean_curve_ends_with_its_shortest() {
        assert_eq!(mean_curve(&[vec![1.0, 2.0, 3.0], vec![3.0, 6.0]]), [2.0, 4.0]);
        assert!(mean_curve(&[]).is_empty());
    }
}
