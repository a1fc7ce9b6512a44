//! A split whose metadata keeps the contract.

use hdf5::Dataset;

use crate::contract::attribute::attribute;
use crate::contract::column_names::{ColumnNames, OtherColumn};
use crate::contract::element_type::{ElementType, describe};
use crate::contract::error::Error;
use crate::contract::file::DataFile;
use crate::contract::problem::Problem;
use crate::contract::storage::{self, DECODED, check_decoded, checked_bytes};
use crate::text::count;

/// The element types that examples and targets may have, for messages.
const NUMBERS: &str = "integers of 8 to 64 bits, floats of 16 to 64 (IEEE 754), h5py's booleans";

/// The attribute that marks targets as values, even if each is whole.
pub(crate) const REGRESSION: &str = "regression";

/// One split of a data set whose metadata keeps the contract: ready to be read.
pub(crate) struct CheckedSplit<'f> {
    pub(crate) file: &'f DataFile,
    pub(crate) x_name: String,
    pub(crate) y_name: String,
    pub(crate) x: Dataset,
    pub(crate) y: Dataset,
    pub(crate) x_element: ElementType,
    pub(crate) y_element: ElementType,
    pub(crate) shape: Vec<usize>,
    pub(crate) examples: usize,
    pub(crate) features: usize,
    /// The number of values in one target.
    pub(crate) outputs: usize,
    /// True if the targets are marked as values, even if they could be labels.
    pub(crate) marked: bool,
    /// The names of the features, and those of the values once [`Self::name_values`] has read them.
    pub(crate) columns: ColumnNames,
}

impl<'f> CheckedSplit<'f> {
    /// Checks the examples `x_name` and the targets `y_name` of `file`; each decoded to f64 must fit `max_bytes`.
    pub(crate) fn check(file: &'f DataFile, x_name: &str, y_name: &str, max_bytes: u64) -> Result<Self, Error> {
        let [in_x, in_y] = [x_name, y_name].map(|name| move |problem: Problem| problem.in_dataset(file.path(), name));
        let x = file.dataset(x_name).map_err(in_x)?;
        let y = file.dataset(y_name).map_err(in_y)?;
        let (shape, x_element) = check_x(file, &x, max_bytes).map_err(in_x)?;
        let examples = shape[0];
        let ([targets, outputs], y_element) = check_y(file, &y, examples, max_bytes).map_err(in_y)?;
        if targets != examples {
            let (found, other) = (count(targets, if outputs == 1 { "label" } else { "row" }), count(examples, "row"));
            let rule = "one label or row of values for each example is required";
            let problem = format!("dataset `{y_name}` has {found}, but `{x_name}` has {other}; {rule}");
            return Err(Error::file(file.path(), problem));
        }
        let marked = attribute(&y, REGRESSION).map_err(in_y)?.is_some();
        let features = shape[1..].iter().product();
        let columns = ColumnNames::of_features(file, features)?;
        let (x_name, y_name) = (x_name.to_owned(), y_name.to_owned());
        Ok(Self {
            file,
            x_name,
            y_name,
            x,
            y,
            x_element,
            y_element,
            shape,
            examples,
            features,
            outputs,
            marked,
            columns,
        })
    }

    /// Reads the names of the values of a target.
    ///
    /// # Errors
    /// If there are names that can't be read, or another number of them.
    pub(crate) fn name_values(&mut self) -> Result<(), Error> {
        self.columns = std::mem::take(&mut self.columns).with_targets(self.file, self.outputs)?;
        Ok(())
    }

    /// Returns the error that the examples have this problem.
    pub(crate) fn in_x(&self, problem: Problem) -> Error {
        problem.in_dataset(self.file.path(), &self.x_name)
    }

    /// Returns the error that the targets have this problem.
    pub(crate) fn in_y(&self, problem: Problem) -> Error {
        problem.in_dataset(self.file.path(), &self.y_name)
    }

    /// Returns `[height, width, channels]` if the examples are stored as pictures.
    pub(crate) fn image_shape(&self) -> Option<[usize; 3]> {
        image_shape(&self.shape)
    }

    /// Returns the error that a dataset of `test` has `found` where that of `self` has `other`, against `rule`.
    pub(crate) fn disagreement(
        &self,
        test: &Self,
        name: fn(&Self) -> &str,
        [found, other]: [String; 2],
        rule: &str,
    ) -> Error {
        let own = format!("`{}` of {}", name(self), self.file.path().display());
        Error::file(test.file.path(), format!("dataset `{}` has {found}, but {own} has {other}; {rule}", name(test)))
    }

    /// Checks that examples of `self` and `test` can go through the same net, and together fit `max_bytes` as f64.
    pub(crate) fn check_agreement(&self, test: &Self, max_bytes: u64) -> Result<(), Error> {
        // Grey pictures may have their one channel or not.
        if (self.image_shape(), self.features) != (test.image_shape(), test.features) {
            let examples = |split: &Self| format!("examples of shape {:?}", &split.shape[1..]);
            let rule = "training and test examples must have the same shape";
            return Err(self.disagreement(test, |split| &split.x_name, [examples(test), examples(self)], rule));
        }
        if self.x_element != test.x_element {
            let elements = |split: &Self| format!("{} elements", split.x_element.name());
            let rule = "both must have the same element type, so that they are scaled alike";
            return Err(self.disagreement(test, |split| &split.x_name, [elements(test), elements(self)], rule));
        }
        if self.outputs != test.outputs {
            let columns = [count(test.outputs, "column"), self.outputs.to_string()];
            let rule = "training and test targets must have the same";
            return Err(self.disagreement(test, |split| &split.y_name, columns, rule));
        }
        self.check_columns(test)?;
        // Each fits alone, so neither product overflows.
        let decoded = |split: &Self| split.examples as u64 * split.features as u64 * DECODED;
        let rest = max_bytes - decoded(self);
        if decoded(test) > rest {
            let needed = decoded(test).to_string();
            let problem = Problem::TooLarge { shape: test.shape.clone(), needed, limit: rest };
            return Err(test.in_x(problem));
        }
        Ok(())
    }

    /// Checks that `self` and `test` name no column differently.
    pub(crate) fn check_columns(&self, test: &Self) -> Result<(), Error> {
        let Some(OtherColumn { dataset, place, own, other }) = self.columns.difference(&test.columns) else {
            return Ok(());
        };
        let own_file = self.file.path().display();
        let names =
            format!("`{dataset}` has {other:?} for {place}, but `{dataset}` of {own_file} has {own:?} for {place}");
        let rule = "training and test examples must have the same columns in one order";
        Err(Error::file(test.file.path(), format!("dataset {names}; {rule}")))
    }
}

/// Returns `[height, width, channels]` of examples of shape `[m, h, w, c]`, or `[m, h, w]` if they are grey.
pub(crate) fn image_shape(shape: &[usize]) -> Option<[usize; 3]> {
    match *shape {
        [_, height, width] => Some([height, width, 1]),
        [_, height, width, channels] => Some([height, width, channels]),
        _ => None,
    }
}

/// Checks and returns the shape and the element type of pictures or features; decoded to f64 they must fit `max_bytes`.
pub(crate) fn check_x(file: &DataFile, x: &Dataset, max_bytes: u64) -> Result<(Vec<usize>, ElementType), Problem> {
    const ALLOWED: &str = "[m, h, w, c], [m, h, w] or [m, features], each at least 1";
    let shape = x.space()?.shape();
    if !matches!(shape.len(), 2..=4) || shape.contains(&0) {
        return Err(Problem::Shape { found: shape, allowed: ALLOWED });
    }
    let found = x.dtype()?;
    let Some(element) = ElementType::holding(&found) else {
        return Err(Problem::Type { found: describe(&found), allowed: NUMBERS });
    };
    check_size(file, x, &shape, found.size() as u64, max_bytes)?;
    Ok((shape, element))
}

/// Checks and returns the shape of the targets as `[m, n]`, m targets of n numbers, and their element type.
fn check_y(
    file: &DataFile,
    y: &Dataset,
    examples: usize,
    max_bytes: u64,
) -> Result<([usize; 2], ElementType), Problem> {
    const ALLOWED: &str = "[m], [1, m], [m, 1] or [m, outputs], each at least 1";
    let shape = y.space()?.shape();
    let targets = match shape[..] {
        [m] if m > 0 => [m, 1],
        [1, m] if m > 0 && examples != 1 => [m, 1],
        [m, n] if m > 0 && n > 0 => [m, n],
        _ => return Err(Problem::Shape { found: shape, allowed: ALLOWED }),
    };
    let found = y.dtype()?;
    let Some(element) = ElementType::holding(&found) else {
        return Err(Problem::Type { found: describe(&found), allowed: NUMBERS });
    };
    check_size(file, y, &shape, found.size() as u64, max_bytes)?;
    Ok((targets, element))
}

/// Checks the declared size against `max_bytes` once decoded, and against what the file stores.
fn check_size(file: &DataFile, dataset: &Dataset, shape: &[usize], size: u64, max_bytes: u64) -> Result<(), Problem> {
    check_decoded(shape, max_bytes)?;
    // No larger than the decoded bytes, since no element is wider than f64.
    let declared = checked_bytes(shape, size).unwrap_or(u64::MAX);
    storage::check(file, dataset, declared, max_bytes)
}
