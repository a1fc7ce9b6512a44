//! Elements of HDF5 files, and their digest.

use hdf5::types::{FixedAscii, FixedUnicode};
use hdf5::{Container, H5Type};
use sha2::{Digest, Sha256};

/// An element that can be stored and digested: two digests are the same if and only if the bits are.
pub trait Element: H5Type + Clone {
    /// Adds `values` to a digest.
    fn digest(values: &[Self], sha256: &mut Sha256);
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Element for $number {
            fn digest(values: &[Self], sha256: &mut Sha256) {
                const AT_ONCE: usize = 4096;
                let mut bytes = Vec::with_capacity(AT_ONCE * size_of::<Self>());
                for values in values.chunks(AT_ONCE) {
                    bytes.clear();
                    values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                    sha256.update(&bytes);
                }
            }
        }
    )*};
}

numbers!(u8 i64 f32 f64);

/// Each text is digested with its length before it.
macro_rules! texts {
    ($($text:ident)*) => {$(
        impl<const WIDTH: usize> Element for $text<WIDTH> {
            fn digest(values: &[Self], sha256: &mut Sha256) {
                for value in values {
                    sha256.update((value.len() as u64).to_le_bytes());
                    sha256.update(value.as_bytes());
                }
            }
        }
    )*};
}

texts!(FixedAscii FixedUnicode);

/// Digests all `values`.
pub(super) fn digest_of<T: Element>(values: &[T]) -> Sha256 {
    let mut sha256 = Sha256::new();
    T::digest(values, &mut sha256);
    sha256
}

/// Digests everything in an attribute.
pub(super) fn digest_in<T: Element>(attribute: &Container) -> hdf5::Result<Sha256> {
    Ok(digest_of(&attribute.as_reader().read_raw::<T>()?))
}
