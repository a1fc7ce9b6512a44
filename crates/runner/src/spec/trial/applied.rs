//! The conditional keys of a trial that are set, and those that apply.

use super::keys::keys;
use crate::spec::key::{AnyKey, RawTrial};

/// The conditional keys that a trial sets, and those of them that apply: a bit for each, by its place in the table of
/// keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applied {
    given: u64,
    applied: u64,
}

impl Applied {
    /// Tests the conditions of all keys that are set.
    pub(super) fn of(raw: &RawTrial) -> Self {
        let mut found = Applied::default();
        for (place, key) in keys().enumerate() {
            if let (Some(condition), true) = (key.condition(), raw.has(key)) {
                found.given |= 1 << place;
                found.applied |= u64::from((condition.holds)(raw)) << place;
            }
        }
        found
    }

    /// Adds the keys of `other` for which `is_among` holds.
    pub(in crate::spec) fn join(&mut self, other: Applied, is_among: impl Fn(&str) -> bool) {
        for (place, _) in keys().enumerate().filter(|(_, key)| is_among(key.name())) {
            self.given |= other.given & 1 << place;
            self.applied |= other.applied & 1 << place;
        }
    }

    /// Lists the keys that were set and never applied.
    pub(in crate::spec) fn idle(self) -> impl Iterator<Item = &'static dyn AnyKey> {
        let idle = self.given & !self.applied;
        keys().enumerate().filter(move |(place, _)| idle >> place & 1 == 1).map(|(_, key)| key)
    }
}
