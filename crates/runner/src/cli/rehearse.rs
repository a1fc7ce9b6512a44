//! `runner rehearse`, which the runner calls itself.

use std::path::PathBuf;

use clap::Parser;

/// The first word of a command line that reads files in a process of its own, before the program reads them itself. It is no subcommand:
/// clap would suggest it to users.
pub const REHEARSE: &str = "rehearse";

/// The words after [`REHEARSE`].
#[derive(Debug, Parser)]
#[command(disable_help_flag = true)]
pub struct Rehearse {
    /// The kind of reading, as JSON.
    pub reading: String,
    /// The files.
    pub paths: Vec<PathBuf>,
}
