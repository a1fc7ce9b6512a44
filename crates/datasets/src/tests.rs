//! Hostile files, and the good ones beside them, through the same doors that users take.

mod layouts;
mod names;
mod pins;
mod targets;
mod test_examples;
mod types;
mod values;

use std::fs;
use std::path::{Path, PathBuf};

use hdf5::File;
use ndarray::{Array1, Array2, Array4, ArrayView, Dimension, array};
use tempfile::TempDir;

use super::*;
use crate::contract::checked_split::CheckedSplit;
use crate::contract::class_names;
use crate::contract::file::DataFile;
use crate::contract::hashed::HashedFile;

const LIMIT: u64 = 1 << 20;

/// Both splits are read from the training names, so that one file can stand for either.
fn names() -> Names {
    let Names { train_x, train_y, classes, .. } = Names::default();
    Names { test_x: train_x.clone(), test_y: train_y.clone(), train_x, train_y, classes }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(format!("{name}.h5"))
}

fn load(path: &Path) -> Result<DataSet, Error> {
    loaded(path, path)
}

fn loaded(train: &Path, test: &Path) -> Result<DataSet, Error> {
    let files = Files { train: train.to_owned(), test: test.to_owned() };
    DataSet::load(&Source::of_files(&files, &names(), LIMIT))
}

/// The one line in which the file at `path` is refused, with the path left out.
fn refusal(path: &Path) -> String {
    let error = load(path).expect_err(&format!("{} should be refused", path.display())).to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    let beginning = format!("{}: ", path.display());
    error.strip_prefix(&beginning).unwrap_or_else(|| panic!("does not begin with the path: {error}")).to_owned()
}

#[track_caller]
fn assert_refused(path: &Path, words: &[&str]) {
    let refusal = refusal(path);
    for word in words {
        assert!(refusal.contains(word), "{word:?} is missing in: {refusal}");
    }
}

fn pictures() -> Array4<u8> {
    Array4::from_shape_fn((4, 2, 2, 3), |(i, y, x, c)| (5 * (i * 12 + y * 6 + x * 3 + c)) as u8)
}

/// Adds datasets to a new file until it is dropped.
struct Builder {
    folder: TempDir,
    file: File,
}

impl Builder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("set.h5")).unwrap();
        Self { folder, file }
    }

    fn with<'d, T: hdf5::H5Type, D: Dimension>(self, name: &str, data: impl Into<ArrayView<'d, T, D>>) -> Self {
        self.file.new_dataset_builder().with_data(data).create(name).unwrap();
        self
    }

    fn finish(self) -> (TempDir, PathBuf) {
        let path = self.folder.path().join("set.h5");
        self.file.close().unwrap();
        (self.folder, path)
    }
}

fn labelled<T: hdf5::H5Type>(labels: &Array1<T>) -> (TempDir, PathBuf) {
    Builder::new().with("train_set_x", &pictures()).with("train_set_y", labels).finish()
}

fn featured<T: hdf5::H5Type>(features: &Array2<T>) -> (TempDir, PathBuf) {
    Builder::new().with("train_set_x", features).with("train_set_y", &array![0u8, 1]).finish()
}

#[test]
fn every_committed_hostile_file_is_refused_for_its_own_reason() {
    let expected: &[(&str, &[&str])] = &[
        ("external_storage", &["`train_set_x`", "external raw storage"]),
        ("external_link", &["`train_set_x`", "out of the file"]),
        ("external_link_in_group", &["`train_set_x`", "not in the file", "`group`"]),
        ("soft_link", &["`train_set_x`", "a soft link"]),
        ("virtual", &["`train_set_x`", "virtual dataset"]),
        ("terabytes_contiguous", &["[1000000, 1000, 1000, 3]", "needs 24000000000000 bytes", "1048576"]),
        ("terabytes_chunked", &["[1000000, 1000, 1000, 3]", "needs 24000000000000 bytes"]),
        ("overflowing", &["needs more than 2^64 bytes"]),
        ("never_written", &["declares 48 bytes", "stores 0", "every byte"]),
        ("missing_chunk", &["stores 3 of its 4 chunks"]),
        ("zeros_compressed", &["[4, 512, 512, 3]", "needs 25165824"]),
        ("chunk_entry_beyond_the_file", &["claims 2147483648 stored bytes"]),
        ("bytes_fewer_than_declared", &["declares 48 bytes", "stores 8 "]),
        ("huge_chunk", &["chunks of [1048576, 1024]", "fit the size limit"]),
        ("filter_lzf", &["filter number 32000", "deflate"]),
        ("filter_deflate_twice", &["deflate + deflate", "at most once"]),
        ("filter_with_many_numbers", &["`train_set_x`", "more than 32 numbers", "deflate"]),
        ("type_compound", &["neither integers nor floats", "floats of 16 to 64"]),
        ("type_text_labels", &["text of width 1"]),
        ("classes_not_utf8", &["`list_classes`", "name 1", r"\xff\xfe", "UTF-8"]),
        ("classes_control", &["name 1", r"\x1b[31mcat", "control characters"]),
        ("classes_empty_name", &["name 0"]),
        ("classes_numbers", &["i64", "text of fixed length"]),
        ("classes_variable_length", &["text of variable length", "S16"]),
        ("classes_too_long", &["text of width 65537"]),
    ];
    for (name, words) in expected {
        assert_refused(&fixture(name), words);
    }
    // A newer libhdf5 (1.14.5, on Debian 13) finds this one out by itself.
    let beyond = refusal(&fixture("bytes_beyond_the_file"));
    let found_out = ["stores 48 in a file of 2142", "invalid dataset size"].iter().any(|words| beyond.contains(words));
    assert!(found_out && beyond.contains("`train_set_x`"), "{beyond}");
}

#[test]
fn every_committed_good_file_gives_the_same_examples() {
    let mut seen = 0;
    for entry in fs::read_dir(fixture("good_plain").parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("good_") {
            let set = load(&path).unwrap();
            assert_eq!(set.train.targets, Targets::Classes(vec![0, 1, 1, 0]), "{}", path.display());
            assert_eq!(set.train.image_shape, Some([2, 2, 3]));
            let rows = pictures().into_shape_with_order((4, 12)).unwrap();
            assert_eq!(set.train.x, Features::U8(rows), "{}", path.display());
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}

#[test]
fn class_names_of_any_storage_width_are_read() {
    let classes = |name: &str| load(&fixture(name)).unwrap().classes;
    assert_eq!(classes("good_plain"), ["non-cat", "cat"]);
    assert_eq!(classes("good_one_byte_names"), ["n", "c"]);
    assert_eq!(classes("good_full_width_names"), ["abc", "xyz"]);
    assert_eq!(classes("good_wide_names"), ["non-cat", "cat"]);
    assert_eq!(classes("good_utf8_names"), ["chien", "été"]);
}

#[test]
fn a_chunk_that_unpacks_to_another_size_is_refused_before_libhdf5_unpacks_it() {
    // libhdf5 1.10 would inflate the first without a bound, and read past the end of the others.
    let names = ["beyond_its_size", "to_too_little"].map(|end| format!("chunk_inflates_{end}"));
    for name in names.iter().map(String::as_str).chain(["chunk_shuffled_too_short", "chunk_entry_too_short"]) {
        assert_refused(&fixture(name), &["chunk 0 does not unpack to its 48 bytes"]);
    }
}

#[test]
fn a_strong_compression_is_refused_even_within_the_limit() {
    let path = fixture("zeros_compressed");
    let file = DataFile::open(&path).unwrap();
    let error = CheckedSplit::check(&file, "train_set_x", "train_set_y", 1 << 40).err().unwrap().to_string();
    assert!(error.contains("declares 3145728 bytes") && error.contains("at most 200 times"), "{error}");
}

#[test]
fn a_missing_dataset_is_named_beside_those_present() {
    let (_folder, path) = Builder::new().with("train_set_x", &pictures()).with("labels", &array![0u8]).finish();
    assert_refused(&path, &["`train_set_y`", "not in the file", "`labels`", "`train_set_x`"]);
}

#[test]
fn datasets_in_groups_are_found_by_their_path() {
    let (_folder, path) = labelled(&array![0u8, 1, 1, 0]);
    let file = File::open_rw(&path).unwrap();
    file.create_group("a").unwrap().create_group("b").unwrap();
    file.link_hard("train_set_x", "a/b/x").unwrap();
    file.close().unwrap();
    let file = DataFile::open(&path).unwrap();
    assert!(CheckedSplit::check(&file, "/a/b/x", "train_set_y", LIMIT).is_ok());
    for (name, words) in [("a/b", "not a dataset"), ("a/../x", "not in the file"), ("", "not in the file")] {
        let error = CheckedSplit::check(&file, name, "train_set_y", LIMIT).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn more_chunks_than_are_walked_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    let file = File::create(&path).unwrap();
    let rows = Array2::<u8>::zeros(((1 << 14) + 1, 1));
    file.new_dataset_builder().with_data(&rows).chunk((1, 1)).create("train_set_x").unwrap();
    file.new_dataset_builder().with_data(&Array1::<u8>::zeros(rows.nrows())).create("train_set_y").unwrap();
    file.close().unwrap();
    assert_refused(&path, &["cut into 16385 chunks", "at most 16384"]);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    fs::copy(fixture("good_plain"), &path).unwrap();
    let file = HashedFile::open(&Pinned::any(&path)).unwrap();
    let split = CheckedSplit::check(file.file(), "train_set_x", "train_set_y", LIMIT).unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().set_len(3000).unwrap();
    assert!(matches!(Split::read(&split, TargetsChoice::Auto, || file.sha256()), Err(Error::Changed { .. })));
}

#[test]
fn what_is_not_a_data_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    assert_refused(&folder.path().join("none.h5"), &["cannot open", "No such file"]);
    assert_refused(folder.path(), &["this is a folder"]);
    assert_refused(&put("empty.h5", b""), &["not an HDF5 file (0 bytes"]);
    let converts = "; runner data import converts CSV, NPY, NPZ, IDX and pictures";
    assert_refused(&put("t.csv", b"1,2\n"), &["not an HDF5 file (4 bytes", converts]);
    for place in [512, 4096] {
        let matlab = [&vec![b' '; place][..], b"\x89HDF\r\n\x1a\n", &[0; 9]].concat();
        assert_refused(&put("v73.mat", &matlab), &["HDF5 after a user block, as MATLAB writes it, which is not read"]);
    }
    assert_refused(&put("text.h5", b"train_set_x,train_set_y\n1,2\n"), &["not an HDF5 file (28 bytes"]);
    assert_refused(Path::new("/dev/null"), &["not a regular file"]);
}

#[test]
fn a_symbolic_link_to_a_good_file_is_fine_and_a_read_only_file_too() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.h5"), folder.path().join("link.h5"));
    fs::copy(fixture("good_plain"), &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o444)).unwrap();
    symlink(&real, &link).unwrap();
    assert_eq!(load(&link).unwrap().train, load(&fixture("good_plain")).unwrap().train);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = fs::read(fixture("good_plain")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.h5");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let refusal = refusal(&path);
        assert!(refusal.starts_with("not an HDF5 file") || refusal.starts_with("damaged or truncated"), "{refusal}");
    }
}

#[test]
fn no_flipped_bit_breaks_the_reader_or_the_contract() {
    for name in ["good_plain", "good_compressed"] {
        let whole = fs::read(fixture(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edited.h5");
        for position in 0..whole.len() {
            let mut edited = whole.clone();
            edited[position] ^= 1 << (position % 8);
            fs::write(&path, &edited).unwrap();
            let read = || {
                let file = DataFile::open(&path)?;
                class_names::read(&file, "list_classes")?;
                let split = CheckedSplit::check(&file, "train_set_x", "train_set_y", LIMIT)?;
                Split::read(&split, TargetsChoice::Auto, || Ok(String::new())).map(|(split, _)| split)
            };
            match read() {
                Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
                Ok(split) => {
                    assert_eq!(split.x.dim().0, split.targets.examples(), "bit flipped in byte {position}");
                    assert!(split.x.dim().1 > 0);
                    match split.targets {
                        Targets::Classes(labels) => assert!(labels.iter().all(|&label| label < 1 << 16)),
                        Targets::Values(values) => assert!(values.iter().all(|value| value.is_finite())),
                    }
                }
            }
        }
    }
}
