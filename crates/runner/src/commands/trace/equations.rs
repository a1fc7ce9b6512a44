//! The equations of a step in the course's notation.

use net::Cost;

use super::subject::Subject;
use crate::spec::names::activation_name;

/// An equation in the course's notation.
pub(super) struct Equation {
    pub(super) text: String,
    /// The equation of one element in numbers, with ⟨symbol⟩ for the element of that matrix in the same row and column; `None` if
    /// elements of other places take part.
    pub(super) of_element: Option<String>,
}

impl Equation {
    pub(super) fn of_element(text: String, of_element: String) -> Self {
        Equation { text, of_element: Some(of_element) }
    }
}

impl From<String> for Equation {
    fn from(text: String) -> Self {
        Equation { text, of_element: None }
    }
}

/// The equations of one net.
pub(super) struct Equations<'s>(pub(super) &'s Subject);

impl Equations<'_> {
    /// Returns the symbol of the input of layer `l`.
    pub(super) fn input(&self, l: usize) -> String {
        match l {
            1 => "X".to_owned(),
            l if self.0.dropout(l - 2) > 0.0 => format!("ã[{}]", l - 1),
            l => format!("a[{}]", l - 1),
        }
    }

    pub(super) fn z(&self, l: usize) -> Equation {
        format!("W[{l}] {} + b[{l}]", self.input(l)).into()
    }

    pub(super) fn a(&self, l: usize) -> Equation {
        match self.activation(l) {
            "identity" => Equation::of_element(format!("z[{l}]"), format!("⟨z[{l}]⟩")),
            name @ "softmax" => format!("{name}(z[{l}])").into(),
            name => Equation::of_element(format!("{name}(z[{l}])"), format!("{name}(⟨z[{l}]⟩)")),
        }
    }

    /// Returns `a[l]` after dropout, or `da[l]` from what comes back to there.
    pub(super) fn masked(&self, of: &str, l: usize) -> Equation {
        let kept = 1.0 - self.0.dropout(l - 1);
        Equation::of_element(format!("{of}[{l}] · mask[{l}] / (1 - p)"), format!("⟨{of}[{l}]⟩ · ⟨mask[{l}]⟩ / {kept}"))
    }

    pub(super) fn cost(&self) -> Equation {
        let l = self.depth();
        let text = match self.0.chain.cost() {
            Cost::BinaryCrossEntropy => format!("-(1/m) sum( Y log a[{l}] + (1-Y) log(1-a[{l}]) )"),
            Cost::SoftmaxCrossEntropy => format!("-(1/m) sum over the examples of log a[{l}] at the class of Y"),
            Cost::MeanSquaredError => format!("(1/(m n[{l}])) sum( (a[{l}] - Y)² )"),
        };
        text.into()
    }

    /// Returns the textbook's `da[L]`.
    pub(super) fn da_output(&self) -> Equation {
        let l = self.depth();
        let numbers = format!("−⟨Y⟩/⟨a[{l}]⟩ + (1 − ⟨Y⟩)/(1 − ⟨a[{l}]⟩)");
        Equation::of_element(format!("-Y/a[{l}] + (1-Y)/(1-a[{l}])"), numbers)
    }

    pub(super) fn da(l: usize) -> Equation {
        format!("W[{0}]ᵀ dz[{0}]", l + 1).into()
    }

    /// Returns `dz[L]` from the cost as a whole.
    pub(super) fn dz_output(&self) -> Equation {
        let l = self.depth();
        match self.0.chain.cost() {
            Cost::BinaryCrossEntropy => Equation::of_element(format!("a[{l}] - Y"), format!("⟨a[{l}]⟩ − ⟨Y⟩")),
            Cost::SoftmaxCrossEntropy => format!("a[{l}] - one-hot Y").into(),
            Cost::MeanSquaredError => Equation::of_element(
                format!("(2/n[{l}]) (a[{l}] - Y)"),
                format!("(2/{})·(⟨a[{l}]⟩ − ⟨Y⟩)", self.0.chain.layers[l - 1].n_out()),
            ),
        }
    }

    /// Returns `dz[l]` from `da[l]` and g'.
    pub(super) fn dz(&self, l: usize) -> Equation {
        match self.activation(l) {
            "identity" => Equation::of_element(format!("da[{l}]"), format!("⟨da[{l}]⟩")),
            "softmax" => format!("a[{l}] · (da[{l}] - sum over the classes of a[{l}] · da[{l}])").into(),
            name => {
                Equation::of_element(format!("da[{l}] · {name}'(z[{l}])"), format!("⟨da[{l}]⟩ · {name}′(⟨z[{l}]⟩)"))
            }
        }
    }

    pub(super) fn dw(&self, l: usize) -> Equation {
        format!("(1/m) dz[{l}] {}ᵀ", self.input(l)).into()
    }

    pub(super) fn db(l: usize) -> Equation {
        format!("(1/m) sum of dz[{l}] over the examples").into()
    }

    fn activation(&self, l: usize) -> &'static str {
        activation_name(self.0.chain.layers[l - 1].activation)
    }

    fn depth(&self) -> usize {
        self.0.chain.layers.len()
    }
}
