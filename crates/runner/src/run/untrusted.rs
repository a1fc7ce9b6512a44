//! A training that can't be trusted.

use kernels::blas::in_use;
use kernels::{WrongProduct, WrongSum};
use net::{Ending, Trained};

use crate::plan::trial::Trial;

/// The reason why a training is not believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Untrusted {
    /// The BLAS computed a product of the examples wrongly.
    #[error(transparent)]
    Sum(#[from] WrongSum),
    /// The BLAS computed a product of a step wrongly.
    #[error(transparent)]
    Product(#[from] WrongProduct),
    /// The BLAS of a rank computed a product wrongly.
    #[cfg(feature = "mpi")]
    #[error(transparent)]
    Rank(#[from] net::WrongRank),
    /// A diverged training was repeated, with another result.
    #[error(
        "trial {trial}: trained twice on {library}, with two results: {first}, then {second}; \
         the machine or its BLAS computes wrongly at times: test its memory, or use another BLAS (--blas)"
    )]
    TwoResults {
        /// The trial's id.
        trial: String,
        /// The BLAS.
        library: String,
        /// The outcome of the first training.
        first: String,
        /// The outcome of the second one.
        second: String,
    },
}

impl Untrusted {
    /// Makes the error of a trial with two different trainings; `second` is `None` if it went on beyond the end of the
    /// first.
    pub(super) fn two_results(trial: &Trial, first: &Trained, second: Option<&Trained>) -> Self {
        let (first, second) = (describe(first), second.map_or_else(|| "no end".to_owned(), describe));
        Untrusted::TwoResults { trial: trial.id.clone(), library: in_use().to_string(), first, second }
    }
}

fn describe(trained: &Trained) -> String {
    let last = trained.history.last().map(|last| format!(", last cost {:?}", last.cost)).unwrap_or_default();
    match trained.ending {
        Ending::Completed => format!("completed{last}"),
        Ending::Stopped { iteration, reason } => format!("stopped at iteration {iteration} ({reason}){last}"),
        Ending::Diverged { iteration, bound } => format!("diverged at iteration {iteration} ({bound}){last}"),
    }
}
