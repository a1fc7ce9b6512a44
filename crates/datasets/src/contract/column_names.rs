//! The optional names of the columns that examples and their targets were made from.

use std::iter;

use crate::contract::class_names;
use crate::contract::file::DataFile;
use crate::files::{self, NewHdf5};

/// The dataset with a name for each feature.
pub const FEATURE_NAMES: &str = "feature_names";
/// The dataset with a name for each value of a target.
pub const TARGET_NAMES: &str = "target_names";

/// The names of the columns of a table, as an import writes them; each list is empty if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnNames {
    /// A name for each feature.
    pub features: Vec<String>,
    /// A name for each value of a target; empty for classes.
    pub targets: Vec<String>,
}

/// A column that two lists of names call differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherColumn {
    /// The dataset: [`FEATURE_NAMES`] or [`TARGET_NAMES`].
    pub dataset: &'static str,
    /// Its kind and number, from 0, for messages: `feature 0`.
    pub place: String,
    /// The name in the list that was compared.
    pub own: String,
    /// The name in the other list.
    pub other: String,
}

impl ColumnNames {
    /// Reads the names of `features` features and `outputs` values. A dataset of another length or type is taken for something else.
    pub fn read(file: &DataFile, features: usize, outputs: usize) -> Self {
        let read = |dataset, count| class_names::read(file, dataset).ok().filter(|names| names.len() == count);
        ColumnNames {
            features: read(FEATURE_NAMES, features).unwrap_or_default(),
            targets: read(TARGET_NAMES, outputs).unwrap_or_default(),
        }
    }

    /// Writes them.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn write(&self, file: &mut NewHdf5) -> Result<(), files::Error> {
        self.lists().into_iter().try_for_each(|(dataset, names)| class_names::write(file, dataset, names))
    }

    /// Returns the first column that both name, and not alike.
    pub fn difference(&self, other: &Self) -> Option<OtherColumn> {
        let first = |dataset, what: &str, own: &[String], other: &[String]| {
            let at = iter::zip(own, other).position(|(own, other)| own != other)?;
            Some(OtherColumn { dataset, place: format!("{what} {at}"), own: own[at].clone(), other: other[at].clone() })
        };
        let feature = first(FEATURE_NAMES, "feature", &self.features, &other.features);
        feature.or_else(|| first(TARGET_NAMES, "value", &self.targets, &other.targets))
    }

    /// Lists the datasets and their names.
    pub fn lists(&self) -> [(&'static str, &[String]); 2] {
        [(FEATURE_NAMES, &self.features), (TARGET_NAMES, &self.targets)]
    }
}
