//! The arguments of `runner report`.

use std::path::PathBuf;

use clap::ArgAction::Set;
use clap::Args;

use super::choice::{Choice, one_of};

/// Arguments of `runner report`.
#[derive(Args, Debug)]
pub struct Report {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// The page; an earlier report there is replaced, another file is not [default: DIR/report.html].
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Open the page with xdg-open, or only write it.
    #[arg(long, action = Set, value_parser = one_of(&OPENED), value_name = "yes|no", default_value = "no")]
    pub open: bool,
}

const OPENED: [Choice<bool>; 2] = [("yes", "Opened", true), ("no", "Only written", false)];
