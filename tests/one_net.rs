//! One net trained alone, with its training examples as test examples too.

use kernels::Real;
use ndarray::Array2;
use net::{Chain, Data, Engine, Trained, Training};

/// Trains `chain` by `engine`, in place unless it diverges.
pub(crate) fn train<R: Real>(
    engine: Engine,
    chain: &mut Chain<R>,
    x: &Array2<R>,
    y: &Array2<R>,
    training: &Training,
) -> Trained {
    let (x, y) = (x.mapv(R::as_f64), y.mapv(R::as_f64));
    net::train(chain, &Data::new(&x, &y).test(&x, &y).engine(engine), training).expect("a right BLAS")
}
