//! The rank of a setting: one rule, for successive halving and for every answer to which setting is best.

use std::cmp::Ordering;

use crate::text::rounded;

/// The rank of a setting by the losses of its trials, which differ in their seed: first come the settings all of whose trials have
/// completed, and among them those with the lower mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rank {
    /// True if a trial diverged, failed or is missing.
    pub is_incomplete: bool,
    /// The mean loss of the others.
    pub mean: f64,
}

impl Rank {
    /// Ranks a setting; the loss of a trial that did not complete is `None`. `None` if no trial completed.
    pub fn of(losses: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let losses: Vec<_> = losses.into_iter().collect();
        let found: Vec<f64> = losses.iter().copied().flatten().collect();
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        (!found.is_empty()).then_some(Rank { is_incomplete: found.len() < losses.len(), mean })
    }

    /// Orders the better rank first.
    pub fn compare(&self, other: &Self) -> Ordering {
        // To 12 digits, as many right answers among as many examples are equal, whichever sum of shares they come from.
        let mean = |rank: &Self| rounded(rank.mean, 12);
        self.is_incomplete.cmp(&other.is_incomplete).then(mean(self).total_cmp(&mean(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_that_differ_by_the_rounding_of_their_sums_are_equal() {
        let mean = |losses: [f64; 3]| Rank::of(losses.map(Some)).unwrap();
        let [one, other] = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]].map(mean);
        assert!(one.mean != other.mean, "the sums are rounded alike");
        assert_eq!(one.compare(&other), Ordering::Equal);
        assert_eq!(mean([0.1, 0.2, 0.300_000_001]).compare(&one), Ordering::Greater);
        let infinite = Rank { is_incomplete: false, mean: f64::INFINITY };
        assert_eq!(one.compare(&infinite), Ordering::Less);
    }

    #[test]
    fn a_setting_whose_trials_all_completed_is_before_a_better_mean_of_some() {
        let rank = |losses: &[Option<f64>]| Rank::of(losses.iter().copied());
        assert_eq!(rank(&[None, None]), None);
        assert_eq!(rank(&[Some(1.0), Some(2.0)]), Some(Rank { is_incomplete: false, mean: 1.5 }));
        let (whole, part) = (rank(&[Some(1.0), Some(2.0)]).unwrap(), rank(&[Some(0.1), None]).unwrap());
        assert_eq!(part, Rank { is_incomplete: true, mean: 0.1 });
        assert_eq!(whole.compare(&part), Ordering::Less);
        assert_eq!(rank(&[Some(0.2)]).unwrap().compare(&whole), Ordering::Less);
    }
}
