//! Progress on stderr: a bar on a terminal, plain lines elsewhere.

pub(crate) mod bar;
mod event;
mod foretold;
pub(crate) mod import;
pub mod mode;
pub mod sweep;
pub mod training;
