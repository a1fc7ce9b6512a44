//! Files whose content is known: by the program, or by an experiment.

use super::*;

fn pinned(path: &Path, sha256: &str, source: PinSource) -> Pinned {
    Pinned { path: path.to_owned(), expected: Some(Expected { sha256: sha256.to_owned(), source }) }
}

fn source(train: Pinned) -> Source {
    let files = Files { train: train.path.clone(), test: train.path.clone() };
    Source { train, ..Source::of_files(&files, &names(), LIMIT) }
}

const GOOD: &str = "627e890f1b44f482e0d3db4a05cec0c5b3281664ff9a5151bed1a0ebd3aa3cda";

#[test]
fn a_file_of_the_right_content_is_loaded_and_any_other_byte_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.h5");
    let whole = fs::read(fixture("good_plain")).unwrap();
    let load = || DataSet::load(&source(pinned(&path, GOOD, PinSource::Set("catvnoncat"))));
    fs::write(&path, &whole).unwrap();
    assert_eq!(load().unwrap().train.sha256, GOOD);
    for position in 0..whole.len() {
        let mut edited = whole.clone();
        edited[position] ^= 1 << (position % 8);
        fs::write(&path, &edited).unwrap();
        let error = load().unwrap_err();
        assert!(matches!(error, Error::OtherContent { .. }), "byte {position}: {error}");
    }
}

#[test]
fn the_refusal_says_what_was_found_what_was_expected_and_what_to_do() {
    let other = "0".repeat(64);
    for (pin_source, words) in [
        (
            PinSource::Set("catvnoncat"),
            ["that of catvnoncat is 000", "`runner data fetch catvnoncat`", "data.train or data.test"],
        ),
        (
            PinSource::Key("data.train_sha256"),
            ["data.train_sha256 says 000", "the file that was meant", "what was found"],
        ),
    ] {
        let error = DataSet::load(&source(pinned(&fixture("good_plain"), &other, pin_source))).unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains("good_plain.h5: ") && error.contains(GOOD), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn every_way_into_a_file_looks_at_its_content() {
    let wrong = pinned(&fixture("good_plain"), &"0".repeat(64), PinSource::Set("catvnoncat"));
    let Names { train_x, train_y, classes, .. } = Names::default();
    let pairs = [(train_x.as_str(), train_y.as_str())];
    let one = NamedSplit::load(&wrong, &pairs, &classes, Task::Classes(2), LIMIT).unwrap_err();
    let inspected = inspect(&wrong, &Names::default(), LIMIT).unwrap_err();
    let tested = Source { test: TestSource::File(wrong), ..source(Pinned::any(fixture("good_plain"))) };
    for error in [one, inspected, DataSet::load(&tested).unwrap_err()] {
        assert!(matches!(error, Error::OtherContent { .. }), "{error}");
    }
}

/// A file that is put in the place of the one that was hashed, and one that is written to, size and times put back.
#[test]
fn a_file_that_is_exchanged_or_edited_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("set.h5"), folder.path().join("other.h5"));
    let fresh = || {
        fs::copy(fixture("good_plain"), &path).unwrap();
        HashedFile::open(&Pinned::any(&path)).unwrap()
    };
    assert_eq!(fresh().sha256().unwrap(), GOOD);

    let file = fresh();
    fs::copy(fixture("good_plain"), &other).unwrap();
    fs::rename(&other, &path).unwrap();
    assert!(matches!(file.sha256(), Err(Error::Changed { .. })), "the same bytes, and yet another file");

    let file = fresh();
    let times = fs::metadata(&path).unwrap();
    let mut edited = fs::read(&path).unwrap();
    *edited.last_mut().unwrap() ^= 1;
    fs::write(&path, edited).unwrap();
    let times = fs::FileTimes::new().set_modified(times.modified().unwrap());
    fs::File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
    assert!(matches!(file.sha256(), Err(Error::Changed { .. })));
}
