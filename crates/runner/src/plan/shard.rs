//! The shards of a sweep: parts that are trained apart, on other machines or at other times.

use std::fmt;
use std::str::FromStr;

use super::Plan;

/// A shard of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Its number, from 0.
    number: usize,
    /// The number of all shards.
    count: usize,
}

/// The most shards of a sweep: more than any cluster runs, and few enough to list.
pub const MOST: usize = 100_000;

impl Shard {
    /// Makes shard `number` of `count`; `None` if there is no such one, or `count` is beyond 100,000.
    pub fn new(number: usize, count: usize) -> Option<Self> {
        (number < count && count <= MOST).then_some(Shard { number, count })
    }

    /// Lists all shards of `count`.
    pub fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |number| Shard { number, count })
    }

    /// Returns its number, from 0.
    pub fn number(self) -> usize {
        self.number
    }

    /// Returns the number of all shards.
    pub fn count(self) -> usize {
        self.count
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        parts.and_then(|(number, count)| Shard::new(number, count)).ok_or_else(|| {
            format!("must be a number of 0 to N - 1 and the number of shards N, {MOST} at most, such as 3/8")
        })
    }
}

impl Plan {
    /// Divides the fleets among `count` shards. The rule depends on the plan only: fleet after fleet, the one with the
    /// most operations first, goes to the shard that has the fewest so far. The unit is a fleet, since the other rows of
    /// a product can change the last bits of a trial.
    pub fn divided(&self, count: usize) -> Vec<Vec<Vec<usize>>> {
        let flops: Vec<f64> = self.fleets.iter().map(|fleet| self.fleet_flops(fleet)).collect();
        let mut shards = vec![Vec::new(); count];
        for (fleet, shard) in self.fleets.iter().zip(balanced(&flops, count)) {
            shards[shard].push(fleet.clone());
        }
        shards
    }

    /// Keeps the fleets of `shard` alone.
    #[must_use]
    pub fn restricted_to(mut self, shard: Shard) -> Self {
        let fleets = self.divided(shard.count).swap_remove(shard.number);
        self.set_fleets(fleets);
        self
    }
}

/// Assigns items to `count` shards: the costliest first, each to the shard that has the least cost so far. Of equal
/// items, and of equal shards, the first one is taken.
fn balanced(costs: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&a, &b| costs[b].total_cmp(&costs[a]));
    let (mut loads, mut shards) = (vec![0.0; count], vec![0; costs.len()]);
    for item in order {
        let least = (1..count).fold(0, |least, shard| if loads[shard] < loads[least] { shard } else { least });
        loads[least] += costs[item];
        shards[item] = least;
    }
    shards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_written_as_its_number_and_their_count() {
        assert_eq!("3/8".parse(), Ok(Shard { number: 3, count: 8 }));
        assert!("0/100000".parse::<Shard>().is_ok());
        assert_eq!("0/1".parse::<Shard>().unwrap().to_string(), "0/1");
        for wrong in ["8/8", "3", "/8", "3/", "-1/8", "3/0", "a/b", "1/2/3", "", "0/100001", "0/99999999999"] {
            assert!(wrong.parse::<Shard>().unwrap_err().contains("3/8"), "{wrong}");
        }
    }

    #[test]
    fn shards_have_nearly_equal_costs_whatever_the_items() {
        assert_eq!(balanced(&[1.0, 5.0, 3.0, 3.0, 1.0], 2), [0, 0, 1, 1, 0]);
        assert_eq!(balanced(&[1.0; 5], 3), [0, 1, 2, 0, 1]);
        assert_eq!(balanced(&[2.0], 4), [0], "three shards have nothing to do");
        assert!(balanced(&[], 4).is_empty());
        let costs: Vec<f64> = (0..300).map(|item| 1.0 + f64::from(item % 17).powi(2)).collect();
        let mut loads = [0.0; 7];
        balanced(&costs, 7).into_iter().zip(&costs).for_each(|(shard, cost)| loads[shard] += cost);
        let mean = loads.iter().sum::<f64>() / 7.0;
        assert!(loads.iter().all(|load| (load / mean - 1.0).abs() < 0.01), "{loads:?}");
    }
}
