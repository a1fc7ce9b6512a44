//! Training and held-out examples in the form that one engine trains on: made once, shared by all fleets.

use std::ops::Range;
use std::sync::Arc;

use kernels::{Real, WrongSum};
use ndarray::{Array2, ArrayView2, Axis, ShapeBuilder, concatenate};

use crate::cost::Cost;
use crate::fast::direct::Direct;
use crate::fast::dual::Dual;
use crate::fast::engine::Engine;
use crate::fast::first_layers::FirstLayers;
use crate::fast::gram::GramSpace;
use crate::fast::initial_term::{InitialTerm, row_squares};
use crate::fast::reduced::Reduced;
use crate::matrix::round_to_lines;
use crate::score::Set;
use crate::training::Stopping;

/// Training examples for nets of element type `R`, and held-out examples: the first of these for testing, the last for validation.
#[derive(Debug)]
pub struct Examples<R> {
    inputs: Inputs<R>,
    pub(crate) y: Array2<R>,
    pub(crate) y_held_out: Array2<R>,
    validation: usize,
}

/// `W[1](0)` as an engine takes it: itself, or its product with \[X X_h\]. Nets that start with the same `W[1]` share it.
#[derive(Debug)]
pub struct InitialFirstWeights {
    matrix: Array2<f64>,
    /// The space of the examples in the product; `None` if it is `W[1](0)` itself.
    space: Option<Arc<GramSpace>>,
    /// The sum of squares of each row of `W[1](0)`.
    squares: Vec<f64>,
}

impl InitialFirstWeights {
    /// Returns n\[1\].
    pub fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    /// Returns the bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<f64>() * (self.matrix.len() + self.squares.len())
    }
}

/// The matrix that the first layers are multiplied by.
#[derive(Debug)]
enum Inputs<R> {
    Direct { x: Array2<R>, x_held_out: Array2<R> },
    Reduced { space: Arc<GramSpace>, r: Array2<R> },
    Dual { space: Arc<GramSpace>, gram: Array2<R> },
}

impl<R: Real> Examples<R> {
    /// Makes examples for the direct engine.
    ///
    /// # Shapes
    /// `x` is `n[0]` × m, row-major for full batches and preferably column-major for mini-batches; `y` as the cost takes it, with m
    /// columns; `x_held_out` and `y_held_out` alike with m_h columns.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn direct(x: Array2<R>, y: Array2<R>, x_held_out: Array2<R>, y_held_out: Array2<R>) -> Self {
        assert_eq!(x.nrows(), x_held_out.nrows(), "training and held-out examples have the same features");
        let (y, y_held_out) = targets((x.ncols(), x_held_out.ncols()), y, y_held_out);
        Examples { inputs: Inputs::Direct { x, x_held_out }, y, y_held_out, validation: 0 }
    }

    /// Makes examples for `engine`, rounded from those in f64 in `space`.
    ///
    /// # Shapes
    /// `y` and `y_held_out` as the cost takes them, with m and m_h columns.
    ///
    /// # Errors
    /// If the BLAS computes XᵀX wrongly.
    ///
    /// # Panics
    /// If the shapes don't fit, or the engine is the reduced one, which factorises X, and is not exact on X ([`Engine::is_exact_on`]).
    #[track_caller]
    pub fn for_engine(
        engine: Engine,
        space: &Arc<GramSpace>,
        y: Array2<R>,
        y_held_out: Array2<R>,
    ) -> Result<Self, WrongSum> {
        let (y, y_held_out) = targets((space.x().ncols(), space.x_held_out().ncols()), y, y_held_out);
        let round = |matrix: ArrayView2<f64>| matrix.mapv(R::from_f64);
        let inputs = match engine {
            Engine::Direct => Inputs::Direct { x: round(space.x()), x_held_out: round(space.x_held_out()) },
            Engine::Reduced => {
                assert!(
                    engine.is_exact_on::<R>(space),
                    "the reduced engine is not exact for these examples: some are not finite, or far larger than others"
                );
                Inputs::Reduced { space: Arc::clone(space), r: round_to_lines(space.factors()?.r.view()) }
            }
            Engine::Dual => Inputs::Dual { space: Arc::clone(space), gram: round_to_lines(space.gram()?) },
        };
        Ok(Examples { inputs, y, y_held_out, validation: 0 })
    }

    /// Sets the last `count` held-out examples aside for validation, and leaves those before them for testing.
    ///
    /// # Panics
    /// If there are fewer held-out examples.
    #[track_caller]
    pub fn validating_on(self, count: usize) -> Self {
        assert!(count <= self.y_held_out.ncols(), "{count} of {} held-out examples", self.y_held_out.ncols());
        Examples { validation: count, ..self }
    }

    /// Stores the inputs of each example side by side, so that mini-batches are gathered fastest.
    pub fn column_major(mut self) -> Self {
        if let Inputs::Direct { x: inputs, .. } | Inputs::Reduced { r: inputs, .. } = &mut self.inputs {
            let mut column_major = Array2::zeros(inputs.dim().f());
            column_major.assign(inputs);
            *inputs = column_major;
        }
        self
    }

    /// Returns the engine.
    pub fn engine(&self) -> Engine {
        match self.inputs {
            Inputs::Direct { .. } => Engine::Direct,
            Inputs::Reduced { .. } => Engine::Reduced,
            Inputs::Dual { .. } => Engine::Dual,
        }
    }

    /// Returns the inputs of the training examples and of the held-out ones, as the direct engine takes them; `None` if another one does.
    pub(crate) fn inputs(&self) -> Option<[ArrayView2<'_, R>; 2]> {
        match &self.inputs {
            Inputs::Direct { x, x_held_out } => Some([x.view(), x_held_out.view()]),
            Inputs::Reduced { .. } | Inputs::Dual { .. } => None,
        }
    }

    /// Asserts that the targets have the rows that `cost` takes from `n_out` = `n[L]` units, and, for a sigmoid, lie between 0 and 1, where
    /// alone J has a least value. (The labels of a softmax are checked where J is computed.)
    #[track_caller]
    pub(crate) fn assert_targets_of(&self, cost: Cost, n_out: usize) {
        assert_eq!(self.y.nrows(), cost.target_rows(n_out), "y has the rows that {cost:?} takes");
        if cost == Cost::BinaryCrossEntropy {
            let is_share = |y: &R| (R::zero()..=R::one()).contains(y);
            let wrong = self.y.iter().chain(&self.y_held_out).find(|y| !is_share(y));
            assert!(wrong.is_none(), "a target of a sigmoid is {:?}: it must be between 0 and 1", wrong.unwrap());
        }
    }

    /// Asserts that `weights` were made for these examples by [`Examples::initial_first_weights`], or for examples in the same space.
    #[track_caller]
    pub(crate) fn assert_made_for(&self, weights: &InitialFirstWeights) {
        let fits = match (self.space(), &weights.space) {
            (Some(space), Some(of_weights)) => Arc::ptr_eq(space, of_weights),
            (None, None) => weights.matrix.ncols() == self.features(),
            _ => false,
        };
        assert!(fits, "the first weights of the net were made for other examples, or for another engine");
    }

    /// Returns the space that the engine computes in; `None` if it is the direct one.
    fn space(&self) -> Option<&Arc<GramSpace>> {
        match &self.inputs {
            Inputs::Direct { .. } => None,
            Inputs::Reduced { space, .. } | Inputs::Dual { space, .. } => Some(space),
        }
    }

    /// Returns `n[0]`.
    pub fn features(&self) -> usize {
        match &self.inputs {
            Inputs::Direct { x, .. } => x.nrows(),
            Inputs::Reduced { space, .. } | Inputs::Dual { space, .. } => space.x().nrows(),
        }
    }

    /// Returns m, the number of training examples.
    pub fn train_count(&self) -> usize {
        self.y.ncols()
    }

    /// Returns the targets that those of a set are among, and their range: the held-out examples are the test examples, then the validation
    /// examples.
    pub(crate) fn targets_of(&self, set: Set) -> (ArrayView2<'_, R>, Range<usize>) {
        let held_out = self.y_held_out.ncols();
        let test = held_out - self.validation;
        match set {
            Set::Train => (self.y.view(), 0..self.train_count()),
            Set::Test => (self.y_held_out.view(), 0..test),
            Set::Validation => (self.y_held_out.view(), test..held_out),
        }
    }

    /// Lists the sets that have examples.
    pub(crate) fn sets(&self) -> Vec<Set> {
        Set::ALL.into_iter().filter(|&set| !self.targets_of(set).1.is_empty()).collect()
    }

    /// Returns whether the cost in which `stopping` looks for an improvement is that of the validation examples.
    pub(crate) fn validates(&self, stopping: &Stopping) -> bool {
        stopping.looks_back() && self.validation > 0
    }

    /// Prepares `w_0` = `W[1](0)`, n\[1\] × `n[0]`, for the engine.
    ///
    /// # Errors
    /// If the BLAS computes W(0) X wrongly.
    ///
    /// # Panics
    /// If `w_0` does not have a column for each feature.
    #[track_caller]
    pub fn initial_first_weights(&self, w_0: Array2<f64>) -> Result<InitialFirstWeights, WrongSum> {
        assert_eq!(w_0.ncols(), self.features(), "W[1] has one column for each feature");
        let squares = row_squares(w_0.view());
        let matrix = match &self.inputs {
            Inputs::Direct { .. } => w_0,
            Inputs::Reduced { space, .. } | Inputs::Dual { space, .. } => space.wx_both(w_0.view())?,
        };
        Ok(InitialFirstWeights { matrix, space: self.space().cloned(), squares })
    }

    /// Stacks the first layers of nets whose `W[1](0)` are `initial`.
    pub(crate) fn first_layers(&self, initial: &[&InitialFirstWeights]) -> Box<dyn FirstLayers<R> + '_> {
        let matrix = stacked(&initial.iter().map(|weights| weights.matrix.view()).collect::<Vec<_>>());
        let initial = |space| {
            let (wx_0, wx_held_out_0) = matrix.view().split_at(Axis(1), self.train_count());
            let squares = initial.iter().flat_map(|weights| weights.squares.iter().copied()).collect();
            InitialTerm::new(space, row_major(wx_0), row_major(wx_held_out_0), squares)
        };
        match &self.inputs {
            Inputs::Direct { x, x_held_out } => {
                let w = row_major(matrix.view()).mapv(R::from_f64);
                Box::new(Direct::new(x.view(), x_held_out.view(), w))
            }
            Inputs::Reduced { space, r } => Box::new(Reduced::new(initial(space), r.view())),
            Inputs::Dual { space, gram } => Box::new(Dual::new(initial(space), gram.view())),
        }
    }
}

fn stacked<T: Clone>(blocks: &[ArrayView2<T>]) -> Array2<T> {
    concatenate(Axis(0), blocks).expect("first layers have as many columns as there are features")
}

fn row_major(matrix: ArrayView2<f64>) -> Array2<f64> {
    matrix.as_standard_layout().into_owned()
}

/// Checks the shapes of the targets, and returns them row-major, as the costs read them.
#[track_caller]
fn targets<R: Real>(
    (examples, held_out): (usize, usize),
    y: Array2<R>,
    y_held_out: Array2<R>,
) -> (Array2<R>, Array2<R>) {
    assert_eq!((y.ncols(), y_held_out.ncols()), (examples, held_out), "one column of targets for each example");
    assert_eq!(y.nrows(), y_held_out.nrows(), "training and held-out targets have the same rows");
    let row_major = |y: Array2<R>| if y.is_standard_layout() { y } else { y.as_standard_layout().into_owned() };
    (row_major(y), row_major(y_held_out))
}
