//! The training of a plan's fleets: their inputs, workers and outcomes.

pub mod checkpoint;
#[cfg(feature = "mpi")]
pub mod data_parallel;
pub mod execute;
pub mod first_layers;
pub mod fleet;
mod fleet_job;
pub mod inputs;
#[cfg(feature = "mpi")]
pub mod mpi_ranks;
pub mod outcome;
pub mod running_fleets;
pub mod training;
pub mod untrusted;
pub mod workers;
