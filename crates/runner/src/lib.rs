//! Layerchain's runner: experiments, data, sweeps, results and the command line around `net`.
//!
//! A sweep flows one way: [`experiment`] (TOML, checked) → [`data`] (HDF5, checked) → [`sweep::plan`] (trials with
//! ids) → [`sweep::execute`] (workers) → [`results::record`] (one writer) → [`results::export`].

#![forbid(unsafe_code)]

mod bench;
pub mod cli;
pub mod commands;
pub mod data;
pub mod experiment;
pub mod files;
pub mod machine;
pub mod model;
pub mod progress;
mod regular_file;
pub mod results;
pub mod sweep;
mod table;
mod visible;
