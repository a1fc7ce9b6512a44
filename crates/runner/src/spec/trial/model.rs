//! The keys of a net: layers, cost, element type and seed.

use kernels::Activation;
use net::Cost;

use super::{Dtype, TrialConfig};
use crate::spec::key::{Canonical, Key, Problem, RawTrial, keys};
use crate::spec::kind::{FRACTION, Integer, Kind, Real, SEED, WIDTH};
use crate::spec::lists::{Layers, PerLayer, Widths};
use crate::spec::names::{AutoOr, OneOf};
use datasets::text::count;

keys! {
    pub(super) KEYS;

    /// The number of layers with weights, the output layer among them.
    DEPTH: Integer = Key::new("model.depth", Integer { least: 1, most: 10_000 });
    /// The number of units of each hidden layer.
    MODEL_WIDTH: Integer = Key::new("model.width", WIDTH);
    /// A budget of weights and biases in place of a width: the net is the widest of its depth within it.
    PARAMETERS: Integer = Key::new("model.parameters", Integer { least: 1, most: 1 << 50 });
    /// The widths of the hidden layers, without the inputs and the output layer; or give depth and width.
    HIDDEN: Widths = Key::new("model.hidden", Widths);
    /// The activation of the hidden layers, one or a list with one for each hidden layer.
    ACTIVATION: PerLayer<OneOf<Activation>> =
        Key::new("model.activation", PerLayer(OneOf(&Activation::ALL))).or(|| Layers::Same(Activation::Relu));
    /// The cost, and with it the output layer; auto is binary-cross-entropy for 2 classes, softmax-cross-entropy for more,
    /// mean-squared-error for values.
    COST: AutoOr<Cost> = Key::new("model.cost", AutoOr(&Cost::ALL)).or(|| None);
    /// The share of units that inverted dropout leaves out, one or a list with one for each hidden layer.
    DROPOUT: PerLayer<Real> = Key::new("model.dropout", PerLayer(FRACTION)).or(|| Layers::Same(0.0))
        .only_with("a hidden layer", has_hidden_layers);
    /// The element type that a net is trained in.
    DTYPE: OneOf<Dtype> = Key::new("model.dtype", OneOf(&Dtype::ALL)).or(|| Dtype::F32);
    /// The seed that weights and dropout masks are drawn from.
    TRIAL_SEED: Integer = Key::new("seed", SEED).or(|| 1);
}

/// The cost that ids do not include: those of the first release, which had no other, would change.
pub(super) const COST_WITHOUT_NAME: Cost = Cost::BinaryCrossEntropy;

/// Returns whether the net has a hidden layer.
pub(super) fn has_hidden_layers(raw: &RawTrial) -> bool {
    raw.get(&HIDDEN).map_or(raw.get(&DEPTH) != Some(1), |hidden| !hidden.is_empty())
}

/// Reads the widths of the hidden layers.
pub(super) fn hidden(raw: &RawTrial) -> Result<Vec<usize>, Problem> {
    let (given, depth, width) = (raw.get(&HIDDEN), raw.get(&DEPTH), raw.get(&MODEL_WIDTH));
    let parameters = raw.get(&PARAMETERS);
    if parameters.is_some() && (width.is_some() || given.is_some()) {
        return Err(PARAMETERS.problem("give it with model.depth alone; it takes the place of width and hidden"));
    }
    // Width 1 is a placeholder: the budget determines the width once the data are known.
    let width = width.or(parameters.map(|_| 1));
    match (given, depth, width) {
        (Some(hidden), None, None) => Ok(hidden),
        (Some(_), _, _) => Err(HIDDEN.problem("give model.hidden, or model.depth and model.width, not both")),
        (None, Some(1), _) => Ok(Vec::new()),
        (None, Some(depth), Some(width)) => Ok(vec![width; depth - 1]),
        (None, None, _) => Err(DEPTH.problem("missing; give model.depth and model.width, or model.hidden")),
        (None, _, None) => {
            Err(MODEL_WIDTH.problem("missing; a net of this depth needs it, or model.hidden alone gives all widths"))
        }
    }
}

/// Reads the budget of parameters; `None` if there is none, or the net has no hidden layers.
pub(in crate::spec) fn budget(raw: &RawTrial) -> Option<usize> {
    raw.get(&PARAMETERS).filter(|_| raw.get(&DEPTH) != Some(1))
}

/// Reads g of each of `hidden` layers.
pub(super) fn activations(raw: &RawTrial, hidden: usize) -> Result<Vec<Activation>, Problem> {
    for_each_layer(raw, &ACTIVATION, "value", hidden, "hidden layer")
}

/// Reads the dropout of each of `hidden` layers; empty if there is none.
pub(super) fn dropout(raw: &RawTrial, hidden: usize) -> Result<Vec<f64>, Problem> {
    let rates = for_each_layer(raw, &DROPOUT, "value", hidden, "hidden layer")?;
    Ok(if rates.iter().all(|rate| *rate == 0.0) { Vec::new() } else { rates })
}

/// Reads a value for each of the net's `layers`.
pub(super) fn for_each_layer<T: Clone, K: Kind<Value = T>>(
    raw: &RawTrial,
    key: &Key<PerLayer<K>>,
    value: &str,
    layers: usize,
    layer: &str,
) -> Result<Vec<T>, Problem>
where
    PerLayer<K>: Kind<Value = Layers<T>>,
{
    match raw.value(key) {
        Layers::Same(value) => Ok(vec![value; layers]),
        Layers::Each(list) if list.len() == layers => Ok(list),
        Layers::Each(list) => {
            Err(key.problem(format!("has {}, the net has {}", count(list.len(), value), count(layers, layer))))
        }
    }
}

pub(super) fn write(config: &TrialConfig, canonical: &mut Canonical) {
    let activations = config.activations.clone();
    let activations =
        if activations.is_empty() { RawTrial::default().value(&ACTIVATION) } else { Layers::Each(activations) };
    canonical.always(&ACTIVATION, &activations);
    canonical.always(&DTYPE, &config.dtype);
    canonical.always(&HIDDEN, &config.hidden);
    canonical.put_some(&DROPOUT, (!config.dropout.is_empty()).then(|| Layers::Each(config.dropout.clone())).as_ref());
    canonical.put_some(&COST, Some(&config.cost.filter(|cost| *cost != COST_WITHOUT_NAME)));
    canonical.always(&TRIAL_SEED, &(config.seed as usize));
}
