//! One whole training step of a net (forward, back, descend): the three engines, and fleets of 1, 4, 16 and 64 nets.
//!
//! usage: cargo bench --bench training_step [-- FILTER]
//!
//! A time is that of a step of the whole fleet; the throughput counts the operations of the products that the engine makes. Inputs are
//! random and seeded. The products are checked at every layer's shape before a net is timed. It runs on one thread; LAYERCHAIN_BLAS names
//! another BLAS.

mod flops;

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput};
use flops::Flops;
use kernels::blas;
use kernels::{Activation, Call, LayerShape, Real, self_check};
use ndarray::Array2;
use net::{
    Architecture, Batches, Engine, Examples, Fleet, GramSpace, InitialNet, Scheme, Training, Workload, initialise,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Widths n[0] to n[L], and the number of examples.
const NETS: [(&[usize], usize); 4] = [
    (&[12_288, 20, 7, 5, 1], 209), // the course's 4-layer net
    (&[12_288, 7, 1], 209),        // the course's 2-layer net
    (&[12_288, 40, 40, 40, 1], 209),
    (&[784, 128, 64, 1], 64),
];

/// More steps than a bench makes.
const ENDLESS: usize = 1 << 40;

fn training_step<R: Real>(criterion: &mut Criterion<Flops>) {
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    for (widths, m) in NETS {
        let mut uniform =
            |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.random_range(0.0..1.0));
        let space = Arc::new(GramSpace::new(uniform(widths[0], m).view(), uniform(widths[0], 10).view()));
        let labels = |count| Array2::from_shape_fn((1, count), |(_, example)| R::from_f64((example % 2) as f64));
        let name: Vec<String> = widths.iter().map(ToString::to_string).collect();
        let mut group = criterion.benchmark_group(format!("training_step/{}/{}_examples{m}", R::NAME, name.join("-")));
        for (engine_name, engine) in Engine::ALL {
            let examples =
                Examples::for_engine(engine, &space, labels(m), labels(10)).unwrap_or_else(|wrong| panic!("{wrong}"));
            for nets in [1, 4, 16, 64] {
                let architecture = Architecture::classifier(widths[0], &widths[1..widths.len() - 1], Activation::Relu);
                let chain = initialise::chain::<R>(&architecture, &Scheme::Course.into(), 1);
                let descent = Training::descent(1e-4, ENDLESS, ENDLESS);
                let start = InitialNet::new(&examples, chain, descent).expect("a right BLAS");
                check::<R>(&space, engine, nets, widths);
                let workload = Workload { features: widths[0], examples: m, batch: m, rows: widths[1], iterations: 1 };
                let upper: usize = widths[1..].windows(2).map(|n| 6 * n[0] * n[1] * m).sum();
                let flops = engine.flops_per_step(workload, space.x().nrows().min(m)) + upper as f64;
                group.throughput(Throughput::Elements((flops * nets as f64) as u64));
                group.bench_function(BenchmarkId::new(engine_name, format!("fleet_of_{nets}")), |bencher| {
                    let mut fleet = Fleet::new(&examples, Batches::full(m), vec![start.clone(); nets]);
                    bencher.iter(|| fleet.step().expect("right products"));
                });
            }
        }
    }
}

/// Checks the products at the shapes that the fleet multiplies.
fn check<R: Real>(space: &GramSpace, engine: Engine, nets: usize, widths: &[usize]) {
    let m = space.x().ncols();
    let n_in = match engine {
        Engine::Direct => widths[0],
        Engine::Reduced => space.rank().expect("the products are right"),
        Engine::Dual => m,
    };
    let first = LayerShape { n_out: nets * widths[1], n_in, examples: m };
    let upper = widths[1..].windows(2).map(|n| LayerShape { n_out: n[1], n_in: n[0], examples: m });
    for shape in upper.chain([first]) {
        self_check::<R>(shape, &Call::ALL).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

fn main() {
    println!("{:?}; {}", blas::in_use(), flops::peaks(1));
    let mut criterion = flops::criterion();
    training_step::<f32>(&mut criterion);
    training_step::<f64>(&mut criterion);
    criterion.final_summary();
}
