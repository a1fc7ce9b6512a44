use std::fs;

use tempfile::TempDir;

use super::*;

fn folder_with(names: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in names {
        fs::write(folder.path().join(name), b"pictures").unwrap();
    }
    folder
}

/// Looks for the cats as if CATVNONCAT were `variable_value` and the data folder `folder`.
fn find_cats(variable_value: Option<&Path>, folder: &Path) -> Result<Files, Error> {
    let cats = known("catvnoncat").unwrap();
    cats.find_in(variable_value.map(Path::to_owned), folder)
}

const CATS: [&str; 2] = ["train_catvnoncat.h5", "test_catvnoncat.h5"];

#[test]
fn the_folder_that_the_variable_names_comes_before_the_data_folder() {
    let (named, data) = (folder_with(&CATS), folder_with(&CATS));
    let files = find_cats(Some(named.path()), data.path()).unwrap();
    assert_eq!(files.train, named.path().join(CATS[0]));
    assert_eq!(files.test, named.path().join(CATS[1]));
}

#[test]
fn a_named_folder_without_the_files_falls_through_to_the_data_folder() {
    let (named, data) = (folder_with(&CATS[..1]), folder_with(&CATS));
    let files = find_cats(Some(named.path()), data.path()).unwrap();
    assert_eq!(files.train, data.path().join(CATS[0]));
    assert_eq!(files.test, data.path().join(CATS[1]));
}

#[test]
fn a_missing_set_names_every_place_what_each_lacks_and_the_remedy() {
    let (named, data) = (folder_with(&CATS[..1]), folder_with(&[]));
    let error = find_cats(Some(named.path()), data.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "data set catvnoncat is not on this machine: no test_catvnoncat.h5 in CATVNONCAT={}, \
             no train_catvnoncat.h5 and test_catvnoncat.h5 in {}; get it with `runner data fetch catvnoncat`, \
             or set CATVNONCAT to the folder that holds it",
            named.path().display(),
            data.path().display()
        )
    );
}

#[test]
fn a_folder_with_the_name_of_a_file_is_not_the_file() {
    let data = folder_with(&CATS[..1]);
    fs::create_dir(data.path().join(CATS[1])).unwrap();
    assert!(find_cats(None, data.path()).is_err());
}

#[test]
fn a_missing_generated_set_names_the_command_that_makes_it_and_no_variable() {
    let data = folder_with(&[]);
    let drawn = known("drawn").unwrap();
    let error = drawn.find_in(None, data.path()).unwrap_err().to_string();
    assert!(error.ends_with("; get it with `runner data generate`"), "{error}");
}

#[test]
fn an_unknown_name_suggests_the_nearest_one() {
    assert_eq!(
        known("catnoncat").unwrap_err().to_string(),
        "unknown data set \"catnoncat\", did you mean \"catvnoncat\"? (known: catvnoncat, drawn)"
    );
}

#[test]
fn a_name_like_no_other_suggests_nothing_but_lists_what_there_is() {
    assert_eq!(known("mnist\n").unwrap_err().to_string(), "unknown data set \"mnist\\n\" (known: catvnoncat, drawn)");
}

#[test]
fn every_known_set_has_a_command() {
    assert_eq!(KNOWN.each_ref().map(Known::command), ["runner data fetch catvnoncat", "runner data generate"]);
}

#[test]
fn every_pin_is_a_size_and_64_lower_case_hexadecimal_digits() {
    for known in &KNOWN {
        let Origin::Published { base_url, train, test } = known.origin else {
            continue;
        };
        assert!(base_url.starts_with("https://") && base_url.ends_with('/'));
        for pin in [train, test] {
            assert!(pin.bytes > 0);
            assert_eq!(pin.sha256.len(), 64);
            assert!(pin.sha256.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
        }
    }
}
