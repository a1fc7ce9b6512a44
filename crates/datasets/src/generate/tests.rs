use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use hdf5::types::{FixedAscii, IntSize, TypeDescriptor};
use tempfile::tempdir;

use super::draw::{draw, is_cat};
use super::{Error, FIRST_TEST_PICTURE, Request, generate};
use crate::files;

fn request(folder: &Path) -> Request {
    Request { folder: folder.to_owned(), train: 5, test: 3, side: 16, seed: 11 }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn both_files_have_the_schema_of_the_course_and_the_drawn_pictures() {
    let folder = tempdir().unwrap();
    let request = request(folder.path());
    let mut pictures = 0;
    let files = generate(&request, || {
        pictures += 1;
        true
    })
    .unwrap();
    assert_eq!(pictures, 8);
    assert_eq!(names(folder.path()), ["test_drawn.h5", "train_drawn.h5"]);
    for (path, set, count, first) in [(&files.train, "train", 5, 0), (&files.test, "test", 3, FIRST_TEST_PICTURE)] {
        let file = hdf5::File::open(path).unwrap();
        let x = file.dataset(&format!("{set}_set_x")).unwrap();
        assert_eq!(x.shape(), [count, 16, 16, 3]);
        assert_eq!(x.dtype().unwrap().to_descriptor().unwrap(), TypeDescriptor::Unsigned(IntSize::U1));
        assert!(!x.is_chunked() && x.offset().is_some(), "contiguous");
        let drawn: Vec<u8> = (first..first + count as u64).flat_map(|i| draw(11, i, is_cat(11, i), 16)).collect();
        assert_eq!(x.read_raw::<u8>().unwrap(), drawn);
        let y = file.dataset(&format!("{set}_set_y")).unwrap();
        let labels: Vec<i64> = (first..first + count as u64).map(|i| is_cat(11, i).into()).collect();
        assert_eq!(y.read_raw::<i64>().unwrap(), labels);
        let classes = file.dataset("list_classes").unwrap();
        let classes = classes.read_raw::<FixedAscii<7>>().unwrap();
        assert_eq!(classes.iter().map(FixedAscii::as_str).collect::<Vec<_>>(), ["non-cat", "cat"]);
    }
}

#[test]
fn the_same_request_writes_the_same_bytes_at_another_time() {
    let (one, two) = (tempdir().unwrap(), tempdir().unwrap());
    let first = generate(&request(one.path()), || true).unwrap();
    // HDF5's time stamps count whole seconds.
    thread::sleep(Duration::from_millis(1100));
    let second = generate(&request(two.path()), || true).unwrap();
    assert!(fs::read(first.train).unwrap() == fs::read(second.train).unwrap());
    assert!(fs::read(first.test).unwrap() == fs::read(second.test).unwrap());
}

#[test]
fn a_larger_training_set_keeps_its_first_pictures_and_the_test_set() {
    let folder = tempdir().unwrap();
    let small = request(folder.path());
    let files = generate(&small, || true).unwrap();
    let few = read_pictures(&files.train, "train_set_x");
    let test = fs::read(&files.test).unwrap();
    generate(&Request { train: 9, ..small }, || true).unwrap();
    assert!(read_pictures(&files.train, "train_set_x").starts_with(&few));
    assert!(fs::read(&files.test).unwrap() == test);
}

fn read_pictures(path: &Path, name: &str) -> Vec<u8> {
    hdf5::File::open(path).unwrap().dataset(name).unwrap().read_raw().unwrap()
}

#[test]
fn nothing_and_too_much_are_refused_before_the_folder_is_made() {
    let parent = tempdir().unwrap();
    let good = request(&parent.path().join("data"));
    let refused = |request: Request| {
        let message = generate(&request, || panic!("a picture was drawn")).unwrap_err().to_string();
        assert!(!message.contains('\n'), "{message}");
        assert!(names(parent.path()).is_empty());
        message
    };
    assert!(refused(Request { train: 0, ..good.clone() }).starts_with("train = 0 pictures"));
    assert!(refused(Request { test: 0, ..good.clone() }).starts_with("test = 0 pictures"));
    assert_eq!(refused(Request { side: 7, ..good.clone() }), "side = 7 pixels: from 8 to 1024 are allowed");
    refused(Request { side: 1025, ..good.clone() });
    refused(Request { train: usize::MAX, test: usize::MAX, ..good.clone() });
    refused(Request { train: usize::MAX, ..good.clone() });
    let large = refused(Request { train: 5000, test: 1000, side: 1024, ..good });
    assert!(large.contains("5000 + 1000 pictures of 1024 x 1024 x 3 bytes"), "{large}");
}

#[test]
fn a_set_that_is_stopped_leaves_the_earlier_one() {
    let folder = tempdir().unwrap();
    generate(&request(folder.path()), || true).unwrap();
    let earlier = fs::read(folder.path().join("train_drawn.h5")).unwrap();
    for after in [0, 1, request(folder.path()).train] {
        let mut drawn = 0;
        let stopped = generate(&Request { seed: 12, ..request(folder.path()) }, || {
            drawn += 1;
            drawn <= after
        });
        assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
        assert_eq!(names(folder.path()), ["test_drawn.h5", "train_drawn.h5"]);
        assert_eq!(fs::read(folder.path().join("train_drawn.h5")).unwrap(), earlier);
    }
}

#[test]
fn a_name_that_is_taken_by_a_folder_leaves_both_names_as_they_were() {
    let folder = tempdir().unwrap();
    generate(&request(folder.path()), || true).unwrap();
    let earlier = fs::read(folder.path().join("train_drawn.h5")).unwrap();
    fs::remove_file(folder.path().join("test_drawn.h5")).unwrap();
    fs::create_dir(folder.path().join("test_drawn.h5")).unwrap();
    let error = generate(&Request { seed: 12, ..request(folder.path()) }, || true).unwrap_err();
    assert!(
        matches!(&error, Error::File(files::Error::Irregular { path, .. }) if path.ends_with("test_drawn.h5")),
        "{error}"
    );
    assert_eq!(names(folder.path()), ["test_drawn.h5", "train_drawn.h5"]);
    assert_eq!(fs::read(folder.path().join("train_drawn.h5")).unwrap(), earlier);
}

#[test]
fn a_file_that_was_not_drawn_is_not_written_over() {
    let folder = tempdir().unwrap();
    generate(&request(folder.path()), || true).unwrap();
    let train = fs::read(folder.path().join("train_drawn.h5")).unwrap();
    fs::write(folder.path().join("test_drawn.h5"), "years of work").unwrap();
    let error = generate(&Request { seed: 12, ..request(folder.path()) }, || true).unwrap_err().to_string();
    assert!(error.contains("test_drawn.h5") && error.contains("--out"), "{error}");
    assert_eq!(fs::read(folder.path().join("test_drawn.h5")).unwrap(), b"years of work");
    assert!(fs::read(folder.path().join("train_drawn.h5")).unwrap() == train);
}

/// The schema is the course's own: only the labels tell a drawn set from it.
#[test]
fn a_file_with_the_schema_of_a_drawn_set_and_other_labels_is_not_written_over() {
    let folder = tempdir().unwrap();
    let files = generate(&request(folder.path()), || true).unwrap();
    let drawn = fs::read(&files.train).unwrap();
    let refused = |change: &dyn Fn(&hdf5::File)| {
        fs::write(&files.train, &drawn).unwrap();
        change(&hdf5::File::open_rw(&files.train).unwrap());
        let changed = fs::read(&files.train).unwrap();
        let error = generate(&request(folder.path()), || true).unwrap_err();
        assert!(matches!(&error, Error::NotOurs(path) if *path == files.train), "{error}");
        assert!(fs::read(&files.train).unwrap() == changed);
    };
    // The first labels of the course's training set.
    refused(&|file| file.dataset("train_set_y").unwrap().write_raw(&[0i64, 0, 1, 0, 0]).unwrap());
    refused(&|file| drop(file.new_dataset::<u8>().shape([2]).create("mine").unwrap()));
    refused(&|file| file.unlink("train_set_x").unwrap());
    fs::write(&files.train, &drawn).unwrap();
    fs::copy(&files.test, &files.train).unwrap();
    assert!(matches!(generate(&request(folder.path()), || true), Err(Error::NotOurs(_))), "the test set's name");
}

#[test]
fn a_file_in_place_of_the_folder_is_named_in_the_error() {
    let parent = tempdir().unwrap();
    let taken = parent.path().join("data");
    fs::write(&taken, "not a folder").unwrap();
    let message = generate(&request(&taken), || true).unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot write {}: ", taken.display())), "{message}");
    assert!(!message.contains('\n'), "{message}");
}
