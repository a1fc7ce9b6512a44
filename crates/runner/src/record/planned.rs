//! The plan of a record, read back: its axes, and its points with their trials, one after another or all at once.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Record;
use super::error::{Error, at};
use super::stored::{COLUMNS, FinishedTrial, REFERENCES};
use crate::spec::axis::Scale;

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

/// A point of the plan, with its trial if that has finished.
#[derive(Clone, Debug)]
pub struct RecordedPoint {
    /// The trial's id.
    pub trial: String,
    /// Swept key -> value.
    pub values: Map<String, Value>,
    /// The trial.
    pub finished: Option<FinishedTrial>,
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

/// The columns of [`PlannedAxis`].
pub(super) const AXES: &str = "SELECT key, scale, factor FROM axis ORDER BY position";

impl PlannedAxis {
    /// Returns whether the axis was declared with this scale.
    pub fn has_scale(&self, scale: Scale) -> bool {
        self.scale == scale.name()
    }

    /// Reads a row of [`AXES`].
    pub(super) fn from_row(row: &Row) -> rusqlite::Result<Self> {
        Ok(PlannedAxis { key: row.get(0)?, scale: row.get(1)?, factor: row.get(2)? })
    }
}

impl RecordedPoint {
    fn from_row(row: &Row) -> rusqlite::Result<Self> {
        let values = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
        let is_finished = row.get::<_, Option<i64>>(2)?.is_some();
        let finished = is_finished.then(|| FinishedTrial::from_row(row, 2)).transpose()?;
        Ok(RecordedPoint { trial: row.get(0)?, values, finished })
    }
}

impl Record {
    /// Reads the swept keys in order, with what is known of each.
    pub fn axes(&self) -> Result<Vec<PlannedAxis>, Error> {
        self.rows(AXES, [], PlannedAxis::from_row)
    }

    /// Reads the newest plan with its trials.
    pub fn planned(&self) -> Result<Planned, Error> {
        let (name, toml) = self.asked()?.map(|asked| (asked.name, asked.toml)).unwrap_or_default();
        Ok(Planned { name, toml, axes: self.axes()?, points: self.points()? })
    }

    /// Calls `visit` with every point of the plan in order, which is held no longer than that.
    ///
    /// # Errors
    /// If the database can't be read, or the first error of `visit`.
    pub fn each_point<E: From<Error>>(&self, mut visit: impl FnMut(RecordedPoint) -> Result<(), E>) -> Result<(), E> {
        let select = format!(
            "SELECT plan.trial, plan.point, {} FROM plan LEFT JOIN trial ON trial.id = plan.trial {REFERENCES} \
             ORDER BY position",
            *COLUMNS
        );
        let mut select = self.connection.prepare_cached(&select).map_err(at(&self.path))?;
        let mut rows = select.query([]).map_err(at(&self.path))?;
        while let Some(row) = rows.next().map_err(at(&self.path))? {
            visit(RecordedPoint::from_row(row).map_err(at(&self.path))?)?;
        }
        Ok(())
    }

    /// Reads every point of the plan in order.
    pub fn points(&self) -> Result<Vec<RecordedPoint>, Error> {
        let mut points = Vec::new();
        self.each_point(|point| {
            points.push(point);
            Ok::<(), Error>(())
        })?;
        Ok(points)
    }
}
