//! NumPy's legacy `RandomState(seed).randn`: the stream that the course's published numbers come from.

use rand_mt::Mt;

/// Standard normal numbers by Marsaglia's polar method over MT19937, in NumPy's order
/// (`legacy_gauss` in numpy/random/src/legacy/legacy-distributions.c).
#[derive(Clone)]
pub(crate) struct NumpyStream {
    generator: Mt,
    spare: Option<f64>,
}

impl NumpyStream {
    pub(crate) fn new(seed: u32) -> Self {
        NumpyStream { generator: Mt::new(seed), spare: None }
    }

    /// Draws the next number of `randn`.
    pub(crate) fn randn(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let x1 = 2.0 * self.uniform() - 1.0;
            let x2 = 2.0 * self.uniform() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 < 1.0 && r2 != 0.0 {
                let factor = (-2.0 * r2.ln() / r2).sqrt();
                self.spare = Some(factor * x1);
                return factor * x2;
            }
        }
    }

    /// Draws a number from [0, 1) with 53 bits, as MT19937's `genrand_res53` does.
    fn uniform(&mut self) -> f64 {
        let high = f64::from(self.generator.next_u32() >> 5);
        let low = f64::from(self.generator.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_numpys_bit_for_bit() {
        // numpy.random.RandomState(1).randn(5) and the last of randn(100_000)
        let mut stream = NumpyStream::new(1);
        let first =
            [1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705, 0.8654076293246785];
        for expected in first {
            assert_eq!(stream.randn(), expected);
        }
        let last = (5..100_000).map(|_| stream.randn()).last();
        assert_eq!(last, Some(LAST_OF_100_000));
    }

    const LAST_OF_100_000: f64 = -0.7475562464191521;
}
