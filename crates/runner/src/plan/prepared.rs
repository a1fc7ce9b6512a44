//! The data of a sweep, split and scaled, and their Gram space.

use std::iter;
use std::sync::{Arc, OnceLock};

use kernels::{Real, WrongSum};
use ndarray::{Array2, Axis, concatenate};
use net::{Engine, GramSpace};

use crate::spec::data::{DataShape, ValidationSplit};
use datasets::{
    BeyondF32, ColumnNames, DataSet, EmptySide, Features, Scaling, ScalingChoice, Split, TargetKind, Targets, Task,
    TooWide,
};

/// Data that can't be prepared as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too few examples for a validation set of this share.
    #[error("data.validation: {0}")]
    EmptySide(EmptySide),
    /// A feature can't be standardised.
    #[error("data.scale: {0}")]
    TooWide(TooWide),
    /// A value that trials in f32 would take for infinity.
    #[error("model.dtype: {what} of the {set} examples is {value:e}, which is beyond f32; use model.dtype = \"f64\"")]
    BeyondF32 {
        /// An input or a target.
        what: &'static str,
        /// Its set.
        set: &'static str,
        /// The value.
        value: f64,
    },
}

/// A data set, ready for nets.
pub struct PreparedData {
    /// The training examples.
    pub train: Split,
    /// The test examples, if there are any.
    pub test: Option<Split>,
    /// The validation examples, set aside of the training examples.
    pub validation: Option<Split>,
    /// The scaling, fitted on the training examples.
    pub scaling: Scaling,
    /// The task of the nets.
    pub task: Task,
    /// The names of the classes, if they have any.
    pub classes: Vec<String>,
    /// The names of the columns that the examples were made from, if they have any.
    pub columns: ColumnNames,
    /// The kind of the targets as trial ids include it, see [`DataSet::kind_in_id`].
    pub kind_in_id: Option<&'static str>,
    /// The number of classes as trial ids include it, see [`DataSet::classes_in_id`].
    pub classes_in_id: Option<usize>,
    /// Notes on the data for the user, a line each.
    pub notes: Vec<String>,
}

impl PreparedData {
    /// Sets the validation examples aside and fits the scaling on the others.
    ///
    /// # Errors
    /// If there are too few examples, or a feature can't be scaled.
    pub fn new(set: DataSet, split: Option<ValidationSplit>, scaling: ScalingChoice) -> Result<Self, Error> {
        let DataSet {
            train,
            test,
            task,
            target_kind: meaning,
            kind_in_id,
            classes_in_id,
            classes,
            columns,
            test_left_out,
        } = set;
        let (train, validation) = match split {
            Some(ValidationSplit { share, seed }) => {
                let (kept, aside) = train.hold_out(share, seed).map_err(Error::EmptySide)?;
                (kept, Some(aside))
            }
            None => (train, None),
        };
        let mut notes = Vec::new();
        if let (ScalingChoice::Auto, Features::U8(bytes)) = (scaling, &train.x) {
            notes.extend(Scaling::faint_bytes(bytes.iter().copied().max().unwrap_or_default()));
        }
        let scaling = Scaling::fit(scaling, &train).map_err(Error::TooWide)?;
        if meaning == TargetKind::OneHot {
            notes.push("the targets are one-hot rows: each is taken as the class of its column".to_owned());
        }
        if let Task::Classes(count) = task {
            notes.extend(untrained(&train.targets.without_example(count), &classes));
        }
        if test_left_out {
            notes.push(
                "the training file holds test examples too, which are not used: data.test is not given".to_owned(),
            );
        }
        Ok(PreparedData { train, test, validation, scaling, task, classes, columns, kind_in_id, classes_in_id, notes })
    }

    /// Checks that trials in f32 can take all inputs and targets.
    ///
    /// # Errors
    /// If one would be infinite.
    pub fn fits_f32(&self) -> Result<(), Error> {
        let others = [("test", &self.test), ("validation", &self.validation)];
        let others = others.into_iter().filter_map(|(set, split)| Some((set, split.as_ref()?)));
        for (set, split) in iter::once(("training", &self.train)).chain(others) {
            let (what, value) = match split.beyond_f32(&self.scaling) {
                Some(BeyondF32::Input(value)) => ("an input", value),
                Some(BeyondF32::Target(value)) => ("a target", value),
                None => continue,
            };
            return Err(Error::BeyondF32 { what, set, value });
        }
        Ok(())
    }

    /// Returns the dimensions of the data.
    pub fn shape(&self) -> DataShape {
        let (train, features) = self.train.x.dim();
        let validation = self.validation.as_ref().map_or(0, Split::examples);
        let test = self.test.as_ref().map_or(0, Split::examples);
        DataShape { features, train, test, validation, task: self.task }
    }

    /// Iterates over the test examples and then the validation examples.
    fn held_out(&self) -> impl Iterator<Item = &Split> {
        self.test.iter().chain(&self.validation)
    }

    /// Returns \[X_t X_v\], the inputs of the test and validation examples: `n[0]` × (m_t + m_v).
    pub(crate) fn x_held_out<R: Real>(&self) -> Array2<R> {
        let DataShape { features, test, validation, .. } = self.shape();
        let mut columns = Array2::zeros((features, test + validation));
        let mut from = 0;
        for part in self.held_out() {
            let to = from + part.examples();
            part.write_columns(&self.scaling, columns.slice_axis_mut(Axis(1), (from..to).into()));
            from = to;
        }
        columns
    }

    /// Returns the targets of the same examples.
    pub(crate) fn y_held_out<R: Real>(&self) -> Array2<R> {
        let rows = match &self.train.targets {
            Targets::Classes(_) => 1,
            Targets::Values(values) => values.nrows(),
        };
        let none = Array2::zeros((rows, 0));
        let targets: Vec<Array2<R>> = self.held_out().map(Split::y).collect();
        let views: Vec<_> = iter::once(&none).chain(&targets).map(|targets| targets.view()).collect();
        concatenate(Axis(1), &views).expect("targets of one task").as_standard_layout().into_owned()
    }
}

/// Names the classes that no net can learn, if there are any.
fn untrained(absent: &[usize], names: &[String]) -> Option<String> {
    const SHOWN: usize = 8;
    let name = |&class: &usize| names.get(class).map_or(class.to_string(), |name| format!("{class} ({name})"));
    let shown: Vec<String> = absent.iter().take(SHOWN).map(name).collect();
    let more = if absent.len() > SHOWN { format!(" and {} more", absent.len() - SHOWN) } else { String::new() };
    let word = if absent.len() == 1 { "class" } else { "classes" };
    (!absent.is_empty()).then(|| format!("no training example is of {word} {}{more}", shown.join(", ")))
}

/// The Gram space of the examples, computed when it is first needed.
pub struct LazyGramSpace {
    data: Arc<PreparedData>,
    gram_space: OnceLock<Arc<GramSpace>>,
    rank: OnceLock<Result<usize, WrongSum>>,
}

impl LazyGramSpace {
    /// Prepares the Gram space of `data` without computing it.
    pub fn new(data: &Arc<PreparedData>) -> Self {
        LazyGramSpace { data: Arc::clone(data), gram_space: OnceLock::new(), rank: OnceLock::new() }
    }

    /// Returns the Gram space; the first call computes it.
    pub fn get(&self) -> &Arc<GramSpace> {
        self.gram_space.get_or_init(|| {
            let DataShape { features, train, test, validation, .. } = self.data.shape();
            let mut both = Array2::zeros((features, train + test + validation));
            let (x, mut x_held_out) = both.view_mut().split_at(Axis(1), train);
            self.data.train.write_columns(&self.data.scaling, x);
            x_held_out.assign(&self.data.x_held_out::<f64>());
            Arc::new(GramSpace::from_joined(both, train))
        })
    }

    /// Returns the rank of the training examples.
    ///
    /// # Errors
    /// If the BLAS computes a product of the examples wrongly.
    pub fn rank(&self) -> Result<usize, WrongSum> {
        self.rank.get_or_init(|| self.get().rank()).clone()
    }

    /// Returns the bytes that it holds now.
    pub fn bytes_held(&self) -> f64 {
        self.gram_space.get().map_or(0.0, |space| space.bytes_held() as f64)
    }
}

/// The form in which a trial takes its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputForm {
    /// Its engine.
    pub engine: Engine,
    /// True if it trains on mini-batches.
    pub mini_batches: bool,
}
