//! The optional names of the columns that examples and their targets were made from.

use std::iter;

use crate::contract::class_names;
use crate::contract::error::Error;
use crate::contract::file::DataFile;
use crate::contract::problem::Problem;
use crate::files::{self, NewHdf5};
use crate::text::count;

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
    /// Reads the names of `features` features. Those of values are read if the targets turn out to be values: other programs call the names
    /// of classes so too.
    ///
    /// # Errors
    /// If there are names that can't be read, or another number of them.
    pub(crate) fn of_features(file: &DataFile, features: usize) -> Result<Self, Error> {
        let features = names_of(file, FEATURE_NAMES, features, ["examples", "feature"])?;
        Ok(ColumnNames { features, targets: Vec::new() })
    }

    /// Reads the names of the `outputs` values of a target.
    ///
    /// # Errors
    /// If there are names that can't be read, or another number of them.
    pub(crate) fn with_targets(self, file: &DataFile, outputs: usize) -> Result<Self, Error> {
        let targets = names_of(file, TARGET_NAMES, outputs, ["targets", "value"])?;
        Ok(ColumnNames { targets, ..self })
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

/// Reads the names in `dataset`, one for each of `wanted` columns, or none.
fn names_of(file: &DataFile, dataset: &str, wanted: usize, [of, column]: [&str; 2]) -> Result<Vec<String>, Error> {
    let names = class_names::read(file, dataset)?;
    if !names.is_empty() && names.len() != wanted {
        let found = count(names.len(), "name");
        let problem = format!(
            "has {found}, but the {of} have {}; give one for each, or delete the dataset",
            count(wanted, column)
        );
        return Err(Problem::Breach(problem).in_dataset(file.path(), dataset));
    }
    Ok(names)
}
