//! The classes of training and test examples together: their order, and their names.

use std::collections::{BTreeSet, HashMap};

use ndarray::Array2;

use super::cell::{LONGEST_NAME, canonical};
use super::error::quoted;
use super::request::SplitName;
use super::source::SourceTargets;
use crate::contract::targets::Targets;

/// The targets of both splits with the same numbers for the same classes.
#[derive(Debug)]
pub(super) struct NumberedTargets {
    pub(super) train: Targets,
    /// `None` if the test examples are still among the training examples.
    pub(super) test: Option<Targets>,
    /// The names of the classes, label 0 first; empty if the labels are 0 to K - 1 already, and tell of K.
    pub(super) names: Vec<String>,
}

/// The split that an error is about, and the error.
pub(super) type Problem = (SplitName, String);

/// Numbers the classes of the training examples: in their order if their names are numbers, else in alphabetical order. Both splits get
/// the same numbers. Labels such as 1 and 1.0 are one class if all labels are plain numbers, and not codes such as 007 or names of folders.
///
/// # Errors
/// If the targets of the splits differ in kind, or a test example is of another class.
pub(super) fn number_classes(train: &SourceTargets, test: Option<&SourceTargets>) -> Result<NumberedTargets, Problem> {
    let other_kind = || {
        let problem = "its labels are of another kind than the training examples'; both must have one format";
        Err((SplitName::Test, problem.to_owned()))
    };
    match train {
        SourceTargets::Labels { codes, names, may_be_numbers } => {
            let tested: &[String] = if let Some(SourceTargets::Labels { names, .. }) = test { names } else { &[] };
            let are_plain = *may_be_numbers && names.iter().chain(tested).all(|name| canonical(name).is_some());
            let class_of =
                |name: &String| if are_plain { canonical(name) } else { None }.unwrap_or_else(|| name.clone());
            let classes: Vec<String> = names.iter().map(class_of).collect();
            let classes = sorted(&classes).map_err(|problem| (SplitName::Train, problem))?;
            let number_of: HashMap<&str, u32> =
                classes.iter().zip(0..).map(|(name, number)| (name.as_str(), number)).collect();
            let unknown = |name: &str| {
                // Two texts may be shown alike, such as é as one character and as two.
                let escaped = if name.is_ascii() { String::new() } else { format!(" ({})", name.escape_default()) };
                format!("label {}{escaped} is not among the training examples' labels", quoted(name))
            };
            let renumbered = |codes: &[u32], names: &[String]| {
                let number = |name| number_of.get(&*class_of(name)).copied().ok_or_else(|| unknown(name));
                let numbers: Vec<u32> = names.iter().map(number).collect::<Result<_, _>>()?;
                Ok(codes.iter().map(|&code| numbers[code as usize]).collect::<Vec<u32>>())
            };
            let train = renumbered(codes, names).map_err(|problem| (SplitName::Train, problem))?;
            let mut has_examples = vec![false; classes.len()];
            train.iter().for_each(|&class| has_examples[class as usize] = true);
            let test = match test {
                None => None,
                Some(SourceTargets::Labels { codes, names, .. }) => {
                    let in_test = |problem| (SplitName::Test, problem);
                    let test = renumbered(codes, names).map_err(in_test)?;
                    match test.iter().find(|&&class| !has_examples[class as usize]) {
                        Some(&class) => return Err(in_test(unknown(&classes[class as usize]))),
                        None => Some(Targets::Classes(test)),
                    }
                }
                Some(SourceTargets::Values(_)) => return other_kind(),
            };
            // Labels tell of every class themselves if the first and the last one have examples.
            let are_counted = classes.iter().enumerate().all(|(number, name)| *name == number.to_string())
                && [has_examples.first(), has_examples.last()] == [Some(&true); 2];
            let names = if are_counted { Vec::new() } else { classes };
            Ok(NumberedTargets { train: Targets::Classes(train), test, names })
        }
        SourceTargets::Values(train) => {
            let test = match test {
                None => None,
                Some(SourceTargets::Values(test)) => Some(test),
                Some(SourceTargets::Labels { .. }) => return other_kind(),
            };
            if let Some(test) = test.filter(|test| test.nrows() != train.nrows()) {
                let (found, wanted) = (test.nrows(), train.nrows());
                let problem = format!("{found} values for each example; the training examples have {wanted}");
                return Err((SplitName::Test, problem));
            }
            let targets = |values: &Array2<f64>| Targets::Values(values.clone());
            Ok(NumberedTargets { train: targets(train), test: test.map(targets), names: Vec::new() })
        }
    }
}

/// Sorts the names of the classes, each once: as numbers if all of them are, else by their letters.
fn sorted(names: &[String]) -> Result<Vec<String>, String> {
    for name in names {
        if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            let problem =
                format!("class {}: names have at most {LONGEST_NAME} bytes and no control characters", quoted(name));
            return Err(problem);
        }
    }
    let names: Vec<String> = names.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    if let [only] = &names[..] {
        return Err(format!("every label is {}; at least 2 classes are required", quoted(only)));
    }
    let numbers: Option<Vec<f64>> =
        names.iter().map(|name| name.parse().ok().filter(|number: &f64| number.is_finite())).collect();
    // A tie of numbers, as of 1 and 01, keeps the order of the letters.
    let Some(numbers) = numbers else { return Ok(names) };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    Ok(order.into_iter().map(|class| names[class].clone()).collect())
}
