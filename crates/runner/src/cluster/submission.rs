//! The submission of a sweep, kept beside the shards: it says how many they are, and which jobs to ask Slurm for. Whether a shard is done,
//! only its record says.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use datasets::files::{regular_file, write_whole};
use serde::{Deserialize, Serialize};

/// The name of the file.
pub const NAME: &str = "submission.json";

/// A sweep that was submitted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// The number of shards.
    pub shards: usize,
    /// The workers of a shard, each of which trains one fleet at a time.
    #[serde(default = "one")]
    pub workers: usize,
    /// The numbers of all array jobs so far.
    pub jobs: Vec<String>,
    /// The number of the merge after the last array; `None` if it could not be submitted.
    #[serde(default)]
    pub merge: Option<String>,
    /// The plan of each shard.
    pub planned: Vec<PlannedShard>,
}

/// Returns the workers of a shard that were assumed when a submission didn't say them.
fn one() -> usize {
    1
}

/// The plan of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedShard {
    /// Its trials, on the first rung if the sweep halves.
    pub trials: usize,
    /// The seconds that it should take; `None` if they weren't predicted.
    pub seconds: Option<f64>,
}

/// A submission that can't be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: what was submitted can't be read ({reason}); move this file away and submit again with as many --shards as before: finished \
     trials are kept",
    shards.join(NAME).display()
)]
pub struct Error {
    /// The directory of shards.
    shards: PathBuf,
    /// The system's reason, or the parser's.
    reason: io::Error,
}

impl Submission {
    /// Returns whether something was submitted from this directory of shards.
    pub fn is_in(shards: &Path) -> bool {
        shards.join(NAME).exists()
    }

    /// Reads the submission in the directory of shards; `None` if there is none.
    ///
    /// # Errors
    /// If it can't be read, or is not what was written.
    pub fn read(shards: &Path) -> Result<Option<Self>, Error> {
        let unreadable = |reason| Error { shards: shards.to_owned(), reason };
        match regular_file::open(&shards.join(NAME)).and_then(io::read_to_string) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| unreadable(error.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(error)),
        }
    }

    /// Writes it into the directory of shards, in place of an earlier one.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, shards: &Path) -> Result<(), datasets::files::Error> {
        let text = serde_json::to_string_pretty(self).expect("numbers and texts make valid JSON") + "\n";
        write_whole(&shards.join(NAME), true, |out| out.write_all(text.as_bytes()))
    }
}
