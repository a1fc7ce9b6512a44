//! The names of the files in a results directory.

/// The record.
pub const DATABASE: &str = "results.db";
/// The log that SQLite has beside a database that is open for writing, or was when its writer was killed.
pub(super) const LOG: &str = "results.db-wal";
/// The memory that SQLite's readers and its writer share, beside the log.
pub(super) const SHARED: &str = "results.db-shm";
/// The journal that SQLite has beside a database while a writer opens or closes it, or after one was killed then.
pub(super) const JOURNAL: &str = "results.db-journal";
/// The files that SQLite writes beside a database.
pub(super) const LOGS: [&str; 3] = [JOURNAL, LOG, SHARED];
/// The files beside an open database. SQLite leaves them there if the database loses its name.
pub(super) const LOGS_WHILE_OPEN: [&str; 2] = [LOG, SHARED];
/// The experiment as it was run.
pub const EXPERIMENT: &str = "experiment.toml";
/// The machine of a sweep.
pub(super) const MACHINE: &str = "machine.toml";
/// The files that a sweep writes beside its record.
pub const FILES: [&str; 4] = [EXPERIMENT, MACHINE, "trials.csv", "history.csv"];
/// The file that a runner at work has locked.
pub(super) const LOCK: &str = ".lock";
