//! What every kind of source comes to: a summary of all its examples, and then the examples one by one.

use super::encoding::Encoding;
use super::error::Error;
use crate::contract::targets::Targets;
use crate::split::features::FeatureType;

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

    pub(super) fn clear(&mut self) {
        match self {
            FeatureBuffer::U8(values) => values.clear(),
            FeatureBuffer::F32(values) => values.clear(),
            FeatureBuffer::F64(values) => values.clear(),
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        match self {
            FeatureBuffer::U8(values) => size_of_val(values.as_slice()),
            FeatureBuffer::F32(values) => size_of_val(values.as_slice()),
            FeatureBuffer::F64(values) => size_of_val(values.as_slice()),
        }
    }
}

/// What is known of a source before its features are read, or after they were read once and left.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    /// The shape of an example: `[features]`, or `[height, width, channels]` of a picture.
    pub(super) shape: Vec<usize>,
    pub(super) feature_type: FeatureType,
    pub(super) targets: SourceTargets,
    /// A name for each feature, where more was done to them than to read them.
    pub(super) feature_names: Vec<String>,
    /// What a missing cell became, for each feature, where some were filled.
    pub(super) fillings: Vec<f64>,
}

impl Summary {
    pub(super) fn new(shape: Vec<usize>, feature_type: FeatureType, targets: SourceTargets) -> Self {
        Summary { shape, feature_type, targets, feature_names: Vec::new(), fillings: Vec::new() }
    }
}

/// The right answers of all examples.
#[derive(Clone, Debug)]
pub(super) enum SourceTargets {
    /// The label of each example as an index into `names`, which are distinct.
    Labels { codes: Vec<u32>, names: Vec<String> },
    /// Class numbers or values, to be kept as they are.
    Final(Targets),
}

impl SourceTargets {
    pub(super) fn examples(&self) -> usize {
        match self {
            SourceTargets::Labels { codes, .. } => codes.len(),
            SourceTargets::Final(targets) => targets.examples(),
        }
    }
}

/// Examples that can be read.
pub(super) trait Source {
    /// What they are.
    fn summary(&self) -> &Summary;

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
    fn read(&self) -> Result<Box<dyn ExampleReader + '_>, Error>;

    /// Something that a person should know before the features are read.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// The features of the examples of a [`Source`], in its order.
pub(super) trait ExampleReader {
    /// Adds those of the next example, as many as the summary says.
    fn next(&mut self, buffer: &mut FeatureBuffer) -> Result<(), Error>;

    /// Checks, once every example was read, that nothing is left; something that a person should know of what was read.
    fn end(&mut self) -> Result<Option<String>, Error>;
}
