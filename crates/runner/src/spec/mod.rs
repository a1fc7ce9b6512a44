//! An experiment: a TOML file and its overrides, every value and every point of its sweep checked before any work.

pub mod axis;
mod axis_group;
mod budget;
mod builder;
mod coverage;
pub mod data;
mod drawn;
pub mod error;
mod exclude;
pub mod experiment;
pub mod experiment_keys;
pub mod halving;
mod include;
pub mod key;
pub mod kind;
pub mod lists;
pub mod names;
mod point;
pub mod ranking;
mod resolve;
pub mod rungs;
mod sampler;
mod search_space;
mod source;
pub mod suggestion;
pub mod sweep_keys;
pub mod trial;
