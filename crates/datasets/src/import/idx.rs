//! IDX files, as MNIST and its family come in: two zero bytes, the element type, the number of dimensions, each dimension
//! in 4 bytes, the elements; all big-endian (LeCun, Cortes and Burges, <http://yann.lecun.com/exdb/mnist>).

use std::path::Path;

use super::elements::StoredType;
use super::error::Error;
use super::open::{check_size, open, read_up_to};
use super::raw::{Arrays, RawArray};
use super::source::Rules;
use crate::contract::element_type::ElementType;

pub(super) const RULES: Rules = Rules {
    name: "IDX",
    paths: 2,
    options: &["--targets"],
    begins: |start| matches!(start, [0, 0, 0x08..=0x0e, 1..=4]),
    endings: &[],
    holds_both: false,
    open: |request, split, _| {
        let [x, y] = [0, 1].map(|file| array(&request.paths(split)[file], request.max_bytes));
        Ok(Box::new(Arrays::new(x?, &y?, request)?))
    },
};

/// Reads the header of the file at `path`, plain or gzipped.
fn array(path: &Path, limit: u64) -> Result<RawArray, Error> {
    let mut reader = open(path)?;
    let mut take = |count| read_up_to(&mut reader, count).map_err(|reason| Error::read(path, &reason));
    let magic = take(4)?;
    let element = match magic[..] {
        [0, 0, 0x08, 1..=4] => ElementType::U8,
        [0, 0, 0x09, 1..=4] => ElementType::I8,
        [0, 0, 0x0b, 1..=4] => ElementType::I16,
        [0, 0, 0x0c, 1..=4] => ElementType::I32,
        [0, 0, 0x0d, 1..=4] => ElementType::F32,
        [0, 0, 0x0e, 1..=4] => ElementType::F64,
        _ => {
            let problem = format!(
                "begins with {magic:02x?}; an IDX file begins with 00 00, its type (08, 09, 0b, 0c, 0d or 0e) and 1 to 4 dimensions"
            );
            return Err(Error::byte(path, 0, problem));
        }
    };
    let sizes = take(4 * u64::from(magic[3]))?;
    if sizes.len() < 4 * usize::from(magic[3]) {
        return Err(Error::byte(path, 4 + sizes.len() as u64, "it ends within its header"));
    }
    let shape: Vec<usize> = sizes.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let stored = StoredType { element, big_endian: true };
    check_size(path, &shape, limit)?;
    let start = 4 + sizes.len() as u64;
    Ok(RawArray { path: path.to_owned(), unpacked: None, start, stored, shape, fortran: false })
}
