//! The kind of the targets, agreed for training and test examples together.

use crate::contract::checked_split::CheckedSplit;
use crate::contract::error::Error;
use crate::contract::problem::{MOST_CLASSES, Problem};
use crate::contract::target_matrix::TargetMatrix;
use crate::contract::targets::{TargetKind, Targets, TargetsChoice, Task};

/// The targets of both splits, and their kind.
pub(crate) struct AgreedTargets {
    pub(crate) train: Targets,
    pub(crate) test: Option<Targets>,
    pub(crate) task: Task,
    pub(crate) target_kind: TargetKind,
    /// The name of `target_kind` for a trial's id; `None` if it is the kind that releases without `data.targets` assumed.
    pub(crate) kind_in_id: Option<&'static str>,
    /// True if the task has more classes than the labels, because the names say so.
    pub(crate) named_beyond_labels: bool,
}

/// Determines the kind of the targets of the training examples and of the test examples, if there are any, and converts them.
/// `classes` are the names of the classes, or empty.
///
/// # Errors
/// For the first breach of the contract.
pub(crate) fn agree_on_targets(
    choice: TargetsChoice,
    (train, numbers): (&CheckedSplit, TargetMatrix),
    test: Option<(&CheckedSplit, TargetMatrix)>,
    classes: &[String],
) -> Result<AgreedTargets, Error> {
    // A mark as values in one file holds for both.
    let marked = numbers.marked || test.as_ref().is_some_and(|(_, numbers)| numbers.marked);
    let numbers = TargetMatrix { marked, ..numbers };
    let test = test.map(|(split, numbers)| (split, TargetMatrix { marked, ..numbers }));

    let target_kind = numbers.target_kind(choice);
    if let Some((split, test)) = &test {
        agree((train, target_kind), (split, test.target_kind(choice)))?;
    }
    let legacy_kind = match &test {
        Some((_, test)) if test.legacy_kind() == TargetKind::Values => TargetKind::Values,
        _ => numbers.legacy_kind(),
    };
    let columns = numbers.rows.ncols();
    let convert = |split: &CheckedSplit, numbers: TargetMatrix| -> Result<Targets, Error> {
        let targets = numbers.targets(target_kind).map_err(|problem| split.in_y(problem))?;
        check_named(&targets, classes.len()).map_err(|problem| split.in_y(problem))?;
        Ok(targets)
    };
    let train_targets = convert(train, numbers)?;
    let (test_split, test_targets) = match test {
        Some((split, numbers)) => (Some(split), Some(convert(split, numbers)?)),
        None => (None, None),
    };
    if target_kind == TargetKind::Classes {
        check_numbered(&train_targets, classes.len()).map_err(|problem| train.in_y(problem))?;
    }
    let numbered = task([Some(&train_targets), test_targets.as_ref()].into_iter().flatten(), 0);
    let task = match target_kind {
        TargetKind::OneHot if !classes.is_empty() && classes.len() != columns => {
            let names = classes.len();
            let problem = Problem::Breach(format!("its rows have {columns} columns, but {names} classes are named"));
            return Err(train.in_y(problem));
        }
        TargetKind::OneHot => Task::Classes(columns),
        _ => task([Some(&train_targets), test_targets.as_ref()].into_iter().flatten(), classes.len()),
    };
    if let (Some(split), Some(test)) = (test_split, &test_targets) {
        check_trained(&train_targets, test).map_err(|problem| split.in_y(problem))?;
    }
    let kind_in_id = (target_kind != legacy_kind).then(|| target_kind.name());
    let named_beyond_labels = target_kind == TargetKind::Classes && task != numbered;
    Ok(AgreedTargets { train: train_targets, test: test_targets, task, target_kind, kind_in_id, named_beyond_labels })
}

/// Checks that the targets of both splits have the same kind.
fn agree(
    (train, wanted): (&CheckedSplit, TargetKind),
    (test, found): (&CheckedSplit, TargetKind),
) -> Result<(), Error> {
    let words = |target_kind| match target_kind {
        TargetKind::Classes => "class numbers (integers)",
        TargetKind::Values => "values",
        TargetKind::OneHot => "one-hot rows",
    };
    if wanted == found {
        return Ok(());
    }
    let rule = "both must be the same, or data.targets say what both are";
    Err(train.disagreement(test, |split| &split.y_name, [found, wanted].map(|kind| words(kind).to_owned()), rule))
}

/// Refuses a label beyond the class names, if there are names.
pub(crate) fn check_named(targets: &Targets, names: usize) -> Result<(), Problem> {
    match targets {
        Targets::Classes(labels) if names > 0 => match labels.iter().max() {
            Some(&label) if label as usize >= names.max(2) => Err(Problem::Breach(format!(
                "label {label} has no name: {names} classes are named, so labels must be below {names}"
            ))),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Refuses labels that don't count from 0, unless the classes are named: then class 0 has a name, though no example.
pub(crate) fn check_numbered(targets: &Targets, names: usize) -> Result<(), Problem> {
    let Targets::Classes(labels) = targets else { return Ok(()) };
    match (labels.iter().min(), labels.iter().max()) {
        (Some(&min), Some(&max)) if min > 0 && names == 0 => Err(Problem::Breach(format!(
            "labels {min} to {max}, and classes are numbered from 0, of which no example is: write each label - {min}, or \
             name the classes from 0 in `list_classes`; or data.targets = \"values\", if they are not classes"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a test label that no training example has.
pub(crate) fn check_trained(train: &Targets, test: &Targets) -> Result<(), Problem> {
    let (Targets::Classes(train), Targets::Classes(test)) = (train, test) else { return Ok(()) };
    let mut known = vec![false; MOST_CLASSES];
    train.iter().for_each(|&label| known[label as usize] = true);
    match test.iter().position(|&label| !known[label as usize]) {
        Some(row) => Err(Problem::Breach(format!(
            "the label of row {row} is {}, which no training example has; a net can't learn that class",
            test[row]
        ))),
        None => Ok(()),
    }
}

/// Returns the task that these targets ask for. K is the number of class names, else the largest label + 1, and at least 2.
pub(crate) fn task<'t>(splits: impl IntoIterator<Item = &'t Targets>, names: usize) -> Task {
    let task_of = |targets: &Targets| match targets {
        Targets::Classes(labels) => Task::Classes(labels.iter().max().map_or(0, |&label| label as usize + 1)),
        Targets::Values(values) => Task::Values(values.nrows()),
    };
    let largest = |most, targets| match (most, task_of(targets)) {
        (Task::Classes(most), Task::Classes(count)) => Task::Classes(count.max(most)),
        (_, values) => values,
    };
    splits.into_iter().fold(Task::Classes(names.max(2)), largest)
}
