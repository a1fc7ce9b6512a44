//! A training that can't be trusted.

use kernels::blas::in_use;
use kernels::{WrongProduct, WrongSum};
use net::{Ending, Trained};

use crate::plan::trial::Trial;

/// Why a training is not believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Untrusted {
    /// The BLAS computed a product of the examples wrongly.
    #[error(transparent)]
    Sum(#[from] WrongSum),
    /// The BLAS computed a product of a step wrongly.
    #[error(transparent)]
    Product(#[from] WrongProduct),
    /// A training that diverged was made again and went another way.
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
    /// The error of a trial that was trained twice; the second training is `None` if it went on beyond the end of the first.
    pub(super) fn of_two(trial: &Trial, first: &Trained, second: Option<&Trained>) -> Self {
        let (first, second) = (in_words(first), second.map_or_else(|| "no end".to_owned(), in_words));
        Untrusted::TwoResults { trial: trial.id.clone(), library: in_use().to_string(), first, second }
    }
}

fn in_words(trained: &Trained) -> String {
    let last = trained.history.last().map(|last| format!(", last cost {:?}", last.cost)).unwrap_or_default();
    match trained.ending {
        Ending::Completed => format!("completed{last}"),
        Ending::Stopped { iteration, reason } => format!("stopped at iteration {iteration} ({reason}){last}"),
        Ending::Diverged { iteration, bound } => format!("diverged at iteration {iteration} ({bound}){last}"),
    }
}
