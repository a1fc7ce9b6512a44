//! Tests of what a data-parallel training keeps to itself.

use ndarray::array;

use super::*;
use crate::{Architecture, Scheme, initialise};
use kernels::Activation;

/// Rank 0 of two, where the other one has the only micro-batch, and sends zeros.
struct Idle {
    coming: Vec<Vec<usize>>,
}

impl Ranks<f64> for Idle {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        2
    }

    fn begin_all_to_all(&mut self, _: Vec<f64>, _: Vec<usize>, lengths: Vec<usize>) {
        self.coming.insert(0, lengths);
    }

    fn begin_all_gather(&mut self, _: Vec<f64>, lengths: Vec<usize>) {
        self.coming.insert(0, lengths);
    }

    fn wait(&mut self) -> Vec<f64> {
        vec![0.0; self.coming.pop().expect("an exchange").iter().sum()]
    }

    fn all_gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>> {
        vec![own, vec![1.0]]
    }
}

#[test]
fn a_rank_without_a_chunk_keeps_no_gradients_from_step_to_step() {
    let (x, y) = (array![[0.1, 0.9, 0.4], [0.7, 0.2, 0.3]], array![[0.0, 1.0, 1.0]]);
    let examples = Examples::direct(x.clone(), y.clone(), x, y);
    let architecture = Architecture::classifier(2, &[3], Activation::Tanh);
    let chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), 1);
    let (training, ranks) = (Training::descent(0.1, 100, 10), Box::new(Idle { coming: Vec::new() }));
    let mut net = DataParallel::new(&examples, Batches::full(3), chain, training, ranks);
    for iteration in 0..5 {
        net.iteration = iteration;
        assert_eq!(net.step(), None);
    }
    assert!(net.own.is_empty() && net.buffers.iter().all(Vec::is_empty), "{:?}", net.buffers);
}
