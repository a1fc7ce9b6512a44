//! Checkpoints: fleets in training, written to the disk so that a later run goes on from there.

pub mod checkpoints;
mod due;
pub(super) mod file;
pub(super) mod fleet;
