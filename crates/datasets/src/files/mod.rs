//! Files written whole or not at all: a final name has the complete new content, or what was there before.
//!
//! A file is written under a hidden name beside its place (`Part`), synced, renamed, and its folder synced (`put_in_place`).
//! HDF5 files are read back in between (`NewHdf5`). (The record of a sweep is not written here: SQLite keeps it whole.)

mod elements;
mod error;
mod folder;
mod hashed;
mod hdf5;
mod part;
mod plain;
pub mod regular_file;
#[cfg(test)]
mod tests;

pub use self::elements::Element;
pub use self::error::{DiskFailure, Error};
pub use self::folder::{OpenFolder, first_free, folder_of, make_folder, missing_folders, sync_folder};
pub(crate) use self::hashed::hash;
pub use self::hashed::{Hashed, hash_file, hexadecimal};
pub use self::hdf5::{DatasetHandle, NewHdf5};
pub use self::part::{Part, put_in_place};
pub use self::plain::{remove_whole, write_whole};
