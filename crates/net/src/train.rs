//! Gradient descent over a whole training set, and the history of its cost.

use kernels::Real;
use ndarray::ArrayView2;

use crate::{Chain, cost};

/// Full-batch gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// The step: W -= learning_rate dW.
    pub learning_rate: f64,
    /// The number of updates.
    pub iterations: usize,
    /// The cost is recorded at iterations 0, `record_every`, 2 `record_every`, … and at the last one.
    pub record_every: usize,
}

/// One point of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// The updates made before this point.
    pub iteration: usize,
    /// J, before the update of this iteration.
    pub cost: f64,
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All iterations were made.
    Completed,
    /// An output or the cost was no longer finite.
    Diverged {
        /// The first such iteration.
        iteration: usize,
    },
    /// `keep_going` said no.
    Stopped,
}

/// What training leaves beside the trained chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<Record>,
    /// How it ended.
    pub ending: Ending,
}

/// Trains `chain` in place on the inputs `x` (`n[0]` × m) and labels `y` (1 × m, values 0 and 1).
///
/// Each iteration goes forward, records J if it is due, goes back and descends. `keep_going` is asked before each.
/// Nothing is allocated in the loop: caches, gradients and history are made before it.
///
/// # Panics
/// If the shapes don't fit, or `record_every` is zero.
#[track_caller]
pub fn train<R: Real>(
    chain: &mut Chain<R>,
    x: ArrayView2<R>,
    y: ArrayView2<R>,
    descent: &Descent,
    keep_going: impl Fn() -> bool,
) -> Trained {
    let mut caches = chain.caches(x.ncols());
    let mut gradients = chain.gradients(x.ncols());
    let learning_rate = R::from_f64(descent.learning_rate);
    let mut history = Vec::with_capacity(descent.iterations / descent.record_every + 2);
    for iteration in 0..descent.iterations {
        if !keep_going() {
            return Trained { history, ending: Ending::Stopped };
        }
        let z = chain.forward(x, &mut caches).z.view();
        if !z.iter().all(|z| z.is_finite()) {
            return Trained { history, ending: Ending::Diverged { iteration } };
        }
        if iteration % descent.record_every == 0 || iteration + 1 == descent.iterations {
            let cost = cost::binary_cross_entropy(z, y);
            // Finite logits can still add up to more than f64 holds.
            if !cost.is_finite() {
                return Trained { history, ending: Ending::Diverged { iteration } };
            }
            history.push(Record { iteration, cost });
        }
        chain.backward(x, y, &caches, &mut gradients);
        chain.descend(&gradients, learning_rate);
    }
    Trained { history, ending: Ending::Completed }
}
