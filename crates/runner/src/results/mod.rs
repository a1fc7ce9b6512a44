//! What a sweep leaves in its results directory: the record (SQLite) and what is exported from it.

pub mod export;
pub mod folder;
mod journal;
pub mod record;
pub mod stored;
