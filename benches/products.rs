//! The FLOP/s of the three products, at the shapes of the experiments and at square and large shapes.
//!
//! usage: cargo bench --bench products [-- FILTER]
//!
//! Inputs are random and seeded. Before a product is timed, it is compared with the reference at that shape, and a wrong product ends the
//! program. It runs on one thread; LAYERCHAIN_BLAS names another BLAS.

mod flops;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use flops::Flops;
use kernels::blas;
use kernels::{Accumulate, Call, LayerShape, Real, backward_data, backward_weights, forward, self_check};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// n_out, n_in, examples.
const SHAPES: [[usize; 3]; 10] = [
    [20, 12_288, 209], // the course's 4-layer net
    [7, 20, 209],
    [1, 5, 209],
    [64, 12_288, 209], // experiments/width.toml at its widest
    [64, 64, 209],
    [20, 12_288, 1], // one example
    [64, 64, 64],
    [256, 256, 256],
    [1024, 1024, 1024],
    [2048, 2048, 1024], // a wide layer
];

fn products<R: Real>(criterion: &mut Criterion<Flops>) {
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    let mut uniform =
        |rows, columns| Array2::from_shape_simple_fn((rows, columns), || R::from_f64(stream.random_range(-1.0..1.0)));
    for [n_out, n_in, examples] in SHAPES {
        self_check::<R>(LayerShape { n_out, n_in, examples }, &Call::ALL).unwrap_or_else(|wrong| panic!("{wrong}"));
        let (w, a_prev, dz) = (uniform(n_out, n_in), uniform(n_in, examples), uniform(n_out, examples));
        let (mut z, mut dw, mut da_prev) = (dz.clone(), w.clone(), a_prev.clone());
        let shape = format!("{}/n_out{n_out}_n_in{n_in}_examples{examples}", R::NAME);
        let flop = Throughput::Elements(2 * (n_out * n_in * examples) as u64);
        let replace = Accumulate::Replace;

        let mut group = criterion.benchmark_group("products");
        group.throughput(flop);
        group.bench_function(BenchmarkId::new("forward", &shape), |bencher| {
            bencher.iter(|| forward(black_box(w.view()), a_prev.view(), z.view_mut(), replace));
        });
        group.bench_function(BenchmarkId::new("backward_weights", &shape), |bencher| {
            bencher.iter(|| backward_weights(black_box(dz.view()), a_prev.view(), R::one(), dw.view_mut(), replace));
        });
        group.bench_function(BenchmarkId::new("backward_data", &shape), |bencher| {
            bencher.iter(|| backward_data(black_box(w.view()), dz.view(), da_prev.view_mut(), replace));
        });
    }
}

fn main() {
    println!("{:?}; {}", blas::in_use(), flops::peaks(1));
    let mut criterion = flops::criterion();
    products::<f32>(&mut criterion);
    products::<f64>(&mut criterion);
    criterion.final_summary();
}
