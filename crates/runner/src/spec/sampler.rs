//! Samples in place of a grid: independent ones, or those of a scrambled Sobol sequence.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use toml::Value;

use super::axis::{Range, Scale};

/// The way in which points are made of the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Every combination.
    Grid,
    /// Independent, uniform samples.
    Random,
    /// Low discrepancy: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections",
    /// SIAM J. Sci. Comput. 30 (2008), with the nested uniform scrambling of A. B. Owen as hashed by B. Burley,
    /// "Practical hash-based Owen scrambling", JCGT 9 (2020).
    Sobol,
}

/// The length of the Sobol sequence.
pub(super) const MOST_SOBOL: usize = 1 << 16;

/// The distribution of one dimension of a sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Domain {
    /// Uniformly one of these rows: values of an axis, or rows of a zip.
    Rows(Vec<Vec<Value>>),
    /// Uniformly, or with a uniform logarithm, from a range.
    Range(Range),
}

impl Domain {
    /// Returns the value at `u` of \[0, 1), by the inverse of the cumulative distribution. All whole numbers of a
    /// linear range are equally likely; k of a log range has a weight of ln((k + 1/2) / (k - 1/2)).
    pub(super) fn at(&self, u: f64) -> Vec<Value> {
        let &Range { from, to, scale, whole } = match self {
            Domain::Rows(rows) => return rows[((u * rows.len() as f64) as usize).min(rows.len() - 1)].clone(),
            Domain::Range(range) => range,
        };
        let between = |from: f64, to: f64| match scale {
            Scale::Log => from * (to / from).powf(u),
            _ => from + (to - from) * u,
        };
        if whole {
            return vec![Value::Integer(between(from - 0.5, to + 0.5).round().clamp(from, to) as i64)];
        }
        vec![Value::Float(readable(between(from, to), to - from).clamp(from, to))]
    }
}

/// Rounds `value` to nine digits of itself or of the range, whichever is finer: further digits mean nothing.
fn readable(value: f64, span: f64) -> f64 {
    let digits = 8.0 - value.abs().min(span).log10().floor();
    if !(0.0..300.0).contains(&digits) {
        return value;
    }
    format!("{value:.0$}", digits as usize).parse().unwrap_or(value)
}

/// Draws coordinate `dimension`, which belongs to `key`, of sample `index`: a number of \[0, 1) that does not depend on
/// the number of samples, nor, if they are independent, on the other keys.
pub(super) fn uniform(method: Method, seed: u32, index: usize, dimension: usize, key: &str) -> f64 {
    if method == Method::Sobol {
        return sobol_burley::sample(index as u32, dimension as u32, seed).into();
    }
    let mut stream = ChaCha8Rng::from_seed(Sha256::digest(format!("{seed} {key}")).into());
    stream.set_stream(index as u64);
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn drawn(method: Method, dimension: usize, count: usize) -> Vec<f64> {
        (0..count).map(|index| uniform(method, 1, index, dimension, &format!("key {dimension}"))).collect()
    }

    #[test]
    fn each_interval_and_each_square_of_a_power_of_two_holds_one_sobol_point() {
        for dimension in 0..40 {
            for count in [8, 64, 1024] {
                let mut cells: Vec<_> =
                    drawn(Method::Sobol, dimension, count).iter().map(|u| (u * count as f64) as usize).collect();
                cells.sort_unstable();
                assert!(cells.into_iter().eq(0..count), "dimension {dimension}, {count} points");
            }
        }
        let (x, y) = (drawn(Method::Sobol, 0, 256), drawn(Method::Sobol, 1, 256));
        let mut squares: Vec<_> =
            x.iter().zip(&y).map(|(x, y)| (x * 16.0) as usize * 16 + (y * 16.0) as usize).collect();
        squares.sort_unstable();
        assert!(squares.into_iter().eq(0..256));
    }

    #[test]
    fn seeds_and_keys_draw_other_numbers_that_fill_the_interval() {
        for method in [Method::Random, Method::Sobol] {
            assert_ne!(uniform(method, 1, 0, 0, "a"), uniform(method, 2, 0, 0, "a"));
            let (x, y) = (drawn(method, 0, 4000), drawn(method, 1, 4000));
            let mean = |of: &dyn Fn(usize) -> f64| (0..4000).map(of).sum::<f64>() / 4000.0;
            assert!((mean(&|i| x[i]) - 0.5).abs() < 0.02);
            let covariance = mean(&|i| (x[i] - 0.5) * (y[i] - 0.5));
            assert!(covariance.abs() < 0.006, "{method:?}: {covariance}");
        }
    }

    #[test]
    fn whole_numbers_have_their_share_at_both_ends_too() {
        let shares = |scale, from, to| {
            let domain = Domain::Range(Range { from, to, scale, whole: true });
            let mut shares = BTreeMap::new();
            for i in 0..100_000 {
                let value = domain.at(f64::from(i) / 1e5)[0].as_integer().unwrap();
                *shares.entry(value).or_insert(0.0) += 1e-5;
            }
            shares
        };
        let dice = shares(Scale::Linear, 1.0, 6.0);
        assert!(dice.len() == 6 && dice.values().all(|share| (share - 1.0 / 6.0f64).abs() < 1e-4), "{dice:?}");
        let log = shares(Scale::Log, 1.0, 64.0);
        let all = 129f64.ln();
        for (k, share) in log {
            let expected = ((k as f64 + 0.5) / (k as f64 - 0.5)).ln() / all;
            assert!((share - expected).abs() < 2e-5, "{k}: {share}, not {expected}");
        }
    }

    #[test]
    fn drawn_numbers_are_short_and_stay_in_their_range() {
        let range = |from, to, scale| Domain::Range(Range { from, to, scale, whole: false });
        let at = |domain: &Domain, u| domain.at(u)[0].as_float().unwrap();
        assert_eq!(at(&range(1e-4, 1.0, Scale::Log), 1.0 / 3.0), 0.002_154_434_69);
        assert_eq!(at(&range(1.0, 1.000_001, Scale::Linear), 0.123_456_789_123), 1.000_000_123_456_789);
        let tiny = range(0.123_456_789_012, 0.123_456_789_013, Scale::Linear);
        for u in [0.0, 0.3, 0.999_999] {
            assert!((0.123_456_789_012..=0.123_456_789_013).contains(&at(&tiny, u)));
        }
        assert_eq!(at(&range(0.0, 1.0, Scale::Linear), 0.0), 0.0);
    }
}
