//! The arguments of `runner report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `runner report`.
#[derive(Args, Debug)]
pub struct Report {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// The page; an earlier report there is replaced, another file is not [default: DIR/report.html].
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Open the page with xdg-open, or only write it.
    #[arg(long, value_enum, value_name = "yes|no", default_value_t = Open::No)]
    pub open: Open,
}

/// The fate of a page once it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Open {
    /// Opened.
    Yes,
    /// Only written.
    No,
}
