//! One net by each of the three exact first-layer engines: the same costs, in fewer and fewer operations.
//!
//!     cargo run --release -p layerchain-net --example engines

use std::time::Instant;

use net::ndarray::Array2;
use net::{Activation, Architecture, Data, Engine, GramSpace, Scheme, Training, Workload, initialise};

fn main() -> Result<(), net::Error> {
    // 200 examples of 12,288 features, as many as the course's cat pictures have; class 1 if the first two add up to more than 1.
    let (features, m, iterations) = (12_288, 200, 200);
    let x = Array2::from_shape_fn((features, m), |(i, j)| ((i * 31 + j * 17 + i * j) % 101) as f64 / 100.0);
    let y = Array2::from_shape_fn((1, m), |(_, j)| if x[[0, j]] + x[[1, j]] > 1.0 { 1.0 } else { 0.0 });
    let rank = GramSpace::new(x.view(), Array2::zeros((features, 0)).view()).rank()?;
    let architecture = Architecture::classifier(features, &[20, 7, 5], Activation::Relu);
    let workload = Workload { features, examples: m, batch: m, rows: 20, iterations };

    println!("engine    MFLOP a step  seconds  J at 0     J at {}", iterations - 1);
    for (name, engine) in Engine::ALL {
        let mut chain = initialise::chain::<f64>(&architecture, &Scheme::Course.into(), 1);
        let start = Instant::now();
        let trained =
            net::train(&mut chain, &Data::new(&x, &y).engine(engine), &Training::descent(0.0075, iterations, 1))?;
        let seconds = start.elapsed().as_secs_f64();
        let (first, last) = (trained.history[0].cost, trained.history[iterations - 1].cost);
        let flops = engine.flops_per_step(workload, rank) / 1e6;
        println!("{name:<8} {flops:>13.2} {seconds:>8.2}  {first:.7}  {last:.7}");
    }
    Ok(())
}
