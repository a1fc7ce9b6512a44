//! The engines of the first layer, in f32 and at the edges.

use super::*;

#[test]
fn in_f32_no_engine_is_three_times_as_far_from_f64_as_the_direct_one() {
    let mut stream = ChaCha8Rng::seed_from_u64(4);
    let mut distances = [[0.0; 2]; 3];
    for case in 0..24 {
        let (features, examples) = (stream.random_range(200..600), stream.random_range(20..80));
        let data = Data::random(&mut stream, features, examples, FLAWS[case % FLAWS.len()]);
        let net = Net::random(&mut stream);
        let exact = alone::<f64>(Engine::Direct, &data, &net, 300);
        for ((_, engine), distances) in Engine::ALL.into_iter().zip(&mut distances) {
            let found = alone::<f32>(engine, &data, &net, 300);
            distances[0] += largest_gap(&found.trained.history, &exact.trained.history) / 24.0;
            distances[1] += largest_difference(found.test.view(), exact.test.view()) / 24.0;
        }
    }
    let [direct, reduced, dual] = distances;
    for (found, direct) in [(reduced, direct), (dual, direct)] {
        assert!(found[0] < 3.0 * direct[0] && found[1] < 3.0 * direct[1], "{distances:?}");
    }
    assert!(direct[0] > 1e-8, "f32 is f32: {distances:?}");
}

#[test]
fn only_the_dual_engine_can_drift_and_its_drift_is_of_the_order_of_rounding() {
    let mut stream = ChaCha8Rng::seed_from_u64(7);
    let data = Data::random(&mut stream, 300, 40, Flaw::None);
    let net = Net { hidden: vec![5], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    for (_, engine) in Engine::ALL {
        let drift = [
            alone::<f32>(engine, &data, &net, 1200).trained.drift,
            alone::<f64>(engine, &data, &net, 1200).trained.drift,
        ];
        match (engine, drift) {
            (Engine::Dual, [Some(single), Some(double)]) => {
                assert!(single > 1e-8 && single < 1e-4, "{single:e}");
                assert!(double > 1e-18 && double < 1e-13, "{double:e}");
            }
            (Engine::Direct | Engine::Reduced, [None, None]) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_rank_is_that_of_the_examples() {
    let mut stream = ChaCha8Rng::seed_from_u64(8);
    let mut rank = |features, examples, flaw| {
        let Data { x, x_test, .. } = Data::random(&mut stream, features, examples, flaw);
        GramSpace::new(x.view(), x_test.view()).rank().unwrap()
    };
    assert_eq!(rank(60, 20, Flaw::None), 20);
    assert_eq!(rank(12, 50, Flaw::None), 12);
    assert_eq!(rank(60, 20, Flaw::Duplicates), 10);
    assert_eq!(rank(12, 50, Flaw::ConstantFeatures), 7);
    let zeros = Array2::zeros((5, 4));
    assert_eq!(GramSpace::new(zeros.view(), zeros.view()).rank().unwrap(), 1);
}

#[test]
fn inner_products_must_keep_their_digits_in_the_element_type() {
    let mut stream = ChaCha8Rng::seed_from_u64(8);
    let Data { x, x_test, .. } = Data::random(&mut stream, 30, 5, Flaw::None);
    let in_range = |scale: f64| {
        let mut x = &x * scale;
        x.column_mut(0).fill(0.0); // an example of zeros is no matter
        let space = GramSpace::new(x.view(), x_test.view());
        (Engine::Dual.is_exact_on::<f32>(&space), Engine::Dual.is_exact_on::<f64>(&space))
    };
    assert_eq!([in_range(1.0), in_range(1e14), in_range(1e-14)], [(true, true); 3]);
    assert_eq!([in_range(1e20), in_range(1e-20)], [(false, true); 2]);
    assert_eq!([in_range(1e160), in_range(1e-160)], [(false, false); 2]);
}

#[test]
fn products_too_small_for_normal_numbers_are_no_fault_of_openblas() {
    let tiny = Array2::from_shape_fn((30, 5), |(i, j)| 1e-160 * (i * 5 + j) as f64);
    let space = GramSpace::new(tiny.view(), tiny.view());
    assert!(space.gram().is_ok() && space.rank().is_ok());
}

#[test]
fn examples_of_zeros_only_train_the_biases() {
    let (x, y) = (Array2::zeros((5, 4)), ndarray::array![[0.0, 1.0, 1.0, 1.0]]);
    let data = Data { x: x.clone(), y: y.clone(), x_test: x, y_test: y };
    let net = Net { hidden: vec![3], activation: Activation::Sigmoid, seed: 1, learning_rate: 0.1 };
    let direct = alone::<f64>(Engine::Direct, &data, &net, 50);
    for engine in [Engine::Reduced, Engine::Dual] {
        let found = alone::<f64>(engine, &data, &net, 50);
        assert!(largest_gap(&found.trained.history, &direct.trained.history) < 1e-12);
    }
}

#[test]
fn the_rank_counts_every_direction_above_rounding() {
    let x = Array2::from_diag(&ndarray::array![1.0, 1e-5, 1e-10, 1e-17]);
    assert_eq!(GramSpace::new(x.view(), x.view()).rank().unwrap(), 3);
}

#[test]
fn a_short_training_has_a_drift_too() {
    let mut stream = ChaCha8Rng::seed_from_u64(11);
    let data = Data::random(&mut stream, 30, 20, Flaw::None);
    let net = Net { hidden: vec![5], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    assert!(alone::<f32>(Engine::Dual, &data, &net, 100).trained.drift.is_some_and(|drift| drift > 0.0));
}
