use kernels::Activation;
use ndarray::{Array2, ArrayView1};

use super::*;

const UNIFORM: [Scheme; 4] = [Scheme::HeUniform, Scheme::XavierUniform, Scheme::LecunUniform, Scheme::PyTorch];

/// A scheme, and the variance of its weights in layer 1 of the net 400-50-1.
const VARIANCES: [(Scheme, f64); 11] = [
    (Scheme::Course, 1.0 / 400.0),
    (Scheme::ScaledNormal { factor: 0.01 }, 1e-4),
    (Scheme::HeNormal, 2.0 / 400.0),
    (Scheme::HeUniform, 2.0 / 400.0),
    (Scheme::XavierNormal, 2.0 / 450.0),
    (Scheme::XavierUniform, 2.0 / 450.0),
    (Scheme::LecunNormal, 1.0 / 400.0),
    (Scheme::LecunUniform, 1.0 / 400.0),
    (Scheme::PyTorch, 1.0 / 1200.0),
    (Scheme::MuP { base_width: 10 }, 2.0 / 400.0),
    (Scheme::Zeros, 0.0),
];

fn relu(n_in: usize, hidden: &[usize]) -> Architecture {
    Architecture::classifier(n_in, hidden, Activation::Relu)
}

fn drawn(architecture: &Architecture, scheme: Scheme, seed: u32) -> Chain<f64> {
    chain(architecture, &scheme.into(), seed)
}

fn first_weights(scheme: Scheme, n_out: usize, n_in: usize) -> Array2<f64> {
    drawn(&relu(n_in, &[n_out]), scheme, 3).layers[0].w.clone()
}

/// Every scheme that draws, with numbers that aren't special.
fn random_schemes() -> impl Iterator<Item = Scheme> {
    let known = VARIANCES.map(|(scheme, _)| scheme).into_iter().filter(|&scheme| scheme != Scheme::Zeros);
    known.chain([Scheme::Orthogonal { gain: 1.3 }])
}

fn correlation(one: ArrayView1<f64>, other: ArrayView1<f64>) -> f64 {
    one.dot(&other) / (one.dot(&one) * other.dot(&other)).sqrt()
}

#[test]
fn means_and_variances_are_those_of_the_papers() {
    for (scheme, variance) in VARIANCES {
        let w = first_weights(scheme, 50, 400);
        let (mean, count) = (w.mean().unwrap(), w.len() as f64);
        let found = w.mapv(|value| value * value).mean().unwrap();
        // Four standard errors; that of a variance is widest for the normal law: √(2 / count) of it.
        assert!(mean.abs() <= 4.0 * (variance / count).sqrt(), "{scheme:?}: mean {mean:e}");
        assert!(
            (found - variance).abs() <= 4.0 * variance * (2.0 / count).sqrt(),
            "{scheme:?}: {found} for {variance}"
        );
    }
}

#[test]
fn normal_laws_have_the_fourth_moment_3_and_uniform_laws_nine_fifths() {
    for (scheme, variance) in VARIANCES.into_iter().filter(|(_, variance)| *variance > 0.0) {
        let fourth = first_weights(scheme, 50, 400).mapv(|value| value.powi(4)).mean().unwrap() / variance.powi(2);
        let expected = if UNIFORM.contains(&scheme) { 1.8 } else { 3.0 };
        // Standard errors: √(105 - 9) / √20000 = 0.07, and less for a uniform law.
        assert!((fourth - expected).abs() < 0.3, "{scheme:?}: {fourth}");
    }
}

#[test]
fn uniform_weights_fill_their_bounds_and_never_pass_them() {
    for (scheme, variance) in VARIANCES.into_iter().filter(|(scheme, _)| UNIFORM.contains(scheme)) {
        let bound = (3.0 * variance).sqrt();
        let w = first_weights(scheme, 50, 400);
        let (least, most) = w.iter().fold((0.0, 0.0), |(least, most): (f64, f64), &w| (least.min(w), most.max(w)));
        assert!(most < bound && least > -bound, "{scheme:?}: {least} {most} {bound}");
        assert!(most > 0.999 * bound && least < -0.999 * bound, "{scheme:?}: {least} {most} {bound}");
    }
}

#[test]
fn pytorchs_biases_are_uniform_within_one_over_the_root_of_n_in_and_all_others_zero() {
    let net = Architecture::classifier(25, &[4000, 2000], Activation::Tanh);
    let pytorch = drawn(&net, Scheme::PyTorch, 7);
    for (layer, n_in) in pytorch.layers.iter().zip([25.0_f64, 4000.0, 2000.0]).take(2) {
        let (bound, count) = (n_in.sqrt().recip(), layer.b.len() as f64);
        let variance = layer.b.dot(&layer.b) / count;
        assert!(layer.b.iter().all(|b| b.abs() < bound));
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 4.0 * (0.8 / count).sqrt(), "{variance} {bound}");
        assert!(layer.b.mean().unwrap().abs() < 4.0 * bound / (3.0 * count).sqrt());
    }
    for scheme in random_schemes().filter(|&scheme| scheme != Scheme::PyTorch) {
        assert!(drawn(&relu(5, &[4, 3]), scheme, 7).layers.iter().all(|layer| layer.b.iter().all(|&b| b == 0.0)));
    }
}

#[test]
fn the_output_layer_of_mup_has_the_variance_of_the_table() {
    let output = |hidden: &[usize]| {
        let net = Architecture::new([&[400], hidden, &[2000]].concat(), vec![Activation::Tanh; hidden.len() + 1]);
        let w = drawn(&net, Scheme::MuP { base_width: 16 }, 5).layers.pop().unwrap().w;
        w.mapv(|value| value * value).mean().unwrap()
    };
    let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.03;
    assert!(close(output(&[32]), 2.0 * 16.0 / 32.0_f64.powi(2)));
    assert!(close(output(&[32, 8]), 2.0 * 16.0 / 8.0_f64.powi(2)));
    assert!(close(output(&[]), 2.0 / 400.0)); // no hidden width, nothing to transfer
}

#[test]
fn orthogonal_weights_have_rows_or_columns_of_length_gain_at_right_angles() {
    for (n_out, n_in) in [(5, 30), (30, 5), (8, 8)] {
        for gain in [1.0, 2.0_f64.sqrt(), 0.1] {
            let w = first_weights(Scheme::Orthogonal { gain }, n_out, n_in);
            assert!(w.is_standard_layout());
            let gram = if n_out < n_in { w.dot(&w.t()) } else { w.t().dot(&w) };
            let off = (gram / (gain * gain) - Array2::<f64>::eye(n_out.min(n_in))).mapv(f64::abs);
            assert!(off.iter().all(|&value| value < 1e-14), "{n_out}x{n_in}");
        }
    }
}

#[test]
fn orthogonal_weights_are_drawn_from_both_halves() {
    // Without the signs of R's diagonal, LAPACK's Q has one sign in its corner for every seed.
    let corner = |seed| drawn(&relu(5, &[5]), Scheme::Orthogonal { gain: 1.0 }, seed).layers[0].w[[0, 0]];
    let positive = (0..64).filter(|&seed| corner(seed) > 0.0).count();
    assert!((16..48).contains(&positive), "{positive} of 64");
}

#[test]
fn another_seed_or_layer_draws_other_weights_and_the_same_seed_the_same() {
    for scheme in random_schemes() {
        let draw = |seed| drawn(&relu(6, &[6, 6]), scheme, seed);
        assert_eq!(draw(1).layers[1].w, draw(1).layers[1].w);
        assert_ne!(draw(1).layers[1].w, draw(2).layers[1].w);
        assert_ne!(draw(1).layers[0].w, draw(1).layers[1].w);
    }
}

#[test]
fn layers_and_their_biases_are_uncorrelated() {
    for scheme in random_schemes() {
        let net = drawn(&relu(60, &[60, 60]), scheme, 9);
        let flat = |l: usize| net.layers[l].w.flatten();
        // Of 3600 pairs: four times 1/60.
        assert!(correlation(flat(0).view(), flat(1).view()).abs() < 4.0 / 60.0, "{scheme:?}");
    }
    let net = drawn(&relu(1, &[2500, 2500]), Scheme::PyTorch, 9);
    let (w, b, b_next) = (net.layers[0].w.column(0), &net.layers[0].b, &net.layers[1].b);
    for found in [correlation(w, b.view()), correlation(b.view(), b_next.view())] {
        assert!(found.abs() < 4.0 / 50.0, "{found}");
    }
}

#[test]
fn the_rest_of_a_net_is_drawn_behind_its_first_weights_as_often_as_one_likes() {
    for scheme in random_schemes() {
        let (net, initialisation) = (relu(7, &[5, 4]), Initialisation { scheme, scales: vec![2.0, 3.0, 4.0] });
        let whole: Chain<f64> = chain(&net, &initialisation, 11);
        let (w, draw) = Draw::first_weights(&initialisation, 11, 5, 7);
        let (rest, again) = (draw.rest::<f64>(&net), draw.rest::<f64>(&net));
        assert_eq!(rest.layers[0].w.dim(), (5, 0));
        assert_eq!((&whole.layers[0].w, whole.rates), (&w, rest.rates), "{scheme:?}");
        for (i, (layer, rest)) in whole.layers.iter().zip(&rest.layers).enumerate() {
            assert!(i == 0 || layer.w == rest.w && layer.w == again.layers[i].w, "{scheme:?}");
            assert_eq!((&layer.b, layer.activation), (&rest.b, rest.activation), "{scheme:?}");
        }
    }
}

#[test]
fn scales_multiply_the_weights_of_their_layer_and_no_biases() {
    let net = relu(7, &[5, 4]);
    for scheme in random_schemes() {
        let plain = drawn(&net, scheme, 11);
        for (scales, expected) in [(vec![], [1.0; 3]), (vec![0.5], [0.5; 3]), (vec![2.0, 0.0, -4.0], [2.0, 0.0, -4.0])]
        {
            let scaled: Chain<f64> = chain(&net, &Initialisation { scheme, scales }, 11);
            for ((scaled, plain), scale) in scaled.layers.iter().zip(&plain.layers).zip(expected) {
                assert_eq!((&scaled.w, &scaled.b), (&(&plain.w * scale), &plain.b), "{scheme:?}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "found scales [1.0, 2.0] for widths [7, 5, 4, 1]")]
fn a_number_of_scales_that_does_not_fit_is_refused() {
    chain::<f64>(&relu(7, &[5, 4]), &Initialisation { scheme: Scheme::HeNormal, scales: vec![1.0, 2.0] }, 1);
}

#[test]
#[should_panic(expected = "n[0] and n[1], of [7, 6, 1]")]
fn a_rest_behind_other_first_weights_is_refused() {
    Draw::first_weights(&Scheme::HeNormal.into(), 1, 5, 7).1.rest::<f64>(&relu(7, &[6]));
}

#[test]
fn published_draws_keep_their_bits() {
    // W[3] of the net 4-3-3-1, seed 3, as the first release drew it: after two layers of the stream.
    let expected = [
        (Scheme::Course, [-0.11873202479042358, 0.8580281528580344, 0.13666820060502125]),
        (Scheme::ScaledNormal { factor: 0.01 }, [-0.0020564989942254107, 0.014861483550745902, 0.0023671626722691235]),
        (Scheme::HeNormal, [-0.24381296696112573, 0.5913716220986832, -0.4033809859085282]),
        (Scheme::XavierNormal, [-0.21114822316039092, 0.5121428478146707, -0.3493381812003981]),
    ];
    for (scheme, expected) in expected {
        assert_eq!(drawn(&relu(4, &[3, 3]), scheme, 3).layers[2].w.as_slice().unwrap(), expected, "{scheme:?}");
    }
    // LAPACK's last bits are those of the processor.
    let found = &drawn(&relu(4, &[3, 3]), Scheme::Orthogonal { gain: 1.0 }, 3).layers[2].w;
    let expected = ndarray::array![[-0.3224065244516299, 0.7820013501191628, -0.5334115872408726]];
    assert!((found - expected).iter().all(|off| off.abs() < 1e-14), "{found}");
}
