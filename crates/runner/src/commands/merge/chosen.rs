//! The record that each trial is taken from.

use std::collections::{HashMap, HashSet};

use super::source::Source;
use crate::record::plan::StoredPlan;
use crate::run::outcome::Status;

/// The source of every trial of the plan that some record has.
pub(super) struct Chosen {
    /// The place of the source, by the trial's id.
    places: HashMap<String, usize>,
    /// The trials that several records have: the place of the chosen one, and of another.
    pub(super) doubled: HashMap<(usize, usize), HashSet<String>>,
}

impl Chosen {
    /// Chooses the first record in which a trial has not failed, or else the first one that has it.
    pub(super) fn of(all: &[&Source], plan: &StoredPlan) -> Self {
        let planned: HashSet<&str> = plan.points.values().map(|point| &*point.trial).collect();
        let mut chosen = Chosen { places: HashMap::new(), doubled: HashMap::new() };
        let failed = |place: usize, id: &String| all[place].trials[id] == Status::Failed;
        for (place, source) in all.iter().enumerate() {
            for id in source.trials.keys().filter(|id| planned.contains(id.as_str())) {
                match chosen.places.get(id).copied() {
                    None => drop(chosen.places.insert(id.clone(), place)),
                    Some(_) if failed(place, id) => {}
                    Some(before) if failed(before, id) => drop(chosen.places.insert(id.clone(), place)),
                    Some(before) => drop(chosen.doubled.entry((before, place)).or_default().insert(id.clone())),
                }
            }
        }
        chosen
    }

    /// Takes a trial from another source.
    pub(super) fn take_from(&mut self, id: &str, place: usize) {
        self.places.insert(id.to_owned(), place);
    }

    /// Returns the trials that are taken from each of `count` sources.
    pub(super) fn by_source(&self, count: usize) -> Vec<HashSet<&str>> {
        let mut sources = vec![HashSet::new(); count];
        for (id, place) in &self.places {
            sources[*place].insert(&**id);
        }
        sources
    }
}
