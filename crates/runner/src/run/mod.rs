//! The training of a plan's fleets: their inputs, workers and outcomes.

pub mod advance;
pub mod execute;
pub mod first_layers;
pub mod fleet;
pub mod inputs;
pub mod outcome;
mod ready;
pub mod training;
pub mod untrusted;
pub mod workers;
