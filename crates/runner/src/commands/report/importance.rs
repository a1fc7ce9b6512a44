//! The importance of each swept key: the share of the trials' ranks that it explains.
//!
//! The finished trials are ranked by their loss, ties by the mean of their ranks; those that diverged share the last. For a key
//! with k values, n_v trials at value v with the mean rank r̄_v, and n trials with the mean rank r̄,
//!
//! ```text
//! η² = Σ_v n_v (r̄_v - r̄)² / Σ_i (r_i - r̄)²        share = max(0, 1 - (1 - η²) (n - 1) / (n - k))
//! ```
//!
//! η² is H / (n - 1) with the H of Kruskal and Wallis; the second step takes away what k values explain by chance, as in an
//! adjusted R².

use std::collections::HashSet;

/// More values of a number than this are put into bins.
const MOST_VALUES: usize = 12;
/// Bins of a number that has many values, each with as many trials.
const BINS: usize = 8;

/// The share that a key explains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Importance {
    /// The share of the variance of the ranks, from 0 to 1.
    pub(super) share: f64,
    /// Values, or bins of them; without the group of the trials that don't have the key.
    pub(super) groups: usize,
    /// True if neighbouring values were put together.
    pub(super) is_binned: bool,
}

/// Computes how much a key explains of `losses`, the lower the better. The key's values at the same trials are given as the places of equal
/// values and, if they are numbers, as these; a trial without the key has none. `None` if nothing can be said: a single value, as many
/// values as trials, or equal losses.
pub(super) fn importance(
    places: &[Option<usize>],
    numbers: Option<&[Option<f64>]>,
    losses: &[f64],
) -> Option<Importance> {
    let binned = numbers.filter(|_| count_of(places) > MOST_VALUES).map(bins_of);
    let groups = binned.as_deref().unwrap_or(places);
    // The trials without the key are a group of their own.
    let absent = groups.iter().flatten().max()? + 1;
    let with_absent: Vec<usize> = groups.iter().map(|group| group.unwrap_or(absent)).collect();
    let share = share(&with_absent, &ranks(losses))?;
    Some(Importance { share, groups: count_of(groups), is_binned: binned.is_some() })
}

/// Counts the groups, without that of the trials without the key.
fn count_of(groups: &[Option<usize>]) -> usize {
    groups.iter().flatten().collect::<HashSet<_>>().len()
}

/// Puts the numbers that are there into bins.
fn bins_of(numbers: &[Option<f64>]) -> Vec<Option<usize>> {
    let present: Vec<f64> = numbers.iter().copied().flatten().collect();
    let mut bins = bins(&present).into_iter();
    numbers.iter().map(|number| number.and_then(|_| bins.next())).collect()
}

/// Puts numbers into [`BINS`] bins of as many each; equal numbers come into one.
fn bins(numbers: &[f64]) -> Vec<usize> {
    let order = sorted(numbers);
    let mut bins = vec![0; numbers.len()];
    let mut first = 0;
    for (rank, &place) in order.iter().enumerate() {
        if numbers[place] != numbers[order[first]] {
            first = rank;
        }
        bins[place] = first * BINS / numbers.len();
    }
    bins
}

/// Ranks numbers from 1; equal numbers have the mean of their ranks.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let (mut ranks, mut before) = (vec![0.0; numbers.len()], 0);
    for equal in sorted(numbers).chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        let mean = before as f64 + (equal.len() as f64 + 1.0) / 2.0;
        equal.iter().for_each(|&place| ranks[place] = mean);
        before += equal.len();
    }
    ranks
}

fn sorted(numbers: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    order
}

/// Computes the share of the variance of `ranks` between `groups`, less what as many groups explain by chance.
fn share(groups: &[usize], ranks: &[f64]) -> Option<f64> {
    let (n, k) = (ranks.len() as f64, groups.iter().collect::<HashSet<_>>().len());
    let mean = ranks.iter().sum::<f64>() / n;
    let all: f64 = ranks.iter().map(|rank| (rank - mean).powi(2)).sum();
    if k < 2 || k >= ranks.len() || all == 0.0 {
        return None;
    }
    let mut sums = vec![(0.0, 0.0); groups.iter().max()? + 1];
    for (&group, rank) in groups.iter().zip(ranks) {
        sums[group].0 += 1.0;
        sums[group].1 += rank - mean;
    }
    let between: f64 = sums.iter().filter(|(count, _)| *count > 0.0).map(|(count, sum)| sum * sum / count).sum();
    Some((1.0 - (1.0 - between / all) * (n - 1.0) / (n - k as f64)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H of the three groups below by `scipy.stats.kruskal` (SciPy 1.17.1).
    const KRUSKAL: f64 = 7.260504201680675;

    #[test]
    fn the_share_is_that_of_kruskal_and_wallis_adjusted() {
        let losses = [0.1, 0.2, 0.2, 0.35, 0.5, 0.4, 0.9, 0.8, 0.7];
        let groups = [0, 0, 0, 1, 1, 1, 2, 2, 2].map(Some);
        let eta = KRUSKAL / 8.0;
        let expected = 1.0 - (1.0 - eta) * 8.0 / 6.0;
        let found = importance(&groups, None, &losses).unwrap();
        assert!((found.share - expected).abs() < 1e-12, "{} and {expected}", found.share);
        assert_eq!((found.groups, found.is_binned), (3, false));
    }

    #[test]
    fn a_key_that_decides_explains_all_and_one_that_does_nothing_explains_nothing() {
        let losses: Vec<f64> = (0..40).map(|trial| f64::from(trial % 2)).collect();
        let decides: Vec<_> = (0..40).map(|trial| Some(trial % 2)).collect();
        let idle: Vec<_> = (0..40).map(|trial| Some(trial / 20)).collect();
        assert_eq!(importance(&decides, None, &losses).unwrap().share, 1.0);
        assert_eq!(importance(&idle, None, &losses).unwrap().share, 0.0);
    }

    #[test]
    fn many_numbers_are_put_into_bins_of_as_many_trials_and_equal_ones_together() {
        let numbers: Vec<f64> = (0..80).map(|trial| f64::from(trial * 37 % 80)).collect();
        let places: Vec<_> = (0..80).map(Some).collect();
        let given: Vec<_> = numbers.iter().copied().map(Some).collect();
        let found = importance(&places, Some(&given), &numbers).unwrap();
        assert!(found.is_binned && found.groups == 8 && found.share > 0.98, "{found:?}");
        assert_eq!(bins(&[5.0, 1.0, 5.0, 5.0]), [2, 0, 2, 2]);
    }

    #[test]
    fn trials_without_the_key_are_a_group_of_their_own_and_no_value() {
        let losses: Vec<f64> = (0..80).map(f64::from).collect();
        let few = |values: usize| {
            let places: Vec<_> = (0..80).map(|trial| (trial < 40).then_some(trial % values)).collect();
            let numbers: Vec<_> = places.iter().map(|place| place.map(|place| place as f64)).collect();
            importance(&places, Some(&numbers), &losses).unwrap()
        };
        let [two, twelve, many] = [2, 12, 13].map(few);
        assert_eq!((two.groups, two.is_binned), (2, false));
        assert!(two.share > 0.7, "the trials without the key are the worse half: {two:?}");
        assert_eq!((twelve.groups, twelve.is_binned), (12, false));
        assert_eq!((many.groups, many.is_binned), (8, true));
        assert_eq!(bins_of(&[None, Some(2.0), None, Some(1.0)]), [None, Some(4), None, Some(0)]);
    }

    #[test]
    fn those_that_diverged_share_the_last_rank() {
        assert_eq!(ranks(&[0.3, f64::INFINITY, 0.1, f64::INFINITY]), [2.0, 3.5, 1.0, 3.5]);
    }

    #[test]
    fn nothing_is_said_of_one_value_of_as_many_as_trials_and_of_equal_losses() {
        assert_eq!(importance(&[0, 0, 0].map(Some), None, &[1.0, 2.0, 3.0]), None);
        assert_eq!(importance(&[0, 1, 2].map(Some), None, &[1.0, 2.0, 3.0]), None);
        assert_eq!(importance(&[0, 0, 1].map(Some), None, &[1.0, 1.0, 1.0]), None);
        assert_eq!(importance(&[], None, &[]), None);
    }
}
