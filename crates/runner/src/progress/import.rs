//! Progress of an import.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use datasets::import::Progress;
use indicatif::ProgressBar;

use super::bar::style;
use super::mode::ProgressMode;
use crate::terminal::say;

/// Shows the progress of an import: a bar on a terminal; elsewhere a line every few seconds.
pub(crate) enum ImportProgress {
    Bar(ProgressBar),
    Lines { last: Instant },
    Nothing,
}

impl ImportProgress {
    /// Begins to show it.
    pub(crate) fn new(mode: ProgressMode) -> Self {
        match mode {
            ProgressMode::None => ImportProgress::Nothing,
            ProgressMode::Auto | ProgressMode::Bar if stderr().is_terminal() => {
                ImportProgress::Bar(ProgressBar::new(0).with_style(style("{pos}/{len} examples {msg}")))
            }
            _ => ImportProgress::Lines { last: Instant::now() },
        }
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, progress: &Progress) {
        const BETWEEN_LINES: Duration = Duration::from_secs(5);
        match (self, progress) {
            (ImportProgress::Bar(bar), Progress::Checked(_)) => bar.set_message(words(progress)),
            (ImportProgress::Bar(bar), Progress::Found(found)) => bar.suspend(|| say(found)),
            (ImportProgress::Bar(bar), &Progress::Written(written, all)) => {
                bar.set_message("");
                bar.set_length(all as u64);
                bar.set_position(written as u64);
            }
            (ImportProgress::Lines { .. }, Progress::Found(found)) => say(found),
            (ImportProgress::Lines { last }, _) if last.elapsed() >= BETWEEN_LINES => {
                *last = Instant::now();
                say(&words(progress));
            }
            _ => {}
        }
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        if let ImportProgress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::Checked(examples) => format!("{examples} examples checked"),
        Progress::Found(found) => found.clone(),
        Progress::Written(written, all) => format!("{written} of {all} examples written"),
    }
}
