//! A sweep: the plan of its trials and fleets, a fleet's training, and their parallel execution.

mod calls;
pub mod engine;
pub mod execute;
mod fleets;
pub mod halving;
pub mod inputs;
mod memory;
pub mod origins;
pub mod plan;
pub mod products;
mod ready;
pub mod training;
pub mod trial;
pub mod untrusted;
pub mod workers;
