//! The data sets that are known by name: their descriptions, their places, the commands that get them.

use std::env;
use std::fmt;
use std::path::{self, Path, PathBuf};

use thiserror::Error;

use crate::contract::error::Error as DataError;
use crate::contract::hashed::verify;
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

    /// Returns the paths that the two files have in `folder`, whether they exist or not.
    pub fn files_in(&self, folder: &Path) -> Files {
        Files { train: folder.join(self.train), test: folder.join(self.test) }
    }

    /// Returns the places to look in, in order: the folder that the variable names, then `folder`.
    fn places(&self, variable_value: Option<PathBuf>, folder: &Path) -> Vec<Place> {
        let named = self.variable.zip(variable_value);
        named
            .map(|(variable, folder)| Place { variable: Some(variable), folder })
            .into_iter()
            .chain([Place { variable: None, folder: folder.to_owned() }])
            .collect()
    }

    /// Finds the files in the first of `places` that has both of them.
    fn find_in(&self, places: Vec<Place>) -> Result<Files, Error> {
        let mut looked = Vec::new();
        for place in places {
            let files = self.files_in(&place.folder);
            let missing: Vec<&'static str> = [(&files.train, self.train), (&files.test, self.test)]
                .into_iter()
                .filter_map(|(path, name)| (!path.is_file()).then_some(name))
                .collect();
            if missing.is_empty() {
                return Ok(files);
            }
            looked.push(SearchedPlace { place, missing });
        }
        Err(Error::Missing {
            name: self.name,
            looked: SearchedPlaces(looked),
            command: self.command(),
            variable: self.variable,
        })
    }

    /// Reads this set's environment variable; an empty value counts as not set.
    fn variable_value(&self) -> Option<PathBuf> {
        let value = env::var_os(self.variable?)?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    }

    fn find(&self) -> Result<KnownFiles, Error> {
        let files = self.find_in(self.places(self.variable_value(), Path::new(FOLDER)))?;
        Ok(self.pinned(files))
    }

    /// Pins these files to their published content, if they have one.
    fn pinned(&self, Files { train, test }: Files) -> KnownFiles {
        let expected = |pin: Pin| Expected { sha256: pin.sha256.to_owned(), source: PinSource::Set(self.name) };
        let (train_pin, test_pin) = match self.origin {
            Origin::Published { train, test, .. } => (Some(expected(train)), Some(expected(test))),
            Origin::Generated => (None, None),
        };
        KnownFiles {
            train: Pinned { path: train, expected: train_pin },
            test: Pinned { path: test, expected: test_pin },
        }
    }
}

/// The files of a known set, each pinned to its published content if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFiles {
    /// The training file.
    pub train: Pinned,
    /// The test file.
    pub test: Pinned,
}

impl KnownFiles {
    /// Checks that both files have the content of their pins; they are read whole.
    ///
    /// # Errors
    /// For the first file that has another content, or can't be read.
    pub fn verify(&self) -> Result<(), DataError> {
        [&self.train, &self.test].into_iter().try_for_each(|file| verify(file).map(|_| ()))
    }
}

/// A line of `runner data list`.
#[derive(Debug)]
pub struct Row {
    /// The data set's name.
    pub name: &'static str,
    /// The description.
    pub description: &'static str,
    /// Its files, if it is on this machine.
    pub files: Option<KnownFiles>,
    /// The command that gets it.
    pub command: String,
}

/// Returns the rows of `runner data list`: every known data set with its files, or else with the command that gets them.
pub fn list() -> Vec<Row> {
    KNOWN
        .iter()
        .map(|known| Row {
            name: known.name,
            description: known.description,
            files: known.find().ok(),
            command: known.command(),
        })
        .collect()
}

/// Returns the known data set called `name`.
///
/// # Errors
/// [`Error::Unknown`], with the nearest name, if no data set has this name.
pub fn known(name: &str) -> Result<&'static Known, Error> {
    KNOWN
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| Error::Unknown { name: name.to_owned(), suggestion: Suggestion(nearest(name)) })
}

/// Finds the files of the known data set called `name`: in the folder that its environment variable names if both are there,
/// else in [`FOLDER`]. Their content is checked only when they are read.
///
/// # Errors
/// [`Error::Unknown`] for a name that is not in [`KNOWN`]; [`Error::Missing`] if no place has both files.
pub fn find(name: &str) -> Result<KnownFiles, Error> {
    known(name)?.find()
}

/// Returns the known name that `name` most likely means: at most half of its characters differ.
fn nearest(name: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known.name, name), known.name))
        .filter(|(distance, known)| distance * 2 <= known.chars().count())
        .min()
        .map(|(_, known)| known)
}

/// The reason why a data set can't be found by its name.
#[derive(Debug, Error)]
pub enum Error {
    /// No data set has this name.
    #[error("unknown data set {name:?}{suggestion}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest known name, and a list of all.
        suggestion: Suggestion,
    },
    /// The data set is known, but not on this machine.
    #[error("data set {name} is not on this machine: {looked}; get it with `{command}`{}", or_set(.variable))]
    Missing {
        /// The data set.
        name: &'static str,
        /// The places that were searched, and the files that each lacks.
        looked: SearchedPlaces,
        /// The command that makes or fetches it.
        command: String,
        /// The environment variable that can name its folder.
        variable: Option<&'static str>,
    },
}

fn or_set(variable: &Option<&'static str>) -> String {
    variable.map_or_else(String::new, |variable| format!(", or set {variable} to the folder that holds it"))
}

/// The end of the message about an unknown name: the nearest known name, if one is near, and a list of all.
#[derive(Debug)]
pub struct Suggestion(Option<&'static str>);

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nearest) = self.0 {
            write!(f, ", did you mean {nearest:?}?")?;
        }
        let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        write!(f, " (known: {})", names.join(", "))
    }
}

/// A folder that may hold a data set.
#[derive(Debug)]
struct Place {
    variable: Option<&'static str>,
    folder: PathBuf,
}

#[derive(Debug)]
struct SearchedPlace {
    place: Place,
    missing: Vec<&'static str>,
}

/// The places that a data set was looked for in, each with the files that it lacks.
#[derive(Debug)]
pub struct SearchedPlaces(Vec<SearchedPlace>);

impl fmt::Display for SearchedPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, SearchedPlace { place, missing }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}no {} in ", missing.join(" and "))?;
            if let Some(variable) = place.variable {
                write!(f, "{variable}=")?;
            }
            // A relative path alone does not tell which folder was searched.
            let folder = path::absolute(&place.folder).unwrap_or_else(|_| place.folder.clone());
            write!(f, "{}", folder.display())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
