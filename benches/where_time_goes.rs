//! The time of a training step by its parts: the whole step of one net beside its products alone, and both beside the
//! peak that the cores' own multiply-adds reach.
//!
//! usage: cargo bench --bench where_time_goes [-- FILTER]
//!
//! All throughputs count the products' operations alone, so that they can be divided by one another: `products` over the peak shows the
//! loss to the shapes, `step` over `products` the loss to the passes between the products (bias, activations and their derivatives,
//! optimiser). The nets are those of scripts/compare_peers, by the direct engine, in f32, with relu and softmax. Inputs are random and
//! seeded; products are checked at every shape before they are timed.

mod flops;

use std::thread::available_parallelism;
use std::time::Instant;

use criterion::{BenchmarkGroup, Criterion, Throughput};
use flops::Flops;
use kernels::blas;
use kernels::{
    Accumulate, Activation, Adam, Call, LayerShape, Team, backward_data, backward_weights, forward, self_check,
};
use ndarray::{Array2, ShapeBuilder};
use net::{Algorithm, Architecture, Batches, Examples, Fleet, InitialNet, Optimiser, Scheme, Training, initialise};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A net, its batch, the batches of an epoch, and its optimiser.
struct Case {
    name: &'static str,
    widths: &'static [usize],
    batch: usize,
    batches: usize,
    algorithm: Algorithm,
}

const ADAM: Algorithm = Algorithm::Adam(Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 });

const CASES: [Case; 5] = [
    Case { name: "small", widths: &[784, 128, 64, 10], batch: 64, batches: 10, algorithm: Algorithm::Descent },
    Case { name: "small-adam", widths: &[784, 128, 64, 10], batch: 64, batches: 10, algorithm: ADAM },
    Case { name: "medium", widths: &[784, 512, 512, 10], batch: 128, batches: 10, algorithm: Algorithm::Descent },
    Case { name: "edge", widths: &[3072, 200, 200, 10], batch: 5000, batches: 1, algorithm: Algorithm::Descent },
    Case {
        name: "large",
        widths: &[2048, 2048, 2048, 2048, 10],
        batch: 1024,
        batches: 2,
        algorithm: Algorithm::Descent,
    },
];

/// More steps than a bench makes.
const ENDLESS: usize = 1 << 40;

impl Case {
    /// Lists n_out and n_in of each layer.
    fn layers(&self) -> impl Iterator<Item = [usize; 2]> {
        self.widths.windows(2).map(|n| [n[1], n[0]])
    }

    /// Counts the operations of the products of a step; da\[0\] is not computed.
    fn flop(&self) -> u64 {
        let products = |(l, [n_out, n_in]): (usize, [usize; 2])| if l == 0 { 4 } else { 6 } * n_out * n_in * self.batch;
        self.layers().enumerate().map(products).sum::<usize>() as u64
    }

    /// Draws the examples, column-major if they come in mini-batches, as in the runner.
    fn examples(&self, uniform: &mut dyn FnMut() -> f32) -> Examples<f32> {
        let (count, classes) = (self.batch * self.batches, *self.widths.last().expect("a net has widths"));
        let mut drawn = |count| Array2::from_shape_simple_fn((self.widths[0], count), &mut *uniform);
        let labels = |count| Array2::from_shape_fn((1, count), |(_, example)| (example * 7 % classes) as f32);
        let examples = Examples::direct(drawn(count), labels(count), drawn(10), labels(10));
        if self.batches > 1 { examples.column_major() } else { examples }
    }

    fn fleet<'e>(&self, examples: &'e Examples<f32>) -> Fleet<'e, f32> {
        let hidden = vec![Activation::Relu; self.widths.len() - 2];
        let activations = hidden.into_iter().chain([Activation::Softmax]).collect();
        let architecture = Architecture::new(self.widths.to_vec(), activations);
        let chain = initialise::chain::<f32>(&architecture, &Scheme::HeNormal.into(), 1);
        let optimiser = Optimiser { algorithm: self.algorithm, ..Optimiser::DESCENT };
        let training = Training { optimiser, ..Training::descent(1e-3, ENDLESS, ENDLESS) };
        let start = InitialNet::new(examples, chain, training).expect("a right BLAS");
        Fleet::new(examples, Batches::new(self.batch * self.batches, self.batch, None), vec![start])
    }

    /// Returns a function that makes the products of a step, in the order of a step, and nothing else.
    fn products(&self, uniform: &mut dyn FnMut() -> f32) -> impl FnMut() + Send + use<> {
        let mut drawn = |rows, columns| Array2::from_shape_simple_fn((rows, columns), &mut *uniform);
        let mut w: Vec<_> = self.layers().map(|[n_out, n_in]| drawn(n_out, n_in)).collect();
        let mut a: Vec<_> = self.widths.iter().map(|&n| drawn(n, self.batch)).collect();
        let mut dz: Vec<_> = self.widths.iter().map(|&n| drawn(n, self.batch)).collect();
        if self.batches > 1 {
            let mut column_major = Array2::zeros(a[0].dim().f());
            column_major.assign(&a[0]);
            a[0] = column_major;
        }
        let replace = Accumulate::Replace;
        move || {
            for (l, w) in w.iter().enumerate() {
                let (a_prev, z) = a.split_at_mut(l + 1);
                forward(w.view(), a_prev[l].view(), z[0].view_mut(), replace);
            }
            for (l, w) in w.iter().enumerate().skip(1).rev() {
                let (da_prev, dz) = dz.split_at_mut(l + 1);
                backward_data(w.view(), dz[0].view(), da_prev[l].view_mut(), replace);
            }
            for (l, w) in w.iter_mut().enumerate() {
                // The factor is as small as a learning rate, so that nothing overflows.
                backward_weights(dz[l + 1].view(), a[l].view(), 1e-9, w.view_mut(), Accumulate::Add);
            }
        }
    }

    fn check(&self) {
        for [n_out, n_in] in self.layers() {
            let shape = LayerShape { n_out, n_in, examples: self.batch };
            self_check::<f32>(shape, &Call::ALL).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

fn where_time_goes(criterion: &mut Criterion<Flops>, threads: usize) {
    let team = Team::new(threads).expect("threads");
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    let mut uniform = || stream.random_range(-1.0f32..1.0);
    let of_threads = |what: &str| format!("where_time_goes/{what}/threads{threads}");

    println!("{}", flops::peaks(threads));
    for case in CASES {
        team.install(|| case.check());
        let mut group = criterion.benchmark_group(of_threads(case.name));
        group.throughput(Throughput::Elements(case.flop()));
        time(&mut group, "products", &team, case.products(&mut uniform));
        let examples = case.examples(&mut uniform);
        let mut fleet = team.install(|| case.fleet(&examples));
        time(&mut group, "step", &team, || fleet.step().expect("right products"));
    }
}

/// Times `work` inside of `team`, because entering the team would cost more than a small step.
fn time(group: &mut BenchmarkGroup<Flops>, name: &str, team: &Team, mut work: impl FnMut() + Send) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|steps| {
            team.install(|| {
                let start = Instant::now();
                (0..steps).for_each(|_| work());
                start.elapsed()
            })
        });
    });
}

fn main() {
    let library = blas::in_use();
    println!("{library:?}");
    let cores = available_parallelism().map_or(1, usize::from);
    library.admit(cores).unwrap_or_else(|refused| panic!("{refused}"));
    let mut criterion = flops::criterion();
    let counts = if cores > 1 { vec![1, cores] } else { vec![1] };
    counts.into_iter().for_each(|threads| where_time_goes(&mut criterion, threads));
    criterion.final_summary();
}
