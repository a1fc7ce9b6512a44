//! Parts, their names, and what becomes of both.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use super::*;

fn part(path: &Path, text: &str) -> Part {
    let mut part = Part::new(path).unwrap();
    part.file().write_all(text.as_bytes()).unwrap();
    part
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_part_has_its_name_in_the_end_or_leaves_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.csv");
    drop(part(&path, "dropped"));
    assert!(names(&folder).is_empty());
    put_in_place([part(&path, "one")], false).unwrap();
    let kept = put_in_place([part(&path, "two")], false).unwrap_err();
    assert!(matches!(&kept, Error::Appeared(there) if there == &path) && !kept.is_disk_failure(), "{kept}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    put_in_place([part(&path, "two")], true).unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(&folder)), ("two", vec!["a.csv".to_owned()]));
}

#[test]
fn a_replaced_file_keeps_its_permissions() {
    let folder = tempdir().unwrap();
    let paths = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for kept in [0o600, 0o664, 0o444] {
        for path in &paths {
            fs::write(path, "old").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(kept)).unwrap();
        }
        let parts = paths.each_ref().map(|path| part(path, "new"));
        assert_eq!(mode(parts[0].place()) & 0o066 & !kept, 0, "nobody else reads a part of a private file");
        put_in_place(parts, true).unwrap();
        assert!(paths.iter().all(|path| mode(path) == kept && fs::read_to_string(path).unwrap() == "new"));
        put_in_place([part(&paths[0], "alone")], true).unwrap();
        assert_eq!(mode(&paths[0]), kept);
        paths.iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

#[test]
fn a_file_has_the_permissions_of_any_new_one() {
    let folder = tempdir().unwrap();
    let (path, ordinary) = (folder.path().join("a.csv"), folder.path().join("ordinary"));
    put_in_place([part(&path, "one")], false).unwrap();
    fs::write(&ordinary, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&ordinary));
}

#[test]
fn a_pair_is_replaced_as_a_whole_or_stays() {
    for earlier in [None, Some("earlier")] {
        let folder = tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        earlier.iter().for_each(|earlier| fs::write(&a, earlier).unwrap());
        fs::create_dir(&b).unwrap();
        let parts = [part(&a, "new"), Part::new(&b.join("taken")).unwrap()];
        fs::remove_dir_all(&b).unwrap();
        let refused = put_in_place(parts, true).unwrap_err();
        assert!(refused.to_string().contains("b/taken"), "{refused}");
        assert_eq!(fs::read_to_string(&a).ok().as_deref(), earlier);
        assert_eq!(names(&folder), earlier.map(|_| "a").into_iter().collect::<Vec<_>>());

        let parts = [part(&a, "new"), part(&b, "too")];
        put_in_place(parts, true).unwrap();
        assert_eq!((fs::read(&a).unwrap(), fs::read(&b).unwrap()), (b"new".to_vec(), b"too".to_vec()));
        assert_eq!(names(&folder), ["a", "b"]);
    }
}

#[test]
fn parts_of_killed_runs_go_but_no_running_ones_and_nothing_that_only_looks_like_one() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let running = part(&path, "half of it");
    let kept = [
        ".a.csv.abcde.part",
        ".a.csv.abcdefg.part",
        ".a.csv.abc-ef.part",
        ".a.csv.abcdef.part~",
        "a.csv.abcdef.part",
        ".b.csv.abcdef.part",
        ".a.csv.part",
    ];
    kept.iter().for_each(|name| fs::write(folder.path().join(name), "mine").unwrap());
    fs::create_dir(folder.path().join(".a.csv.folder.part")).unwrap();
    std::os::unix::fs::symlink(folder.path().join(kept[0]), folder.path().join(".a.csv.linked.part")).unwrap();
    fs::write(folder.path().join(".a.csv.aB3dE6.part"), "orphan").unwrap();
    let before = names(&folder).len();
    drop(part(&path, "another"));
    assert_eq!(names(&folder).len(), before - 1, "{:?}", names(&folder));
    assert!(!folder.path().join(".a.csv.aB3dE6.part").exists());
    put_in_place([running], false).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "half of it");
}

#[test]
fn folders_are_made_with_those_above_them() {
    let folder = tempdir().unwrap();
    let deep = folder.path().join("a/b/c");
    assert_eq!(missing_folders(&deep).len(), 3);
    make_folder(&deep).unwrap();
    assert!(deep.is_dir() && missing_folders(&deep).is_empty());
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(!make_folder(&folder.path().join("file/under")).unwrap_err().is_disk_failure());
}

#[test]
fn an_hdf5_file_holds_what_it_was_given_and_another_process_may_open_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("all.h5");
    let mut file = NewHdf5::new(&path).unwrap();
    file.group("deep").unwrap();
    file.dataset("deep/numbers", &[2, 3], &[1.5, -0.0, f64::NAN, 5e-324, 1e300, -1.0]).unwrap();
    let rows = file.begin::<u8>("rows", &[5, 2, 2, 1]).unwrap();
    file.add(rows, &[1u8; 8]).unwrap();
    file.attribute(("rows", "mark"), &[], &[7u8]).unwrap();
    file.add(rows, &[2u8; 12]).unwrap();
    file.text(("deep", "word"), "nö").unwrap();
    file.text(("", "long"), &"x".repeat(9000)).unwrap();
    put_in_place([file.finish().unwrap()], false).unwrap();
    let read = ::hdf5::File::open(&path).unwrap();
    let numbers = read.dataset("deep/numbers").unwrap().read_raw::<f64>().unwrap();
    assert!(numbers[2].is_nan() && numbers[1].is_sign_negative() && numbers[3] == 5e-324);
    assert_eq!(read.dataset("rows").unwrap().read_raw::<u8>().unwrap(), [[1; 8].as_slice(), &[2; 12]].concat());
    assert_eq!(read.dataset("rows").unwrap().attr("mark").unwrap().read_scalar::<u8>().unwrap(), 7);
}

#[test]
#[should_panic(expected = "rows of half")]
fn a_dataset_that_is_not_full_is_a_mistake_of_the_programs() {
    let folder = tempdir().unwrap();
    let mut file = NewHdf5::new(&folder.path().join("half.h5")).unwrap();
    let half = file.begin::<i64>("half", &[4]).unwrap();
    file.add(half, &[1i64, 2]).unwrap();
    let _ = file.finish();
}
