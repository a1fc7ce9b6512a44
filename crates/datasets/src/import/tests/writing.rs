//! Tests of the files that an import writes, and of those that it keeps.

use super::*;

#[test]
fn files_that_are_there_are_kept_unless_forced() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    let kept = bench.put("out/test_set.h5", "mine");
    let request = Request { force: false, ..bench.request(&[&path]) };
    let error = import(&request, |_| true).unwrap_err().to_string();
    assert!(error.contains("test_set.h5 is there already; --force"), "{error}");
    assert_eq!(fs::read(&kept).unwrap(), b"mine");
    imported(&Request { force: true, ..request });
    assert_ne!(fs::read(&kept).unwrap(), b"mine");
}

#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    for stop_at in 1..=4 {
        let stopped = import(&bench.request(&[&path]), |progress| progress != Progress::Written(stop_at, 4));
        assert!(matches!(stopped, Err(Error::Interrupted)));
        assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 0);
    }
}

#[test]
fn a_full_disk_or_a_folder_that_cannot_be_is_named() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    let file = bench.put("file", "");
    let error = import(&Request { folder: file, ..bench.request(&[&path]) }, |_| true).unwrap_err().to_string();
    assert!(error.starts_with("cannot write ") && error.contains("file: "), "{error}");
}
