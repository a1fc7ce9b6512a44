//! A sweep: the plan of its trials, one trial's training, and their parallel execution.

pub mod execute;
pub mod plan;
pub mod trial;
