//! Targets as the numbers of a file, and the kinds that they can have.

use hdf5::H5Type;
use ndarray::{Array2, ArrayView1};

use crate::contract::checked_split::CheckedSplit;
use crate::contract::element_type::{ElementType, exact, finite, rows};
use crate::contract::problem::{MOST_CLASSES, Problem};
use crate::contract::targets::{TargetKind, Targets, TargetsChoice};

/// The targets of a split as numbers, before their kind is agreed.
pub(crate) struct TargetMatrix {
    /// The values, m × columns.
    pub(crate) rows: Array2<f64>,
    /// True if the elements in the file are floats.
    pub(crate) is_float: bool,
    /// True if they are marked as values.
    pub(crate) marked: bool,
}

impl TargetMatrix {
    /// Reads the targets of `split`, and checks that they are finite and, if they are integers, exact in f64.
    pub(crate) fn read(split: &CheckedSplit, choice: TargetsChoice) -> Result<Self, Problem> {
        let rows = match split.y_element {
            ElementType::Bool | ElementType::U8 => integers::<u8>(split, choice),
            ElementType::I8 => integers::<i8>(split, choice),
            ElementType::U16 => integers::<u16>(split, choice),
            ElementType::I16 => integers::<i16>(split, choice),
            ElementType::U32 => integers::<u32>(split, choice),
            ElementType::I32 => integers::<i32>(split, choice),
            ElementType::U64 => integers::<u64>(split, choice),
            ElementType::I64 => integers::<i64>(split, choice),
            ElementType::F16 | ElementType::F32 => floats::<f32>(split),
            ElementType::F64 => floats::<f64>(split),
        }?;
        Ok(TargetMatrix { rows, is_float: split.y_element.is_float(), marked: split.marked })
    }

    /// Returns the declared kind, or else the kind that the values look like.
    pub(crate) fn target_kind(&self, choice: TargetsChoice) -> TargetKind {
        match choice {
            TargetsChoice::Declared(target_kind) => target_kind,
            TargetsChoice::Auto if self.marked || self.is_float => TargetKind::Values,
            TargetsChoice::Auto if self.rows.ncols() == 1 => TargetKind::Classes,
            TargetsChoice::Auto if self.one_hot().is_ok() => TargetKind::OneHot,
            TargetsChoice::Auto => TargetKind::Values,
        }
    }

    /// Converts the numbers to targets of this kind.
    pub(crate) fn targets(self, target_kind: TargetKind) -> Result<Targets, Problem> {
        let columns = self.rows.ncols();
        match target_kind {
            TargetKind::Values => Ok(Targets::Values(self.rows.reversed_axes().as_standard_layout().into_owned())),
            TargetKind::OneHot => self.one_hot().map(Targets::Classes),
            TargetKind::Classes if columns > 1 => Err(Problem::Breach(format!(
                "its rows have {columns} columns; the numbers of classes are one column (several are one-hot, or values)"
            ))),
            TargetKind::Classes => {
                let bad = self.rows.iter().enumerate().find(|&(_, &value)| !is_label(value));
                if let Some((row, value)) = bad {
                    return Err(Problem::Breach(format!(
                        "the value of row {row} is {value}; the number of a class is whole, from 0 to {}",
                        MOST_CLASSES - 1
                    )));
                }
                Ok(Targets::Classes(self.rows.iter().map(|&label| label as u32).collect()))
            }
        }
    }

    /// Returns the column of each row's 1.
    fn one_hot(&self) -> Result<Vec<u32>, Problem> {
        if self.rows.ncols() < 2 {
            let problem = "its rows have one column; one-hot rows have a column for each class, at least 2";
            return Err(Problem::Breach(problem.to_owned()));
        }
        let class_of = |(row, values): (usize, ArrayView1<f64>)| {
            let ones = values.iter().filter(|&&value| value == 1.0).count();
            let zeros = values.iter().filter(|&&value| value == 0.0).count();
            let one = values.iter().position(|&value| value == 1.0);
            one.filter(|_| ones == 1 && zeros + 1 == values.len()).map(|class| class as u32).ok_or_else(|| {
                Problem::Breach(format!("row {row} is not one-hot, a single 1 and else 0 (values may be any numbers)"))
            })
        };
        self.rows.outer_iter().enumerate().map(class_of).collect()
    }

    /// Returns the kind that releases without `data.targets` assumed.
    pub(crate) fn legacy_kind(&self) -> TargetKind {
        let labels = !self.marked && self.rows.ncols() == 1 && self.rows.iter().all(|&value| is_label(value));
        if labels { TargetKind::Classes } else { TargetKind::Values }
    }
}

fn is_label(value: f64) -> bool {
    value.fract() == 0.0 && (0.0..MOST_CLASSES as f64).contains(&value)
}

fn integers<T>(split: &CheckedSplit, choice: TargetsChoice) -> Result<Array2<f64>, Problem>
where
    T: H5Type + Copy + Default + Into<i128>,
{
    let values = rows::<T>(&split.y, (split.examples, split.outputs))?;
    // Whoever has declared classes is not told to declare values; nor is a trained net, which declares them for its data.
    let (labels, remedy) = match choice {
        TargetsChoice::Auto => (!split.marked, "; data.targets = \"values\" takes any number"),
        TargetsChoice::Declared(target_kind) => (target_kind == TargetKind::Classes, ""),
    };
    let whole = || values.iter().map(|&label| -> i128 { label.into() });
    let (min, max) = (whole().min().unwrap_or(0), whole().max().unwrap_or(0));
    if labels && split.outputs == 1 && (min < 0 || max >= MOST_CLASSES as i128) {
        return Err(Problem::Breach(format!(
            "labels {min} to {max}; classes are numbered from 0 to at most {}{remedy}",
            MOST_CLASSES - 1
        )));
    }
    exact(values)
}

fn floats<T>(split: &CheckedSplit) -> Result<Array2<f64>, Problem>
where
    T: H5Type + Copy + Default + Into<f64>,
{
    Ok(finite(rows::<T>(&split.y, (split.examples, split.outputs))?)?.mapv(Into::into))
}
