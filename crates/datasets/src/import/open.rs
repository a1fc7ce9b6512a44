//! Source files, plain or gzipped, read up to a limit.

use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::error::Error;
use crate::files::regular_file;

/// Opens the regular file at `path`; a gzipped one is unpacked as it is read.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    let file = regular_file::open(path).map_err(|reason| Error::read(path, &reason))?;
    let mut buffered = BufReader::with_capacity(1 << 16, file);
    let start = io::BufRead::fill_buf(&mut buffered).map_err(|reason| Error::read(path, &reason))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        // Several members, as `cat a.gz b.gz` and bgzip write, are one file.
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(buffered))));
    }
    Ok(Box::new(buffered))
}

/// Fills `bytes` with the next `count`, or with those that are left. No declared size is allocated before its bytes are there.
pub(super) fn read_up_to(reader: &mut impl Read, count: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.clear();
    reader.take(count).read_to_end(bytes)?;
    Ok(())
}

/// Returns the bytes of `shape` with `size` bytes for each element; refuses those above `limit` as f64.
pub(super) fn checked_size(path: &Path, shape: &[usize], size: usize, limit: u64) -> Result<u64, Error> {
    let elements = shape.iter().try_fold(1u64, |elements, &length| elements.checked_mul(length as u64));
    match elements.and_then(|elements| elements.checked_mul(8)) {
        Some(decoded) if decoded <= limit => Ok(decoded / 8 * size as u64),
        decoded => {
            let needed = decoded.map_or("more than 2^64".to_owned(), |decoded| decoded.to_string());
            Err(Error::file(
                path,
                format!("its shape {shape:?} needs {needed} bytes as f64; the limit is {limit} (--max-bytes)"),
            ))
        }
    }
}
