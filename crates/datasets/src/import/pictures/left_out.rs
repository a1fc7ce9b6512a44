//! The files and folders that are left out when the pictures of a folder are read.

use std::path::Path;

use super::kinds::{KINDS, is_picture};

/// The numbers of files and folders that are left out, by the reason.
#[derive(Default)]
pub(super) struct LeftOut {
    /// Files that have not the name of a picture.
    no_pictures: usize,
    /// Pictures that lie outside the folders of the classes.
    outside: usize,
    /// Symbolic links to what is not there.
    dangling: usize,
    /// Folders inside the folders of pictures, which are not searched.
    deeper: usize,
}

impl LeftOut {
    /// Counts what is at `path`, which is no picture in its place.
    pub(super) fn add(&mut self, path: &Path) {
        match () {
            () if !path.exists() => self.dangling += 1,
            () if path.is_dir() => self.deeper += 1,
            () if is_picture(path) => self.outside += 1,
            () => self.no_pictures += 1,
        }
    }

    /// Describes what was left out, if anything was.
    pub(super) fn remark(&self) -> Option<String> {
        let kinds = format!("({KINDS})");
        let counts = [
            (
                self.no_pictures,
                "file that is not named as a picture",
                "files that are not named as pictures",
                kinds.as_str(),
            ),
            (self.outside, "picture", "pictures", "outside the folders of the classes"),
            (self.dangling, "link", "links", "to a file that is not there"),
            (self.deeper, "folder", "folders", "inside its folders"),
        ];
        let described = |(count, one, many, rest)| match count {
            0 => None,
            1 => Some(format!("1 {one} {rest}")),
            _ => Some(format!("{count} {many} {rest}")),
        };
        let described: Vec<String> = counts.into_iter().filter_map(described).collect();
        (!described.is_empty()).then(|| format!("{} left out", described.join(", ")))
    }
}
