//! Medians and quantiles with their confidence intervals.

use serde::{Deserialize, Serialize};

/// The probability on either side of a confidence interval of 95%.
const TAIL: f64 = 0.025;

/// A quantile with its confidence interval of 95%.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantile {
    /// The value; records keep those of medians.
    #[serde(rename = "median")]
    pub(crate) at: f64,
    /// The interval's lower end.
    pub(crate) low: f64,
    /// Its upper end.
    pub(crate) high: f64,
}

impl Quantile {
    /// Estimates the quantile that a `share` of the distribution of the `samples` lies below. Each sample falls below
    /// it with that probability, so that the binomial distribution says between which samples it lies. If there are too
    /// few samples for that, the outermost ones are the interval.
    ///
    /// # Panics
    /// If there are no samples.
    pub(crate) fn of(samples: &[f64], share: f64) -> Self {
        let sorted = sorted(samples);
        let count = sorted.len();
        let (mut probability, mut at_most) = ((1.0 - share).powi(count as i32), 0.0);
        // 1-based ranks: with probability 1/40 each, fewer than `low` samples lie below the quantile, or `high` and
        // more.
        let (mut low, mut high) = (0, count);
        for below in 0..count {
            at_most += probability;
            if at_most <= TAIL {
                low = below + 1;
            }
            if at_most >= 1.0 - TAIL {
                high = below + 1;
                break;
            }
            probability *= (count - below) as f64 / (below + 1) as f64 * share / (1.0 - share);
        }
        Quantile { at: quantile(&sorted, share), low: sorted[low.max(1) - 1], high: sorted[high - 1] }
    }

    /// Returns half of the interval's width, as a share of the value.
    pub(crate) fn uncertainty(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.at
    }
}

/// Returns the median.
pub(crate) fn median(samples: &[f64]) -> f64 {
    quantile(&sorted(samples), 0.5)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    assert!(!samples.is_empty(), "a statistic of no samples");
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Interpolates linearly between the two nearest samples.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_interval_lies_between_the_samples_that_the_tables_name() {
        // Conover, Practical Nonparametric Statistics, table A3: ranks of the median's interval of 95%.
        for (count, rank) in [(6, 1), (9, 2), (10, 2), (20, 6), (30, 10), (31, 10)] {
            let samples: Vec<f64> = (1..=count).rev().map(f64::from).collect();
            let Quantile { low, high, at: median } = Quantile::of(&samples, 0.5);
            assert_eq!((low, high), (f64::from(rank), f64::from(count + 1 - rank)), "{count} samples");
            assert_eq!(median, f64::from(count + 1) / 2.0);
        }
    }

    #[test]
    fn few_samples_are_trusted_as_far_as_they_reach() {
        assert_eq!(Quantile::of(&[3.0], 0.5), Quantile { at: 3.0, low: 3.0, high: 3.0 });
        assert_eq!(Quantile::of(&[5.0, 1.0, 2.0], 0.5), Quantile { at: 2.0, low: 1.0, high: 5.0 });
    }

    #[test]
    fn the_true_quantile_lies_in_nineteen_of_twenty_intervals() {
        let mut stream = ChaCha8Rng::seed_from_u64(1);
        for share in [0.25, 0.5] {
            let trials = 4000;
            let hit = (0..trials).filter(|_| {
                // Times: never below 1, now and then much longer.
                let samples: Vec<f64> = (0..42).map(|_| 1.0 - stream.random_range(0.0f64..1.0).ln()).collect();
                let Quantile { low, high, .. } = Quantile::of(&samples, share);
                (low..=high).contains(&(1.0 - (1.0 - share).ln()))
            });
            let hit = hit.count() as f64 / f64::from(trials);
            assert!((0.945..0.985).contains(&hit), "{share}: {hit}");
        }
    }

    #[test]
    fn a_quarter_of_the_samples_lies_below_the_lower_quartile() {
        assert_eq!(Quantile::of(&[4.0, 1.0, 3.0, 2.0, 5.0], 0.25), Quantile { at: 2.0, low: 1.0, high: 4.0 });
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(Quantile { at: 2.0, low: 1.5, high: 2.5 }.uncertainty(), 0.25);
    }
}
