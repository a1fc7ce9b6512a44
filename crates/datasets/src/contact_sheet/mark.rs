//! The mark by which a sheet is told from other pictures: a text in the PNG that names the software (`tEXt`, PNG 11.3.3.3).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::Crc;

/// The length of a PNG's signature and header, after which a text may stand.
const HEADER: usize = 8 + 25;
const TEXT: &[u8; 33] = b"Software\0Layerchain contact sheet";

/// Returns the text as a PNG keeps it: its length, kind, content and checksum.
fn text() -> Vec<u8> {
    let content = [&b"tEXt"[..], TEXT].concat();
    let mut checksum = Crc::new();
    checksum.update(&content);
    [&(TEXT.len() as u32).to_be_bytes()[..], &content, &checksum.sum().to_be_bytes()].concat()
}

/// Marks a PNG as a sheet.
pub(super) fn marked(png: &[u8]) -> Vec<u8> {
    let (header, rest) = png.split_at(HEADER);
    [header, &text(), rest].concat()
}

/// Returns whether the file at `path` is marked as a sheet.
pub(super) fn is_marked(path: &Path) -> bool {
    let mut found = vec![0; HEADER + text().len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut found).is_ok()) && found[HEADER..] == text()
}
