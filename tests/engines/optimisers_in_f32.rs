//! Momentum, decay and clipping in f32, case by case: each engine against the direct one in f64.

use net::{Algorithm, Chain, Decay, Layer, Optimiser};

use super::*;

/// The greatest relative difference of a cost, or of a weight on the scale of its layer's. The direct engine has up to 1.5e-6.
const BOUND: f64 = 5e-6;

/// Lists each algorithm with each decay, with and without a bound on the gradient's norm that is reached.
fn optimisers() -> Vec<Optimiser> {
    let momentum = |nesterov| Algorithm::Momentum { momentum: 0.9, nesterov };
    let decay = |decoupled, biases| Decay { lambda: 0.5, decoupled, biases };
    let mut optimisers = Vec::new();
    for algorithm in [Algorithm::Descent, momentum(false), momentum(true)] {
        for decay in [Decay::NONE, decay(false, true), decay(true, true), decay(false, false)] {
            for clip_norm in [None, Some(0.1)] {
                optimisers.push(Optimiser { algorithm, decay, clip_norm });
            }
        }
    }
    optimisers
}

/// Trains a net by this engine, on all examples or on batches of 9, and returns it.
fn trained<R: Real>(engine: Engine, data: &Data, optimiser: Optimiser, batches: &Batches) -> (Chain<f64>, Trained) {
    let architecture = Architecture::classifier(data.x.nrows(), &[6, 4], Activation::Tanh);
    let mut chain = initialise::chain::<R>(&architecture, &Scheme::PyTorch.into(), 3);
    let examples = net::Data::new(&data.x, &data.y).test(&data.x_test, &data.y_test);
    let training = Training { optimiser, ..Training::descent(0.005, 300, 1) };
    let trained = net::train(&mut chain, &examples.batches(batches.clone()).engine(engine), &training).unwrap();
    let layers = chain.layers.iter().map(|layer| Layer {
        w: layer.w.mapv(R::as_f64),
        b: layer.b.mapv(R::as_f64),
        activation: layer.activation,
    });
    (Chain::new(layers.collect()), trained)
}

#[test]
fn in_f32_every_engine_is_near_f64_under_each_momentum_decay_and_clipping() {
    let mut stream = ChaCha8Rng::seed_from_u64(13);
    for flaw in FLAWS {
        let data = Data::random(&mut stream, 150, 30, flaw);
        for batches in [Batches::full(30), Batches::new(30, 9, Some(2))] {
            let mut histories: Vec<Vec<HistoryPoint>> = Vec::new();
            for optimiser in optimisers() {
                let (chain, exact) = trained::<f64>(Engine::Direct, &data, optimiser, &batches);
                for (name, engine) in Engine::ALL {
                    if !engine.is_exact_for(&optimiser, batches.is_full()) {
                        continue;
                    }
                    let (found, single) = trained::<f32>(engine, &data, optimiser, &batches);
                    let what = format!("{name}, {flaw:?}, {batches:?}, {optimiser:?}");
                    let gap = largest_gap(&single.history, &exact.history);
                    assert!(gap < BOUND, "{what}: the costs are {gap:e} apart");
                    for (l, (found, exact)) in found.layers.iter().zip(&chain.layers).enumerate() {
                        let rows = |b: &ndarray::Array1<f64>| b.clone().insert_axis(ndarray::Axis(0));
                        let apart = largest_difference(found.w.view(), exact.w.view())
                            .max(largest_difference(rows(&found.b).view(), rows(&exact.b).view()));
                        assert!(apart < BOUND, "{what}: W, b of layer {} are {apart:e} apart", l + 1);
                    }
                }
                histories.push(exact.history);
            }
            // An engine that left an option out would be seen: the options train differently. Only decoupled decay is L2 decay
            // where there is no momentum.
            let is_new = |&place: &usize| {
                let gaps = histories[..place].iter().map(|before| largest_gap(&histories[place], before));
                gaps.fold(f64::INFINITY, f64::min) > 10.0 * BOUND
            };
            assert_eq!((0..histories.len()).filter(is_new).count(), 24 - 2, "{flaw:?}, {batches:?}");
        }
    }
}
