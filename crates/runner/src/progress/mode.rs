//! The ways to show progress.

use clap::ValueEnum;
use console::Term;

use crate::terminal::{is_quiet, speak_json, takes_control_codes};

/// Columns that a terminal has at least if a bar is drawn there.
const LEAST_COLUMNS: u16 = 40;

/// The way to show progress that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal of 40 columns or more, plain lines elsewhere, nothing with --quiet.
    Auto,
    /// A bar, where there is such a terminal.
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

    /// Returns the form in which progress is shown here, which also depends on --quiet and on whether stderr is a terminal with room.
    pub(super) fn form(self) -> Form {
        match self {
            ProgressMode::None => Form::Nothing,
            ProgressMode::Json => Form::Events,
            ProgressMode::Auto if is_quiet() => Form::Nothing,
            // On any other terminal a bar would leave control codes or broken lines behind.
            ProgressMode::Auto | ProgressMode::Bar if has_room_for_a_bar() => Form::Bar,
            ProgressMode::Auto | ProgressMode::Bar | ProgressMode::Plain => Form::Lines,
        }
    }
}

/// Returns whether stderr is a terminal on which a bar can be drawn, and has room for its words.
fn has_room_for_a_bar() -> bool {
    takes_control_codes() && Term::stderr().size().1 >= LEAST_COLUMNS
}
