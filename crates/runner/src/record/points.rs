//! The points of the plan with their trials, one after another or all at once.

use rusqlite::Row;
use serde_json::{Map, Value};

use super::Record;
use super::error::{Error, at};
use super::stored::{COLUMNS, FinishedTrial, REFERENCES};

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

impl RecordedPoint {
    fn from_row(row: &Row) -> rusqlite::Result<Self> {
        let values = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
        let is_finished = row.get::<_, Option<i64>>(2)?.is_some();
        let finished = is_finished.then(|| FinishedTrial::from_row(row, 2)).transpose()?;
        Ok(RecordedPoint { trial: row.get(0)?, values, finished })
    }
}

impl Record {
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
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn points(&self) -> Result<Vec<RecordedPoint>, Error> {
        let mut points = Vec::new();
        self.each_point(|point| {
            points.push(point);
            Ok::<(), Error>(())
        })?;
        Ok(points)
    }
}
