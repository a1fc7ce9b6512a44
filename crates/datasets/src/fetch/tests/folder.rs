//! What is in the folder already, and what happens to it.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

#[test]
fn a_fetched_file_has_the_permissions_of_any_new_file() {
    let folder = TempDir::new().unwrap();
    let server = Server::start([Answer::file(&train_body()), Answer::file(&test_body())]);
    let files = fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap();
    let ordinary = folder.path().join("ordinary");
    fs::write(&ordinary, b"").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&files.train), mode(&ordinary));
}

#[test]
fn a_file_with_other_content_is_neither_overwritten_nor_accepted() {
    let mut same_size = train_body();
    same_size[0] ^= 1;
    for (content, found) in [
        (same_size, "found SHA-256"),
        (b"mine".to_vec(), "found 4 bytes, expected 200000 bytes"),
        (Vec::new(), "found 0 bytes"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(SMALL.train);
        fs::write(&path, &content).unwrap();
        let server = Server::start([Answer::file(&train_body()), Answer::file(&test_body())]);
        let error = fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap_err();
        assert!(matches!(error, Error::Occupied { .. }), "{error}");
        let line = error.to_string();
        assert!(line.contains(found) && line.contains("remove it"), "{line}");
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(names_in(folder.path()), [SMALL.train]);
        assert_eq!(server.requests(), [""; 0], "nothing is downloaded first");
    }
}

#[test]
fn a_file_that_appears_during_the_download_is_not_overwritten() {
    for (content, is_right) in [(train_body(), true), (b"mine".to_vec(), false)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(SMALL.train);
        let server = Server::start([Answer::file(&train_body()), Answer::file(&test_body())]);
        let result = fetch_within(PATIENT, &SMALL, folder.path(), &server.base_url(), |_| {
            if !path.exists() {
                fs::write(&path, &content).unwrap();
            }
        });
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(result.is_ok(), is_right, "{result:?}");
        assert!(names_in(folder.path()).iter().all(|name| !name.ends_with(".part")));
    }
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(SMALL.train)).unwrap();
    let error = fetch_small(PATIENT, folder.path(), CLOSED).unwrap_err();
    assert!(error.to_string().contains("found no regular file"), "{error}");

    let folder = TempDir::new().unwrap();
    symlink("nowhere", folder.path().join(SMALL.train)).unwrap();
    let server = Server::start([Answer::file(&train_body())]);
    let error = fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap_err();
    assert!(matches!(error, Error::Write(files::Error::Appeared(_))), "{error}");
    assert_eq!(names_in(folder.path()), [SMALL.train]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = fetch_small(PATIENT, &file, CLOSED).unwrap_err();
    assert!(matches!(&error, Error::Unreadable { path, .. } if path.starts_with(&file)), "{error}");
    assert_eq!(names_in(place.path()), ["file"]);
}

#[test]
fn what_a_killed_download_left_is_removed_but_not_what_a_running_one_writes() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".train_small.h5.dEad01.part"), b"half").unwrap();
    let mut running = Part::new(&folder.path().join(SMALL.train)).unwrap();
    running.file().write_all(b"a piece").unwrap();
    let server = Server::start([Answer::file(&train_body()), Answer::file(&test_body())]);
    fetch_small(PATIENT, folder.path(), &server.base_url()).unwrap();
    let names = names_in(folder.path());
    assert_eq!(names[1..], ["test_small.h5", "train_small.h5"]);
    assert_eq!(fs::read(folder.path().join(&names[0])).unwrap(), b"a piece");
}
