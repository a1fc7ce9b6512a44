//! A picture, PNG or JPEG, as `runner predict` takes it and as an import does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use datasets::import::picture;

fuzz_target!(|input: &[u8]| {
    let path = scratch::file("picture.png", input);
    for channels in [1, 3] {
        drop(picture(&path, [8, 8, channels]));
    }
});
