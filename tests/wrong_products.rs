//! Trainings on a BLAS that computes some products wrongly: a test says which.

#[macro_use]
#[path = "../crates/kernels/tests/by_definition/mod.rs"]
mod by_definition;
#[path = "data_parallel/ranks.rs"]
mod ranks;

use std::cell::Cell;
use std::thread;

use net::ndarray::Array2;
use net::{
    Activation, Architecture, Batches, Chain, Data, DataParallel, Engine, Error, Examples, Fleet, InitialNet, Ranks,
    Scheme, Training, WrongRank, initialise,
};

use ranks::threads;

thread_local! {
    /// Whether a product of this thread with such a number of columns is spoilt.
    static SPOILS: Cell<fn(usize) -> bool> = const { Cell::new(|_| false) };
}

blas_by_definition!("a spoiling BLAS", spoilt);

/// Returns what is added to each element of a product with so many columns: nothing, unless this thread spoils it.
fn spoilt(columns: usize) -> f64 {
    if SPOILS.get()(columns) { 1000.0 } else { 0.0 }
}

/// Makes the examples of a net with so many features, and the net.
fn data(features: usize, examples: usize) -> (Array2<f64>, Array2<f64>, Chain<f64>) {
    let x = Array2::from_shape_fn((features, examples), |(i, j)| ((i * 7 + j * 13) as f64 * 0.37).sin());
    let y = Array2::from_shape_fn((1, examples), |(_, j)| (j % 2) as f64);
    let architecture = Architecture::classifier(features, &[4], Activation::Tanh);
    (x, y, initialise::chain(&architecture, &Scheme::XavierNormal.into(), 1))
}

#[test]
fn a_product_that_is_wrong_on_one_rank_is_an_error_on_every_rank_and_a_stop_is_none() {
    put_into_use();
    let (x, y, chain) = data(5, 128);
    let examples = &Examples::direct(x.clone(), y.clone(), x, y);
    let trained = |wrong_rank: usize, spoils: fn(usize) -> bool, most_steps: usize| -> Vec<_> {
        let train = |rank: ranks::Threads<f64>| {
            let (number, training) = (rank.rank(), Training::descent(0.3, 10, 1));
            let mut net = DataParallel::new(examples, Batches::full(128), chain.clone(), training, Box::new(rank));
            if number == wrong_rank {
                SPOILS.set(spoils);
            }
            net.train(|net| net.iteration() < most_steps)
        };
        thread::scope(|scope| {
            let started: Vec<_> = threads(3).into_iter().map(|rank| scope.spawn(|| train(rank))).collect();
            started.into_iter().map(|rank| rank.join().unwrap()).collect()
        })
    };
    let in_training = trained(1, |_| true, 10);
    assert!(matches!(in_training[1], Err(WrongRank::This(_))), "{in_training:?}");
    assert_eq!([&in_training[0], &in_training[2]], [&Err(WrongRank::Other(1)); 2]);
    // The micro-batches of a step have 32 examples; all of them are evaluated at once, by rank 0.
    let at_the_end = trained(0, |columns| columns == 128, 10);
    assert!(matches!(at_the_end[0], Err(WrongRank::This(_))), "{at_the_end:?}");
    assert_eq!([&at_the_end[1], &at_the_end[2]], [&Err(WrongRank::Other(0)); 2]);
    assert!(trained(1, |_| false, 5).into_iter().all(|stopped| stopped == Ok(None)));
}

#[test]
fn a_wrong_product_of_the_trained_first_weights_is_an_error_and_leaves_the_chain_as_it_was() {
    put_into_use();
    let (x, y, start) = data(61, 9);
    for (name, engine) in [("reduced", Engine::Reduced), ("dual", Engine::Dual)] {
        let train = |spoils: fn(usize) -> bool| {
            let mut chain = start.clone();
            SPOILS.set(spoils);
            let trained = net::train(&mut chain, &Data::new(&x, &y).engine(engine), &Training::descent(0.3, 300, 100));
            SPOILS.set(|_| false);
            (trained, chain)
        };
        assert!(train(|_| false).0.is_ok(), "{name}");
        // T Xᵀ alone has a column for each feature.
        let (trained, chain) = train(|columns| columns == 61);
        assert!(matches!(trained, Err(Error::InTraining(_))), "{name}: {trained:?}");
        assert_eq!(chain.layers[0].w, start.layers[0].w, "{name}");
    }
}

#[test]
fn a_fleet_gives_no_results_after_a_wrong_product() {
    put_into_use();
    let (x, y, chain) = data(5, 128);
    // The held-out examples, 3 of them, are multiplied only at the end.
    let (x_test, y_test) = (Array2::ones((5, 3)), Array2::ones((1, 3)));
    let examples = Examples::direct(x, y, x_test, y_test);
    for spoils in [|columns| columns == 3, |columns| columns == 128] as [fn(usize) -> bool; 2] {
        let net = InitialNet::new(&examples, chain.clone(), Training::descent(0.3, 10, 1)).unwrap();
        let mut fleet = Fleet::new(&examples, Batches::full(128), vec![net]);
        SPOILS.set(spoils);
        let wrong = fleet.train(|_| true);
        SPOILS.set(|_| false);
        assert!(wrong.is_err(), "{wrong:?}");
        assert_eq!(fleet.train(|_| true), wrong, "the parameters have it in them");
        assert_eq!(fleet.step().err(), wrong.err());
    }
}
