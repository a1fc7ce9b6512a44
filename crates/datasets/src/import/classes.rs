//! The classes of training and test examples together: their order, and their names.

use std::collections::HashMap;

use ndarray::Array2;

use super::cell::LONGEST_NAME;
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
    /// The names of the classes, label 0 first; empty if the labels are 0 to K - 1 already.
    pub(super) names: Vec<String>,
}

/// The split that an error is about, and the error.
pub(super) type Problem = (SplitName, String);

/// Numbers the classes: numbers in their order, else texts in the order of their letters. The classes are those of the
/// training examples.
pub(super) fn number_classes(train: &SourceTargets, test: Option<&SourceTargets>) -> Result<NumberedTargets, Problem> {
    match (train, test) {
        (SourceTargets::Labels { codes: labels, names: words }, test) => {
            let order = sorted(words).map_err(|problem| (SplitName::Train, problem))?;
            let number_of: HashMap<&str, u32> =
                order.iter().zip(0..).map(|(word, number)| (word.as_str(), number)).collect();
            let renumbered = |labels: &[u32], words: &[String]| {
                let new = |word: &String| {
                    let unknown = || format!("label {} is not among the training examples' labels", quoted(word));
                    number_of.get(word.as_str()).copied().ok_or_else(unknown)
                };
                let new: Vec<u32> = words.iter().map(new).collect::<Result<_, _>>()?;
                Ok(Targets::Classes(labels.iter().map(|&label| new[label as usize]).collect()))
            };
            let train = renumbered(labels, words).map_err(|problem| (SplitName::Train, problem))?;
            let test = match test {
                None => None,
                Some(SourceTargets::Labels { codes: labels, names: words }) => {
                    Some(renumbered(labels, words).map_err(|problem| (SplitName::Test, problem))?)
                }
                Some(SourceTargets::Final(_)) => return Err((SplitName::Test, other_kind())),
            };
            let plain = order.iter().enumerate().all(|(number, word)| *word == number.to_string());
            Ok(NumberedTargets { train, test, names: if plain { Vec::new() } else { order } })
        }
        (SourceTargets::Final(train), None) => {
            Ok(NumberedTargets { train: train.clone(), test: None, names: Vec::new() })
        }
        (SourceTargets::Final(train), Some(SourceTargets::Final(test))) => {
            // Values that are whole by chance look like labels.
            let values = [train, test].iter().any(|targets| matches!(targets, Targets::Values(_)));
            let [train, test] = [train, test].map(|targets| if values { as_values(targets) } else { targets.clone() });
            if let (Targets::Values(train), Targets::Values(test)) = (&train, &test)
                && train.nrows() != test.nrows()
            {
                let problem =
                    format!("{} values an example; the training examples have {}", test.nrows(), train.nrows());
                return Err((SplitName::Test, problem));
            }
            Ok(NumberedTargets { train, test: Some(test), names: Vec::new() })
        }
        (SourceTargets::Final(_), Some(SourceTargets::Labels { .. })) => Err((SplitName::Test, other_kind())),
    }
}

fn other_kind() -> String {
    "its labels are of another kind than the training examples'; both must have one format".to_owned()
}

fn as_values(targets: &Targets) -> Targets {
    match targets {
        Targets::Values(_) => targets.clone(),
        Targets::Classes(labels) => {
            Targets::Values(Array2::from_shape_fn((1, labels.len()), |(_, example)| f64::from(labels[example])))
        }
    }
}

fn sorted(words: &[String]) -> Result<Vec<String>, String> {
    for word in words {
        if word.len() > LONGEST_NAME || word.chars().any(char::is_control) {
            let problem =
                format!("class {}: names have at most {LONGEST_NAME} bytes and no control characters", quoted(word));
            return Err(problem);
        }
    }
    if let [only] = words {
        return Err(format!("every label is {}; at least 2 classes are required", quoted(only)));
    }
    let numbers: Option<Vec<f64>> =
        words.iter().map(|word| word.parse().ok().filter(|number: &f64| number.is_finite())).collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
    match numbers {
        Some(numbers) => {
            order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then_with(|| words[a].cmp(&words[b])))
        }
        None => order.sort_by(|&a, &b| words[a].cmp(&words[b])),
    }
    Ok(order.into_iter().map(|word| words[word].clone()).collect())
}
