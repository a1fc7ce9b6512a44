//! How often a training in progress is written to the disk.

use std::time::Duration;

use humantime::format_duration;
use serde_json::{Value as Json, json};
use toml::Value;

use super::kind::{Kind, STEPS, number};
use crate::text::{TIME_UNITS, parse_duration};

/// The time from one checkpoint of a fleet to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointEvery {
    /// No checkpoint, not even when the run is interrupted.
    Never,
    /// This time.
    Time(Duration),
    /// This number of updates of each net.
    Iterations(usize),
}

impl Default for CheckpointEvery {
    /// Returns a time that a person does not mind to lose.
    fn default() -> Self {
        CheckpointEvery::Time(Duration::from_secs(5 * 60))
    }
}

/// Seconds, durations with a unit, numbers of iterations, and "never".
#[derive(Debug)]
pub struct CheckpointInterval;

const NEVER: &str = "never";

impl Kind for CheckpointInterval {
    type Value = CheckpointEvery;

    fn read(&self, value: &Value) -> Result<CheckpointEvery, String> {
        let read = match value.as_str() {
            Some(NEVER) => Some(CheckpointEvery::Never),
            Some(text) => iterations(text).or_else(|| {
                let time = parse_duration(text).ok().filter(|time| !time.is_zero());
                time.map(CheckpointEvery::Time)
            }),
            None => number(value)
                .filter(|seconds| *seconds > 0.0)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(CheckpointEvery::Time),
        };
        read.ok_or_else(|| {
            format!(
                "must be a number of seconds above 0, or a text such as \"5m\" (minutes), \"2h 30min\", \"500 iterations\" or \"{NEVER}\", \
                 found {value}"
            )
        })
    }

    fn json(&self, value: &CheckpointEvery) -> Json {
        match value {
            CheckpointEvery::Never => json!(NEVER),
            CheckpointEvery::Time(time) => json!(format_duration(*time).to_string()),
            CheckpointEvery::Iterations(count) => json!(format!("{count} iterations")),
        }
    }

    fn schema(&self) -> Json {
        let time = format!(r"[0-9]+(\.[0-9]+)? *({})", TIME_UNITS.join("|"));
        let text = format!(r"^(never|[1-9][0-9]* iterations?|{time}( *{time})*)$");
        json!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0.0 }, { "type": "string", "pattern": text }] })
    }
}

/// Reads a number of iterations.
fn iterations(text: &str) -> Option<CheckpointEvery> {
    let count = text.strip_suffix(" iterations").or_else(|| text.strip_suffix(" iteration"))?;
    let count = STEPS.read(&Value::Integer(count.parse().ok()?)).ok()?;
    Some(CheckpointEvery::Iterations(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<CheckpointEvery, String> {
        let table: toml::Table = format!("every = {value}").parse().unwrap();
        CheckpointInterval.read(&table["every"])
    }

    #[test]
    fn seconds_durations_iterations_and_never_are_read() {
        let seconds = |seconds| Ok(CheckpointEvery::Time(Duration::from_secs_f64(seconds)));
        for (written, meant) in [
            ("600", seconds(600.0)),
            ("0.5", seconds(0.5)),
            ("\"10 min\"", seconds(600.0)),
            ("\"10min\"", seconds(600.0)),
            ("\"2h 30min\"", seconds(9000.0)),
            ("\"2.5h\"", seconds(9000.0)),
            ("\"5m\"", seconds(300.0)),
            ("\"90s\"", seconds(90.0)),
            ("\"500 iterations\"", Ok(CheckpointEvery::Iterations(500))),
            ("\"1 iteration\"", Ok(CheckpointEvery::Iterations(1))),
            ("\"never\"", Ok(CheckpointEvery::Never)),
        ] {
            assert_eq!(read(written), meant, "{written}");
            assert_eq!(read(&CheckpointInterval.json(&meant.clone().unwrap()).to_string()), meant, "{written}");
        }
        for wrong in [
            "0",
            "-1",
            "inf",
            "nan",
            "1e300",
            "\"\"",
            "\"0s\"",
            "\"10\"",
            "\"0 iterations\"",
            "\"5M\"",
            "\"1h 5M\"",
            "\"off\"",
            "true",
        ] {
            let problem = read(wrong).unwrap_err();
            assert!(problem.starts_with("must be a number of seconds above 0") && problem.contains("found"), "{wrong}");
        }
    }
}
