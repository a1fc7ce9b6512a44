//! One net trained alone, its training examples standing in for test examples.

use std::sync::Arc;

use kernels::Real;
use ndarray::Array2;
use net::{Batches, Chain, Engine, Examples, Fleet, Span, Start, Trained, Training};

/// Trains `chain` by `engine`, in place unless it diverges.
pub(crate) fn train<R: Real>(
    engine: Engine,
    chain: &mut Chain<R>,
    x: &Array2<R>,
    y: &Array2<R>,
    training: &Training,
) -> Trained {
    let in_f64 = x.mapv(R::as_f64);
    let span = Arc::new(Span::new(in_f64.view(), in_f64.view()));
    let examples = Examples::of(engine, &span, y.clone(), y.clone()).expect("OpenBLAS is right");
    let w_0 = chain.layers[0].w.mapv(R::as_f64);
    let start = Start::new(&examples, chain.clone(), training.clone()).expect("OpenBLAS is right");
    let mut fleet = Fleet::new(&examples, Batches::full(x.ncols()), vec![start]);
    let trained = fleet.train(|| true).expect("a right BLAS").expect("nobody stops it").remove(0);
    if let Some(trained) = fleet.chain(0, w_0.view()) {
        *chain = trained;
    }
    trained
}
