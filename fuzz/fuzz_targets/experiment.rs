//! The reader of experiments: a TOML file, and the points that it comes to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runner::spec::experiment::Experiment;

fuzz_target!(|input: &[u8]| {
    let path = scratch::file("experiment.toml", input);
    drop(Experiment::load(&path, &[]));
});
