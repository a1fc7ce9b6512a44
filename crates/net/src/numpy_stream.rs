//! NumPy's legacy `RandomState(seed).randn`: the stream that the course's published numbers come from.

use rand_mt::Mt;

/// Standard normal numbers by Marsaglia's polar method over MT19937, in NumPy's order
/// (`legacy_gauss` in numpy/random/src/legacy/legacy-distributions.c).
#[derive(Clone)]
pub(crate) struct NumpyStream {
    generator: Mt,
    spare: Option<f64>,
}

/// The number of pairs that are drawn at once.
const BLOCK: usize = 64;

impl NumpyStream {
    pub(crate) fn new(seed: u32) -> Self {
        NumpyStream { generator: Mt::new(seed), spare: None }
    }

    /// Draws the next numbers of `randn`, as many as `numbers` has.
    pub(crate) fn randn(&mut self, numbers: &mut [f64]) {
        let spare = self.spare.take_if(|_| !numbers.is_empty());
        let (begin, rest) = numbers.split_at_mut(usize::from(spare.is_some()));
        begin.iter_mut().zip(spare).for_each(|(number, spare)| *number = spare);
        for block in rest.chunks_mut(2 * BLOCK) {
            let pairs = self.pairs(block.len().div_ceil(2));
            for (pair, numbers) in pairs.iter().zip(block.chunks_mut(2)) {
                numbers.copy_from_slice(&pair[..numbers.len()]);
            }
            self.spare = (block.len() % 2 == 1).then(|| pairs[block.len() / 2][1]);
        }
    }

    /// Draws `count` pairs of numbers; what the array has after them is left over, and not part of the stream. Each loop does one thing to
    /// all pairs, so that the processor has several of them in work at once.
    fn pairs(&mut self, count: usize) -> [[f64; 2]; BLOCK] {
        let (mut points, mut squares, mut accepted) = ([[0.0; 2]; BLOCK], [0.5; BLOCK], 0);
        while accepted < count {
            let [x1, x2] = [(); 2].map(|()| 2.0 * self.uniform() - 1.0);
            let r2 = x1 * x1 + x2 * x2;
            // A point that is not accepted is overwritten by the next one: a branch would be guessed wrongly once in five times.
            (points[accepted], squares[accepted]) = ([x2, x1], r2);
            accepted += usize::from(r2 < 1.0 && r2 != 0.0);
        }
        let logarithms = squares.map(f64::ln);
        for ((point, r2), ln_r2) in points.iter_mut().zip(squares).zip(logarithms) {
            let factor = (-2.0 * ln_r2 / r2).sqrt();
            *point = point.map(|x| factor * x);
        }
        points
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
        let mut whole = vec![0.0; 100_000];
        NumpyStream::new(1).randn(&mut whole);
        let first =
            [1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705, 0.8654076293246785];
        assert_eq!(whole[..5], first);
        assert_eq!(whole.last(), Some(&LAST_OF_100_000));
        // In parts of any length.
        let (mut stream, mut parts) = (NumpyStream::new(1), Vec::new());
        for length in [1, 0, 1, 2, 3, 0, 128, 127, 129, 1, 300] {
            let mut part = vec![0.0; length];
            stream.randn(&mut part);
            parts.extend(part);
        }
        assert_eq!(parts, whole[..parts.len()]);
    }

    const LAST_OF_100_000: f64 = -0.7475562464191521;
}
