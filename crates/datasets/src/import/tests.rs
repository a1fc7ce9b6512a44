//! Imports of small files of every format, good and hostile.

mod archives;
mod cells;
mod columns;
mod formats;
mod hostile;
mod one_hot;
mod pictures;
mod requests;
mod tables;
mod writing;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::{DataSet, Names, Source, TargetsChoice};

const LIMIT: u64 = 1 << 20;

/// A folder of sources, with `out` in it to import to.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// To import `train`, with a quarter of it for testing.
    fn request(&self, train: &[&Path]) -> Request {
        Request {
            train: train.iter().map(|path| (*path).to_owned()).collect(),
            test: Vec::new(),
            format: None,
            test_share: Some(0.25),
            seed: 1,
            folder: self.path("out"),
            name: Some("set".to_owned()),
            force: true,
            label: None,
            targets: Vec::new(),
            target_kind: TargetsChoice::Auto,
            ignored: Vec::new(),
            missing: Missing::Refuse,
            categorical: Categorical::Refuse,
            features: None,
            header: None,
            delimiter: None,
            size: None,
            grey: false,
            max_bytes: LIMIT,
        }
    }

    fn refusal(&self, request: &Request) -> String {
        let error = import(request, |_| true).expect_err("should be refused").to_string();
        assert!(!error.contains('\n') && !error.chars().any(char::is_control), "{error:?}");
        let left = fs::read_dir(self.path("out")).map_or(0, |entries| entries.count());
        assert_eq!(left, 0, "an import that failed leaves nothing: {error}");
        let open = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
        let open =
            open.filter_map(|entry| fs::read_link(entry.path()).ok()).find(|path| path.starts_with(self.path("out")));
        assert_eq!(open, None, "an import that failed leaves no file open: {error}");
        error
    }

    #[track_caller]
    fn assert_refused(&self, request: &Request, words: &[&str]) {
        let refusal = self.refusal(request);
        for word in words {
            assert!(refusal.contains(word), "{word:?} is missing in: {refusal}");
        }
    }

    /// As [`Bench::assert_refused`], where an earlier import has left its files.
    #[track_caller]
    fn assert_refused_after(&self, request: Request, words: &[&str]) {
        fs::remove_dir_all(self.path("out")).unwrap_or_default();
        self.assert_refused(&request, words);
    }
}

/// Imports, and loads what came of it under the contract.
#[track_caller]
fn imported(request: &Request) -> DataSet {
    let files = import(request, |_| true).unwrap_or_else(|error| panic!("{error}"));
    DataSet::load(&Source::of_files(&files, &Names::default(), LIMIT)).unwrap()
}

/// Imports, and returns the remarks.
#[track_caller]
fn remarks(request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let imported = import(request, |progress| {
        if let Progress::Found(words) = progress {
            found.push(words);
        }
        true
    });
    imported.unwrap_or_else(|error| panic!("{error}"));
    found
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An IDX file of this element type and shape.
fn idx(code: u8, shape: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    shape.iter().for_each(|length| bytes.extend(length.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

/// An NPY file with this header.
fn npy(descr: &str, fortran: bool, shape: &str, elements: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    npy_of(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"), elements)
}

fn npy_of(header: &str, elements: &[u8]) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), elements].concat()
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn png(width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    encoded(image::ImageFormat::Png, width, height, rgb)
}

fn jpeg(width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    encoded(image::ImageFormat::Jpeg, width, height, rgb)
}

fn encoded(format: image::ImageFormat, width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_raw(width, height, rgb.to_vec()).unwrap().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
