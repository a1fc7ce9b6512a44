//! Conditional keys that a sweep gives: each must have a meaning at one of its points at least.

use super::error::Error;
use super::factor::Group;
use super::reader::setting;
use super::source::Entry;
use super::trial::Meanings;

/// Which of them have had one so far, by where they were given.
pub(super) struct Told {
    base: Meanings,
    swept: Meanings,
    included: Vec<Meanings>,
}

impl Told {
    /// Knows no point yet of a sweep with `includes` included ones.
    pub(super) fn new(includes: usize) -> Self {
        Told { base: Meanings::default(), swept: Meanings::default(), included: vec![Meanings::default(); includes] }
    }

    /// A point of the axes, where these `keys` were set on them.
    pub(super) fn point(&mut self, meanings: Meanings, is_swept: impl Fn(&str) -> bool) {
        self.base.join(meanings, |key| !is_swept(key));
        self.swept.join(meanings, is_swept);
    }

    /// The included point of this number.
    pub(super) fn included(&mut self, number: usize, meanings: Meanings, is_own: impl Fn(&str) -> bool) {
        self.base.join(meanings, |key| !is_own(key));
        self.included[number].join(meanings, is_own);
    }

    /// Whether all have.
    pub(super) fn is_content(&self) -> bool {
        [&self.base, &self.swept].into_iter().chain(&self.included).all(|meanings| meanings.without().next().is_none())
    }

    /// Refuses the first that has not.
    ///
    /// # Errors
    /// Where it stands, and what it would need.
    pub(super) fn check(&self, written: &[Entry], swept: &[Group], includes: &[Group]) -> Result<(), Error> {
        let columns = |groups: &[Group]| groups.iter().flat_map(|group| &group.columns).cloned().collect::<Vec<_>>();
        let places =
            [(&self.base, String::new(), written.to_vec()), (&self.swept, "sweep.".to_owned(), columns(swept))];
        let included = self.included.iter().zip(includes);
        let included = included.map(|(told, group)| (told, "sweep.include.".to_owned(), group.columns.clone()));
        for (meanings, prefix, entries) in places.into_iter().chain(included) {
            for conditional in meanings.without() {
                if let Some(entry) = entries.iter().find(|entry| entry.key == conditional.key) {
                    let problem = format!("has a meaning only with {}, which no point has", conditional.with);
                    return Err(setting(&entry.place, &format!("{prefix}{}", conditional.key), problem));
                }
            }
        }
        Ok(())
    }
}
