//! The arguments of `runner show`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::spec::sweep_keys::Objective;

/// Arguments of `runner show`.
#[derive(Args, Debug)]
pub struct Show {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// The swept key to aggregate over [default: seed, where there are several].
    #[arg(long, value_name = "KEY", conflicts_with = "trials")]
    pub over: Option<String>,
    /// A row a trial, nothing aggregated.
    #[arg(long)]
    pub trials: bool,
    /// What makes a trial better.
    #[arg(long, value_enum, default_value_t = SortBy::Cost, value_name = "BY")]
    pub sort: SortBy,
    /// Show only the first N.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
}

/// What makes a trial better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// A lower final cost.
    Cost,
    /// A higher test accuracy.
    Test,
    /// A higher training accuracy.
    Train,
    /// The order of the experiment.
    Plan,
}

impl SortBy {
    /// The objective that it sorts by; `None` if the order stays that of the experiment.
    pub fn objective(self) -> Option<Objective> {
        match self {
            SortBy::Cost => Some(Objective::Cost),
            SortBy::Test => Some(Objective::TestAccuracy),
            SortBy::Train => Some(Objective::TrainAccuracy),
            SortBy::Plan => None,
        }
    }
}
