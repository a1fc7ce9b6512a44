//! The targets of a net: a class of K, or n real values, for each example.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

/// The targets of a split, one for each example.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The number of each example's class, from 0.
    Classes(Vec<u32>),
    /// n finite values: n × examples.
    Values(Array2<f64>),
}

/// The task of a net, the same for training and test examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Task {
    /// Classification into K classes, 2 to [`MOST_CLASSES`](crate::MOST_CLASSES); every label is below K.
    Classes(usize),
    /// Regression of n values, at least 1.
    Values(usize),
}

/// The declared kind of a data set's targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum TargetsChoice {
    /// Classes if they are integers of one column, or one-hot rows of integers; else values.
    #[default]
    Auto,
    /// This kind, whatever they look like.
    Declared(TargetKind),
}

/// A kind of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum TargetKind {
    /// A column of class numbers.
    Classes,
    /// A column for each value.
    Values,
    /// A column for each class: 1 in the column of the example's class, else 0.
    OneHot,
}

impl TargetKind {
    /// Returns `classes`, `values` or `one-hot`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classes => "classes",
            Self::Values => "values",
            Self::OneHot => "one-hot",
        }
    }
}

impl TargetsChoice {
    /// Every choice with its name in an experiment, in the order of the documentation.
    pub const ALL: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        (TargetKind::Classes.name(), Self::Declared(TargetKind::Classes)),
        (TargetKind::Values.name(), Self::Declared(TargetKind::Values)),
        (TargetKind::OneHot.name(), Self::Declared(TargetKind::OneHot)),
    ];
}

impl Targets {
    /// Returns the number of examples m.
    pub fn examples(&self) -> usize {
        match self {
            Self::Classes(labels) => labels.len(),
            Self::Values(values) => values.ncols(),
        }
    }

    /// Selects the targets of these examples, in this order.
    pub(crate) fn select(&self, examples: &[usize]) -> Self {
        match self {
            Self::Classes(labels) => Self::Classes(examples.iter().map(|&example| labels[example]).collect()),
            // `select` lays the chosen examples out column by column; rows must be contiguous.
            Self::Values(values) => Self::Values(values.select(Axis(1), examples).as_standard_layout().into_owned()),
        }
    }

    /// Lists the classes below `classes` that have no example; an empty list if the targets are values.
    pub fn without_example(&self, classes: usize) -> Vec<usize> {
        let Self::Classes(labels) = self else { return Vec::new() };
        let mut seen = vec![false; classes];
        labels.iter().for_each(|&label| seen[label as usize] = true);
        (0..classes).filter(|&class| !seen[class]).collect()
    }
}
