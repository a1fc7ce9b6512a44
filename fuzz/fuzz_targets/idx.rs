//! Two IDX files, plain or gzipped: examples and labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use datasets::import::Format;

fuzz_target!(|input: &[u8]| {
    let Some((examples, labels)) = scratch::halves(input) else { return };
    let files = vec![scratch::file("examples-idx3-ubyte", examples), scratch::file("labels-idx1-ubyte", labels)];
    scratch::import_all(Format::Idx, files, |_| {});
});
