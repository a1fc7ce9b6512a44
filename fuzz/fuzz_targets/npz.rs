//! An NPZ archive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use datasets::import::Format;

fuzz_target!(|input: &[u8]| {
    let files = vec![scratch::file("arrays.npz", input)];
    scratch::import_all(Format::Npz, files, |request| request.test_share = (input.len() % 2 == 0).then_some(0.5));
});
