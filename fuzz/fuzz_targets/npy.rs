//! Two NPY files: examples, and labels or values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use datasets::import::Format;
use datasets::{TargetKind, TargetsChoice};

fuzz_target!(|input: &[u8]| {
    let Some((examples, labels)) = scratch::halves(input) else { return };
    let files = vec![scratch::file("x.npy", examples), scratch::file("y.npy", labels)];
    let meaning = [TargetKind::Classes, TargetKind::Values, TargetKind::OneHot][usize::from(input[0] % 3)];
    scratch::import_all(Format::Npy, files, |request| request.target_kind = TargetsChoice::Declared(meaning));
});
