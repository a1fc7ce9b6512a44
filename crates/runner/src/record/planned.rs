//! The plan of a record, read back: its axes and its points.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::Record;
use super::error::{Error, at};
use super::points::RecordedPoint;

/// A swept key as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAxis {
    /// The key.
    pub key: String,
    /// The name of its scale.
    pub scale: String,
    /// The factor that it advances with; `None` if it follows from the others.
    pub factor: Option<i64>,
}

/// A plan with its trials as far as they have finished.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The name of the experiment.
    pub name: String,
    /// The experiment as it was run.
    pub toml: String,
    /// The swept keys in order.
    pub axes: Vec<PlannedAxis>,
    /// Every point in order.
    pub points: Vec<RecordedPoint>,
}

impl Record {
    /// The newest plan.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn planned(&self) -> Result<Planned, Error> {
        let row =
            self.connection.query_row("SELECT name, toml FROM experiment", [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (name, toml) = row.optional().map_err(at(&self.path))?.unwrap_or_default();
        Ok(Planned { name, toml, axes: self.planned_axes()?, points: self.points()? })
    }

    /// The swept keys in order, with what is known of each.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn planned_axes(&self) -> Result<Vec<PlannedAxis>, Error> {
        self.rows("SELECT key, scale, factor FROM axis ORDER BY position", [], |row| {
            Ok(PlannedAxis { key: row.get(0)?, scale: row.get(1)?, factor: row.get(2)? })
        })
    }
}
