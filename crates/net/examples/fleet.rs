//! A fleet: nets of several depths, learning rates and optimisers, trained in lock-step with their first layers stacked.
//!
//!     cargo run --release -p layerchain-net --example fleet

use std::sync::Arc;

use net::ndarray::Array2;
use net::{
    Activation, Architecture, Batches, Engine, Examples, Fleet, GramSpace, InitialNet, Optimiser, Scheme, Training,
    initialise,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Points of the plane; those inside of a circle are of class 1.
    let m = 200;
    let x = Array2::from_shape_fn((2, m), |(i, j)| ((j * (7 + 12 * i)) % 41) as f64 / 20.0 - 1.0);
    let y = Array2::from_shape_fn((1, m), |(_, j)| if x.column(j).dot(&x.column(j)) < 0.5 { 1.0 } else { 0.0 });
    let space = Arc::new(GramSpace::new(x.view(), Array2::zeros((2, 0)).view()));
    let examples = Examples::<f64>::for_engine(Engine::Direct, &space, y, Array2::zeros((1, 0)))?;

    let (mut names, mut nets) = (Vec::new(), Vec::new());
    for hidden in [vec![8], vec![8, 8], vec![16, 8, 4]] {
        for (name, optimiser, learning_rate) in [("gd", Optimiser::DESCENT, 0.5), ("adam", Optimiser::ADAM, 0.01)] {
            let architecture = Architecture::classifier(2, &hidden, Activation::Tanh);
            let chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), 1);
            let training = Training { optimiser, ..Training::descent(learning_rate, 1000, 100) };
            nets.push(InitialNet::new(&examples, chain, training)?);
            names.push(format!("{hidden:?} {name}"));
        }
    }

    let mut fleet = Fleet::new(&examples, Batches::full(m), nets);
    let trained = fleet.train(|_| true)?.expect("`keep_going` is always true");
    for (name, trained) in names.iter().zip(trained) {
        let score = trained.train.expect("no net diverges");
        println!("{name:<16} cost {:.4}  accuracy {:.3}", score.cost, score.accuracy.unwrap_or(f64::NAN));
    }
    Ok(())
}
