//! `runner rehearse`, which the runner calls itself.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `runner rehearse`.
#[derive(Args, Debug)]
pub struct Rehearse {
    /// The kind of reading, as JSON.
    pub reading: String,
    /// The files.
    pub paths: Vec<PathBuf>,
}
