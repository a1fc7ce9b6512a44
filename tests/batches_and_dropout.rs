//! Mini-batches and dropout in every engine against nets trained by hand, and the masks by themselves.

mod by_hand;

use by_hand::{ByHand, Data, assert_close};
use kernels::Activation;
use ndarray::{Array2, Axis};
use net::{
    Algorithm, Architecture, Batch, Batches, Chain, Decay, Engine, Examples, Fleet, InitialNet, LayerRate, LayerRates,
    Optimiser, Scheme, Stopping, Trained, Training, initialise,
};

const EXAMPLES: usize = 23;

fn data() -> Data {
    Data::random(9, EXAMPLES, 11)
}

/// Makes full batches; consecutive ones, with three examples left for the last; and ones that are drawn for each epoch, with one left.
fn batches() -> [Batches; 3] {
    [Batches::full(EXAMPLES), Batches::new(EXAMPLES, 5, None), Batches::new(EXAMPLES, 11, Some(3))]
}

fn optimisers() -> [Optimiser; 4] {
    let decay = |decoupled, biases| Decay { lambda: 0.3, decoupled, biases };
    let momentum = Algorithm::Momentum { momentum: 0.8, nesterov: false };
    [
        Optimiser::DESCENT,
        Optimiser { decay: decay(false, true), clip_norm: Some(0.2), ..Optimiser::DESCENT },
        Optimiser { algorithm: momentum, decay: decay(false, false), clip_norm: Some(0.1) },
        Optimiser { algorithm: momentum, decay: decay(true, true), clip_norm: Some(0.3) },
    ]
}

/// Lists the engines that are exact for a training.
fn engines(training: &Training, batches: &Batches) -> impl Iterator<Item = Engine> {
    let (optimiser, full) = (training.optimiser, batches.is_full());
    Engine::ALL.into_iter().map(|(_, engine)| engine).filter(move |engine| engine.is_exact_for(&optimiser, full))
}

fn train(
    examples: &Examples<f64>,
    batches: &Batches,
    nets: &[(Chain<f64>, Training)],
) -> Vec<(Trained, Option<Chain<f64>>)> {
    let start = |(chain, training): &(Chain<f64>, Training)| {
        InitialNet::new(examples, chain.clone(), training.clone()).unwrap()
    };
    let mut fleet = Fleet::new(examples, batches.clone(), nets.iter().map(start).collect());
    let trained = fleet.train(|_| true).unwrap().unwrap();
    let places = nets.iter().enumerate();
    let chains: Vec<_> = places.map(|(place, (chain, _))| fleet.chain(place, chain.layers[0].w.view())).collect();
    trained.into_iter().zip(chains).collect()
}

/// Trains by hand, and returns the net with its costs.
fn train_by_hand(data: &Data, batches: &Batches, mut net: ByHand, iterations: usize) -> (ByHand, Vec<f64>) {
    let mut batches = batches.clone();
    let step = |iteration| {
        let examples: Vec<usize> = match batches.at(iteration) {
            Batch::All => (0..EXAMPLES).collect(),
            Batch::Range(range) => range.collect(),
            Batch::Indices(examples) => examples.to_vec(),
        };
        let pass = net.pass(data.x.select(Axis(1), &examples).view(), data.y.select(Axis(1), &examples).view());
        net.descend(&pass);
        pass.cost
    };
    let costs = (0..iterations).map(step).collect();
    (net, costs)
}

#[track_caller]
fn assert_same(
    what: &str,
    data: &Data,
    (trained, chain): &(Trained, Option<Chain<f64>>),
    (net, costs): &(ByHand, Vec<f64>),
) {
    assert_close(what, trained.history.iter().map(|record| &record.cost), costs, 1e-11);
    let chain = chain.as_ref().expect("it is the last of its fleet");
    for (l, (found, expected)) in chain.layers.iter().zip(&net.layers).enumerate() {
        assert_close(&format!("{what}: w{}", l + 1), &found.w, &expected.w, 1e-11);
        assert_close(&format!("{what}: b{}", l + 1), &found.b, &expected.b, 1e-11);
    }
    let held_out = net.score(data.x_held_out.view(), data.y_held_out.view());
    for (score, expected) in [(trained.train, net.score(data.x.view(), data.y.view())), (trained.test, held_out)] {
        assert_close(what, &[score.unwrap().cost], &[expected.cost], 1e-11);
        assert_eq!(score.unwrap().accuracy, expected.accuracy, "{what}");
    }
}

#[test]
fn mini_batches_under_decay_momentum_and_clipping_are_what_they_are_by_hand() {
    let data = data();
    for hidden in [&[][..], &[6, 4]] {
        for batches in batches() {
            for optimiser in optimisers() {
                let training = Training { optimiser, ..Training::descent(0.2, 17, 1) };
                let chain = data.net(hidden, Activation::Tanh, 1);
                let by_hand = train_by_hand(&data, &batches, ByHand::new(&chain, &training), 17);
                let mut compared = 0;
                for engine in engines(&training, &batches) {
                    for examples in [data.examples(engine), data.examples(engine).column_major()] {
                        let found = train(&examples, &batches, &[(chain.clone(), training.clone())]).remove(0);
                        assert_same(&format!("{engine:?}, {batches:?}, {optimiser:?}"), &data, &found, &by_hand);
                        compared += 1;
                    }
                }
                assert_eq!(compared, if batches.is_full() { 6 } else { 4 });
            }
        }
    }
}

#[test]
fn dropout_masks_every_hidden_layer_anew_at_each_step_forward_and_back() {
    let data = data();
    // Multiples of 2⁻³² as p; two layers of the same width; a layer without dropout.
    for (hidden, dropout) in
        [(&[6, 6][..], vec![0.375, 0.375]), (&[5, 4, 7], vec![0.25, 0.0, 0.5]), (&[4, 3], vec![0.5])]
    {
        for batches in batches() {
            for (optimiser, dropout_seed) in optimisers().into_iter().zip(0..) {
                let training =
                    Training { optimiser, dropout: dropout.clone(), dropout_seed, ..Training::descent(0.2, 14, 1) };
                let chain = data.net(hidden, Activation::Tanh, 2);
                let by_hand = train_by_hand(&data, &batches, ByHand::new(&chain, &training), 14);
                for engine in engines(&training, &batches) {
                    let found = train(&data.examples(engine), &batches, &[(chain.clone(), training.clone())]).remove(0);
                    assert_same(&format!("{engine:?}, {batches:?}, {training:?}"), &data, &found, &by_hand);
                }
            }
        }
    }
}

#[test]
fn each_layer_learns_at_its_own_rate_and_decays_by_the_same_product() {
    let data = data();
    let rates = [(2.0, 0.5), (0.25, 3.0), (1.5, 0.75)].map(|(w, b)| LayerRate { w, b });
    for batches in batches() {
        for optimiser in optimisers() {
            let training = Training { optimiser, ..Training::descent(0.1, 9, 1) };
            let chain = data.net(&[6, 4], Activation::Tanh, 3);
            let by_hand = train_by_hand(&data, &batches, ByHand::new(&chain, &training).at_rates(&rates), 9);
            for engine in engines(&training, &batches) {
                let examples = data.examples(engine);
                let rates = LayerRates { linear: rates.to_vec(), adaptive: Vec::new() };
                let start = InitialNet::new(&examples, Chain { rates, ..chain.clone() }, training.clone()).unwrap();
                let mut fleet = Fleet::new(&examples, batches.clone(), vec![start]);
                let trained = fleet.train(|_| true).unwrap().unwrap().remove(0);
                let found = (trained, fleet.chain(0, chain.layers[0].w.view()));
                assert_same(&format!("{engine:?}, {batches:?}, {optimiser:?}"), &data, &found, &by_hand);
            }
        }
    }
}

#[test]
fn a_net_of_a_fleet_has_the_masks_that_it_has_alone_though_others_leave() {
    let data = data();
    let training = |dropout: &[f64], dropout_seed, rate| Training {
        dropout: dropout.to_vec(),
        dropout_seed,
        optimiser: optimisers()[2],
        ..Training::descent(rate, 15, 1)
    };
    let at_once = Stopping { cost_below: Some(f64::INFINITY), ..Stopping::default() };
    let nets = [
        (data.net(&[3, 5], Activation::Relu, 1), Training { stopping: at_once, ..training(&[0.5], 1, 0.2) }),
        (data.net(&[6, 4], Activation::Tanh, 2), training(&[0.25, 0.5], 2, 0.2)),
        (data.net(&[6, 4], Activation::Tanh, 2), training(&[0.25, 0.5], 3, 0.2)),
        (data.net(&[5], Activation::Tanh, 3), training(&[], 2, 0.1)),
    ];
    for batches in batches() {
        for engine in engines(&nets[0].1, &batches) {
            let together = train(&data.examples(engine), &batches, &nets);
            for (found, (chain, training)) in together.iter().zip(&nets).skip(1) {
                let by_hand = train_by_hand(&data, &batches, ByHand::new(chain, training), 15);
                assert_same(&format!("{engine:?}, {batches:?}"), &data, found, &by_hand);
            }
            assert_ne!(together[1].0.history, together[2].0.history, "another seed drops other units");
        }
    }
}

#[test]
fn a_dropout_of_zero_is_none() {
    let data = data();
    let net = |dropout| (data.net(&[6, 4], Activation::Tanh, 1), Training { dropout, ..Training::descent(0.2, 20, 1) });
    let [none, zeros, some] = [vec![], vec![0.0, 0.0], vec![0.0, 0.01]].map(|dropout| {
        train(&data.examples(Engine::Direct), &Batches::full(EXAMPLES), &[net(dropout)]).remove(0).0.history
    });
    assert_eq!(none, zeros);
    assert_ne!(none, some);
}

/// Returns the elements of two hidden layers that are dropped in the first step, and checks that the others are a / (1-p).
fn first_masks(dropout: [f64; 2], dropout_seed: u64, units: usize, examples: usize) -> Vec<Array2<bool>> {
    let data = Data::random(4, examples, 1);
    let chain = data.net(&[units, units], Activation::Tanh, 1);
    let mut caches = chain.dropout_caches(examples, &dropout, dropout_seed);
    chain.forward(data.x.view(), &mut caches);
    let of_layer = |(cache, p): (&net::Cache<f64>, f64)| {
        let output = cache.output();
        for (&output, &a) in output.iter().zip(&cache.a) {
            // p is rounded to a multiple of 2⁻³².
            assert!(output == 0.0 || (output / (a / (1.0 - p)) - 1.0).abs() < 1e-8, "{output} of {a}");
        }
        output.mapv(|output| output == 0.0)
    };
    assert_eq!(caches[2].output(), caches[2].a, "the output layer has no dropout");
    caches.iter().zip(dropout).map(of_layer).collect()
}

#[test]
fn a_unit_is_dropped_with_the_probability_asked_for_and_what_stays_is_divided_by_one_less_it() {
    let (units, examples) = (50, 2000);
    let all = (units * examples) as f64;
    for dropout in [[0.1, 0.9], [0.5, 0.3]] {
        for (mask, p) in first_masks(dropout, 5, units, examples).into_iter().zip(dropout) {
            let share = |count: f64, of: f64| {
                // Five standard deviations of a binomial share.
                assert!((count / of - p).abs() < 5.0 * (p * (1.0 - p) / of).sqrt(), "{count} of {of} for p = {p}");
            };
            share(mask.iter().filter(|dropped| **dropped).count() as f64, all);
            // Neither units nor examples are dropped together: next to dropped elements, the share is the same.
            let both = |axis| {
                let (one, next) = (mask.slice_axis(axis, (..-1).into()), mask.slice_axis(axis, (1..).into()));
                let pairs = one.iter().zip(next).filter(|(one, _)| **one);
                pairs.fold((0.0, 0.0), |(count, of), (_, next)| (count + f64::from(*next), of + 1.0))
            };
            for (count, of) in [both(Axis(0)), both(Axis(1))] {
                share(count, of);
            }
        }
    }
}

#[test]
fn masks_belong_to_their_seed_and_layer() {
    let masks = |seed| first_masks([0.5, 0.5], seed, 8, 20);
    assert_eq!(masks(1), masks(1));
    assert_ne!(masks(1)[0], masks(2)[0]);
    assert_ne!(masks(1)[1], masks(2)[1]);
    assert_ne!(masks(1)[0], masks(1)[1]);
}

#[test]
fn rates_of_dropout_outside_their_range_are_refused() {
    let architecture = Architecture::classifier(3, &[4, 4], Activation::Relu);
    let chain = initialise::chain::<f64>(&architecture, &Scheme::HeNormal.into(), 1);
    for (rates, is_right) in [
        (&[][..], true),
        (&[0.0, 0.5], true),
        (&[0.9999999999, 0.5], true),
        (&[0.5], true),
        (&[0.5, 0.5, 0.9], true),
        (&[f64::NAN, 0.5], false),
        (&[-1.0, 0.5], false),
        (&[1.0, 0.5], false),
    ] {
        let caches = std::panic::catch_unwind(|| chain.dropout_caches(2, rates, 1));
        assert_eq!(caches.is_ok(), is_right, "{rates:?}");
    }
}
