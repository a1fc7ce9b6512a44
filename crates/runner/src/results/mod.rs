//! What a sweep leaves in its results directory: the record (SQLite) and what is exported from it.

mod atomic_file;
pub mod export;
pub mod record;

pub use atomic_file::write_atomically;
