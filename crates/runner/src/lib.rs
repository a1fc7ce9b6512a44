//! Layerchain's runner: experiments, sweeps, results and the command line around `net`.
//!
//! A sweep flows one way: [`spec`] (TOML, checked) → [`datasets`] (HDF5, checked) → [`plan`] (trials with ids) → [`run`]
//! (workers) → [`record`] (one writer, and the tables).

#![forbid(unsafe_code)]

mod bench;
pub mod cli;
pub mod commands;
pub mod machine;
pub mod model;
pub mod plan;
pub mod progress;
pub mod record;
pub mod run;
pub mod spec;
mod table;
pub mod terminal;
mod text;
