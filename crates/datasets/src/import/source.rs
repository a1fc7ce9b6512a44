//! What every kind of source comes to: a survey of all its examples, and then the examples one by one.

use super::Error;
use super::encoding::Encoding;
use crate::targets::Targets;

/// The element type that features are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    U8,
    F32,
    F64,
}

/// Features of examples, one example after another.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    U8(Vec<u8>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Cells {
    pub(super) fn new(kept: Kept) -> Self {
        match kept {
            Kept::U8 => Cells::U8(Vec::new()),
            Kept::F32 => Cells::F32(Vec::new()),
            Kept::F64 => Cells::F64(Vec::new()),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Cells::U8(values) => values.clear(),
            Cells::F32(values) => values.clear(),
            Cells::F64(values) => values.clear(),
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Cells::U8(values) => size_of_val(values.as_slice()),
            Cells::F32(values) => size_of_val(values.as_slice()),
            Cells::F64(values) => size_of_val(values.as_slice()),
        }
    }
}

/// What is known of a source before its features are read, or after they were read once and left.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    /// The shape of an example: `[features]`, or `[height, width, channels]` of a picture.
    pub(super) shape: Vec<usize>,
    pub(super) kept: Kept,
    pub(super) answers: Answers,
    /// A name for each feature, where more was done to them than to read them.
    pub(super) feature_names: Vec<String>,
    /// What a missing cell became, for each feature, where some were filled.
    pub(super) fillings: Vec<f64>,
}

impl Survey {
    pub(super) fn new(shape: Vec<usize>, kept: Kept, answers: Answers) -> Self {
        Survey { shape, kept, answers, feature_names: Vec::new(), fillings: Vec::new() }
    }
}

/// The right answers of all examples.
#[derive(Clone, Debug)]
pub(super) enum Answers {
    /// `labels` are indices into `words`, which are distinct.
    Words { labels: Vec<u32>, words: Vec<String> },
    /// Class numbers or values, to be kept as they are.
    Known(Targets),
}

impl Answers {
    pub(super) fn examples(&self) -> usize {
        match self {
            Answers::Words { labels, .. } => labels.len(),
            Answers::Known(targets) => targets.examples(),
        }
    }
}

/// Examples that can be read.
pub(super) trait Source {
    /// What they are.
    fn survey(&self) -> &Survey;

    /// Learns what it takes to turn the features into numbers, from the examples that are for training; before they are read.
    fn learn(&mut self, _is_training: &dyn Fn(usize) -> bool) -> Result<(), Error> {
        Ok(())
    }

    /// What was learned, if there was anything to learn.
    fn encoding(&self) -> Option<&Encoding> {
        None
    }

    /// Takes over what was learned from training examples elsewhere.
    fn apply(&mut self, _encoding: &Encoding) -> Result<(), Error> {
        Ok(())
    }

    /// Their features from the first example on.
    fn read(&self) -> Result<Box<dyn Examples + '_>, Error>;

    /// Something that a person should know before the features are read.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// The features of the examples of a [`Source`], in its order.
pub(super) trait Examples {
    /// Adds those of the next example, as many as the survey says.
    fn next(&mut self, cells: &mut Cells) -> Result<(), Error>;

    /// Checks, once every example was read, that nothing is left; something that a person should know of what was read.
    fn end(&mut self) -> Result<Option<String>, Error>;
}
