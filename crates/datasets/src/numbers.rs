//! Targets as the numbers that a file holds, and what they can mean.

use hdf5::H5Type;
use ndarray::{Array2, ArrayView1};

use super::contract::CheckedPart;
use super::error::Problem;
use super::part::{exact, finite};
use super::read::{Element, elements};
use super::targets::{MOST_CLASSES, Meaning, Targets, TargetsChoice};

/// The targets of a part as numbers, before it is settled what they mean.
pub(crate) struct Numbers {
    /// m × columns.
    pub(crate) rows: Array2<f64>,
    /// Whether their elements are floats.
    pub(crate) is_float: bool,
    /// Whether they are marked as values.
    pub(crate) marked: bool,
}

impl Numbers {
    /// Reads them: finite, and exact where they are integers.
    pub(super) fn read(part: &CheckedPart, choice: TargetsChoice) -> Result<Self, Problem> {
        let rows = match part.y_element {
            Element::Bool | Element::U8 => integers::<u8>(part, choice),
            Element::I8 => integers::<i8>(part, choice),
            Element::U16 => integers::<u16>(part, choice),
            Element::I16 => integers::<i16>(part, choice),
            Element::U32 => integers::<u32>(part, choice),
            Element::I32 => integers::<i32>(part, choice),
            Element::U64 => integers::<u64>(part, choice),
            Element::I64 => integers::<i64>(part, choice),
            Element::F32 => floats::<f32>(part),
            Element::F64 => floats::<f64>(part),
        }?;
        Ok(Numbers { rows, is_float: part.y_element.is_float(), marked: part.marked })
    }

    /// What they are said to be, or else what they look like.
    pub(crate) fn meaning(&self, choice: TargetsChoice) -> Meaning {
        match choice {
            TargetsChoice::Said(meaning) => meaning,
            TargetsChoice::Auto if self.marked || self.is_float => Meaning::Values,
            TargetsChoice::Auto if self.rows.ncols() == 1 => Meaning::Classes,
            TargetsChoice::Auto if self.one_hot().is_ok() => Meaning::OneHot,
            TargetsChoice::Auto => Meaning::Values,
        }
    }

    /// The same as targets.
    pub(crate) fn targets(self, meaning: Meaning) -> Result<Targets, Problem> {
        let columns = self.rows.ncols();
        match meaning {
            Meaning::Values => Ok(Targets::Values(self.rows.reversed_axes().as_standard_layout().into_owned())),
            Meaning::OneHot => self.one_hot().map(Targets::Classes),
            Meaning::Classes if columns > 1 => Err(Problem::Targets(format!(
                "its rows have {columns} columns; the numbers of classes are one column (several are one-hot, or values)"
            ))),
            Meaning::Classes => {
                let bad = self.rows.iter().enumerate().find(|&(_, &value)| !is_label(value));
                bad.map_or(Ok(()), |(row, &value)| Err(Problem::NoLabel { row, value }))?;
                Ok(Targets::Classes(self.rows.iter().map(|&label| label as u32).collect()))
            }
        }
    }

    /// The column of each row's 1.
    pub(crate) fn one_hot(&self) -> Result<Vec<u32>, Problem> {
        if self.rows.ncols() < 2 {
            let problem = "its rows have one column; one-hot rows have a column for each class, at least 2";
            return Err(Problem::Targets(problem.to_owned()));
        }
        let hot = |(row, values): (usize, ArrayView1<f64>)| {
            let ones = values.iter().filter(|&&value| value == 1.0).count();
            let zeros = values.iter().filter(|&&value| value == 0.0).count();
            let one = values.iter().position(|&value| value == 1.0);
            one.filter(|_| ones == 1 && zeros + 1 == values.len()).map(|class| class as u32).ok_or_else(|| {
                Problem::Targets(format!("row {row} is not one-hot, a single 1 and else 0 (values may be any numbers)"))
            })
        };
        self.rows.outer_iter().enumerate().map(hot).collect()
    }

    /// What releases without `data.targets` took them for.
    pub(super) fn looked_like(&self) -> Meaning {
        let labels = !self.marked && self.rows.ncols() == 1 && self.rows.iter().all(|&value| is_label(value));
        if labels { Meaning::Classes } else { Meaning::Values }
    }
}

fn is_label(value: f64) -> bool {
    value.fract() == 0.0 && (0.0..MOST_CLASSES as f64).contains(&value)
}

fn integers<T>(part: &CheckedPart, choice: TargetsChoice) -> Result<Array2<f64>, Problem>
where
    T: H5Type + Copy + Default + Into<i128>,
{
    let values = elements::<T>(&part.y, part.examples * part.outputs)?;
    let labels = match choice {
        TargetsChoice::Auto => part.outputs == 1 && !part.marked,
        TargetsChoice::Said(meaning) => part.outputs == 1 && meaning == Meaning::Classes,
    };
    let whole = || values.iter().map(|&label| -> i128 { label.into() });
    let (min, max) = (whole().min().unwrap_or(0), whole().max().unwrap_or(0));
    if labels && (min < 0 || max >= MOST_CLASSES as i128) {
        return Err(Problem::Labels { min, max });
    }
    exact(rows(part, values)?)
}

fn floats<T>(part: &CheckedPart) -> Result<Array2<f64>, Problem>
where
    T: H5Type + Copy + Default + Into<f64>,
{
    Ok(finite(rows(part, elements::<T>(&part.y, part.examples * part.outputs)?)?)?.mapv(Into::into))
}

fn rows<T>(part: &CheckedPart, values: Vec<T>) -> Result<Array2<T>, Problem> {
    let shape = (part.examples, part.outputs);
    Array2::from_shape_vec(shape, values).map_err(|error| Problem::Library { reason: error.to_string() })
}
