//! A step as it is shown: stages with their quantities, the same for text, JSON, HDF5 and the page.

use ndarray::Array2;
use serde::{Serialize, Serializer};

/// A step of a net.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) name: String,
    pub(super) description: String,
    /// The number of the step, from 1 on.
    pub(super) step: usize,
    /// The steps of the training; `None` if there is no update.
    pub(super) steps: Option<usize>,
    /// `n[0]` to `n[L]`.
    pub(super) widths: Vec<usize>,
    /// `g[1]` to `g[L]`.
    pub(super) activations: Vec<&'static str>,
    /// m.
    pub(super) examples: usize,
    pub(super) optimizer: Option<&'static str>,
    /// α of the step.
    pub(super) learning_rate: Option<f64>,
    /// The number of published results that the step does not compute.
    pub(super) not_computed: usize,
    /// The publication that has the published values.
    pub(super) published_in: Option<String>,
    pub(super) stages: Vec<Stage>,
}

/// A part of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Input,
    Forward,
    Cost,
    Backward,
    Update,
}

/// A part of a step in one layer, or of the net as a whole.
#[derive(Debug, Serialize)]
pub(super) struct Stage {
    pub(super) phase: Phase,
    /// l; `None` if it is of the net as a whole.
    pub(super) layer: Option<usize>,
    pub(super) title: String,
    /// Remarks, a line each.
    pub(super) notes: Vec<String>,
    pub(super) quantities: Vec<Quantity>,
}

/// A matrix of a step.
#[derive(Debug, Serialize)]
pub(super) struct Quantity {
    /// Its symbol in the course's notation, such as `dW[1]`.
    pub(super) symbol: String,
    /// Its place in files, such as `layer_1/dw`.
    pub(super) path: String,
    /// The equation that it is computed by; `None` if it is an input or a parameter.
    pub(super) equation: Option<String>,
    /// The equation of one element in numbers, with ⟨symbol⟩ for the element of that matrix in the same row and column.
    pub(super) of_element: Option<String>,
    /// True if the file gives it in place of what the equation says.
    pub(super) given: bool,
    /// Rows and columns.
    pub(super) shape: [usize; 2],
    /// A list of rows.
    #[serde(serialize_with = "rows")]
    pub(super) values: Array2<f64>,
    pub(super) differences: Option<Differences>,
    pub(super) published: Option<Published>,
}

/// Finite differences of J for the elements of a gradient.
#[derive(Debug, Serialize)]
pub(super) struct Differences {
    /// The derivatives, NaN (in JSON null) at a kink; `None` if only some elements were compared.
    #[serde(serialize_with = "some_rows")]
    pub(super) values: Option<Array2<f64>>,
    pub(super) compared: usize,
    pub(super) at_kink: usize,
    pub(super) elements: usize,
    /// |numeric - analytic| / (|numeric| + |analytic|), Euclidean norms.
    pub(super) relative_error: f64,
    /// Whether they agree with the gradient; `None` (in JSON null) if that is unknown.
    pub(super) agrees: Option<bool>,
    /// The reason why it is unknown.
    pub(super) unknown: Option<&'static str>,
}

/// The published values of a quantity.
#[derive(Debug, Serialize)]
pub(super) struct Published {
    #[serde(serialize_with = "rows")]
    pub(super) values: Array2<f64>,
    /// The largest difference from them.
    pub(super) largest_error: f64,
    /// True if that is within half a unit of their eighth decimal.
    pub(super) agrees: bool,
}

impl Report {
    /// Lists all quantities in their order.
    pub(super) fn quantities(&self) -> impl Iterator<Item = &Quantity> {
        self.stages.iter().flat_map(|stage| &stage.quantities)
    }

    /// Counts the numbers of all quantities.
    pub(super) fn numbers(&self) -> usize {
        self.quantities().map(|quantity| quantity.values.len()).sum()
    }
}

impl Published {
    /// The published values have eight decimals.
    const BOUND: f64 = 5e-9;

    /// Compares `found` with the published values.
    pub(super) fn beside(values: &Array2<f64>, found: &Array2<f64>) -> Self {
        // `max` would hide a NaN, wherever it is.
        let worse = |worst: f64, error: f64| if worst.is_nan() || error <= worst { worst } else { error };
        let largest_error = values.iter().zip(found).map(|(value, found)| (value - found).abs()).fold(0.0, worse);
        // A published 0.5 and a computed 0.500000005 differ by the bound and a rounding error.
        Published { values: values.clone(), largest_error, agrees: largest_error <= Self::BOUND * (1.0 + 1e-6) }
    }
}

fn rows<S: Serializer>(matrix: &Array2<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(matrix.rows().into_iter().map(|row| row.to_vec()))
}

fn some_rows<S: Serializer>(matrix: &Option<Array2<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
    match matrix {
        Some(matrix) => rows(matrix, serializer),
        None => serializer.serialize_none(),
    }
}
