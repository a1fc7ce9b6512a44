//! The arguments of `runner verify`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::blas::Blas;

/// Arguments of `runner verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// How many trials to train again: a number, or all.
    #[arg(long, value_name = "N", default_value = "3")]
    pub retrain: Retrain,
    /// The seed that draws these trials.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// The number of trials that are trained again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retrain {
    /// Every one.
    All,
    /// At most this many.
    Some(usize),
}

impl FromStr for Retrain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Retrain::All),
            number => number.parse().map(Retrain::Some).map_err(|_| "must be a number of trials, or all".to_owned()),
        }
    }
}
