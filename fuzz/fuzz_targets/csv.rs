//! A table, its label or its values in a column of any number.
#![no_main]

use libfuzzer_sys::fuzz_target;
use datasets::import::{Categorical, Format, Missing};

fuzz_target!(|input: &[u8]| {
    let Some((&[options, column], table)) = input.split_first_chunk::<2>() else { return };
    let files = vec![scratch::file("table.csv", table)];
    scratch::import_all(Format::Csv, files, |request| {
        let column = char::from(b'0' + column % 10).to_string();
        request.header = [None, Some(true), Some(false)][usize::from(options % 3)];
        match options / 3 % 3 {
            0 => {}
            1 => request.label = Some(column),
            _ => request.targets = vec![column],
        }
        request.missing = [Missing::Refuse, Missing::Drop, Missing::Mean][usize::from(options / 9 % 3)];
        request.categorical = [Categorical::Refuse, Categorical::OneHot][usize::from(options / 27 % 2)].clone();
        request.delimiter = (options & 128 != 0).then_some(b';');
    });
});
