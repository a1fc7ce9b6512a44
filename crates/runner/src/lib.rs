//! Layerchain's runner: experiments, sweeps, results and the command line around `net`.
//!
//! A sweep flows one way: [`experiment`] (TOML, checked) → [`datasets`] (HDF5, checked) → [`sweep::plan`] (trials with
//! ids) → [`sweep::execute`] (workers) → [`results::record`] (one writer) → [`results::export`].

#![forbid(unsafe_code)]

mod bench;
pub mod cli;
pub mod commands;
pub mod experiment;
pub mod machine;
pub mod model;
pub mod progress;
pub mod results;
pub mod sweep;
mod table;
mod visible;
