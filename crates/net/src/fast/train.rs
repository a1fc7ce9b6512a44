//! One net trained alone: a fleet of one, by the cheapest exact engine.

use std::sync::Arc;

use kernels::{Real, WrongProduct, WrongSum, inspected};
use ndarray::{Array2, ArrayView2};
use thiserror::Error;

use crate::batches::Batches;
use crate::chain::Chain;
use crate::fast::engine::Engine;
use crate::fast::examples::Examples;
use crate::fast::fleet::Fleet;
use crate::fast::gram::GramSpace;
use crate::fast::initial_net::InitialNet;
use crate::fast::profile::Workload;
use crate::trained::Trained;
use crate::training::Training;

/// The examples that a net is trained and tested on, one a column.
#[derive(Clone, Debug)]
pub struct Data<'d> {
    x: ArrayView2<'d, f64>,
    y: ArrayView2<'d, f64>,
    test: Option<(ArrayView2<'d, f64>, ArrayView2<'d, f64>)>,
    batches: Option<Batches>,
    engine: Option<Engine>,
}

/// The error of a training in which the BLAS has computed a product wrongly.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// A product before the first step, such as XᵀX, is wrong.
    #[error(transparent)]
    Before(#[from] WrongSum),
    /// A product of a step, of the evaluation at the end, or of the trained `W[1]`, is wrong.
    #[error(transparent)]
    InTraining(#[from] WrongProduct),
}

impl<'d> Data<'d> {
    /// Takes the training examples: `x` `n[0]` × m, and `y` as the net's cost takes it, with m columns. Every step uses all of them unless
    /// [`Data::batches()`] are set.
    pub fn new(x: &'d Array2<f64>, y: &'d Array2<f64>) -> Self {
        Data { x: x.view(), y: y.view(), test: None, batches: None, engine: None }
    }

    /// Adds test examples, with the same rows as the training examples.
    #[must_use]
    pub fn test(self, x: &'d Array2<f64>, y: &'d Array2<f64>) -> Self {
        Data { test: Some((x.view(), y.view())), ..self }
    }

    /// Sets the batches of the steps.
    #[must_use]
    pub fn batches(self, batches: Batches) -> Self {
        Data { batches: Some(batches), ..self }
    }

    /// Sets the engine of the first layer, in place of the cheapest one.
    #[must_use]
    pub fn engine(self, engine: Engine) -> Self {
        Data { engine: Some(engine), ..self }
    }
}

/// Trains `chain`, and returns the recorded costs and the scores at the end. If the training diverges or fails, `chain` stays as it was.
///
/// It is the training of [`Chain::train`], except for rounding, with all options of [`Training`], by the first-layer engine with the
/// fewest operations ([`Engine::cheapest`]). For many nets at once see [`Fleet`].
///
/// ```
/// use net::ndarray::array;
/// use net::{Activation, Architecture, Data, Scheme, Training, initialise};
///
/// let (x, y) = (array![[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]], array![[0.0, 1.0, 1.0, 0.0]]); // exclusive or
/// let architecture = Architecture::classifier(2, &[4], Activation::Tanh);
/// let mut chain = initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 3);
/// let trained = net::train(&mut chain, &Data::new(&x, &y), &Training::descent(1.0, 2000, 100))?;
/// println!("{:?}", trained.history);
/// assert_eq!(trained.train.unwrap().accuracy, Some(1.0));
/// # Ok::<(), net::Error>(())
/// ```
///
/// # Errors
/// If the BLAS computes a product wrongly.
///
/// # Panics
/// If the shapes don't fit, the output activation has no [`crate::Cost`], a label of a softmax is not a class number, a target of a sigmoid
/// is not between 0 and 1, a rate of dropout is not in [0, 1), a setting of the training is out of its range ([`Training`]), an engine is
/// asked for that is not exact for the optimiser or for mini-batches, or the reduced engine is asked for although it is not exact on these
/// examples ([`Engine::is_exact_on`]). If no engine is asked for, examples that are not finite make the net diverge.
#[track_caller]
pub fn train<R: Real>(chain: &mut Chain<R>, data: &Data, training: &Training) -> Result<Trained, Error> {
    let (features, m) = data.x.dim();
    let rounded = |matrix: ArrayView2<f64>| matrix.mapv(R::from_f64);
    let none = || (Array2::zeros((features, 0)), Array2::zeros((data.y.nrows(), 0)));
    let (x_test, y_test) = data.test.map_or_else(none, |(x, y)| (x.to_owned(), y.to_owned()));
    let space = Arc::new(GramSpace::new(data.x, x_test.view()));
    let batches = data.batches.clone().unwrap_or_else(|| Batches::full(m));
    let engine = match data.engine {
        Some(engine) => engine,
        None => {
            let rows = chain.layers.first().map_or(0, |first| first.n_out());
            let workload =
                Workload { features, examples: m, batch: batches.size(), rows, iterations: training.iterations };
            Engine::cheapest(workload, &training.optimiser, |engine| engine.is_exact_on::<R>(&space), || space.rank())?
        }
    };
    let mut examples = Examples::for_engine(engine, &space, rounded(data.y), rounded(y_test.view()))?;
    if !batches.is_full() {
        examples = examples.column_major();
    }
    let w_0 = chain.layers.first().map_or_else(|| Array2::zeros((0, 0)), |first| first.w.mapv(R::as_f64));
    let net = InitialNet::new(&examples, chain.clone(), training.clone())?;
    let mut fleet = Fleet::new(&examples, batches, vec![net]);
    let trained = fleet.train(|_| true)?.expect("`keep_going` is always true").remove(0);
    // Any fixed seed serves, since an inspection changes no result.
    if let Some(trained) = inspected(training.dropout_seed, || fleet.chain(0, w_0.view()))? {
        *chain = trained;
    }
    Ok(trained)
}
