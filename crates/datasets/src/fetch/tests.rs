mod folder;
mod servers;

use std::env;

use tempfile::TempDir;

use super::loopback::{Answer, CLOSED, Server};
use super::*;
use crate::catalog::KNOWN;

/// More than one chunk, so that a download can break off in the middle.
fn train_body() -> Vec<u8> {
    (0..200_000_u64).map(|i| (i * i / 7 % 251) as u8).collect()
}

fn test_body() -> Vec<u8> {
    (0..3_000_u64).map(|i| (i * 3 % 241) as u8).collect()
}

/// A data set of [`train_body`] and [`test_body`]. The hashes are another program's (Python's hashlib).
const SMALL: Known = Known {
    name: "small",
    description: "two small files",
    train: "train_small.h5",
    test: "test_small.h5",
    variable: None,
    origin: Origin::Published {
        base_url: "",
        train: Pin { bytes: 200_000, sha256: "c60ce11d1fc1869fab78a3d993dc3bdc176fa56e9db96de74fd1aa0cc2f46392" },
        test: Pin { bytes: 3_000, sha256: "345d06b6d0b4ac20307e9ced9a36129fd5e0107439464e39bee0532720841e68" },
    },
};

/// Patient with a busy machine.
const PATIENT: Limits = Limits { connect: Duration::from_secs(10), silence: Duration::from_secs(10), redirects: 3 };

fn fetch_small(limits: Limits, folder: &Path, base_url: &str) -> Result<Files, Error> {
    fetch_within(limits, &SMALL, folder, base_url, |_| ())
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn both_files_arrive_whole_and_nothing_else_does() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("new/data");
    let server = Server::start([Answer::file(&train_body()), Answer::file(&test_body())]);
    let mut heard = Vec::new();
    let files = fetch_within(PATIENT, &SMALL, &folder, &server.base_url(), |progress| {
        heard.push(match progress {
            Progress::AlreadyThere { .. } => panic!("{progress:?} in an empty folder"),
            Progress::Received { file, bytes, total } => (file.to_owned(), bytes, total),
            Progress::Saved { file } => (file.to_owned(), u64::MAX, 0),
        });
    })
    .unwrap();
    assert_eq!(fs::read(files.train).unwrap(), train_body());
    assert_eq!(fs::read(files.test).unwrap(), test_body());
    assert_eq!(names_in(&folder), ["test_small.h5", "train_small.h5"]);

    let of_train: Vec<_> = heard.iter().filter(|(file, ..)| file == SMALL.train).collect();
    assert!(of_train.is_sorted(), "the bytes so far only grow");
    assert!(of_train.contains(&&("train_small.h5".to_owned(), 200_000, 200_000)));
    assert_eq!(**of_train.last().unwrap(), (SMALL.train.to_owned(), u64::MAX, 0));
    assert_eq!(*heard.last().unwrap(), (SMALL.test.to_owned(), u64::MAX, 0));
    assert_eq!(server.requests(), ["GET /datasets/train_small.h5 HTTP/1.1", "GET /datasets/test_small.h5 HTTP/1.1"]);
}

#[test]
fn a_body_without_an_announced_size_is_as_good() {
    let folder = TempDir::new().unwrap();
    let server = Server::start([Answer::unannounced(&train_body()), Answer::unannounced(&test_body())]);
    fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap();
    assert_eq!(names_in(folder.path()), ["test_small.h5", "train_small.h5"]);
}

#[test]
fn a_second_fetch_downloads_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(SMALL.train), train_body()).unwrap();
    fs::write(folder.path().join(SMALL.test), test_body()).unwrap();
    let mut there = 0;
    fetch_within(PATIENT, &SMALL, folder.path(), CLOSED, |progress| {
        assert!(matches!(progress, Progress::AlreadyThere { .. }));
        there += 1;
    })
    .unwrap();
    assert_eq!(there, 2);
}

#[test]
fn only_the_missing_file_is_downloaded() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(SMALL.train), train_body()).unwrap();
    let server = Server::start([Answer::file(&test_body())]);
    fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap();
    assert_eq!(server.requests(), ["GET /datasets/test_small.h5 HTTP/1.1"]);
}

#[test]
fn a_redirect_is_followed() {
    let folder = TempDir::new().unwrap();
    let elsewhere = Server::start([Answer::file(&train_body())]);
    let server =
        Server::start([Answer::redirect(&format!("{}moved.h5", elsewhere.base_url())), Answer::file(&test_body())]);
    fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap();
    assert_eq!(elsewhere.requests(), ["GET /datasets/moved.h5 HTTP/1.1"]);
    assert_eq!(names_in(folder.path()), ["test_small.h5", "train_small.h5"]);
}

#[test]
fn a_generated_set_is_not_downloaded() {
    let place = TempDir::new().unwrap();
    let error = fetch(&KNOWN[1], place.path(), CLOSED, |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "data set drawn is not downloaded but made: use `runner data generate`");
}

/// The pins in the catalog against the real files, where the machine has them.
#[test]
fn the_course_files_pass_through_the_public_door() {
    let Some(course) = env::var_os("CATVNONCAT").filter(|value| !value.is_empty()) else {
        return;
    };
    let cats = &KNOWN[0];
    let real = cats.files_in(Path::new(&course));
    let (train, test) = (fs::read(real.train).unwrap(), fs::read(real.test).unwrap());
    let server = Server::start([Answer::file(&train), Answer::file(&test)]);
    let folder = TempDir::new().unwrap();
    let files = fetch(cats, folder.path(), &server.base_url(), |_| ()).unwrap();
    assert_eq!(fs::read(files.train).unwrap(), train);
    assert_eq!(fs::read(files.test).unwrap(), test);
}
