//! The ways to show progress.

use std::io::{IsTerminal, stderr};

use clap::ValueEnum;

use crate::terminal::{is_quiet, speak_json};

/// The way to show progress that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, plain lines elsewhere, nothing with --quiet.
    Auto,
    /// A bar, where there is a terminal.
    Bar,
    /// Plain lines (of a sweep: one for each finished trial, and every few seconds the state of those in training).
    Plain,
    /// Everything on stderr, messages too, as JSON objects, one in each line (docs/command-line.md).
    Json,
    /// Nothing.
    None,
}

/// The form in which progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bar,
    Lines,
    Events,
    Nothing,
}

impl ProgressMode {
    /// Makes all that is said JSON too, if that is how progress is shown.
    pub(crate) fn set_up(self) {
        if self == ProgressMode::Json {
            speak_json();
        }
    }

    /// Returns the form in which progress is shown here, which also depends on --quiet and on whether stderr is a terminal.
    pub(super) fn form(self) -> Form {
        match self {
            ProgressMode::None => Form::Nothing,
            ProgressMode::Json => Form::Events,
            ProgressMode::Auto if is_quiet() => Form::Nothing,
            // indicatif draws nothing where there is no terminal.
            ProgressMode::Auto | ProgressMode::Bar if stderr().is_terminal() => Form::Bar,
            ProgressMode::Auto | ProgressMode::Bar | ProgressMode::Plain => Form::Lines,
        }
    }
}
