#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bench;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod machine;
pub mod model;
pub mod plan;
pub mod prediction;
pub mod progress;
pub mod record;
pub mod results;
pub mod run;
mod shell_words;
pub mod spec;
mod table;
pub mod terminal;
mod text;
