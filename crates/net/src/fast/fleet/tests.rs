//! Tests of what a fleet keeps to itself.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::fast::arrays::FirstState;
use crate::fast::gram::GramSpace;
use crate::training::{Bound, StopReason, Stopping};
use crate::{Architecture, Engine, Scheme, Training, initialise};
use kernels::Activation;

fn fleet(examples: &Examples<f64>) -> Fleet<'_, f64> {
    fleet_that_trains(examples, Training::descent(0.1, 1000, 100))
}

fn fleet_that_trains(examples: &Examples<f64>, training: Training) -> Fleet<'_, f64> {
    let architecture = Architecture::classifier(2, &[3], Activation::Tanh);
    let chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), 1);
    Fleet::new(examples, Batches::full(3), vec![InitialNet::new(examples, chain, training).unwrap()])
}

fn examples() -> Examples<f64> {
    let x = ndarray::array![[0.1, 0.9, 0.4], [0.7, 0.2, 0.3]];
    let y = ndarray::array![[0.0, 1.0, 1.0]];
    Examples::for_engine(Engine::Dual, &Arc::new(GramSpace::new(x.view(), x.view())), y.clone(), y).unwrap()
}

#[test]
fn the_first_layer_is_refreshed_before_step_500_and_the_largest_drift_is_kept() {
    let examples = examples();
    let mut fleet = fleet(&examples);
    (0..500).for_each(|_| fleet.step().unwrap());
    assert_eq!(fleet.members[0].drift, None);
    fleet.step().unwrap();
    assert!(fleet.members[0].drift.is_some());
    fleet.members[0].drift = Some(0.5);
    fleet.refresh();
    assert_eq!(fleet.members[0].drift, Some(0.5));
}

#[test]
fn nets_are_trained_without_held_out_examples() {
    let x = ndarray::array![[0.1, 0.9, 0.4], [0.7, 0.2, 0.3]];
    let y = ndarray::array![[0.0, 1.0, 1.0]];
    let none = || Array2::zeros((2, 0));
    let trained = |engine, tested: bool| {
        let (x_test, y_test) = if tested { (x.clone(), y.clone()) } else { (none(), Array2::zeros((1, 0))) };
        let space = Arc::new(GramSpace::new(x.view(), x_test.view()));
        let examples = Examples::for_engine(engine, &space, y.clone(), y_test).unwrap().validating_on(0);
        let mut fleet = fleet(&examples);
        fleet.train(|_| true).unwrap().unwrap().remove(0)
    };
    for engine in [Engine::Direct, Engine::Reduced, Engine::Dual] {
        let (with, without) = (trained(engine, true), trained(engine, false));
        assert_eq!((without.ending, without.test), (Ending::Completed, None), "{engine:?}");
        assert!(with.test.is_some() && with.history.len() == without.history.len());
        let pairs = with.history.iter().zip(&without.history);
        assert!(pairs.into_iter().all(|(a, b)| (a.cost - b.cost).abs() < 1e-12), "{engine:?}");
    }
}

#[test]
fn a_diverged_net_keeps_its_drift() {
    let examples = examples();
    let mut fleet = fleet(&examples);
    fleet.members[0].drift = Some(0.25);
    fleet.end(&[(0, Ending::Diverged { iteration: 3, bound: Bound::Finite })]).unwrap();
    assert_eq!(fleet.trained[0].as_ref().unwrap().drift, Some(0.25));
}

#[test]
fn a_net_that_ends_early_is_evaluated_on_the_p_of_its_weights() {
    let examples = examples(); // whose test examples are the training examples
    let patient = Stopping { patience: Some(9), restore_best: true, ..Stopping::default() };
    for stopping in [Stopping::default(), patient] {
        let mut fleet = fleet_that_trains(&examples, Training { stopping, ..Training::descent(0.1, 1000, 1) });
        (0..3).for_each(|_| fleet.step().unwrap());
        let FirstState { matrix, c, t } = fleet.first.state(0..3);
        let off = FirstState {
            matrix: (&matrix + 0.25).into(),
            c: c.map(|c| c.into_owned().into()),
            t: t.map(|t| t.into_owned().into()),
        };
        match &mut fleet.members[0].recorder.best {
            Some(best) => best.first = off,
            None => fleet.first.restore(0..3, &off).unwrap(),
        }
        fleet.end(&[(0, Ending::Stopped { iteration: 3, reason: StopReason::CostBelow })]).unwrap();
        let Trained { train, test, drift, .. } = fleet.trained[0].clone().unwrap();
        assert!((train.unwrap().cost - test.unwrap().cost).abs() < 1e-12, "{train:?} {test:?}");
        assert!(drift.is_some_and(|drift| drift > 0.01), "{drift:?}");
    }
}

#[test]
fn the_seconds_before_a_stop_count_and_so_does_the_drift() {
    let examples = examples();
    let mut stopped = fleet(&examples);
    (0..3).for_each(|_| stopped.step().unwrap());
    stopped.members[0].recorder.progress.go_on_after(Duration::from_secs(100));
    stopped.members[0].drift = Some(0.25);
    let resumed = fleet(&examples).resume(stopped.state()).unwrap();
    let spent = resumed.members[0].recorder.progress.spent();
    assert!((100..110).contains(&spent.as_secs()), "{spent:?}");
    assert_eq!((resumed.iteration(), resumed.members[0].drift), (3, Some(0.25)));
}
