//! The random choices of one picture, from its own counter-based stream.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of choices. Its mapping from bits to choices is written out here, so that no release of `rand` can change it.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream that picture `index` is composed from.
    pub(super) fn for_picture(seed: u64, index: u64) -> Self {
        Self::stream(seed, 0, index)
    }

    /// The stream of what happens in front of picture `index` and to its light.
    pub(super) fn for_light(seed: u64, index: u64) -> Self {
        Self::stream(seed, 1, index)
    }

    /// The stream that decides which of the pictures of `pair` is the cat.
    pub(super) fn for_order(seed: u64, pair: u64) -> Self {
        Self::stream(seed, 2, pair)
    }

    /// ChaCha's key holds the seed and what the stream is for; its stream number is the picture.
    fn stream(seed: u64, purpose: u64, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&purpose.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(number);
        Self(rng)
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Around 0 with standard deviation `spread`, never beyond 3.5 spreads: the sum of four uniforms.
    pub(super) fn around_zero(&mut self, spread: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.unit()).sum();
        // Four uniforms have a variance of 4/12.
        (sum - 2.0) * spread * 3f32.sqrt()
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of 0 .. count, each as likely as the others.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f32) as usize
    }

    /// One of the items.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// -1 or 1.
    pub(super) fn sign(&mut self) -> f32 {
        if self.happens(0.5) { 1.0 } else { -1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn choices_stay_in_their_ranges_and_fill_them() {
        let mut chance = Chance::for_picture(7, 0);
        let drawn: Vec<f32> = (0..4000).map(|_| chance.between(-2.0, 3.0)).collect();
        assert!(drawn.iter().all(|x| (-2.0..3.0).contains(x)));
        assert!(drawn.iter().any(|&x| x < -1.9) && drawn.iter().any(|&x| x > 2.9));
        let bell: Vec<f32> = (0..4000).map(|_| chance.around_zero(2.0)).collect();
        let variance = bell.iter().map(|x| x * x).sum::<f32>() / bell.len() as f32;
        assert!((variance - 4.0).abs() < 0.4, "variance {variance}");
        assert!(bell.iter().all(|x| x.abs() <= 7.0));
        let mut seen = [0; 5];
        (0..4000).for_each(|_| seen[chance.below(5)] += 1);
        assert!(seen.iter().all(|&count| count > 600), "{seen:?}");
    }

    #[test]
    fn streams_of_different_purposes_and_pictures_differ() {
        let first = |mut chance: Chance| chance.unit();
        assert_ne!(first(Chance::for_picture(1, 0)), first(Chance::for_light(1, 0)));
        assert_ne!(first(Chance::for_picture(1, 0)), first(Chance::for_picture(1, 1)));
        assert_ne!(first(Chance::for_picture(1, 0)), first(Chance::for_picture(2, 0)));
        assert_eq!(first(Chance::for_picture(1, 5)), first(Chance::for_picture(1, 5)));
    }
}
