//! The kinds of pictures, by the names of their files.

use std::path::Path;

/// The kinds of pictures that are read; of moving pictures the first frame.
pub(super) const KINDS: &str = "PNG, JPEG, WebP, GIF or BMP";

/// Returns whether a file is called as a picture is, whatever it holds.
pub(super) fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    path.is_file() && matches!(extension.as_str(), "png" | "jpg" | "jpeg" | "webp" | "gif" | "bmp")
}
