//! What nets are to answer: a class of K, or n real values, for each example; settled for training and test examples together.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::contract::CheckedPart;
use super::error::{Error, Problem};
use super::numbers::Numbers;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Task {
    /// To tell K classes apart, 2 to [`MOST_CLASSES`]; every label is below K.
    Classes(usize),
    /// To give n values, at least 1.
    Values(usize),
}

/// What the targets of a data set are said to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum TargetsChoice {
    /// Integers of one column are classes, and integers of several where each row is one-hot; everything else is values.
    #[default]
    Auto,
    /// One of these, whatever they look like.
    Said(Meaning),
}

/// What the numbers of targets mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Meaning {
    /// A column of class numbers.
    Classes,
    /// A column for each value.
    Values,
    /// A column for each class: 1 in that of the example's own, else 0.
    OneHot,
}

impl Meaning {
    /// `classes`, `values` or `one-hot`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classes => "classes",
            Self::Values => "values",
            Self::OneHot => "one-hot",
        }
    }
}

impl TargetsChoice {
    /// Every choice, in the order of the documentation.
    pub const ALL: [Self; 4] =
        [Self::Auto, Self::Said(Meaning::Classes), Self::Said(Meaning::Values), Self::Said(Meaning::OneHot)];

    /// Its name in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Said(meaning) => meaning.name(),
        }
    }
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
            // Rows of values must stay whole: what is selected comes column by column.
            Self::Values(values) => Self::Values(values.select(Axis(1), examples).as_standard_layout().into_owned()),
        }
    }

    /// Of `classes` those that no example is of; none where the targets are values.
    pub fn without_example(&self, classes: usize) -> Vec<usize> {
        let Self::Classes(labels) = self else { return Vec::new() };
        let mut seen = vec![false; classes];
        labels.iter().for_each(|&label| seen[label as usize] = true);
        (0..classes).filter(|&class| !seen[class]).collect()
    }
}

/// The targets of both parts, and what they mean.
pub(super) struct Settled {
    pub(super) train: Targets,
    pub(super) test: Option<Targets>,
    pub(super) task: Task,
    pub(super) meaning: Meaning,
    /// What a trial's id says of the meaning: nothing where it is what releases without `data.targets` took the numbers for.
    pub(super) said: Option<&'static str>,
}

/// Settles what the targets of training examples, and of test examples where there are any, are.
///
/// `classes` names classes, or is empty.
pub(super) fn settle(
    choice: TargetsChoice,
    (train, numbers): (&CheckedPart, Numbers),
    test: Option<(&CheckedPart, Numbers)>,
    classes: &[String],
) -> Result<Settled, Error> {
    // A mark in one file is for both.
    let marked = numbers.marked || test.as_ref().is_some_and(|(_, numbers)| numbers.marked);
    let numbers = Numbers { marked, ..numbers };
    let test = test.map(|(part, numbers)| (part, Numbers { marked, ..numbers }));

    let meaning = numbers.meaning(choice);
    if let Some((part, test)) = &test {
        agree((train, meaning), (part, test.meaning(choice)))?;
    }
    let looked_like = match &test {
        Some((_, test)) if test.looked_like() == Meaning::Values => Meaning::Values,
        _ => numbers.looked_like(),
    };
    let columns = numbers.rows.ncols();
    let of = |part: &CheckedPart, numbers: Numbers| -> Result<Targets, Error> {
        let targets = numbers.targets(meaning).map_err(|problem| problem.of(part.file.path(), &part.y_name))?;
        check_named(&targets, classes.len()).map_err(|problem| problem.of(part.file.path(), &part.y_name))?;
        Ok(targets)
    };
    let train_targets = of(train, numbers)?;
    let (test_part, test_targets) = match test {
        Some((part, numbers)) => (Some(part), Some(of(part, numbers)?)),
        None => (None, None),
    };
    if meaning == Meaning::Classes {
        check_numbered(&train_targets, classes.len())
            .map_err(|problem| problem.of(train.file.path(), &train.y_name))?;
    }
    let task = match meaning {
        Meaning::OneHot if !classes.is_empty() && classes.len() != columns => {
            let names = classes.len();
            let problem = Problem::Targets(format!("its rows have {columns} columns, but {names} classes are named"));
            return Err(problem.of(train.file.path(), &train.y_name));
        }
        Meaning::OneHot => Task::Classes(columns),
        _ => task([Some(&train_targets), test_targets.as_ref()].into_iter().flatten(), classes.len()),
    };
    if let (Some(part), Some(test)) = (test_part, &test_targets) {
        check_trained(&train_targets, test).map_err(|problem| problem.of(part.file.path(), &part.y_name))?;
    }
    let said = (meaning != looked_like).then(|| meaning.name());
    Ok(Settled { train: train_targets, test: test_targets, task, meaning, said })
}

/// Checks that both parts look like the same.
fn agree((train, wanted): (&CheckedPart, Meaning), (test, found): (&CheckedPart, Meaning)) -> Result<(), Error> {
    let words = |meaning| match meaning {
        Meaning::Classes => "class numbers (integers)",
        Meaning::Values => "values",
        Meaning::OneHot => "one-hot rows",
    };
    if wanted == found {
        return Ok(());
    }
    Err(Error::Disagree {
        path: test.file.path().to_owned(),
        dataset: test.y_name.clone(),
        found: words(found).to_owned(),
        other: format!("`{}` of {} has {}", train.y_name, train.file.path().display(), words(wanted)),
        rule: "both must be the same, or data.targets say what both are",
    })
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

/// Labels that don't count from 0, where no names say that there is a class 0 all the same.
pub(super) fn check_numbered(targets: &Targets, names: usize) -> Result<(), Problem> {
    let Targets::Classes(labels) = targets else { return Ok(()) };
    match (labels.iter().min(), labels.iter().max()) {
        (Some(&min), Some(&max)) if min > 0 && names == 0 => Err(Problem::NoClass0 { min, max }),
        _ => Ok(()),
    }
}

/// A test label that no training example has.
pub(super) fn check_trained(train: &Targets, test: &Targets) -> Result<(), Problem> {
    let (Targets::Classes(train), Targets::Classes(test)) = (train, test) else { return Ok(()) };
    let mut known = vec![false; MOST_CLASSES];
    train.iter().for_each(|&label| known[label as usize] = true);
    match test.iter().position(|&label| !known[label as usize]) {
        Some(row) => Err(Problem::Untrained { label: test[row], row }),
        None => Ok(()),
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
