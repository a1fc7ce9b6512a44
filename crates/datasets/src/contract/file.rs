//! A data file opened read-only, whose datasets are found without following links.

use std::fs::{self, File as SystemFile, Metadata};
use std::io::Read;
use std::iter;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hdf5::{Dataset, File, Group, LinkType, LocationType};

use crate::contract::error::Error;
use crate::contract::problem::{Problem, reason};

/// The first bytes of every HDF5 file.
pub const HDF5_SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// An HDF5 file, open for reading.
pub struct DataFile {
    path: PathBuf,
    metadata: Metadata,
    hdf5: File,
}

/// Opens a regular file.
pub(crate) fn open_regular(path: &Path) -> Result<SystemFile, Error> {
    let metadata = fs::metadata(path).map_err(|reason| Error::system(path, "open", &reason))?;
    // Checked before opening: to open a pipe would wait for its writer.
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "not a regular file" };
        return Err(Error::file(path, format!("this is {found}; a data file must be a regular file")));
    }
    SystemFile::open(path).map_err(|reason| Error::system(path, "open", &reason))
}

/// Returns whether the HDF5 signature is at byte 512, 1024, 2048, ... of the file at `path`.
fn has_user_block(path: &Path, bytes: u64) -> bool {
    let Ok(file) = open_regular(path) else { return false };
    let mut places = iter::successors(Some(512u64), |place| place.checked_mul(2)).take_while(|&place| place < bytes);
    places.any(|place| {
        let mut signature = [0; HDF5_SIGNATURE.len()];
        file.read_exact_at(&mut signature, place).is_ok() && signature == HDF5_SIGNATURE
    })
}

impl DataFile {
    /// Opens a regular file that begins with the HDF5 signature, without taking a lock.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = open_regular(path)?;
        let metadata = file.metadata().map_err(|reason| Error::system(path, "read", &reason))?;
        let bytes = metadata.len();
        let mut signature = Vec::with_capacity(HDF5_SIGNATURE.len());
        let read = file.take(HDF5_SIGNATURE.len() as u64).read_to_end(&mut signature);
        read.map_err(|reason| Error::system(path, "read", &reason))?;
        if signature != HDF5_SIGNATURE {
            if !has_user_block(path, bytes) {
                return Err(Error::NotHdf5 { path: path.to_owned(), bytes });
            }
            let problem = "HDF5 after a user block, as MATLAB writes it, which is not read; h5unjam takes it off";
            return Err(Error::file(path, problem));
        }
        if path.to_str().is_none() {
            return Err(Error::file(
                path,
                "this path is not UTF-8, and HDF5 opens no other; rename the file or its folder",
            ));
        }
        // No lock is taken: on read-only and network mounts that fails.
        let hdf5 = File::with_options()
            .with_fapl(|access| access.file_locking(false))
            .open(path)
            .map_err(|error| format!("damaged or truncated HDF5 file ({bytes} bytes): {}", reason(&error)))
            .map_err(|problem| Error::file(path, problem))?;
        Ok(Self { path: path.to_owned(), metadata, hdf5 })
    }

    /// Returns the path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file's size in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.metadata.len()
    }

    /// Returns the file's metadata of the time when it was opened.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the root group.
    pub fn root(&self) -> &Group {
        &self.hdf5
    }

    /// Returns whether there is anything at `name`, even a link.
    pub(crate) fn has(&self, name: &str) -> bool {
        !matches!(self.dataset(name), Err(Problem::Missing { .. }))
    }

    /// Opens the dataset at `name`, a path of hard links from the root.
    pub fn dataset(&self, name: &str) -> Result<Dataset, Problem> {
        let name = name.trim_end_matches('/');
        let (parent, last) = name.rsplit_once('/').unwrap_or(("", name));
        let group = self.group(parent)?;
        check_link(&group, last)?;
        match group.loc_type_by_name(last)? {
            LocationType::Dataset => Ok(group.dataset(last)?),
            _ => Err(Problem::NotADataset),
        }
    }

    /// Opens the group at `name`, a path of hard links from the root.
    pub fn group(&self, name: &str) -> Result<Group, Problem> {
        let mut group: Group = self.hdf5.group("/")?;
        for component in name.split('/').filter(|part| !part.is_empty()) {
            check_link(&group, component)?;
            if group.loc_type_by_name(component)? != LocationType::Group {
                return Err(Problem::Breach(format!("`{component}` is not a group; a group is required")));
            }
            group = group.group(component)?;
        }
        Ok(group)
    }
}

/// Checks that `name` in `group` is a hard link.
fn check_link(group: &Group, name: &str) -> Result<(), Problem> {
    // The link itself is looked at, not followed.
    let found = group
        .find_link(Default::default(), Default::default(), |link, info| Ok((link == name).then_some(info.link_type)))?;
    let kind = match found {
        None => return Err(Problem::Missing { present: names(group)? }),
        Some(LinkType::Hard) => return Ok(()),
        Some(LinkType::Soft) => "a soft link",
        Some(LinkType::External) => "a link out of the file",
    };
    Err(Problem::Link { component: name.to_owned(), kind })
}

/// Lists the names in `group`, whatever they refer to.
pub fn names(group: &Group) -> Result<Vec<String>, Problem> {
    Ok(group.member_names()?)
}
