//! Random orders that no release of a library can change.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Returns the numbers below `count` in an order drawn from `seed`: Fisher and Yates's shuffle on ChaCha8, written out here so
/// that no release of `rand` can change it.
pub(crate) fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(&mut rng, last as u64 + 1) as usize);
    }
    order
}

/// Draws uniformly from 0 .. `count`, without bias: the high word of a 128-bit product, drawn again where its low word is below
/// 2^64 mod `count` (Lemire 2019, Fast random integer generation in an interval).
fn below(rng: &mut ChaCha8Rng, count: u64) -> u64 {
    let rejected = count.wrapping_neg() % count;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(count);
        if product as u64 >= rejected {
            return (product >> 64) as u64;
        }
    }
}
