//! The interface of every format: how it is recognised, and its reader, which gives a summary of all examples, and then the examples one
//! by one.

use ndarray::Array2;

use super::cell::number;
use super::encoding::Encoding;
use super::error::Error;
use super::request::{Progress, Request, SplitName};
use crate::contract::column_names::ColumnNames;
use crate::split::features::FeatureType;

/// The description of a format: how it is recognised, what it takes, and how it is opened.
pub(super) struct Rules {
    /// The name in messages.
    pub(super) name: &'static str,
    /// The paths of each split: 1, or 2 for examples and labels.
    pub(super) paths: usize,
    /// The options that apply to this format, but not to all.
    pub(super) options: &'static [&'static str],
    /// The test of whether a file that begins with these 4 bytes can be of the format.
    pub(super) begins: fn(&[u8]) -> bool,
    /// The endings of file names by which a file is recognised if no format recognises its bytes.
    pub(super) endings: &'static [&'static str],
    /// True if one source may hold both training and test examples.
    pub(super) holds_both: bool,
    /// The function that reads everything but the features from the source of one split.
    pub(super) open: Open,
}

/// A function that opens the source of one split.
type Open = for<'r> fn(&'r Request, SplitName, &mut Report) -> Result<Box<dyn Source + 'r>, Error>;

/// A function that reports progress, and fails if the import is to stop.
pub(super) type Report<'t> = dyn FnMut(Progress) -> Result<(), Error> + 't;

/// Features of examples, one example after another.
#[derive(Clone, Debug)]
pub(super) enum FeatureBuffer {
    U8(Vec<u8>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl FeatureBuffer {
    pub(super) fn new(feature_type: FeatureType) -> Self {
        match feature_type {
            FeatureType::U8 => FeatureBuffer::U8(Vec::new()),
            FeatureType::F32 => FeatureBuffer::F32(Vec::new()),
            FeatureType::F64 => FeatureBuffer::F64(Vec::new()),
        }
    }

    /// Returns the size of the values in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            FeatureBuffer::U8(values) => size_of_val(values.as_slice()),
            FeatureBuffer::F32(values) => size_of_val(values.as_slice()),
            FeatureBuffer::F64(values) => size_of_val(values.as_slice()),
        }
    }
}

/// The summary of a source, known before its features are read.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    /// The shape of an example: `[features]`, or `[height, width, channels]` of a picture.
    pub(super) shape: Vec<usize>,
    pub(super) feature_type: FeatureType,
    pub(super) targets: SourceTargets,
    pub(super) columns: ColumnNames,
    /// The replacement of a missing cell, for each feature; empty unless cells were filled.
    pub(super) fillings: Vec<f64>,
}

impl Summary {
    pub(super) fn new(shape: Vec<usize>, feature_type: FeatureType, targets: SourceTargets) -> Self {
        Summary { shape, feature_type, targets, columns: ColumnNames::default(), fillings: Vec::new() }
    }
}

/// The targets of all examples of a source.
#[derive(Clone, Debug)]
pub(super) enum SourceTargets {
    /// The label of each example as an index into `names`, which are distinct; with `may_be_numbers`, names that are the same number, such
    /// as 1 and 1.0, may be the same label.
    Labels { codes: Vec<u32>, names: Vec<String>, may_be_numbers: bool },
    /// Values, outputs × examples.
    Values(Array2<f64>),
}

impl SourceTargets {
    pub(super) fn examples(&self) -> usize {
        match self {
            SourceTargets::Labels { codes, .. } => codes.len(),
            SourceTargets::Values(values) => values.ncols(),
        }
    }

    /// Returns a remark if the labels are numbers of many classes, which may be meant as values.
    pub(super) fn may_be_values(&self) -> Option<String> {
        const FEWEST: usize = 20;
        let SourceTargets::Labels { codes, names, .. } = self else { return None };
        let (classes, examples) = (names.len(), codes.len());
        let are_many = classes >= FEWEST && classes.saturating_mul(10) > examples;
        (are_many && names.iter().all(|name| number(name.as_bytes()).is_some())).then(|| {
            let how = "--target COLUMN (of tables) or --targets values";
            format!(
                "the labels are numbers, {classes} different ones of {examples} examples; if they are values, use {how}"
            )
        })
    }
}

/// A source of examples.
pub(super) trait Source {
    /// Returns the summary of the examples.
    fn summary(&self) -> &Summary;

    /// Fits the encoding of the features to the training examples; called before the features are read.
    fn fit(&mut self, _is_training: &dyn Fn(usize) -> bool) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the fitted encoding, if there is one.
    fn encoding(&self) -> Option<&Encoding> {
        None
    }

    /// Sets the encoding, which was fitted to another source's training examples.
    fn use_encoding(&mut self, _encoding: &Encoding) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the names that the source itself gives to its features, if it does.
    fn names(&self) -> Option<Vec<&str>> {
        None
    }

    /// Returns the names that the source itself gives to its labels or values, if it does.
    fn target_names(&self) -> Option<Vec<&str>> {
        None
    }

    /// Starts reading the features, from the first example on.
    fn read(&self) -> Result<Box<dyn ExampleReader + '_>, Error>;

    /// Returns a remark for the person who imports, before the features are read.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// A reader of the features of a [`Source`], in its order.
pub(super) trait ExampleReader {
    /// Appends the features of the next example, as many as the summary says.
    fn next(&mut self, buffer: &mut FeatureBuffer) -> Result<(), Error>;

    /// Checks that nothing is left after the last example, and returns a remark on what was read, if there is one.
    fn end(&mut self) -> Result<Option<String>, Error>;
}
