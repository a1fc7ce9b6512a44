//! The arguments of `runner bench`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap_complete::ArgValueCompleter;
use kernels::blas::Request;

use super::blas::request;
use super::choice::{Choice, one_of};
use super::keys::candidates;
use crate::bench::shape::Shapes;
use crate::spec::trial::Dtype;

/// Arguments of `runner bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// The experiment, a TOML file such as experiments/depth.toml.
    #[arg(value_name = "EXPERIMENT", required_unless_present = "shape", conflicts_with = "shape")]
    pub file: Option<PathBuf>,
    /// Keys to set or replace, as in `runner sweep`.
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(candidates))]
    pub overrides: Vec<String>,
    /// A product in place of an experiment: M,N,K, or one side for all three, and its form, nn (W a, the default), nt
    /// (dz aᵀ) or tn (Wᵀ dz). A side may be a range: 64..4096x2 or 64..256+64. May be given several times.
    #[arg(long, value_name = "M,N,K[,FORM]", allow_hyphen_values = true)]
    pub shape: Vec<Shapes>,
    /// The libraries to time: `all` that are found here, or names and paths, separated by commas or given several times
    /// [default: the one that `runner sweep` would take].
    #[arg(long, value_name = "all|NAME|PATH", value_delimiter = ',', value_parser = request)]
    pub blas: Vec<Request>,
    /// The element types [default: the experiment's own; both for --shape].
    #[arg(long, value_parser = one_of(&DTYPES))]
    pub dtype: Option<&'static [Dtype]>,
    /// Threads that share a product [default: run.threads; 1 for --shape].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), allow_negative_numbers = true)]
    pub threads: Option<u16>,
    /// Seconds for a product or a step, for all libraries together; at least six samples are made, even if they take
    /// longer.
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = seconds, allow_negative_numbers = true)]
    pub seconds: f64,
    /// Print the whole record as JSON, every sample included.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print a table (CSV) with a row for each product or step, as `case` says, and library.
    #[arg(long)]
    pub csv: bool,
    /// Keep the record as results/bench/NAME.json.
    #[arg(long, value_name = "NAME")]
    pub save: Option<String>,
    /// Replace a record of that name.
    #[arg(long, requires = "save")]
    pub force: bool,
    /// Compare with results/bench/NAME.json, a record of this machine.
    #[arg(long, value_name = "NAME")]
    pub against: Option<String>,
    /// Exit with 4 if something takes longer than in that record by more than this share, each time that it is timed.
    #[arg(long, value_name = "SHARE", requires = "against", allow_hyphen_values = true)]
    pub fail_above: Option<Share>,
}

/// The element types to time, by the word that asks for them.
const DTYPES: [Choice<&[Dtype]>; 3] = [
    ("f32", "32 bits", &[Dtype::F32]),
    ("f64", "64 bits", &[Dtype::F64]),
    ("both", "One after the other", &[Dtype::F32, Dtype::F64]),
];

/// A share of a time, such as `5%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        match percent {
            Some(percent) if percent > 0.0 && percent.is_finite() => Ok(Share(percent / 100.0)),
            _ => Err("a number of per cent above 0, such as 5%".to_owned()),
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if seconds > 0.0 && seconds <= 3600.0 => Ok(seconds),
        _ => Err("a number above 0, of 3600 at most".to_owned()),
    }
}
