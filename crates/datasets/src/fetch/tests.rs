mod loopback;

use std::env;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use self::loopback::{Answer, CLOSED, Server};
use super::*;
use crate::catalog::KNOWN;

/// More than one chunk, so that a download can break off in the middle.
fn train_body() -> Vec<u8> {
    (0..200_000_u64).map(|i| (i * i / 7 % 251) as u8).collect()
}

fn test_body() -> Vec<u8> {
    (0..3_000_u64).map(|i| (i * 3 % 241) as u8).collect()
}

fn both_files() -> [Answer; 2] {
    [Answer::file(&train_body()), Answer::file(&test_body())]
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
const PATIENT: Timeouts = Timeouts { connect: Duration::from_secs(10), silence: Duration::from_secs(10) };

fn fetch_small(folder: &Path, base_url: &str) -> Result<Files, Error> {
    fetch_within(PATIENT, &SMALL, folder, base_url, |_| true)
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
    let server = Server::start(both_files());
    let mut heard = Vec::new();
    let files = fetch_within(PATIENT, &SMALL, &folder, &server.base_url, |progress| {
        heard.push(match progress {
            Progress::AlreadyThere { .. } => panic!("{progress:?} in an empty folder"),
            Progress::Received { file, bytes, total } => (file.to_owned(), bytes, total),
            Progress::Saved { file } => (file.to_owned(), u64::MAX, 0),
        });
        true
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
fn only_what_is_missing_is_downloaded() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(SMALL.train), train_body()).unwrap();
    let server = Server::start([Answer::new("200 OK", &test_body())]);
    fetch_small(folder.path(), &server.base_url).expect("a body without an announced size is as good");
    assert_eq!(server.requests(), ["GET /datasets/test_small.h5 HTTP/1.1"]);
    let mut there = 0;
    fetch_within(PATIENT, &SMALL, folder.path(), CLOSED, |progress| {
        assert!(matches!(progress, Progress::AlreadyThere { .. }));
        there += 1;
        true
    })
    .unwrap();
    assert_eq!(there, 2);
}

#[test]
fn a_redirect_is_followed() {
    let folder = TempDir::new().unwrap();
    let elsewhere = Server::start([Answer::file(&train_body())]);
    let moved = format!("{}moved.h5", elsewhere.base_url);
    let server = Server::start([Answer::redirect(&moved), Answer::file(&test_body())]);
    fetch_small(folder.path(), &server.base_url).unwrap();
    assert_eq!(elsewhere.requests(), ["GET /datasets/moved.h5 HTTP/1.1"]);
}

#[test]
fn a_generated_set_is_not_downloaded() {
    let place = TempDir::new().unwrap();
    let error = fetch(&KNOWN[1], place.path(), CLOSED, |_| true).unwrap_err();
    assert_eq!(error.to_string(), "data set drawn is not downloaded but made: use `runner data generate`");
}

/// Holds the pins of the catalogue against the real files, if the machine has them.
#[test]
fn the_course_files_pass_through_the_public_door() {
    let Some(course) = env::var_os("CATVNONCAT").filter(|value| !value.is_empty()) else {
        println!("skipped: set CATVNONCAT to the folder of the course's two files");
        return;
    };
    let cats = &KNOWN[0];
    let real = cats.files_in(Path::new(&course));
    let (train, test) = (fs::read(real.train).unwrap(), fs::read(real.test).unwrap());
    let server = Server::start([Answer::file(&train), Answer::file(&test)]);
    let folder = TempDir::new().unwrap();
    let files = fetch(cats, folder.path(), &server.base_url, |_| true).unwrap();
    assert_eq!(fs::read(files.train).unwrap(), train);
    assert_eq!(fs::read(files.test).unwrap(), test);
}

/// Fetches from a server with these `answers`; checks the words of the one-line error, and that neither a file nor a new folder
/// is left.
#[track_caller]
fn assert_refused(silence: Duration, answers: &[Answer], words: &[&str]) {
    let place = TempDir::new().unwrap();
    for folder in [place.path(), &place.path().join("new/data")] {
        let server = Server::start(answers.iter().cloned());
        let timeouts = Timeouts { silence, ..PATIENT };
        let line = fetch_within(timeouts, &SMALL, folder, &server.base_url, |_| true).unwrap_err().to_string();
        assert!(line.starts_with(&format!("{}train_small.h5: ", server.base_url)) && !line.contains('\n'), "{line}");
        words.iter().for_each(|word| assert!(line.contains(word), "{word:?} is missing in: {line}"));
        assert_eq!(names_in(place.path()), [""; 0], "after {line}");
    }
}

#[test]
fn anything_but_the_pinned_bytes_is_refused_and_leaves_nothing_behind() {
    let body = train_body();
    let mut wrong = body.clone();
    wrong[100_000] ^= 1;
    let endless = [body.clone(), vec![0; 4_000_000]].concat();
    let piece = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
    let chunked = [&piece[..], &piece, b"0\r\n\r\n"].concat();
    for (answer, words) in [
        (Answer::file(&wrong), &["wrong content: found SHA-256 ", ", expected c60ce11d"][..]),
        (Answer::announced(5, b"login"), &["offers 5 bytes, the file has 200000", "log-in page"]),
        (Answer::announced(300_000, b"login"), &["offers 300000 bytes"]),
        (Answer::new("200 OK", &body[..199_999]), &["ended after 199999 of 200000 bytes"]),
        (Answer::announced(200_000, &body[..150_000]), &["broken off after 150000 of 200000 bytes"]),
        (Answer::new("200 OK", &endless), &["more than the 200000 bytes of the file: stopped"]),
        (Answer::new("200 OK\r\nTransfer-Encoding: chunked", &chunked), &["more than the 200000 bytes"]),
        (Answer::new("404 Not Found\r\nContent-Length: 4", b"page"), &["HTTP status 404"]),
        (Answer::raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), &["http"]),
    ] {
        assert_refused(PATIENT.silence, &[answer], words);
    }
    assert_refused(PATIENT.silence, &vec![Answer::redirect("/datasets/train_small.h5"); 10], &["too many redirects"]);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let impatient = Duration::from_millis(400);
    assert_refused(impatient, &[Answer::raw(b"").then_silence()], &["cannot be reached: timeout"]);
    let half = Answer::announced(200_000, &train_body()[..150_000]);
    assert_refused(impatient, &[half.then_silence()], &["after 150000 of 200000 bytes: timeout"]);
}

#[test]
fn a_download_that_is_stopped_leaves_nothing_though_the_server_is_silent() {
    let half = Answer::announced(200_000, &train_body()[..150_000]);
    for answer in [Answer::raw(b""), half] {
        let place = TempDir::new().unwrap();
        let server = Server::start([answer.then_silence()]);
        let (mut silent, mut last) = (0, 0);
        let stopped = fetch_within(PATIENT, &SMALL, &place.path().join("data"), &server.base_url, |progress| {
            let Progress::Received { bytes, .. } = progress else { panic!("{progress:?}") };
            silent = if bytes == last { silent + 1 } else { 0 };
            last = bytes;
            silent < 2
        });
        assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
        assert_eq!(names_in(place.path()), [""; 0]);
    }
}

#[test]
fn a_failing_second_file_leaves_the_first_one_whole() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("data");
    let server = Server::start([Answer::file(&train_body()), Answer::new("503 Service Unavailable", b"")]);
    let line = fetch_small(&folder, &server.base_url).unwrap_err().to_string();
    assert!(line.contains("HTTP status 503"), "{line}");
    assert_eq!(names_in(&folder), ["train_small.h5"]);
    assert_eq!(fs::read(folder.join(SMALL.train)).unwrap(), train_body());
}

#[test]
fn an_address_without_a_server_is_named() {
    // RFC 2606 reserves the ending .invalid: no host will ever have it.
    for (base_url, words) in [
        (CLOSED, "cannot be reached: "),
        ("http://nowhere.invalid/", "cannot be reached: "),
        ("", "not an address to download from"),
        ("data", "not an address"),
        ("ftp://host/", "not an address"),
        ("http://", "not an address"),
        ("http://a b/", "not an address"),
        ("file:///data", "not an address"),
    ] {
        let place = TempDir::new().unwrap();
        let line = fetch_small(&place.path().join("new"), base_url).unwrap_err().to_string();
        assert!(line.contains(words) && !line.contains('\n'), "{base_url}: {line}");
        assert_eq!(names_in(place.path()), [""; 0]);
    }
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
        let server = Server::start(both_files());
        let line = fetch_small(folder.path(), &server.base_url).unwrap_err().to_string();
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
        let server = Server::start(both_files());
        let result = fetch_within(PATIENT, &SMALL, folder.path(), &server.base_url, |_| {
            if !path.exists() {
                fs::write(&path, &content).unwrap();
            }
            true
        });
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(result.is_ok(), is_right, "{result:?}");
        assert!(names_in(folder.path()).iter().all(|name| !name.ends_with(".part")));
    }
}

#[test]
fn what_is_no_file_is_neither_replaced_nor_written_below() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(SMALL.train)).unwrap();
    let line = fetch_small(folder.path(), CLOSED).unwrap_err().to_string();
    assert!(line.contains("this is a folder"), "{line}");

    let folder = TempDir::new().unwrap();
    symlink("nowhere", folder.path().join(SMALL.train)).unwrap();
    let error = fetch_small(folder.path(), CLOSED).unwrap_err();
    assert!(matches!(error, Error::Write(files::Error::Irregular { .. })), "{error}");
    assert_eq!(names_in(folder.path()), [SMALL.train]);

    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = fetch_small(&file, CLOSED).unwrap_err();
    assert!(matches!(&error, Error::Unreadable { path, .. } if path.starts_with(&file)), "{error}");
}
