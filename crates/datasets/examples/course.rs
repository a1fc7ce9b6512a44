//! The course's 4-layer net on its cat pictures: the published costs, digit for digit, and both accuracies.
//!
//!     CATVNONCAT=FOLDER cargo run --release -p layerchain-datasets --example course

use std::error::Error;
use std::path::Path;

use datasets::{DataSet, Scaling, ScalingChoice, Source};
use net::{Activation, Architecture, Data, Scheme, Training, initialise};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var_os("CATVNONCAT").ok_or("set CATVNONCAT to the folder of the course's two files")?;
    let [train, test] = ["train", "test"].map(|part| Path::new(&folder).join(format!("{part}_catvnoncat.h5")));
    let set = DataSet::load(&Source::new(&train, &test))?;
    let scaling = Scaling::fit(ScalingChoice::Auto, &set.train)?;
    let ((x, y), test) = ((set.train.columns(&scaling), set.train.y()), set.test.expect("a file of test examples"));
    let (x_test, y_test) = (test.columns(&scaling), test.y());

    let architecture = Architecture::classifier(x.nrows(), &[20, 7, 5], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::Course.into(), 1);
    let data = Data::new(&x, &y).test(&x_test, &y_test);
    let trained = net::train(&mut chain, &data, &Training::descent(0.0075, 2500, 100))?;
    for point in &trained.history {
        println!("{:5} {:.6}", point.iteration, point.cost);
    }
    println!("train {:?}\ntest  {:?}", trained.train, trained.test);
    Ok(())
}
