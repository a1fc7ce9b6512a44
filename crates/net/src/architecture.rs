//! The architecture of a net: its widths and activations, before it has parameters.

use kernels::Activation;

/// The widths and activations of a net of L layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    /// `n[0]` to `n[L]`: the number of features, then the units of each layer.
    pub widths: Vec<usize>,
    /// `g[1]` to `g[L]`, one for each layer, the output layer included.
    pub activations: Vec<Activation>,
}

impl Architecture {
    /// Makes the architecture of a net with `activations.len()` layers.
    ///
    /// # Panics
    /// If there is no layer, a width is zero, or `widths` does not have one element more than `activations`.
    #[track_caller]
    pub fn new(widths: Vec<usize>, activations: Vec<Activation>) -> Self {
        let architecture = Architecture { widths, activations };
        architecture.check();
        architecture
    }

    /// Makes the usual architecture for two classes: `n_in` features, hidden layers of the widths `hidden` with one activation, and one
    /// sigmoid unit.
    ///
    /// # Panics
    /// If a width is zero.
    #[track_caller]
    pub fn classifier(n_in: usize, hidden: &[usize], hidden_activation: Activation) -> Self {
        let widths = [n_in].iter().chain(hidden).copied().chain([1]).collect();
        let hidden_activations = hidden.iter().map(|_| hidden_activation);
        Self::new(widths, hidden_activations.chain([Activation::Sigmoid]).collect())
    }

    /// Returns L, the number of layers.
    pub fn depth(&self) -> usize {
        self.activations.len()
    }

    /// Checks the fields, which are public, before anything depends on their lengths.
    #[track_caller]
    pub(crate) fn check(&self) {
        let Architecture { widths, activations } = self;
        assert!(
            !activations.is_empty() && widths.len() == activations.len() + 1 && !widths.contains(&0),
            "an architecture has at least one layer, widths of at least 1 from n[0] to n[L] and one activation per layer: \
             found widths {widths:?} and activations {activations:?}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classifier_ends_in_one_sigmoid_unit() {
        let Architecture { widths, activations } = Architecture::classifier(5, &[4, 3], Activation::Tanh);
        assert_eq!(widths, [5, 4, 3, 1]);
        assert_eq!(activations, [Activation::Tanh, Activation::Tanh, Activation::Sigmoid]);
        assert_eq!(Architecture::classifier(5, &[], Activation::Tanh).activations, [Activation::Sigmoid]);
    }

    #[test]
    #[should_panic(expected = "widths [2, 3, 1] and activations [Relu]")]
    fn a_layer_without_an_activation_is_refused() {
        Architecture::new(vec![2, 3, 1], vec![Activation::Relu]);
    }

    #[test]
    #[should_panic(expected = "widths [2, 0, 1]")]
    fn a_layer_without_units_is_refused() {
        Architecture::classifier(2, &[0], Activation::Relu);
    }

    #[test]
    #[should_panic(expected = "widths [2] and activations []")]
    fn a_net_without_layers_is_refused() {
        Architecture::new(vec![2], vec![]);
    }
}
