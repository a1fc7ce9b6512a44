//! The same training, faster: the first layer of many nets at once, in the coordinates of the examples.
//!
//! Above `z[1]` nothing is new but the order of products in a plain step: a net of a fleet is a [`crate::Chain`] whose `W[1] X` an engine computes for
//! all nets of the fleet, and whose `W[1]` follows `dz[1]` there.

pub(crate) mod chunks;
mod columns;
mod direct;
mod dual;
pub(crate) mod engine;
pub(crate) mod examples;
mod first_layers;
pub(crate) mod fleet;
pub(crate) mod gram;
pub(crate) mod initial_net;
mod initial_term;
mod member;
pub(crate) mod profile;
mod reduced;
mod sample;
pub(crate) mod train;
