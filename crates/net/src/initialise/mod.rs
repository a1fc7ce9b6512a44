//! Initialisation: the weights and biases that a net starts with, and the factors on its learning rates that belong to them.

mod draw;
mod rates;
mod scheme;

use kernels::Real;

pub use draw::Draw;
pub use scheme::{Initialisation, Scheme};

use crate::architecture::Architecture;
use crate::chain::Chain;

/// Draws the parameters of a net, in f64, and rounds them to `R`.
///
/// # Panics
/// If `architecture` isn't one that [`Architecture::new`] makes, the number of scales is neither 0 nor 1 nor L, or the base
/// width of muP is 0.
#[track_caller]
pub fn chain<R: Real>(architecture: &Architecture, initialisation: &Initialisation, seed: u32) -> Chain<R> {
    initialisation.check(architecture);
    let (n_in, n_out) = (architecture.widths[0], architecture.widths[1]);
    let (w, draw) = Draw::first_weights(initialisation, seed, n_out, n_in);
    let mut chain: Chain<R> = draw.rest(architecture);
    chain.layers[0].w = w.mapv(R::from_f64);
    chain
}

#[cfg(test)]
mod tests;
