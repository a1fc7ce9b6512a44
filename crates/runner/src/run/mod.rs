//! The training of a plan's fleets: their inputs, their workers and what becomes of them.

pub mod execute;
pub mod inputs;
pub mod origins;
mod ready;
pub mod training;
pub mod trial;
pub mod untrusted;
pub mod workers;
