//! The metrics of each record, and the scores at the end.

use super::*;

#[test]
fn norms_and_dead_units_are_those_by_hand_in_every_engine_under_decay_and_clipping() {
    let data = data();
    for optimiser in optimisers() {
        let training = Training { optimiser, metrics: NORMS.to_vec(), ..Training::descent(0.3, 25, 1) };
        let mut net = (data.net(&[7, 5], Activation::Relu, 1), training);
        // Some units are dead, some alive, and some die now and then.
        net.0.layers[0].b[2] = -30.0;
        net.0.layers[1].b[0] = -0.5;
        let expected = by_hand(&data, &net, 25, norms).concat();
        for (name, engine) in Engine::ALL {
            let trained = train(&data.examples(engine), std::slice::from_ref(&net)).remove(0);
            assert_close(&format!("{name}, {optimiser:?}"), &trained.metrics, &expected, 1e-10);
        }
    }
}

#[test]
fn a_layer_that_is_not_of_relu_has_no_dead_units_to_count() {
    let data = data();
    let training = Training { metrics: vec![Metric::DeadRelu], ..Training::descent(0.3, 3, 1) };
    let mut chain = data.net(&[7, 5], Activation::Relu, 1);
    chain.layers[0].activation = Activation::Tanh;
    let net = (chain, training);
    let expected = by_hand(&data, &net, 3, |_, pass| [f64::NAN, pass.dead_shares()[1]]).concat();
    assert_close("dead_relu", &train(&data.examples(Engine::Direct), &[net]).remove(0).metrics, &expected, 0.0);
    let logistic = Training { metrics: vec![Metric::DeadRelu], ..Training::descent(0.3, 3, 1) };
    let trained = train(&data.examples(Engine::Direct), &[(data.net(&[], Activation::Relu, 1), logistic)]);
    assert!(trained[0].metrics.is_empty(), "no hidden layer");
}

#[test]
fn on_mini_batches_norms_and_dead_units_are_of_the_batch_and_accuracies_of_all_examples() {
    let data = data();
    let metrics = NORMS.into_iter().chain([Metric::Accuracy(Set::Train), Metric::Cost(Set::Train)]).collect();
    let training = Training { metrics, optimiser: optimisers()[2], ..Training::descent(0.3, 9, 1) };
    let chain = data.net(&[7, 5], Activation::Relu, 1);
    let mut net = ByHand::new(&chain, &training);
    let mut expected = Vec::new();
    for step in 0..9 {
        let batch: Vec<usize> = [0..8, 8..16, 16..20][step % 3].clone().collect();
        let pass = net.pass(data.x.select(Axis(1), &batch).view(), data.y.select(Axis(1), &batch).view());
        expected.extend(norms(&net, &pass));
        let score = net.score(data.x.view(), data.y.view());
        expected.extend(score.accuracy.into_iter().chain([score.cost]));
        net.descend(&pass);
    }
    for engine in [Engine::Direct, Engine::Reduced] {
        let examples = data.examples(engine);
        let start = InitialNet::new(&examples, chain.clone(), training.clone()).unwrap();
        let mut fleet = Fleet::new(&examples, Batches::new(EXAMPLES, 8, None), vec![start]);
        let trained = fleet.train(|_| true).unwrap().unwrap().remove(0);
        assert_close(engine.name(), &trained.metrics, &expected, 1e-10);
    }
}

#[test]
fn accuracies_and_costs_are_recorded_before_the_update_each_on_its_own_examples() {
    let data = data();
    let metrics = [Metric::WeightNorm].into_iter().chain(SCORES).collect();
    let net = (
        data.net(&[6, 4], Activation::Tanh, 1),
        Training { metrics, optimiser: optimisers()[1], ..Training::descent(0.3, 10, 4) },
    );
    let all = by_hand(&data, &net, 10, |net, _| {
        let score = |(x, y)| net.score(x, y);
        let (train, test) = (net.score(data.x.view(), data.y.view()), score(test_examples(&data)));
        let validation = score(validation_examples(&data));
        let scores = [train, test, validation].map(|score| [score.accuracy.unwrap(), score.cost]);
        [net.weight_norms(), scores.concat()].concat()
    });
    let expected = [0, 4, 8, 9].map(|iteration| all[iteration].clone()).concat();
    for (name, engine) in Engine::ALL {
        let trained = train(&data.examples(engine).validating_on(VALIDATION), std::slice::from_ref(&net)).remove(0);
        assert_eq!(iterations(&trained), [0, 4, 8, 9]);
        assert_close(name, &trained.metrics, &expected, 1e-11);
        let columns: usize = net.1.metrics.iter().map(|metric| metric.columns(3).len()).sum();
        assert_eq!(trained.metrics.len(), 4 * columns);
    }
}

#[test]
fn accuracies_and_costs_of_whole_sets_are_without_the_masks_of_the_step() {
    let data = data();
    let training = Training { dropout: vec![0.5, 0.25], dropout_seed: 4, ..Training::descent(0.3, 12, 1) };
    let net = (data.net(&[6, 4], Activation::Tanh, 1), Training { metrics: SCORES.to_vec(), ..training });
    let all = by_hand(&data, &net, 12, |net, pass| {
        let sets = [(data.x.view(), data.y.view()), test_examples(&data), validation_examples(&data)];
        let scores = sets.map(|(x, y)| net.score(x, y));
        assert!((pass.cost - scores[0].cost).abs() > 1e-4, "the masks change the cost");
        scores.map(|score| [score.accuracy.unwrap(), score.cost]).concat()
    });
    for (name, engine) in Engine::ALL {
        let trained = train(&data.examples(engine).validating_on(VALIDATION), std::slice::from_ref(&net)).remove(0);
        assert_close(name, &trained.metrics, &all.concat(), 1e-11);
    }
}

#[test]
fn the_last_scores_are_each_on_its_own_examples_after_the_last_update() {
    let data = data();
    let net = (
        data.net(&[6, 4], Activation::Tanh, 1),
        Training { optimiser: optimisers()[4], ..Training::descent(0.3, 12, 5) },
    );
    let mut hand = ByHand::new(&net.0, &net.1);
    for _ in 0..12 {
        let pass = hand.pass(data.x.view(), data.y.view());
        hand.descend(&pass);
    }
    let expected = [(data.x.view(), data.y.view()), test_examples(&data), validation_examples(&data)];
    let expected = expected.map(|(x, y)| hand.score(x, y));
    for (name, engine) in Engine::ALL {
        let trained = train(&data.examples(engine).validating_on(VALIDATION), std::slice::from_ref(&net)).remove(0);
        let found = [trained.train, trained.test, trained.validation].map(Option::unwrap);
        assert_close(name, found.iter().map(|score| &score.cost), expected.iter().map(|score| &score.cost), 1e-11);
        assert_eq!(found.map(|score| score.accuracy), expected.map(|score| score.accuracy));
        let unvalidated = train(&data.examples(engine), std::slice::from_ref(&net)).remove(0);
        assert_eq!(unvalidated.validation, None);
        let all = hand.score(data.x_held_out.view(), data.y_held_out.view());
        assert_close(name, &[unvalidated.test.unwrap().cost], &[all.cost], 1e-11);
    }
}

#[test]
fn a_validation_metric_without_validation_examples_is_nan() {
    let data = data();
    let metrics = vec![Metric::Cost(Set::Validation), Metric::Accuracy(Set::Validation)];
    let net = (data.net(&[4], Activation::Tanh, 1), Training { metrics, ..Training::descent(0.3, 2, 1) });
    let trained = train(&data.examples(Engine::Dual), &[net]).remove(0);
    assert_eq!(trained.metrics.len(), 4);
    assert!(trained.metrics.iter().all(|value| value.is_nan()));
}

#[test]
fn a_gradient_that_vanishes_and_weights_that_stay_zero_have_norms_of_rounding_and_not_nan() {
    // The dual engine computes squares of norms, so that a rounding error of theirs is 1e-8 of a norm.
    let descent = || Training { metrics: NORMS.to_vec(), ..Training::descent(3.0, 4000, 20) };
    let data = Data::random(3, EXAMPLES, HELD_OUT);
    let net = (data.net(&[], Activation::Relu, 1), descent());
    for (name, engine) in Engine::ALL {
        let norms = train(&data.examples(engine), std::slice::from_ref(&net)).remove(0).metrics;
        let gradients: Vec<f64> = norms.iter().copied().step_by(2).skip(100).collect();
        let bound = if engine == Engine::Dual { 1e-8 } else { 1e-12 };
        assert!(gradients.iter().all(|norm| *norm < bound), "{name}: {gradients:?}");
    }
    // Each example is there twice, once in each class: nothing can be learnt.
    let mut data = Data::random(9, EXAMPLES, HELD_OUT);
    for one in 0..EXAMPLES / 2 {
        let twin = EXAMPLES / 2 + (3 * one + 1) % (EXAMPLES / 2);
        let example = data.x.column(one).to_owned();
        data.x.column_mut(twin).assign(&example);
        data.y[[0, one]] = (one % 2) as f64;
        data.y[[0, twin]] = 1.0 - data.y[[0, one]];
    }
    let mut net = (data.net(&[], Activation::Relu, 1), descent());
    net.0.layers[0].w.fill(0.0);
    net.0.layers[0].b.fill(0.0);
    // Each step adds (a - y) η/m = ±0.075 to T in every example, so that T Xᵀ = 0 is what is left of |T| |X|.
    let examples = EXAMPLES as f64;
    let x = data.x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (dt, steps_between) = (0.5 / examples.sqrt(), 20.0);
    for (name, engine) in Engine::ALL {
        let norms = train(&data.examples(engine), std::slice::from_ref(&net)).remove(0).metrics;
        for (record, norms) in norms.chunks(2).enumerate() {
            let t = 3.0 * dt * steps_between * record as f64;
            let bounds = if engine == Engine::Dual { [dt, t].map(|t| f64::EPSILON.sqrt() * t * x) } else { [1e-12; 2] };
            assert!(norms[0] < bounds[0] && norms[1] <= bounds[1], "{name}, record {record}: {norms:?} {bounds:?}");
        }
    }
}
