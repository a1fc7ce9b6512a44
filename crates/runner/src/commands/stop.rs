//! Interruption by Ctrl-C or SIGTERM.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::terminal::{clear_from_here, say};

/// The longest time for an orderly end, so that the process ends within two seconds, whatever it is doing.
const GRACE: Duration = Duration::from_millis(1500);

/// The exit code of a run that was interrupted.
const INTERRUPTED: i32 = 130;

/// A request to stop, set by a signal.
#[derive(Clone)]
pub(super) struct Stop {
    asked: Arc<AtomicBool>,
    last_words: Arc<Mutex<String>>,
}

impl Deref for Stop {
    type Target = AtomicBool;

    fn deref(&self) -> &AtomicBool {
        &self.asked
    }
}

impl Stop {
    /// Returns whether a stop was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Sets the message for the case that the process is cut off: it says what is kept, and how to resume.
    pub(super) fn at_the_end(&self, words: String) {
        *self.last_words.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }
}

/// Listens for signals. The first one asks the work to end in order; if it doesn't react (during a long product, a
/// factorisation, or a library's reading of a file), the process is cut off a little later. That loses nothing that is
/// kept, since files appear whole, and the record grows by transactions. A second signal ends the process at once.
pub(super) fn stop_on_interrupt() -> Result<Stop> {
    const PROBLEM: &str = "can't listen for Ctrl-C";
    let stop =
        Stop { asked: Arc::default(), last_words: Arc::new(Mutex::new("interrupted; nothing is kept".to_owned())) };
    let mut signals = Signals::new([SIGINT, SIGTERM]).context(PROBLEM)?;
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop.asked))
            .and_then(|_| flag::register(signal, Arc::clone(&stop.asked)))
            .context(PROBLEM)?;
    }
    let last_words = Arc::clone(&stop.last_words);
    let watch = move || {
        if signals.forever().next().is_some() {
            thread::sleep(GRACE);
            clear_from_here();
            say(&last_words.lock().unwrap_or_else(PoisonError::into_inner));
            low_level::exit(INTERRUPTED);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).context(PROBLEM)?;
    Ok(stop)
}
