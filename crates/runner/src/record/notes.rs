//! Tags and notes that people put on trials and on a sweep. No seal covers them, and they are kept when a trial is trained again.

use std::collections::{BTreeMap, HashSet};

use rusqlite::params;

use super::Record;
use super::error::Error;

/// The statement that puts a tag on.
const ADD_TAG: &str = "INSERT INTO tag VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// Tags and notes by the id of what they are on.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    tags: BTreeMap<String, Vec<String>>,
    notes: BTreeMap<String, String>,
}

impl Notes {
    /// In place of a trial's id: the sweep itself.
    pub const OF_SWEEP: &'static str = "";

    /// Returns the tags of a trial, in order.
    pub fn tags(&self, id: &str) -> Vec<String> {
        self.tags.get(id).cloned().unwrap_or_default()
    }

    /// Returns the note of a trial.
    pub fn note(&self, id: &str) -> Option<String> {
        self.notes.get(id).cloned()
    }
}

/// A change of the tags and the note of trials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Tags to put on.
    pub add: Vec<String>,
    /// Tags to take off.
    pub remove: Vec<String>,
    /// The new note; an empty one takes the old one off.
    pub note: Option<String>,
}

impl Record {
    /// Reads all tags and notes. A record of an earlier release has none.
    pub fn notes(&self) -> Result<Notes, Error> {
        let mut notes = Notes::default();
        if !self.has_table("tag")? {
            return Ok(notes);
        }
        let rows =
            self.rows("SELECT trial, tag FROM tag ORDER BY trial, tag", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (trial, tag) in rows {
            notes.tags.entry(trial).or_default().push(tag);
        }
        let rows = self.rows("SELECT trial, text FROM note", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        notes.notes = rows.into_iter().collect();
        Ok(notes)
    }

    /// Makes a change for all of `ids`, in one transaction.
    pub fn annotate(&mut self, ids: &[&str], change: &Change) -> Result<(), Error> {
        self.in_transaction(|transaction| {
            for id in ids {
                for tag in &change.add {
                    transaction.prepare_cached(ADD_TAG)?.execute([id, &**tag])?;
                }
                for tag in &change.remove {
                    transaction
                        .prepare_cached("DELETE FROM tag WHERE trial = ?1 AND tag = ?2")?
                        .execute([id, &**tag])?;
                }
                match change.note.as_deref() {
                    None => {}
                    Some("") => drop(transaction.execute("DELETE FROM note WHERE trial = ?1", [id])?),
                    Some(text) => {
                        transaction.execute("INSERT OR REPLACE INTO note VALUES (?1, ?2)", params![id, text])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Adds the tags and notes that `other` has on these trials and on the sweep itself, in one transaction. Returns the ids
    /// that have another note here, which stays.
    pub fn adopt_notes(&mut self, other: &Record, ids: &HashSet<&str>) -> Result<Vec<String>, Error> {
        let Notes { mut tags, mut notes } = other.notes()?;
        let is_asked = |id: &String| id == Notes::OF_SWEEP || ids.contains(&**id);
        tags.retain(|id, _| is_asked(id));
        notes.retain(|id, _| is_asked(id));
        let own = self.notes()?;
        self.in_transaction(|transaction| {
            for (id, tag) in tags.iter().flat_map(|(id, tags)| tags.iter().map(move |tag| (id, tag))) {
                transaction.prepare_cached(ADD_TAG)?.execute([id, tag])?;
            }
            for (id, text) in &notes {
                let insert = "INSERT INTO note VALUES (?1, ?2) ON CONFLICT DO NOTHING";
                transaction.prepare_cached(insert)?.execute([id, text])?;
            }
            Ok(())
        })?;
        let differs = |(id, text): &(&String, &String)| own.notes.get(*id).is_some_and(|own| own != *text);
        Ok(notes.iter().filter(differs).map(|(id, _)| id.clone()).collect())
    }
}
