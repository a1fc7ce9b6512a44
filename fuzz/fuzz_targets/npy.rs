//! Two NPY files: examples, and labels or values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runner::data::import::Format;

fuzz_target!(|input: &[u8]| {
    let Some((examples, labels)) = scratch::halves(input) else { return };
    let files = vec![scratch::file("x.npy", examples), scratch::file("y.npy", labels)];
    scratch::import_all(Format::Npy, files, |request| request.values = input[0] & 1 == 1);
});
