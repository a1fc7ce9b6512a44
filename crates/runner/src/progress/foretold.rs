//! The time of a sweep as its own first seconds foretell it, for comparison with the time that it took.

use std::fmt;
use std::time::Duration;

use crate::text::duration;

/// The time after which a sweep's end is foretold.
pub(super) const AFTER: Duration = Duration::from_secs(2);
/// The share of the operations that must be done by then, so that the start of the first fleets does not count for too much.
const LEAST: f64 = 0.01;
/// A sweep that is further than this needs no prediction any more.
const MOST: f64 = 0.5;

/// The seconds that a sweep's training takes, foretold from its first ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Foretold {
    /// The seconds that it is foretold from.
    pub after: f64,
    /// The seconds that it should take in all.
    pub seconds: f64,
}

impl Foretold {
    /// Foretells the time of a training that has done this share of its operations, as if the rest took as long for each; `None` if it is
    /// too early or too late for that.
    pub(super) fn after(elapsed: Duration, share_done: f64) -> Option<Self> {
        let after = elapsed.as_secs_f64();
        let is_time = elapsed >= AFTER && (LEAST..=MOST).contains(&share_done);
        is_time.then(|| Foretold { after, seconds: after / share_done })
    }

    /// Puts it beside the time that the training took.
    pub(super) fn beside(self, actual: Duration) -> impl fmt::Display {
        let Foretold { after, seconds } = self;
        let actual = actual.as_secs_f64();
        let error = 100.0 * (actual / seconds - 1.0);
        let (actual, seconds) = (duration(actual), duration(seconds));
        format!("training took {actual}; its first {after:.0} s predicted {seconds} by operations ({error:+.0}%)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_foretold_from_its_share_of_operations_once_that_says_something_and_while_it_helps() {
        let after = |seconds: u64, share: f64| Foretold::after(Duration::from_secs(seconds), share);
        assert_eq!(after(3, 0.1), Some(Foretold { after: 3.0, seconds: 3.0 / 0.1 }));
        assert_eq!(after(1, 0.1), None, "too early");
        assert_eq!(after(3, 0.001), None, "too little was done");
        assert_eq!(after(3, 0.9), None, "too late");
    }

    #[test]
    fn the_time_that_it_took_stands_beside_with_the_difference() {
        let said = Foretold { after: 2.0, seconds: 40.0 }.beside(Duration::from_secs(44)).to_string();
        assert_eq!(said, "training took 44.0 s; its first 2 s predicted 40.0 s by operations (+10%)");
    }
}
