//! The same training, faster: the first layer of many nets at once, in the coordinates of the examples.
//!
//! A net of a fleet is a [`crate::Chain`] without its `W[1]`: an engine computes `W[1] X` for all nets of the fleet at once, and makes the
//! step of `W[1]` from `dz[1]`. Above `z[1]`, nothing differs from a chain that is trained alone but the order of the products in a plain
//! step.

pub(crate) mod arrays;
mod best;
pub(crate) mod calls;
mod choice;
pub(crate) mod chunks;
mod columns;
pub(crate) mod data_parallel;
mod direct;
mod dual;
pub(crate) mod engine;
pub(crate) mod evaluation;
pub(crate) mod examples;
mod factors;
mod first_layers;
pub(crate) mod fleet;
pub(crate) mod gram;
pub(crate) mod initial_net;
mod initial_term;
mod member;
mod moments;
pub(crate) mod profile;
mod recorder;
mod reduced;
mod sample;
pub(crate) mod state;
pub(crate) mod train;
