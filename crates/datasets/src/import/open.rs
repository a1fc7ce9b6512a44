//! Source files, plain or gzipped, read up to a limit.

use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::error::Error;
use crate::contract::storage::check_decoded;
use crate::files::regular_file;

/// The first bytes of a gzipped file.
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Opens the regular file at `path`; a gzipped one is unpacked as it is read.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    let file = regular_file::open(path).map_err(|reason| Error::read(path, &reason))?;
    let mut buffered = BufReader::with_capacity(1 << 16, file);
    let start = io::BufRead::fill_buf(&mut buffered).map_err(|reason| Error::read(path, &reason))?;
    if start.starts_with(&GZIP) {
        // Several members, as `cat a.gz b.gz` and bgzip write, are one file.
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(buffered))));
    }
    Ok(Box::new(buffered))
}

/// Reads the next `count` bytes, or those that are left. No declared size is allocated before its bytes are there.
pub(super) fn read_up_to(reader: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses a shape whose elements take more than `limit` bytes as f64.
pub(super) fn check_size(path: &Path, shape: &[usize], limit: u64) -> Result<(), Error> {
    check_decoded(shape, limit).map_err(|problem| Error::file(path, format!("{problem} (--max-bytes)")))
}
