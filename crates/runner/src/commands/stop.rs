//! Interruption by Ctrl-C, SIGTERM, or the end of the terminal.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::failure::INTERRUPTED;
use crate::terminal::{clear_from_here, say};

/// The longest time for an orderly end, so that the process ends within two seconds, whatever it is doing, unless it has checkpoints to
/// write. It counts from the end of the last of them.
const GRACE: Duration = Duration::from_millis(1500);
/// The longest time for checkpoints; Slurm kills a job 30 s after SIGTERM.
const WRITING: Duration = Duration::from_secs(20);
/// The time from one look at the checkpoints to the next.
const LOOK: Duration = Duration::from_millis(10);

/// A request to stop, set by a signal or by the work itself.
#[derive(Clone)]
pub(super) struct Stop {
    asked: Arc<AtomicBool>,
    writing: Arc<AtomicUsize>,
    last_words: Arc<Mutex<LastWords>>,
}

/// The message of a process that is cut off.
struct LastWords {
    cause: String,
    /// The text after the cause: what is kept, and how to resume.
    rest: String,
}

impl Stop {
    /// Asks the work to end in order.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Returns whether a stop was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns the flag that is set once a stop was asked for.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// Returns the count of checkpoints that are being written, or will be after this step, for which the process is not cut off.
    pub(super) fn writing(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.writing)
    }

    /// Sets the message for the case that the process is cut off: after "interrupted", or another cause, it says what is kept, and how to
    /// resume.
    pub(super) fn at_the_end(&self, rest: String) {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).rest = rest;
    }

    /// Names another cause than a signal from outside.
    pub(super) fn because(&self, cause: String) {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).cause = cause;
    }
}

/// Listens for signals. The first one asks the work to end in order; if it doesn't react (during a long product, a factorisation, or a
/// library's reading of a file), the process is cut off a little later. That loses nothing that is kept, since files appear whole, and the
/// record grows by transactions. Checkpoints that are being written are waited for. A second Ctrl-C or SIGTERM ends the process at once.
pub(super) fn stop_on_interrupt() -> Result<Stop> {
    const PROBLEM: &str = "can't listen for Ctrl-C";
    let last_words = LastWords { cause: "interrupted".to_owned(), rest: "; nothing is kept".to_owned() };
    let stop = Stop { asked: Arc::default(), writing: Arc::default(), last_words: Arc::new(Mutex::new(last_words)) };
    let mut signals = Signals::new([SIGINT, SIGTERM]).context(PROBLEM)?;
    // Beside `asked`, which failed trials set too: the signal after these is still the first one.
    let signalled = Arc::<AtomicBool>::default();
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&signalled))
            .and_then(|_| flag::register(signal, Arc::clone(&signalled)))
            .and_then(|_| flag::register(signal, Arc::clone(&stop.asked)))
            .context(PROBLEM)?;
    }
    if !is_ignored(SIGHUP) {
        // Both the shell and the kernel send it when a terminal closes: its second one is no wish to end at once.
        flag::register(SIGHUP, Arc::clone(&stop.asked)).and_then(|_| signals.add_signal(SIGHUP)).context(PROBLEM)?;
    }
    let (writing, last_words) = (stop.writing(), Arc::clone(&stop.last_words));
    let watch = move || {
        if signals.forever().next().is_some() {
            wait(&writing);
            clear_from_here();
            let LastWords { cause, rest } = &*last_words.lock().unwrap_or_else(PoisonError::into_inner);
            say(&format!("{cause}{rest}"));
            low_level::exit(INTERRUPTED.into());
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).context(PROBLEM)?;
    Ok(stop)
}

/// Returns whether the process was started with a signal ignored, as `nohup` does with SIGHUP: a handler would undo that.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Waits for as long as an orderly end may take, while `writing` checkpoints are being written.
fn wait(writing: &AtomicUsize) {
    let (asked, mut written) = (Instant::now(), Instant::now());
    while written.elapsed() < GRACE {
        thread::sleep(LOOK);
        if writing.load(Ordering::SeqCst) > 0 && asked.elapsed() < WRITING {
            written = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_waits_for_checkpoints_and_then_as_long_as_ever() {
        let writing = AtomicUsize::new(1);
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(700));
                writing.store(0, Ordering::SeqCst);
            });
            wait(&writing);
        });
        assert!(start.elapsed() >= Duration::from_millis(2190), "{:?}", start.elapsed());
        let start = Instant::now();
        wait(&AtomicUsize::new(0));
        assert!((GRACE..GRACE + GRACE).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
}
