//! Progress of an import.

use std::time::{Duration, Instant};

use datasets::import::Progress;
use indicatif::ProgressBar;
use serde_json::json;

use super::bar::style;
use super::mode::{Form, ProgressMode};
use crate::terminal::{emit, say};

/// Shows the progress of an import: a bar on a terminal; elsewhere a line every few seconds.
pub(crate) enum ImportProgress {
    Bar(ProgressBar),
    Lines { last: Instant },
    Events { last: Instant },
    Nothing,
}

impl ImportProgress {
    /// Begins to show it.
    pub(crate) fn new(mode: ProgressMode) -> Self {
        match mode.form() {
            Form::Nothing => ImportProgress::Nothing,
            Form::Bar => ImportProgress::Bar(ProgressBar::new(0).with_style(style("{pos}/{len} examples {msg}"))),
            Form::Lines => ImportProgress::Lines { last: Instant::now() },
            Form::Events => ImportProgress::Events { last: Instant::now() },
        }
    }

    /// Shows how far it is, and says what was found, even if it shows nothing else.
    pub(crate) fn show(&mut self, progress: &Progress) {
        const BETWEEN_LINES: Duration = Duration::from_secs(5);
        const BETWEEN_EVENTS: Duration = Duration::from_secs(1);
        match (self, progress) {
            (ImportProgress::Bar(bar), Progress::Checked(_)) => bar.set_message(words(progress)),
            (ImportProgress::Bar(bar), Progress::Found(found)) => bar.suspend(|| say(found)),
            (ImportProgress::Bar(bar), &Progress::Written(written, all)) => {
                bar.set_message("");
                bar.set_length(all as u64);
                bar.set_position(written as u64);
            }
            // What was found is no progress: it may be that examples were left out.
            (_, Progress::Found(found)) => say(found),
            (ImportProgress::Lines { last }, _) if last.elapsed() >= BETWEEN_LINES => {
                *last = Instant::now();
                say(&words(progress));
            }
            (ImportProgress::Events { last }, _) if last.elapsed() >= BETWEEN_EVENTS => {
                *last = Instant::now();
                match progress {
                    Progress::Checked(checked) => emit(&json!({ "event": "progress", "checked": checked })),
                    Progress::Written(written, all) => {
                        emit(&json!({ "event": "progress", "written": written, "examples": all }));
                    }
                    Progress::Found(_) => {}
                }
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
