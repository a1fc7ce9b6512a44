//! One whole training step (forward, back, descend), in FLOP/s of its products, with one OpenBLAS thread and with all.
//!
//! usage: cargo bench --bench training_step [-- FILTER]
//!
//! Inputs are random and seeded. The products are checked at every layer's shape before a net is timed.

mod flops;

use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput};
use flops::Flops;
use kernels::openblas::{self, Library};
use kernels::{Activation, LayerShape, Real, self_check};
use ndarray::Array2;
use net::{Initialisation, initialise};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Widths n[0] to n[L], and the number of examples.
const NETS: [(&[usize], usize); 4] = [
    (&[12_288, 20, 7, 5, 1], 209), // the course's 4-layer net
    (&[12_288, 7, 1], 209),        // the course's 2-layer net
    (&[12_288, 40, 40, 40, 1], 209),
    (&[784, 128, 64, 1], 64),
];

fn training_step<R: Real>(criterion: &mut Criterion<Flops>, threads: usize) {
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    for (widths, examples) in NETS {
        for n in widths.windows(2) {
            let shape = LayerShape { n_out: n[1], n_in: n[0], examples };
            self_check::<R>(shape).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
        let x = Array2::from_shape_simple_fn((widths[0], examples), || R::from_f64(stream.random_range(0.0..1.0)));
        let y = Array2::from_shape_fn((1, examples), |(_, example)| R::from_f64((example % 2) as f64));
        let mut chain = initialise::chain::<R>(widths, Activation::Relu, Initialisation::Course, 1);
        let (mut caches, mut gradients) = (chain.caches(examples), chain.gradients(examples));

        let name: Vec<String> = widths.iter().map(ToString::to_string).collect();
        let id = format!("{}/{}_examples{examples}", R::NAME, name.join("-"));
        let products = |l: usize| if l == 0 { 2 } else { 3 };
        let flop: usize = widths.windows(2).enumerate().map(|(l, n)| products(l) * 2 * n[0] * n[1] * examples).sum();
        let mut group = criterion.benchmark_group("training_step");
        group.throughput(Throughput::Elements(flop as u64));
        group.bench_function(BenchmarkId::new(format!("blas_threads{threads}"), id), |bencher| {
            bencher.iter(|| {
                chain.forward(x.view(), &mut caches);
                chain.backward(x.view(), y.view(), &caches, &mut gradients);
                chain.descend(&gradients, R::from_f64(0.0075));
            });
        });
    }
}

fn main() {
    let library = Library::linked();
    println!("{}", library.config);
    let mut criterion = flops::criterion();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for threads in [1, cores] {
        library.admit(threads, 1).unwrap_or_else(|refused| panic!("{refused}"));
        openblas::set_threads(threads).unwrap_or_else(|refused| panic!("{refused}"));
        training_step::<f32>(&mut criterion, threads);
        training_step::<f64>(&mut criterion, threads);
    }
    criterion.final_summary();
}
