//! The evaluation of a model on examples with targets.

use std::collections::BTreeMap;

use kernels::Real;
use ndarray::Axis;
use net::Chain;

use super::{Model, Net, each_block, most_probable};
use datasets::{Split, Targets};

/// The evaluation of a model on examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// m, the number of examples.
    pub examples: usize,
    /// J, the mean cost.
    pub cost: f64,
    /// The share of examples in the right class; `None` if the model is a regression.
    pub accuracy: Option<f64>,
    /// The confusion matrix; `None` if the model is a regression.
    pub confusion: Option<Confusion>,
    /// The examples that were put in a wrong class, in their order.
    pub mistakes: Vec<Mistake>,
}

/// An example that was put in a wrong class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// The index of the example, from 0 on.
    pub example: usize,
    /// The class that it belongs to.
    pub actual: usize,
    /// The class that it was put in.
    pub predicted: usize,
    /// The probability that the model gave this class.
    pub probability: f64,
}

/// The confusion matrix: how many examples of each class were put in each class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// (actual, predicted) -> examples. A map, because few pairs occur if there are many classes.
    counts: BTreeMap<(usize, usize), usize>,
}

impl Confusion {
    /// Returns K, the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Counts the examples of class `actual` that were put in class `predicted`.
    pub fn count(&self, actual: usize, predicted: usize) -> usize {
        self.counts.get(&(actual, predicted)).copied().unwrap_or(0)
    }

    /// Counts the examples of each class.
    pub fn actual(&self) -> Vec<usize> {
        self.totals(|(actual, _)| actual)
    }

    /// Counts the examples that were put in each class.
    pub fn predicted(&self) -> Vec<usize> {
        self.totals(|(_, predicted)| predicted)
    }

    /// Returns the precision of each class: of the examples put in it, the share that belongs to it. `None` if none
    /// were put in it.
    pub fn precision(&self) -> Vec<Option<f64>> {
        self.shares(&self.predicted())
    }

    /// Returns the recall of each class: of its examples, the share that was put in it. `None` if it has no examples.
    pub fn recall(&self) -> Vec<Option<f64>> {
        self.shares(&self.actual())
    }

    fn totals(&self, class: impl Fn((usize, usize)) -> usize) -> Vec<usize> {
        let mut totals = vec![0; self.classes];
        self.counts.iter().for_each(|(&pair, count)| totals[class(pair)] += count);
        totals
    }

    fn shares(&self, of: &[usize]) -> Vec<Option<f64>> {
        let share = |(class, &all)| (all > 0).then(|| self.count(class, class) as f64 / all as f64);
        of.iter().enumerate().map(share).collect()
    }
}

impl Model {
    /// Compares the model's outputs for the examples of `part` with their targets.
    ///
    /// # Errors
    /// If the targets don't fit the net's outputs, or an output is not finite.
    ///
    /// # Panics
    /// If [`Model::takes`] refuses the examples.
    #[track_caller]
    pub fn evaluate(&self, part: &Split) -> Result<Evaluation, String> {
        self.check_targets(&part.targets)?;
        match &self.net {
            Net::F32(chain) => self.evaluated(chain, part),
            Net::F64(chain) => self.evaluated(chain, part),
        }
    }

    /// Checks that the net's outputs can be compared with these targets.
    fn check_targets(&self, targets: &Targets) -> Result<(), String> {
        let outputs = self.net.widths().last().copied().unwrap_or(0);
        match (targets, self.class_count()) {
            (Targets::Classes(labels), Some(classes)) => {
                match labels.iter().max().filter(|label| **label as usize >= classes) {
                    Some(label) => Err(format!("label {label} is beyond the {classes} classes of the model")),
                    None => Ok(()),
                }
            }
            (Targets::Values(_), Some(classes)) => {
                Err(format!("its targets are values, the model tells {classes} classes apart"))
            }
            (Targets::Classes(_), None) if outputs != 1 => {
                Err(format!("its targets are one number for each example, the model gives {outputs} values"))
            }
            (Targets::Values(values), None) if values.nrows() != outputs => {
                Err(format!("its targets are {} values for each example, the model gives {outputs}", values.nrows()))
            }
            (_, None) => Ok(()),
        }
    }

    fn evaluated<R: Real>(&self, chain: &Chain<R>, part: &Split) -> Result<Evaluation, String> {
        let (cost, y) = (chain.cost(), part.y::<R>());
        let (mut sum, mut counts, mut mistakes) = (0.0, BTreeMap::new(), Vec::new());
        each_block(chain, &self.scaling, &part.x, |block, end| {
            let y = y.slice_axis(Axis(1), block.clone().into());
            sum += cost.sum(end.z.view(), y);
            for ((example, a), y) in block.zip(end.a.columns()).zip(y.columns()) {
                let Some(probabilities) = self.probabilities(a.mapv(Real::as_f64).view()) else { continue };
                let (actual, predicted) = (y[0].as_f64() as usize, most_probable(&probabilities));
                *counts.entry((actual, predicted)).or_insert(0) += 1;
                if actual != predicted {
                    mistakes.push(Mistake { example, actual, predicted, probability: probabilities[predicted] });
                }
            }
        });
        if !f64::is_finite(sum) {
            return Err("the outputs of the net are not finite".to_owned());
        }
        let examples = part.examples();
        let confusion = self.class_count().map(|classes| Confusion { classes, counts });
        let accuracy = confusion.is_some().then(|| (examples - mistakes.len()) as f64 / examples as f64);
        Ok(Evaluation { examples, cost: sum / examples as f64, accuracy, confusion, mistakes })
    }
}
