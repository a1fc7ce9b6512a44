//! The data sets that are known by name: their descriptions, their places, the commands that get them.

use std::env;
use std::path::{self, Path, PathBuf};

use crate::contract::pin::{Expected, PinSource, Pinned};
use crate::dataset::Files;

/// The folder, relative to the current one, that data sets are fetched or generated into and looked for in.
pub const FOLDER: &str = "data";

/// Every data set that is known by name, in the order of `runner data list`.
pub static KNOWN: [Known; 2] = [
    Known {
        name: "catvnoncat",
        description: "the course's cats and non-cats: 209 + 50 photographs, 64x64x3",
        train: "train_catvnoncat.h5",
        test: "test_catvnoncat.h5",
        variable: Some("CATVNONCAT"),
        origin: Origin::Published {
            // `raw/HEAD` follows the default branch, whatever it is called; the hashes pin what it holds.
            base_url: "https://github.com/BaiduOSS/DeepLearningAndPaddleTutorial/raw/HEAD/jupyter/5.deep_neural_network/datasets/",
            train: Pin { bytes: 2_572_022, sha256: "fbe56ab67c3ae28d564e3a644189117976d6b31af0a3ce9bb17dbf22908af242" },
            test: Pin { bytes: 616_958, sha256: "6a9d39ce52fa85953c5834695b8534a30ed8cfd54971fb2f080b5a24d002b951" },
        },
    },
    Known {
        name: "drawn",
        description: "cats and non-cats drawn as simple shapes, seeded, of any count and size",
        train: "train_drawn.h5",
        test: "test_drawn.h5",
        variable: None,
        origin: Origin::Generated,
    },
];

/// A data set with a name: a file of training examples and a file of test examples.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The name in an experiment and on the command line.
    pub name: &'static str,
    /// A description of half a line.
    pub description: &'static str,
    /// The name of the file with the training examples.
    pub train: &'static str,
    /// The name of the file with the test examples.
    pub test: &'static str,
    /// The environment variable that may name the folder of the two files.
    pub variable: Option<&'static str>,
    /// The origin of the files.
    pub origin: Origin,
}

/// The origin of the files of a [`Known`] data set.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// Downloaded with `runner data fetch`; the content of each file is pinned.
    Published {
        /// The address that a file's name is appended to.
        base_url: &'static str,
        /// The content of the training file.
        train: Pin,
        /// The content of the test file.
        test: Pin,
    },
    /// Made on this machine with `runner data generate`.
    Generated,
}

/// The content that a published file must have.
#[derive(Debug, Clone, Copy)]
pub struct Pin {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
}

impl Known {
    /// Returns the command that fetches or makes this data set in [`FOLDER`].
    pub fn command(&self) -> String {
        match self.origin {
            Origin::Published { .. } => format!("runner data fetch {}", self.name),
            Origin::Generated => "runner data generate".to_owned(),
        }
    }

    /// Names the command that gets it, and the environment variable that says where it is, if it has one.
    pub fn ways_to_get(&self) -> String {
        let or_set = self.variable.map(|variable| format!(", or set {variable} to the folder that holds it"));
        format!("`{}`{}", self.command(), or_set.unwrap_or_default())
    }

    /// Returns the paths that the two files have in `folder`, whether they exist or not.
    pub fn files_in(&self, folder: &Path) -> Files {
        Files { train: folder.join(self.train), test: folder.join(self.test) }
    }

    /// Finds the files: in `named`, the folder that the environment variable names, if both are there, else in `folder`.
    fn find_in(&self, named: Option<PathBuf>, folder: &Path) -> Result<Files, Error> {
        let named = self.variable.zip(named).map(|(variable, folder)| (format!("{variable}="), folder));
        let mut looked = Vec::new();
        for (variable, folder) in named.into_iter().chain([(String::new(), folder.to_owned())]) {
            let files = self.files_in(&folder);
            let missing: Vec<&'static str> = [(&files.train, self.train), (&files.test, self.test)]
                .into_iter()
                .filter_map(|(path, name)| (!path.is_file()).then_some(name))
                .collect();
            if missing.is_empty() {
                return Ok(files);
            }
            // A relative path alone does not tell which folder was searched.
            let folder = path::absolute(&folder).unwrap_or(folder);
            looked.push(format!("no {} in {variable}{}", missing.join(" and "), folder.display()));
        }
        Err(Error(format!(
            "data set {} is not on this machine: {}; get it with {}",
            self.name,
            looked.join(", "),
            self.ways_to_get()
        )))
    }

    /// Reads this set's environment variable; an empty value counts as not set.
    fn variable_value(&self) -> Option<PathBuf> {
        let value = env::var_os(self.variable?)?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    }

    /// Finds the training file and the test file, each pinned to its published content if it has one: in the folder that the
    /// environment variable names if both are there, else in [`FOLDER`]. Their content is checked only when they are read.
    ///
    /// # Errors
    /// If no place has both files.
    pub fn find(&self) -> Result<[Pinned; 2], Error> {
        let Files { train, test } = self.find_in(self.variable_value(), Path::new(FOLDER))?;
        let expected = |pin: Pin| Expected { sha256: pin.sha256.to_owned(), source: PinSource::Set(self.name) };
        let [train_pin, test_pin] = match self.origin {
            Origin::Published { train, test, .. } => [Some(expected(train)), Some(expected(test))],
            Origin::Generated => [None, None],
        };
        Ok([Pinned { path: train, expected: train_pin }, Pinned { path: test, expected: test_pin }])
    }
}

/// Returns the known data set called `name`.
///
/// # Errors
/// If no data set has this name: with the nearest known name, if at most half of its characters differ, and all others.
pub fn known(name: &str) -> Result<&'static Known, Error> {
    KNOWN.iter().find(|known| known.name == name).ok_or_else(|| {
        let nearest = KNOWN
            .iter()
            .map(|known| (strsim::damerau_levenshtein(known.name, name), known.name))
            .filter(|(distance, known)| distance * 2 <= known.chars().count())
            .min();
        let suggestion = nearest.map(|(_, nearest)| format!(", did you mean {nearest:?}?")).unwrap_or_default();
        let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        Error(format!("unknown data set {name:?}{suggestion} (known: {})", names.join(", ")))
    })
}

/// The reason why a data set can't be found by its name: no data set is called so, or it is not on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

#[cfg(test)]
mod tests;
