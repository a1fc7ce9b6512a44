//! The conditions under which a training ends early, and what it ends with.

use std::sync::Arc;

use ndarray::{Array2, array};
use net::{Architecture, GramSpace, Scheme, initialise};

use super::*;

/// Makes nets that end at different times: at a cost, on a plateau, by a bound, at once, by overflow. The second and the last go on.
fn nets_that_end_at_different_times(data: &Data) -> Vec<Net> {
    let net = |hidden: &[usize], seed, rate, optimiser: usize, stopping: Stopping| {
        let optimiser = optimisers()[optimiser];
        let training = Training { optimiser, stopping, metrics: NORMS.to_vec(), ..Training::descent(rate, 40, 1) };
        (data.net(hidden, Activation::Relu, seed), training)
    };
    let none = Stopping::default;
    vec![
        net(&[7, 5], 1, 0.3, 0, Stopping { cost_below: Some(0.6), ..none() }),
        net(&[6, 4], 2, 0.3, 1, none()),
        net(&[3], 3, 0.3, 2, Stopping { patience: Some(4), min_delta: 0.01, ..none() }),
        net(&[4, 8], 4, 6.0, 0, Stopping { diverge_above: Some(0.75), ..none() }),
        net(&[2], 5, 0.1, 4, Stopping { seconds: Some(0.0), ..none() }),
        net(&[5, 3], 6, 1e200, 0, none()),
        net(&[5, 6], 7, 0.2, 3, none()),
    ]
}

#[test]
fn each_net_of_a_fleet_ends_where_it_would_alone_and_the_others_go_on_as_if_alone() {
    let data = data();
    let nets = nets_that_end_at_different_times(&data);
    for (name, engine) in Engine::ALL {
        let examples = data.examples(engine).validating_on(VALIDATION);
        let mut together = fleet(&examples, &nets);
        let trained = together.train(|_| true).unwrap().unwrap();
        let stopped = |place: usize| match trained[place].ending {
            Ending::Stopped { iteration, reason } => (iteration, reason),
            other => panic!("{name}: net {place}: {other:?}"),
        };
        let ((below, StopReason::CostBelow), (plateau_at, StopReason::ValidationPlateau), (0, StopReason::Time)) =
            (stopped(0), stopped(2), stopped(4))
        else {
            panic!("{name}: {:?}", trained.iter().map(|trained| trained.ending).collect::<Vec<_>>())
        };
        let (
            Ending::Diverged { iteration: bound, bound: Bound::Cost },
            Ending::Diverged { iteration: overflow, bound: Bound::Finite },
        ) = (trained[3].ending, trained[5].ending)
        else {
            panic!("{name}: {:?} {:?}", trained[3].ending, trained[5].ending)
        };
        assert_eq!((trained[1].ending, trained[6].ending), (Ending::Completed, Ending::Completed));
        let ends = [below, plateau_at, bound, overflow];
        assert!(ends.iter().all(|end| (1..40).contains(end)), "{name}: {ends:?}");

        for (place, net) in nets.iter().enumerate() {
            let trained = &trained[place];
            // A divergence is recorded neither with its cost nor with metrics.
            let records = match trained.ending {
                Ending::Completed => 40,
                Ending::Stopped { iteration, .. } => iteration + 1,
                Ending::Diverged { iteration, .. } => iteration,
            };
            let what = format!("{name}: net {place}");
            assert_eq!(iterations(trained), (0..records).collect::<Vec<_>>(), "{what}");
            let hand = by_hand(&data, net, records, |net, pass| (pass.cost, norms(net, pass), net.layers[0].w.clone()));
            assert_close(&what, &costs(trained), hand.iter().map(|(cost, ..)| cost), 1e-10);
            assert_close(&what, &trained.metrics, hand.iter().flat_map(|(_, norms, _)| norms), 1e-10);
            let chain = together.chain(place, net.0.layers[0].w.view());
            assert_eq!(chain.is_some(), trained.ending == Ending::Completed, "{what}: who has left has no chain");
            assert_eq!(together.predict_held_out(place).is_some(), trained.ending == Ending::Completed, "{what}");
            match trained.ending {
                // The update of the iteration at which it stopped has not been made.
                Ending::Stopped { .. } => {
                    let last = trained.history.last().unwrap().cost;
                    assert_close(&what, &[trained.train.unwrap().cost], &[last], 1e-12);
                    assert!(trained.test.is_some() && trained.validation.is_some(), "{what}");
                }
                Ending::Diverged { .. } => {
                    assert_eq!((trained.train, trained.test, trained.validation), (None, None, None))
                }
                Ending::Completed => {}
            }
        }

        let costs = |place: usize| costs(&trained[place]);
        let watched = by_hand(&data, &nets[2], plateau_at + 1, |net, _| validation_cost(&data, net));
        assert_eq!(plateau(&watched, 4, 0.01), Some(plateau_at), "{name}");
        assert_eq!(costs(0).iter().position(|cost| *cost < 0.6), Some(below));
        assert!(costs(3).iter().all(|cost| *cost <= 0.75), "{name}: {:?}", costs(3));
    }
}

#[test]
fn the_divergence_bound_holds_at_every_step_whatever_is_recorded() {
    let data = data();
    let training = |record_every, diverge_above| Training {
        stopping: Stopping { diverge_above, ..Stopping::default() },
        ..Training::descent(6.0, 40, record_every)
    };
    let chain = data.net(&[4, 8], Activation::Relu, 4);
    let unbounded = costs(&train(&data.examples(Engine::Direct), &[(chain.clone(), training(1, None))])[0]);
    let first = unbounded.iter().position(|cost| *cost > 0.75).unwrap();
    assert_eq!(first, 4);
    for every in [1, 5, 3, 1000] {
        let trained = train(&data.examples(Engine::Direct), &[(chain.clone(), training(every, Some(0.75)))]).remove(0);
        assert_eq!(trained.ending, Ending::Diverged { iteration: first, bound: Bound::Cost }, "every {every}");
        assert_eq!(iterations(&trained), (0..first).step_by(every).collect::<Vec<_>>(), "every {every}");
    }
}

#[test]
fn a_cost_below_its_mark_ends_a_training_at_its_first_step_which_is_recorded() {
    let data = data();
    let stopping = Stopping { cost_below: Some(0.6), ..Stopping::default() };
    let chain = data.net(&[7, 5], Activation::Relu, 1);
    let training = |record_every, stopping| Training {
        metrics: NORMS.to_vec(),
        stopping,
        ..Training::descent(0.3, 60, record_every)
    };
    let all = train(&data.examples(Engine::Dual), &[(chain.clone(), training(1, Stopping::default()))]).remove(0);
    let first = costs(&all).iter().position(|cost| *cost < 0.6).unwrap();
    for every in [1, 7, 1000] {
        let net = (chain.clone(), training(every, stopping.clone()));
        let trained = train(&data.examples(Engine::Dual), &[net]).remove(0);
        assert_eq!(
            trained.ending,
            Ending::Stopped { iteration: first, reason: StopReason::CostBelow },
            "every {every}"
        );
        let mut recorded: Vec<_> = (0..first).step_by(every).collect();
        recorded.push(first);
        assert_eq!(iterations(&trained), recorded, "every {every}");
        assert_eq!(costs(&trained), recorded.iter().map(|&iteration| costs(&all)[iteration]).collect::<Vec<_>>());
        let columns = all.metrics.len() / all.history.len();
        assert_eq!(trained.metrics.len(), recorded.len() * columns, "every {every}");
        assert_eq!(trained.metrics[trained.metrics.len() - columns..], all.metrics[first * columns..][..columns]);
    }
}

#[test]
fn a_net_with_infinite_weights_has_diverged_even_if_its_outputs_are_finite() {
    // The first step takes W[1] to -∞, as its gradient and its features are positive: the relu units are 0 from then on.
    let (x, y) = (array![[1.0f32, 2.0, 3.0, 4.0]], array![[0.0f32, 0.0, 0.0, 1.0]]);
    let wide = |matrix: &Array2<f32>| matrix.mapv(f64::from);
    let space = Arc::new(GramSpace::new(wide(&x).view(), wide(&x).view()));
    for (name, engine) in Engine::ALL {
        let examples = Examples::<f32>::for_engine(engine, &space, y.clone(), y.clone()).unwrap();
        let architecture = Architecture::classifier(1, &[1], Activation::Relu);
        let mut chain = initialise::chain::<f32>(&architecture, &Scheme::PyTorch.into(), 1);
        for (layer, w) in chain.layers.iter_mut().zip([1e-6, 1e3]) {
            layer.w.fill(w);
            layer.b.fill(0.0);
        }
        let net = InitialNet::new(&examples, chain, Training::descent(1e37, 2, 1)).unwrap();
        let trained = Fleet::new(&examples, Batches::full(4), vec![net]).train(|_| true).unwrap().unwrap().remove(0);
        let Ending::Diverged { bound: Bound::Finite, .. } = trained.ending else { panic!("{name}: {trained:?}") };
    }
}

#[test]
fn a_rate_that_has_reached_zero_moves_nothing_and_harms_nobody() {
    let data = data();
    for (name, engine) in Engine::ALL {
        let short = Training::descent(0.3, 10, 1);
        let cosine = Curve::Cosine { over: 10, least: 0.0 };
        let schedule = Schedule { curve: cosine, ..Schedule::constant(0.3) };
        let long = Training { iterations: 11, schedule, ..short.clone() };
        let vanishing = Curve::Step { every: 1, gamma: 1e-300 };
        let schedule = Schedule { curve: vanishing, ..Schedule::constant(0.3) };
        let vanishing = Training { iterations: 11, schedule, ..short.clone() };
        let chain = data.net(&[4, 3], Activation::Tanh, 1);
        let nets = [long, vanishing, Training { iterations: 11, ..short }].map(|training| (chain.clone(), training));
        let trained = train(&data.examples(engine), &nets);
        assert!(trained.iter().all(|trained| trained.ending == Ending::Completed), "{name}");
        let costs = [0, 1].map(|place| costs(&trained[place]));
        assert!(costs[0][9] != costs[0][8] && costs[1][2] == costs[1][1], "{name}: {costs:?}");
        assert_eq!(trained[0].train.unwrap().cost, costs[0][10], "{name}: the last step's rate is 0");
        assert_eq!(costs[1][10], costs[1][1], "{name}");
        let alone = train(&data.examples(engine), std::slice::from_ref(&nets[2])).remove(0);
        assert_eq!(alone.history, trained[2].history, "{name}: beside the others");
    }
}

#[test]
fn patience_watches_the_validation_examples_where_there_are_any() {
    // The training examples can be learnt, and the validation examples are labelled the other way round.
    let mut data = data();
    let direction = data.x.row(0).mapv(|x| f64::from(x > 0.0));
    data.y.row_mut(0).assign(&direction);
    let wrong = data.x_held_out.row(0).mapv(|x| f64::from(x <= 0.0));
    data.y_held_out.row_mut(0).assign(&wrong);
    let stopping = Stopping { patience: Some(3), ..Stopping::default() };
    let net = (data.net(&[], Activation::Tanh, 1), Training { stopping, ..Training::descent(0.5, 60, 2) });
    let costs: Vec<f64> =
        by_hand(&data, &net, 60, |net, _| validation_cost(&data, net)).into_iter().step_by(2).collect();
    let expected = 2 * plateau(&costs, 3, 0.0).expect("it rises");
    for (name, engine) in Engine::ALL {
        let validated = train(&data.examples(engine).validating_on(VALIDATION), std::slice::from_ref(&net)).remove(0);
        assert_eq!(
            validated.ending,
            Ending::Stopped { iteration: expected, reason: StopReason::ValidationPlateau },
            "{name}"
        );
        let unvalidated = train(&data.examples(engine), std::slice::from_ref(&net)).remove(0);
        assert_eq!(unvalidated.ending, Ending::Completed, "{name}: the cost of the training examples falls");
    }
}

#[test]
fn nets_that_end_last_keep_their_parameters_from_before_the_update_and_a_diverged_one_does_not() {
    let data = data();
    let net = |seed, rate, cost_below| {
        let stopping = Stopping { cost_below: Some(cost_below), ..Stopping::default() };
        let training = Training { stopping, optimiser: optimisers()[2], ..Training::descent(rate, 60, 1) };
        (data.net(&[6, 4], Activation::Relu, seed), training)
    };
    for (name, engine) in Engine::ALL {
        let examples = data.examples(engine);
        // The first two end in one step, after the third; the fourth overflows.
        let nets = [net(1, 0.3, 0.66), net(1, 0.3, 0.66), net(2, 0.3, f64::INFINITY), net(3, 1e200, 0.0)];
        let mut fleet = fleet(&examples, &nets);
        let trained = fleet.train(|_| true).unwrap().unwrap();
        let Ending::Stopped { iteration, reason: StopReason::CostBelow } = trained[0].ending else {
            panic!("{name}: {:?}", trained[0].ending)
        };
        assert!(iteration > 0);
        assert_eq!(trained[1].ending, trained[0].ending);
        let before = by_hand(&data, &nets[0], iteration + 1, |net, _| net.layers.clone()).pop().unwrap();
        for (place, (start, _)) in nets.iter().enumerate() {
            let chain = fleet.chain(place, start.layers[0].w.view());
            assert_eq!(chain.is_some(), place < 2, "{name}: net {place}");
            for (found, expected) in chain.iter().flat_map(|chain| &chain.layers).zip(&before) {
                assert_close(name, &found.w, &expected.w, 1e-11);
                assert_close(name, &found.b, &expected.b, 1e-11);
            }
        }
    }
}

#[test]
fn a_time_that_is_not_up_stops_nothing() {
    let data = data();
    let stopping = Stopping { seconds: Some(1e9), ..Stopping::default() };
    let net = (data.net(&[4], Activation::Tanh, 1), Training { stopping, ..Training::descent(0.1, 20, 1) });
    assert_eq!(train(&data.examples(Engine::Dual), &[net]).remove(0).ending, Ending::Completed);
}
