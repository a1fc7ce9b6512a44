//! The factors on the learning rates that belong to an initialisation.

use super::scheme::{Initialisation, Scheme};
use crate::architecture::Architecture;
use crate::rates::{LayerRate, LayerRates};

impl Initialisation {
    /// Returns the factors on the learning rates of the layers, layer l at index l - 1; empty except for [`Scheme::MuP`].
    ///
    /// With k\[l\] = `n[l]` / base_width for the hidden layers and k\[0\] = k\[L\] = 1, since the features and the outputs
    /// are given by the data:
    ///
    /// ```text
    ///              W[l]               b[l]
    /// linear       k[l] / k[l-1]      k[l]
    /// adaptive     1 / k[l-1]         1
    /// ```
    ///
    /// That is Table 3 of Yang, Hu et al. 2022 (Tensor Programs V, arXiv 2203.03466), relative to base_width, and what the
    /// authors' `mup` package (`MuSGD`, `MuAdam`) comes to with its output multiplier absorbed into `W[L]`. The package
    /// divides the weight decay of a tensor by the factor on its rate, so that their product stays. One law differs: under the adaptive
    /// optimisers, L2 decay of `W[L]` is λ k\[L-1\] here, and with the multiplier of the package comes to λ k\[L-1\]².
    ///
    /// # Panics
    /// If `architecture` isn't one that [`Architecture::new`] makes, the number of scales is neither 0 nor 1 nor L, or
    /// base_width is 0.
    #[track_caller]
    pub fn rates(&self, architecture: &Architecture) -> LayerRates {
        self.check(architecture);
        let Scheme::MuP { base_width } = self.scheme else { return LayerRates::default() };
        let last = architecture.depth();
        let k = |l: usize| if l == 0 || l == last { 1.0 } else { architecture.widths[l] as f64 / base_width as f64 };
        LayerRates {
            linear: (1..=last).map(|l| LayerRate { w: k(l) / k(l - 1), b: k(l) }).collect(),
            adaptive: (1..=last).map(|l| LayerRate { w: 1.0 / k(l - 1), b: 1.0 }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernels::Activation;
    use ndarray::Array2;

    use super::*;
    use crate::{Chain, initialise};

    const MUP: Scheme = Scheme::MuP { base_width: 64 };

    fn rates(scheme: Scheme, hidden: &[usize], adaptive: bool) -> Vec<(f64, f64)> {
        let architecture = Architecture::classifier(10, hidden, Activation::Relu);
        let LayerRates { linear, adaptive: of_adaptive } = Initialisation::from(scheme).rates(&architecture);
        let rates = if adaptive { of_adaptive } else { linear };
        rates.into_iter().map(|LayerRate { w, b }| (w, b)).collect()
    }

    #[test]
    fn rates_are_those_of_the_table() {
        assert_eq!(rates(MUP, &[128, 32], false), [(2.0, 2.0), (0.25, 0.5), (2.0, 1.0)]);
        assert_eq!(rates(MUP, &[128, 32], true), [(1.0, 1.0), (0.5, 1.0), (2.0, 1.0)]);
        assert_eq!(rates(MUP, &[], false), [(1.0, 1.0)]);
        assert_eq!(rates(Scheme::HeNormal, &[128, 32], false), []);
    }

    #[test]
    fn at_its_base_width_mup_is_he_with_equal_rates() {
        let chain = |scheme: Scheme, width| -> Chain<f64> {
            initialise::chain(&Architecture::classifier(10, &[width, width], Activation::Relu), &scheme.into(), 5)
        };
        let (mup, he) = (chain(MUP, 64), chain(Scheme::HeNormal, 64));
        assert!(mup.layers.iter().zip(&he.layers).all(|(mup, he)| mup.w == he.w));
        assert_eq!(rates(MUP, &[64, 64], false), [(1.0, 1.0); 3]);
        assert_eq!(rates(MUP, &[64, 64], true), [(1.0, 1.0); 3]);
        // Four times as wide, the output weights are half as large as He's, and no others are another size.
        let (mup, he) = (chain(MUP, 256), chain(Scheme::HeNormal, 256));
        assert_eq!((&mup.layers[0].w, &mup.layers[1].w), (&he.layers[0].w, &he.layers[1].w));
        assert_eq!(mup.layers[2].w, &he.layers[2].w * 0.5);
    }

    #[test]
    #[should_panic(expected = "at least 1")]
    fn a_base_width_of_zero_is_refused() {
        rates(Scheme::MuP { base_width: 0 }, &[3], false);
    }

    /// Tanh nets of three layers on 16 features.
    fn architecture(width: usize) -> Architecture {
        Architecture::classifier(16, &[width, width], Activation::Tanh)
    }

    /// Measures the distances by which three steps move z\[1\], z\[2\] and z\[3\]: root mean squares over units, examples and seeds.
    fn movements(scheme: Scheme, width: usize, adaptive: bool) -> [f64; 3] {
        let x = Array2::from_shape_fn((16, 8), |(i, j)| ((i * 7 + j * 5) % 13) as f64 / 6.0 - 1.0);
        let y = Array2::from_shape_fn((1, 8), |(_, j)| (j % 3 % 2) as f64);
        let (architecture, initialisation) = (architecture(width), Initialisation::from(scheme));
        let LayerRates { linear, adaptive: of_adaptive } = initialisation.rates(&architecture);
        let mut rates = if adaptive { of_adaptive } else { linear };
        rates.resize(3, LayerRate::default());
        // A gradient's sign is Adam's first step, and what makes an optimiser adaptive.
        let (learning_rate, direction): (f64, fn(f64) -> f64) =
            if adaptive { (0.001, f64::signum) } else { (0.1, |derivative| derivative) };
        let mut squares = [0.0; 3];
        const SEEDS: u32 = 8;
        for seed in 0..SEEDS {
            let mut chain: Chain<f64> = initialise::chain(&architecture, &initialisation, seed);
            let (mut before, mut caches, mut gradients) = (chain.caches(8), chain.caches(8), chain.gradients(8));
            chain.forward(x.view(), &mut before);
            for _ in 0..3 {
                chain.forward(x.view(), &mut caches);
                chain.backward(x.view(), y.view(), &caches, &mut gradients);
                for ((layer, gradient), rate) in chain.layers.iter_mut().zip(&gradients).zip(&rates) {
                    layer.w.scaled_add(-learning_rate * rate.w, &gradient.dw.mapv(direction));
                    layer.b.scaled_add(-learning_rate * rate.b, &gradient.db.mapv(direction));
                }
            }
            chain.forward(x.view(), &mut caches);
            for (square, (after, before)) in squares.iter_mut().zip(caches.iter().zip(&before)) {
                *square += (&after.z - &before.z).mapv(|change| change * change).mean().unwrap() / f64::from(SEEDS);
            }
        }
        squares.map(f64::sqrt)
    }

    /// For each layer, the largest movement over the smallest, of widths 64 to 1024.
    fn spreads(scheme: Scheme, adaptive: bool) -> [f64; 3] {
        let of_widths = [64, 128, 256, 512, 1024].map(|width| movements(scheme, width, adaptive));
        [0, 1, 2].map(|l| {
            let of_layer = of_widths.iter().map(|movements| movements[l]);
            of_layer.clone().fold(0.0, f64::max) / of_layer.fold(f64::INFINITY, f64::min)
        })
    }

    #[test]
    fn three_steps_move_every_layer_as_far_at_every_width_in_mup_and_only_there() {
        for adaptive in [false, true] {
            let spread = spreads(MUP, adaptive);
            assert!(spread.iter().all(|&spread| spread < 1.5), "muP, adaptive {adaptive}: {spread:?}");
            let spread = spreads(Scheme::HeNormal, adaptive);
            assert!(spread[2] > 4.0, "standard, adaptive {adaptive}: {spread:?}");
        }
    }
}
