//! What nets are to answer: a class of K, or n real values, for each example.

use hdf5::H5Type;
use ndarray::{Array2, Axis};

use super::contract::CheckedPart;
use super::error::{Error, Problem};
use super::part::{exact, finite};
use super::read::{Element, elements};

/// The most classes, and hence the first label that is too large.
pub const MOST_CLASSES: usize = 1 << 16;

/// The right answers of a part, one an example.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The number of its class, from 0.
    Classes(Vec<u32>),
    /// n finite values: n × examples.
    Values(Array2<f64>),
}

/// What is asked of a net, the same of training and of test examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To tell K classes apart, 2 to [`MOST_CLASSES`]; every label is below K.
    Classes(usize),
    /// To give n values, at least 1.
    Values(usize),
}

impl Targets {
    /// The number of examples m.
    pub fn examples(&self) -> usize {
        match self {
            Self::Classes(labels) => labels.len(),
            Self::Values(values) => values.ncols(),
        }
    }

    /// The targets of these examples, in this order.
    pub(super) fn select(&self, examples: &[usize]) -> Self {
        match self {
            Self::Classes(labels) => Self::Classes(examples.iter().map(|&example| labels[example]).collect()),
            Self::Values(values) => Self::Values(values.select(Axis(1), examples)),
        }
    }

    /// Integers of one column are class labels. Floats of one column are, where each is whole and from 0 to 65,535.
    /// Several columns are values, and so is a column that is marked as such.
    pub(super) fn read(part: &CheckedPart) -> Result<Self, Problem> {
        match part.y_element {
            Element::U8 => integers::<u8>(part),
            Element::I8 => integers::<i8>(part),
            Element::U16 => integers::<u16>(part),
            Element::I16 => integers::<i16>(part),
            Element::U32 => integers::<u32>(part),
            Element::I32 => integers::<i32>(part),
            Element::U64 => integers::<u64>(part),
            Element::I64 => integers::<i64>(part),
            Element::F32 => floats::<f32>(part),
            Element::F64 => floats::<f64>(part),
        }
    }
}

/// Checks that both parts ask the same, and says what. Floats that are whole in one part and not in the other are
/// values in both.
///
/// `classes` names classes, or is empty.
pub(super) fn agree(
    (train, train_targets): (&CheckedPart, &mut Targets),
    (test, test_targets): (&CheckedPart, &mut Targets),
    classes: &[String],
) -> Result<Task, Error> {
    let disagree = |found: &str, other: &str| Error::Disagree {
        path: test.file.path().to_owned(),
        dataset: test.y_name.clone(),
        found: found.to_owned(),
        other: format!("`{}` of {} has {other}", train.y_name, train.file.path().display()),
        rule: "both must be labels (integers) or both values (floats)",
    };
    const LABELS: &str = "class labels";
    const VALUES: &str = "values that are no labels";
    match (&*train_targets, &*test_targets) {
        (Targets::Classes(labels), Targets::Values(_)) if train.y_element.is_float() => {
            *train_targets = as_values(labels);
        }
        (Targets::Values(_), Targets::Classes(labels)) if test.y_element.is_float() => {
            *test_targets = as_values(labels)
        }
        (Targets::Classes(_), Targets::Values(_)) => return Err(disagree(VALUES, LABELS)),
        (Targets::Values(_), Targets::Classes(_)) => return Err(disagree(LABELS, VALUES)),
        _ => {}
    }
    let known = classes.len();
    for (part, targets) in [(train, &*train_targets), (test, &*test_targets)] {
        check_named(targets, known).map_err(|problem| problem.of(part.file.path(), &part.y_name))?;
    }
    Ok(task([&*train_targets, &*test_targets], known))
}

/// A label beyond the class names, if there are any.
pub(super) fn check_named(targets: &Targets, names: usize) -> Result<(), Problem> {
    match targets {
        Targets::Classes(labels) if names > 0 => match labels.iter().max() {
            Some(&label) if label as usize >= names.max(2) => Err(Problem::Unnamed { label, names }),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// K is the number of class names, else the largest label + 1, and at least 2.
pub(super) fn task<'t>(parts: impl IntoIterator<Item = &'t Targets>, names: usize) -> Task {
    let asked = |targets: &Targets| match targets {
        Targets::Classes(labels) => Task::Classes(labels.iter().max().map_or(0, |&label| label as usize + 1)),
        Targets::Values(values) => Task::Values(values.nrows()),
    };
    let largest = |most, targets| match (most, asked(targets)) {
        (Task::Classes(most), Task::Classes(count)) => Task::Classes(count.max(most)),
        (_, values) => values,
    };
    parts.into_iter().fold(Task::Classes(names.max(2)), largest)
}

/// Labels that are floats in their file, as those floats.
fn as_values(labels: &[u32]) -> Targets {
    Targets::Values(Array2::from_shape_fn((1, labels.len()), |(_, example)| f64::from(labels[example])))
}

fn integers<T>(part: &CheckedPart) -> Result<Targets, Problem>
where
    T: H5Type + Copy + Default + Into<i128>,
{
    let values = elements::<T>(&part.y, part.examples * part.outputs)?;
    if part.values {
        return Ok(Targets::Values(transposed(exact(rows(part, values)?)?)));
    }
    let whole = || values.iter().map(|&label| -> i128 { label.into() });
    let (min, max) = (whole().min().unwrap_or(0), whole().max().unwrap_or(0));
    if min < 0 || max >= MOST_CLASSES as i128 {
        return Err(Problem::Labels { min, max });
    }
    Ok(Targets::Classes(whole().map(|label| label as u32).collect()))
}

fn floats<T>(part: &CheckedPart) -> Result<Targets, Problem>
where
    T: H5Type + Copy + Default + Into<f64>,
{
    let values = finite(rows(part, elements::<T>(&part.y, part.examples * part.outputs)?)?)?.mapv(Into::into);
    let labels = 0.0..MOST_CLASSES as f64;
    if !part.values && values.iter().all(|value| value.fract() == 0.0 && labels.contains(value)) {
        return Ok(Targets::Classes(values.iter().map(|&label| label as u32).collect()));
    }
    Ok(Targets::Values(transposed(values)))
}

fn rows<T>(part: &CheckedPart, values: Vec<T>) -> Result<Array2<T>, Problem> {
    let shape = (part.examples, part.outputs);
    Array2::from_shape_vec(shape, values).map_err(|error| Problem::Library { reason: error.to_string() })
}

fn transposed(values: Array2<f64>) -> Array2<f64> {
    values.reversed_axes().as_standard_layout().into_owned()
}
