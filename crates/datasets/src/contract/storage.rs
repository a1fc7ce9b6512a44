//! Checks of where a dataset's bytes lie, and that there are as many of them as its shape declares.
//!
//! A valid file of 1,400 bytes can declare terabytes: libhdf5 makes up what was never written, inflates a chunk without a bound, and reads
//! past the end of one that unpacks to too little. Everything here is checked before anything of the declared size is allocated.

use std::fs::File as SystemFile;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use flate2::read::ZlibDecoder;
use hdf5::Dataset;
use hdf5::dataset::{ChunkInfo, Layout};
use hdf5::filters::Filter;
use hdf5::plist::DatasetCreate;

use crate::contract::file::DataFile;
use crate::contract::problem::Problem;

/// The bytes of an element once it is decoded to f64, the widest type in use.
pub(crate) const DECODED: u64 = size_of::<f64>() as u64;
/// The decoded bytes up to which a dataset may be compressed more than [`RATIO_CAP`]-fold.
const SMALL: u64 = 1 << 20;
/// The largest compression. Photographs compress 2-fold and drawings 20-fold; what compresses more than this is a decompression bomb, or
/// small enough to store uncompressed.
pub const RATIO_CAP: u64 = 200;
/// The most chunks of a dataset: libhdf5 finds the k-th by walking over k of them.
const MOST_CHUNKS_WALKED: u64 = 1 << 14;

/// Checks that `dataset`, `declared` bytes by its shape, is stored in `file` itself, in full, and unpacks to that size.
///
/// `limit` bounds a single chunk, which libhdf5 holds in memory whole.
pub fn check(file: &DataFile, dataset: &Dataset, declared: u64, limit: u64) -> Result<(), Problem> {
    let creation = dataset.create_plist()?;
    if creation.get_layout()? == Layout::Virtual {
        return Err(elsewhere("other datasets (a virtual dataset)"));
    }
    if !creation.get_external()?.is_empty() {
        return Err(elsewhere("another file (external raw storage)"));
    }
    let filters = filters(&creation)?;
    check_filters(&filters)?;
    let stored = dataset.storage_size();
    if stored > file.bytes() {
        let found = format!("claims {stored} stored bytes in a file of {}", file.bytes());
        return Err(refusal(declared, found, "the file must hold them"));
    }
    match creation.get_chunk()? {
        None => check_contiguous(file, dataset, declared, stored),
        Some(chunk) => check_chunked(file, dataset, declared, stored, &chunk, &filters, limit),
    }
}

fn elsewhere(place: &str) -> Problem {
    Problem::Breach(format!("its bytes lie in {place}; only datasets stored in the file itself are read"))
}

fn refusal(declared: u64, found: String, allowed: &str) -> Problem {
    Problem::Breach(format!("declares {declared} bytes but {found}; {allowed}"))
}

fn untrusted(filters: &str) -> Problem {
    Problem::Breach(format!(
        "compressed with {filters}; allowed: each of deflate (gzip), shuffle and fletcher32 at most once"
    ))
}

fn check_contiguous(file: &DataFile, dataset: &Dataset, declared: u64, stored: u64) -> Result<(), Problem> {
    let end = dataset.offset().map_or(Some(stored), |offset| offset.checked_add(stored));
    if stored != declared || end.is_none_or(|end| end > file.bytes()) {
        let found = format!("stores {stored} in a file of {}", file.bytes());
        return Err(refusal(declared, found, "every byte must be stored"));
    }
    Ok(())
}

fn check_chunked(
    file: &DataFile,
    dataset: &Dataset,
    declared: u64,
    stored: u64,
    chunk: &[usize],
    filters: &[Filter],
    limit: u64,
) -> Result<(), Problem> {
    let refuse = |found: String, allowed: &str| Err(refusal(declared, found, allowed));
    let size = dataset.dtype()?.size() as u64;
    let chunk_bytes = checked_bytes(chunk, size).filter(|&bytes| bytes <= limit);
    let Some((chunk_bytes, expected)) = chunk_bytes.zip(chunks_expected(&dataset.space()?.shape(), chunk)) else {
        return refuse(format!("is cut into chunks of {chunk:?}"), "a chunk must fit the size limit");
    };
    let present = dataset.num_chunks().unwrap_or(0) as u64;
    if present != expected {
        return refuse(format!("stores {present} of its {expected} chunks"), "every chunk must be stored");
    }
    if declared > SMALL && declared / RATIO_CAP > stored {
        let allowed = format!("at most {RATIO_CAP} times as many are unpacked; store it uncompressed");
        return refuse(format!("stores {stored}"), &allowed);
    }
    if present > MOST_CHUNKS_WALKED {
        let allowed = format!("at most {MOST_CHUNKS_WALKED} chunks are read; write larger ones");
        return refuse(format!("is cut into {present} chunks"), &allowed);
    }
    let mut bytes = SystemFile::open(file.path()).map_err(unreadable)?;
    for index in 0..present as usize {
        let lost = || Problem::Library { reason: format!("no entry for chunk {index}") };
        let chunk = dataset.chunk_info(index).ok_or_else(lost)?;
        if !unpacks_to(chunk_bytes, filters, &chunk, &mut bytes).map_err(unreadable)? {
            let found = format!("chunk {index} does not unpack to its {chunk_bytes} bytes");
            return refuse(found, "every chunk must be whole");
        }
    }
    Ok(())
}

fn unreadable(error: io::Error) -> Problem {
    Problem::Library { reason: error.to_string() }
}

/// Returns the filters that a dataset is stored through.
///
/// The binding panics if a filter has more than 32 parameters; those that are allowed have at most one.
fn filters(creation: &DatasetCreate) -> Result<Vec<Filter>, Problem> {
    static HOOK: Mutex<()> = Mutex::new(());
    let only_one = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let filters = panic::catch_unwind(AssertUnwindSafe(|| creation.get_filters()));
    panic::set_hook(hook);
    drop(only_one);
    Ok(filters.map_err(|_| untrusted("a filter with more than 32 numbers"))??)
}

fn check_filters(filters: &[Filter]) -> Result<(), Problem> {
    let known = |filter: &Filter| matches!(filter, Filter::Deflate(_) | Filter::Shuffle | Filter::Fletcher32);
    let repeated = (1..filters.len()).any(|i| filters[..i].iter().any(|before| before.id() == filters[i].id()));
    if repeated || !filters.iter().all(known) {
        let names: Vec<String> = filters.iter().map(name).collect();
        return Err(untrusted(&names.join(" + ")));
    }
    Ok(())
}

fn name(filter: &Filter) -> String {
    match filter {
        Filter::Deflate(_) => "deflate".to_owned(),
        Filter::Shuffle => "shuffle".to_owned(),
        Filter::Fletcher32 => "fletcher32".to_owned(),
        Filter::SZip(..) => "szip".to_owned(),
        Filter::NBit => "nbit".to_owned(),
        Filter::ScaleOffset(_) => "scaleoffset".to_owned(),
        other => format!("filter number {}", other.id()),
    }
}

/// Returns the bytes of `shape` with elements of `size` bytes, or `None` if they overflow.
pub fn checked_bytes(shape: &[usize], size: u64) -> Option<u64> {
    shape.iter().try_fold(size, |bytes, &length| bytes.checked_mul(length as u64))
}

/// Refuses a shape whose elements take more than `limit` bytes once they are decoded to f64, the widest type in use.
pub(crate) fn check_decoded(shape: &[usize], limit: u64) -> Result<(), Problem> {
    let decoded = checked_bytes(shape, DECODED);
    if decoded.is_some_and(|bytes| bytes <= limit) {
        return Ok(());
    }
    let needed = decoded.map_or("more than 2^64".to_owned(), |bytes| bytes.to_string());
    Err(Problem::TooLarge { shape: shape.to_vec(), needed, limit })
}

fn chunks_expected(shape: &[usize], chunk: &[usize]) -> Option<u64> {
    if shape.len() != chunk.len() || chunk.contains(&0) {
        return None;
    }
    let mut pairs = shape.iter().zip(chunk);
    pairs.try_fold(1u64, |count, (&length, &step)| count.checked_mul(length.div_ceil(step) as u64))
}

/// Returns whether `chunk`, which went through `filters` in this order, unpacks to exactly `chunk_bytes`. They are counted, not kept.
fn unpacks_to(chunk_bytes: u64, filters: &[Filter], chunk: &ChunkInfo, file: &mut SystemFile) -> io::Result<bool> {
    let applied = |index: usize| chunk.filter_mask & (1 << index) == 0;
    let position = |wanted: fn(&Filter) -> bool| filters.iter().position(wanted).filter(|&index| applied(index));
    let deflate = position(|filter| matches!(filter, Filter::Deflate(_)));
    let checksum = position(|filter| matches!(filter, Filter::Fletcher32));
    // A checksum takes four bytes after the bytes that it is of: after the deflated stream, or within it.
    let checked = |inside: bool| chunk_bytes + if inside { 4 } else { 0 };
    let Some(deflate) = deflate else {
        return Ok(chunk.size == checked(checksum.is_some()));
    };
    let expected = checked(checksum.is_some_and(|index| index < deflate));
    file.seek(SeekFrom::Start(chunk.addr))?;
    let mut inflated = ZlibDecoder::new(file.take(chunk.size)).take(expected + 1);
    Ok(io::copy(&mut inflated, &mut io::sink())? == expected)
}
