//! Whether and how progress is shown.

use clap::ValueEnum;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, plain lines elsewhere.
    Auto,
    /// A bar, where there is a terminal.
    Bar,
    /// Plain lines: one a finished trial, some records of a single one, or every few seconds.
    Plain,
    /// Nothing.
    None,
}
