//! Medians, and how far they can be trusted.

use serde::{Deserialize, Serialize};

/// The share of samples on either side of a confidence interval of 95%.
const TAIL: f64 = 0.025;

/// A median with its confidence interval of 95%.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// The median.
    pub(crate) median: f64,
    /// The interval's lower end.
    pub(crate) low: f64,
    /// Its upper end.
    pub(crate) high: f64,
}

impl Estimate {
    /// Estimates the median that `samples` were drawn around, whatever their distribution: each sample falls below the true median
    /// as a coin falls, so that the binomial distribution says between which samples it lies. Of fewer than 6 samples no two
    /// are 95% sure, and the outermost ones are taken.
    ///
    /// # Panics
    /// If there are no samples.
    pub(crate) fn of(samples: &[f64]) -> Self {
        let sorted = sorted(samples);
        let count = sorted.len();
        let outside = below(count).saturating_sub(1);
        Estimate { median: quantile(&sorted, 0.5), low: sorted[outside], high: sorted[count - 1 - outside] }
    }

    /// Half of the interval's width, as a share of the median.
    pub(crate) fn uncertainty(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median
    }
}

/// The most samples that may lie below the interval and one more: the largest r for which fewer than r samples fall below the true
/// median at most one time in forty.
fn below(count: usize) -> usize {
    let mut probability = 0.5f64.powi(count as i32);
    let (mut sum, mut rank) = (0.0, 0);
    loop {
        sum += probability;
        if sum > TAIL {
            return rank;
        }
        probability *= (count - rank) as f64 / (rank + 1) as f64;
        rank += 1;
    }
}

/// The first quarter of the samples lies below it: what short disturbances don't reach.
pub(crate) fn lower_quartile(samples: &[f64]) -> f64 {
    quantile(&sorted(samples), 0.25)
}

/// The median.
pub(crate) fn median(samples: &[f64]) -> f64 {
    quantile(&sorted(samples), 0.5)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    assert!(!samples.is_empty(), "a statistic of no samples");
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Between the two nearest samples, in proportion.
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
            let Estimate { low, high, median } = Estimate::of(&samples);
            assert_eq!((low, high), (f64::from(rank), f64::from(count + 1 - rank)), "{count} samples");
            assert_eq!(median, f64::from(count + 1) / 2.0);
        }
    }

    #[test]
    fn few_samples_are_trusted_as_far_as_they_reach() {
        assert_eq!(Estimate::of(&[3.0]), Estimate { median: 3.0, low: 3.0, high: 3.0 });
        assert_eq!(Estimate::of(&[5.0, 1.0, 2.0]), Estimate { median: 2.0, low: 1.0, high: 5.0 });
    }

    #[test]
    fn the_true_median_lies_in_nineteen_of_twenty_intervals() {
        let mut stream = ChaCha8Rng::seed_from_u64(1);
        let trials = 4000;
        let hit = (0..trials).filter(|_| {
            // Times: never below 1, now and then much longer.
            let samples: Vec<f64> = (0..21).map(|_| 1.0 - stream.random_range(0.0f64..1.0).ln()).collect();
            let Estimate { low, high, .. } = Estimate::of(&samples);
            (low..=high).contains(&(1.0 + 2f64.ln()))
        });
        let share = hit.count() as f64 / f64::from(trials);
        assert!((0.945..0.99).contains(&share), "{share}");
    }

    #[test]
    fn half_of_an_interval_is_its_uncertainty_and_a_quarter_of_the_samples_lies_below_the_lower_quartile() {
        assert_eq!(Estimate { median: 2.0, low: 1.5, high: 2.7 }.uncertainty(), 0.30000000000000004);
        assert_eq!(lower_quartile(&[4.0, 1.0, 3.0, 2.0, 5.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }
}
