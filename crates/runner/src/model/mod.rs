//! Trained nets: their files (`model.h5`, see docs/model-format.md), outputs and evaluation.

mod attributes;
mod digest;
mod error;
mod evaluation;
pub mod export;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

use kernels::{Accumulate, Call, LayerShape, Real, WrongProduct, self_check};
use ndarray::{Array2, ArrayView1, Axis};
use net::{Cache, Chain, Cost, chunk_sizes};
use serde_json::Value;

pub use self::error::Error;
pub use self::evaluation::{Confusion, Evaluation, Mistake};
use crate::spec::trial::Dtype;
use datasets::{ColumnNames, FeatureType, Features, OtherColumn, Scaling, Task};

/// The name of the format in a model file.
pub const FORMAT: &str = "layerchain-model";
/// The version of the format that is written, and the only one that is read.
pub const VERSION: i64 = 1;
/// The most bytes that the weights of a model may take, each counted as 8.
pub const MOST_BYTES: u64 = 1 << 36;

/// The layers of a net, in the element type that it was trained in.
#[derive(Clone, Debug)]
pub enum Net {
    /// 32-bit floating point.
    F32(Chain<f32>),
    /// 64-bit floating point.
    F64(Chain<f64>),
}

/// A trained net with everything that a prediction needs.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its layers.
    pub net: Net,
    /// The element type of the examples that it was trained on, before they were scaled.
    pub input: FeatureType,
    /// `[height, width, channels]` of those examples, if they are pictures.
    pub image_shape: Option<[usize; 3]>,
    /// The scaling of each feature before the net sees it.
    pub scaling: Scaling,
    /// The names of the classes, label 0 first; empty if they have no names, or the model is a regression.
    pub classes: Vec<String>,
    /// The names of the columns that its examples were made from, if they have any.
    pub columns: ColumnNames,
    /// Its provenance: a JSON object that describes its training.
    pub provenance: Value,
}

impl Net {
    /// Returns the element type.
    pub fn dtype(&self) -> Dtype {
        match self {
            Net::F32(_) => Dtype::F32,
            Net::F64(_) => Dtype::F64,
        }
    }

    /// Returns the cost, which says what the outputs are.
    pub fn cost(&self) -> Cost {
        match self {
            Net::F32(chain) => chain.cost(),
            Net::F64(chain) => chain.cost(),
        }
    }

    /// Returns `n[0]` to `n[L]`.
    pub fn widths(&self) -> Vec<usize> {
        fn widths<R: Real>(chain: &Chain<R>) -> Vec<usize> {
            let inputs = chain.layers.first().map(net::Layer::n_in);
            inputs.into_iter().chain(chain.layers.iter().map(net::Layer::n_out)).collect()
        }
        match self {
            Net::F32(chain) => widths(chain),
            Net::F64(chain) => widths(chain),
        }
    }

    /// Checks the BLAS at the shapes that this net multiplies `examples` at.
    ///
    /// # Errors
    /// The first wrong product.
    pub fn check_products(&self, examples: usize) -> Result<(), WrongProduct> {
        let widths = self.widths();
        let check = match self {
            Net::F32(_) => self_check::<f32>,
            Net::F64(_) => self_check::<f64>,
        };
        for examples in chunk_sizes(examples) {
            for n in widths.windows(2) {
                check(LayerShape { n_out: n[1], n_in: n[0], examples }, &[Call::forward(Accumulate::Replace)])?;
            }
        }
        Ok(())
    }
}

impl Model {
    /// Returns `n[0]`.
    pub fn features(&self) -> usize {
        self.net.widths()[0]
    }

    /// Returns K, the number of classes; `None` if it is a regression.
    pub fn class_count(&self) -> Option<usize> {
        match self.net.cost() {
            Cost::BinaryCrossEntropy => Some(2),
            Cost::SoftmaxCrossEntropy => self.net.widths().last().copied(),
            Cost::MeanSquaredError => None,
        }
    }

    /// Returns the task of the net: classes or values.
    pub fn task(&self) -> Task {
        let outputs = self.net.widths().last().copied().unwrap_or(0);
        self.class_count().map_or(Task::Values(outputs), Task::Classes)
    }

    /// Returns the name of a class, or else its number.
    pub fn class_name(&self, class: usize) -> String {
        self.classes.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Checks that examples have the features, element type and picture shape of those that the net was trained on, and that their
    /// columns have the same names, if both have any.
    ///
    /// # Errors
    /// If they are other features than the model takes; the message has both.
    pub fn takes(
        &self,
        pixels: &Features,
        image_shape: Option<[usize; 3]>,
        columns: &ColumnNames,
    ) -> Result<(), String> {
        let (features, found) = (self.features(), pixels.dim().1);
        if let (Some(trained), Some(found)) = (self.image_shape, image_shape)
            && trained != found
        {
            return Err(format!("its pictures are {found:?}, the model takes {trained:?} (height, width, channels)"));
        }
        if found != features {
            return Err(format!("its examples have {found} features, the model takes {features}"));
        }
        if pixels.element() != self.input {
            let (found, trained) = (pixels.element().name(), self.input.name());
            let scaled = match &self.scaling {
                Scaling::None => String::new(),
                scaling => format!(", scaled by {}", scaling.name()),
            };
            return Err(format!("its examples are {found}, the model takes {trained}{scaled}"));
        }
        if let Some(OtherColumn { dataset, place, own, other }) = self.columns.difference(columns) {
            return Err(format!("`{dataset}` beside it has {other:?} for {place}, the model takes {own:?} there"));
        }
        Ok(())
    }

    /// Returns `a[L]`, `n[L]` × examples: the probability of class 1, the probabilities of the classes, or values.
    ///
    /// # Panics
    /// If the examples aren't what [`Model::takes`].
    #[track_caller]
    pub fn outputs(&self, pixels: &Features) -> Array2<f64> {
        let n_out = self.net.widths().last().copied().unwrap_or(0);
        let mut outputs = Array2::zeros((n_out, pixels.dim().0));
        let mut put = |block: Range<usize>, a: Array2<f64>| outputs.slice_axis_mut(Axis(1), block.into()).assign(&a);
        match &self.net {
            Net::F32(chain) => each_block(chain, &self.scaling, pixels, |block, end| put(block, end.a.mapv(f64::from))),
            Net::F64(chain) => each_block(chain, &self.scaling, pixels, |block, end| put(block, end.a.clone())),
        }
        outputs
    }

    /// Returns the probability of each class from the outputs `a` of one example; `None` if it is a regression.
    pub fn probabilities(&self, a: ArrayView1<f64>) -> Option<Vec<f64>> {
        match self.net.cost() {
            Cost::BinaryCrossEntropy => Some(vec![1.0 - a[0], a[0]]),
            Cost::SoftmaxCrossEntropy => Some(a.to_vec()),
            Cost::MeanSquaredError => None,
        }
    }
}

/// Returns the most probable class, the first of equals: the rule of [`Cost::count_correct`], also for a sigmoid, whose
/// classes have the probabilities 1 - a and a.
pub fn most_probable(probabilities: &[f64]) -> usize {
    (1..probabilities.len())
        .fold(0, |best, class| if probabilities[class] > probabilities[best] { class } else { best })
}

/// Runs the forward pass in blocks of as many examples as in training, so that its memory doesn't grow with their
/// number.
fn each_block<R: Real>(
    chain: &Chain<R>,
    scaling: &Scaling,
    pixels: &Features,
    mut take: impl FnMut(Range<usize>, &Cache<R>),
) {
    let examples = pixels.dim().0;
    let at_once = chunk_sizes(examples).next().unwrap_or(1);
    for from in (0..examples).step_by(at_once) {
        let block = from..examples.min(from + at_once);
        let x = pixels.columns_of::<R>(block.clone(), scaling);
        let mut caches = chain.caches(block.len());
        take(block, chain.forward(x.view(), &mut caches));
    }
}
