//! Warnings of likely slips in a plan, before it is trained.

use std::collections::BTreeSet;

use net::{Cost, Metric, Set};

use crate::plan::Plan;
use crate::spec::data::DataShape;
use crate::terminal::warn;
use crate::text::layers;

/// Warns of the first net whose hidden layers seem to have the input or the output layer among them, and of metrics that stay empty.
pub(super) fn advise(plan: &Plan) {
    let slip = plan.trials.iter().find_map(|trial| slip(&plan.widths(&trial.config)));
    let of = |is_regression| {
        let trials = plan
            .trials
            .iter()
            .filter(move |trial| is_regression == (trial.config.cost == Some(Cost::MeanSquaredError)));
        trials.flat_map(|trial| trial.config.metrics.iter().copied()).collect::<BTreeSet<Metric>>()
    };
    let (of_regressions, of_classifiers) = (of(true), of(false));
    let metrics = &of_regressions | &of_classifiers;
    let advice = [slip, without_classes(&(&of_regressions - &of_classifiers)), unmeasured(&metrics, plan.data)];
    advice.into_iter().flatten().for_each(|advice| warn(&advice));
}

/// Describes the metrics that stay empty because nets which predict values have no accuracy; `None` if all are measured.
fn without_classes(metrics: &BTreeSet<Metric>) -> Option<String> {
    let is_accuracy = |metric: &&Metric| matches!(metric, Metric::Accuracy(_));
    stay_empty(metrics.iter().filter(is_accuracy), "mean-squared-error has no classes")
}

/// Describes the metrics that stay empty for want of examples; `None` if all are measured.
fn unmeasured(metrics: &BTreeSet<Metric>, data: DataShape) -> Option<String> {
    let is_empty = |metric: &&Metric| match metric {
        Metric::Accuracy(Set::Test) | Metric::Cost(Set::Test) => data.test == 0,
        Metric::Accuracy(Set::Validation) | Metric::Cost(Set::Validation) => data.validation == 0,
        _ => false,
    };
    let why = match (data.test, data.validation) {
        (0, 0) => {
            "there are neither test nor validation examples (data.test names some, data.test_share or data.validation sets some aside)"
        }
        (0, _) => "there are no test examples",
        _ => "there are no validation examples (data.validation sets some aside)",
    };
    stay_empty(metrics.iter().filter(is_empty), why)
}

/// Says why these metrics stay empty; `None` if there are none of them.
fn stay_empty<'m>(metrics: impl Iterator<Item = &'m Metric>, why: &str) -> Option<String> {
    let names: Vec<_> = metrics.map(|metric| metric.name()).collect();
    let stay = if names.len() == 1 { "stays" } else { "stay" };
    (!names.is_empty()).then(|| format!("train.metrics: {} {stay} empty, as {why}", names.join(", ")))
}

/// Describes a likely slip in a net of these widths, which go from its inputs to its outputs; `None` if there is none.
fn slip(widths: &[usize]) -> Option<String> {
    let [n_in, hidden @ .., n_out] = widths else { return None };
    let (first, last) = (hidden.first()?, hidden.last()?);
    // A layer may be as wide as the inputs or the outputs by choice, above all where all layers are equally wide.
    let differ = hidden.windows(2).any(|pair| pair[0] != pair[1]);
    let has_inputs = first == n_in && differ;
    let has_outputs = last == n_out && differ;
    let what = match (has_inputs, has_outputs) {
        (true, true) => format!("the {n_in} inputs and the {n_out} of the output layer"),
        (true, false) => format!("the {n_in} inputs"),
        (false, true) => format!("the {n_out} of the output layer"),
        (false, false) => return None,
    };
    let inner = &hidden[usize::from(has_inputs)..hidden.len() - usize::from(has_outputs)];
    Some(format!(
        "model.hidden = {hidden:?} seems to list {what} too, this net is {}; it takes the hidden layers alone: {inner:?}",
        layers(widths)
    ))
}

#[cfg(test)]
mod tests {
    use super::slip;

    #[test]
    fn layers_that_hidden_does_not_take_are_told() {
        for (widths, meant) in [
            (&[12288, 12288, 20, 7, 5, 1, 1][..], "[20, 7, 5]"),
            (&[12288, 20, 7, 5, 1, 1], "[20, 7, 5]"),
            (&[64, 64, 20, 2], "[20]"),
            (&[784, 128, 64, 10, 10], "[128, 64]"),
        ] {
            let advice = slip(widths).unwrap();
            assert!(advice.ends_with(&format!("alone: {meant}")), "{advice}");
        }
    }

    #[test]
    fn a_net_as_people_make_them_is_not_remarked_on() {
        for widths in [
            &[12288, 20, 7, 5, 1][..],
            &[64, 64, 10],
            &[12, 12, 12, 1],
            &[64, 10, 10, 10, 10],
            &[2, 1],
            &[64, 10, 10],
            &[12288, 7, 1],
            &[192, 1, 1, 1, 1],
        ] {
            assert_eq!(slip(widths), None, "{widths:?}");
        }
    }
}
