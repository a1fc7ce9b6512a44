//! What a sweep leaves in its results directory: the record (SQLite) and what is exported from it.

pub mod entries;
pub mod export;
pub mod files;
pub mod folder;
mod journal;
pub mod machines;
pub mod plan;
pub mod record;
pub mod seal;
pub mod stored;
