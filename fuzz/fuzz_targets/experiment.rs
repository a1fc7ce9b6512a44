//! The readers of experiments: a TOML file, and the points that it comes to, or the net of given numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runner::spec::experiment::Experiment;
use runner::spec::worked_example::example::WorkedExample;

fuzz_target!(|input: &[u8]| {
    let path = scratch::file("experiment.toml", input);
    drop(Experiment::load(&path, &[]));
    drop(WorkedExample::load(&path, &[]));
});
