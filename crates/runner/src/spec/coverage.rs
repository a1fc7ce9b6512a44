//! Coverage of conditional keys: each one that a sweep sets must apply at one of its points at least.

use super::axis_group::AxisGroup;
use super::error::Error;
use super::role::Role;
use super::source::Entry;
use super::trial::applied::Applied;

/// The conditional keys that have been set and have applied so far, by where they were written.
pub(super) struct Coverage {
    base: Applied,
    swept: Applied,
    included: Vec<Applied>,
}

impl Coverage {
    /// Starts without points, for a sweep with `includes` tables of included points.
    pub(super) fn new(includes: usize) -> Self {
        Coverage { base: Applied::default(), swept: Applied::default(), included: vec![Applied::default(); includes] }
    }

    /// Adds a point of the axes; `is_swept` tells the keys that the axes set.
    pub(super) fn point(&mut self, applied: Applied, is_swept: impl Fn(&str) -> bool) {
        self.base.join(applied, |key| !is_swept(key));
        self.swept.join(applied, is_swept);
    }

    /// Adds a point of the included table `number`; `is_own` tells the keys that the table sets.
    pub(super) fn included(&mut self, number: usize, applied: Applied, is_own: impl Fn(&str) -> bool) {
        self.base.join(applied, |key| !is_own(key));
        self.included[number].join(applied, is_own);
    }

    /// Returns whether every key has applied somewhere.
    pub(super) fn is_complete(&self) -> bool {
        [&self.base, &self.swept].into_iter().chain(&self.included).all(|applied| applied.idle().next().is_none())
    }

    /// Refuses the first key that never applied.
    ///
    /// # Errors
    /// The place of the key, and the condition that it needs.
    pub(super) fn check(&self, written: &[Entry], swept: &[AxisGroup], includes: &[AxisGroup]) -> Result<(), Error> {
        let columns =
            |groups: &[AxisGroup]| groups.iter().flat_map(|group| &group.columns).cloned().collect::<Vec<_>>();
        let places = [(&self.base, Role::Fixed, written.to_vec()), (&self.swept, Role::Axis, columns(swept))];
        let included = self.included.iter().zip(includes);
        let included = included.map(|(applied, group)| (applied, group.role, group.columns.clone()));
        for (applied, role, entries) in places.into_iter().chain(included) {
            for idle in applied.idle() {
                let (key, with) = (idle.name(), idle.condition().map_or("", |condition| condition.with));
                if let Some(entry) = entries.iter().find(|entry| entry.key == key) {
                    return Err(Error::Idle { place: entry.place.clone(), role, key, with });
                }
            }
        }
        Ok(())
    }
}
