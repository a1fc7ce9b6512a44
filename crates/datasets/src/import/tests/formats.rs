//! Good files of every format give the numbers that are in them.

use ndarray::{Array2, array};

use super::*;
use crate::{Features, Scaling, TargetKind, Task};

/// All examples and targets of `set`, the training ones first, as f64.
fn all(set: &DataSet) -> (Array2<f64>, Array2<f64>) {
    use ndarray::{Axis, concatenate};
    let rows = |split: &crate::Split| split.rows::<f64>(&Scaling::None);
    let x = concatenate![Axis(0), rows(&set.train), rows(set.test.as_ref().unwrap())];
    (x, concatenate![Axis(1), set.train.y::<f64>(), set.test.as_ref().unwrap().y::<f64>()])
}

#[test]
fn idx_files_plain_and_gzipped() {
    let bench = Bench::new();
    let (x, y) = (idx(8, &[3, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7, 255, 9, 10, 11]), idx(8, &[3], &[2, 0, 1]));
    let (x, y) = (bench.put("x.gz", gzipped(&x)), bench.put("y", y));
    let x_test = bench.put("xt", idx(8, &[1, 2, 2], &[9, 8, 7, 6]));
    let y_test = bench.put("yt.gz", gzipped(&idx(8, &[1], &[1])));
    let request = Request { test: vec![x_test, y_test], test_share: None, ..bench.request(&[&x, &y]) };
    let set = imported(&request);
    assert_eq!((set.task, set.classes.len()), (Task::Classes(3), 0));
    assert_eq!(set.train.image_shape, Some([2, 2, 1]));
    assert_eq!(set.train.x, Features::U8(array![[0, 1, 2, 3], [4, 5, 6, 7], [255, 9, 10, 11]]));
    assert_eq!(set.train.targets, Targets::Classes(vec![2, 0, 1]));
    assert_eq!(set.test.as_ref().unwrap().targets, Targets::Classes(vec![1]));
}

#[test]
fn numbers_that_do_not_count_from_0_become_the_names_of_classes() {
    let bench = Bench::new();
    let x = bench.put("x", idx(8, &[4, 1], &[1, 2, 3, 4]));
    let of = |labels: [i8; 4]| {
        let y = bench.put("y", idx(9, &[4], &labels.map(|label| label as u8)));
        let set = imported(&Request { test_share: Some(0.5), ..bench.request(&[&x, &y]) });
        (set.task, set.classes.join(" "))
    };
    assert_eq!(of([1, 2, 2, 1]), (Task::Classes(2), "1 2".to_owned()));
    assert_eq!(of([-1, 1, 1, -1]), (Task::Classes(2), "-1 1".to_owned()));
    assert_eq!(of([1, 0, 0, 1]), (Task::Classes(2), String::new()));
    let (y, other) = (bench.put("y", idx(8, &[4], &[1, 2, 1, 2])), bench.put("z", idx(8, &[4], &[1, 2, 3, 2])));
    let request = Request { test: vec![x.clone(), other], test_share: None, ..bench.request(&[&x, &y]) };
    bench.assert_refused_after(request, &["z: label \"3\" is not among the training examples' labels"]);
}

/// Written as integers for classes and as floats for values: what is read back is what was meant.
#[test]
fn targets_are_what_is_said_or_else_what_the_array_looks_like() {
    let bench = Bench::new();
    let x = bench.put("x.npy", npy("'|u1'", false, "(4, 1)", &[1, 2, 3, 4]));
    let floats =
        bench.put("f.npy", npy("'<f4'", false, "(4,)", &[0.0f32, 1.0, 0.0, 1.0].map(f32::to_le_bytes).concat()));
    let integers = bench.put("i.npy", npy("'|u1'", false, "(4,)", &[0, 1, 0, 1]));
    let one_hot = bench.put("o.npy", npy("'|b1'", false, "(4, 2)", &[1, 0, 0, 1, 1, 0, 0, 1]));
    let task = |y: &Path, target_kind: TargetsChoice| {
        let set = imported(&Request { target_kind, test_share: Some(0.5), ..bench.request(&[&x, y]) });
        (set.task, all(&set).1.sum())
    };
    let said = TargetsChoice::Declared;
    assert_eq!(task(&floats, TargetsChoice::Auto), (Task::Values(1), 2.0), "floats are values");
    assert_eq!(task(&floats, said(TargetKind::Classes)), (Task::Classes(2), 2.0));
    assert_eq!(task(&integers, TargetsChoice::Auto), (Task::Classes(2), 2.0));
    assert_eq!(task(&integers, said(TargetKind::Values)), (Task::Values(1), 2.0));
    assert_eq!(task(&one_hot, TargetsChoice::Auto), (Task::Classes(2), 2.0));
    assert_eq!(task(&one_hot, said(TargetKind::Values)), (Task::Values(2), 4.0));
    let refused = |y: &Path, target_kind, words: &[&str]| {
        bench.assert_refused_after(Request { target_kind: said(target_kind), ..bench.request(&[&x, y]) }, words);
    };
    refused(&one_hot, TargetKind::Classes, &["o.npy: ", "2 columns", "one column"]);
    refused(&integers, TargetKind::OneHot, &["i.npy: ", "one column", "at least 2"]);
}

#[test]
fn idx_elements_are_big_endian_and_signed() {
    let bench = Bench::new();
    let y = bench.put("y", idx(0x0c, &[2], &[0, 0, 0, 1, 0, 0, 0, 0]));
    let of = |code: u8, elements: &[u8]| {
        let x = bench.put("x", idx(code, &[2, 1], elements));
        let test = vec![x.clone(), y.clone()];
        let set = imported(&Request { test, test_share: None, ..bench.request(&[&x, &y]) });
        let (x, y) = all(&set);
        // The example of class 1 stands first in the file.
        let first = usize::from(y[[0, 0]] == 0.0);
        (x[[first, 0]], x[[1 - first, 0]])
    };
    assert_eq!(of(9, &[0xff, 3]), (-1.0, 3.0));
    assert_eq!(of(0x0b, &[0xff, 0xfe, 1, 0]), (-2.0, 256.0));
    assert_eq!(of(0x0c, &[0x80, 0, 0, 0, 0, 1, 0, 0]), (f64::from(i32::MIN), 65_536.0));
    assert_eq!(of(0x0d, &[0.1f32.to_be_bytes(), (-2.5f32).to_be_bytes()].concat()), (f64::from(0.1f32), -2.5));
    assert_eq!(of(0x0e, &[0.1f64.to_be_bytes(), (-2.5f64).to_be_bytes()].concat()), (0.1, -2.5));
}

#[test]
fn numpy_arrays_of_both_orders_are_the_same() {
    let bench = Bench::new();
    // 4 x 2 x 3: element (i, j, k) is 100 i + 10 j + k.
    let value = |i: usize, j: usize, k: usize| (100 * i + 10 * j + k) as f32;
    let mut c = Vec::new();
    let mut fortran = Vec::new();
    (0..24).for_each(|n| c.extend(value(n / 6, n / 3 % 2, n % 3).to_le_bytes()));
    (0..24).for_each(|n| fortran.extend(value(n % 4, n / 4 % 2, n / 8).to_be_bytes()));
    let y = bench.put("y.npy", npy("'<i8'", false, "(4,)", &[0i64, 1, 0, 1].map(i64::to_le_bytes).concat()));
    let c = bench.put("c.npy", npy("'<f4'", false, "(4, 2, 3)", &c));
    let fortran = bench.put("f.npy", gzipped(&npy("'>f4'", true, "(4, 2, 3)", &fortran)));
    let request = Request { format: Some(Format::Npy), test_share: Some(0.5), ..bench.request(&[&fortran, &y]) };
    let from_fortran = imported(&request);
    let from_c = imported(&Request { test_share: Some(0.5), ..bench.request(&[&c, &y]) });
    assert_eq!(from_fortran, from_c);
    let Features::F32(rows) = &from_c.train.x else { panic!("f32 stays f32") };
    assert_eq!(rows.dim(), (2, 6), "floats are features, of any shape");
    assert!(
        rows.outer_iter().all(|row| row.iter().zip([0.0, 1.0, 2.0, 10.0, 11.0, 12.0]).all(|(v, w)| v - row[0] == w))
    );
}

/// As in HDF5, where libhdf5 converts them: 1, -2, 65504 and the least number that isn't 0.
#[test]
fn numpy_floats_of_16_bits_become_f32_of_the_same_value() {
    let bench = Bench::new();
    let y = bench.put("y.npy", npy("'|u1'", false, "(4,)", &[0, 1, 0, 1]));
    let values = [0x3c00u16, 0xc000, 0x7bff, 1];
    for (descr, bytes) in [("'<f2'", values.map(u16::to_le_bytes)), ("'>f2'", values.map(u16::to_be_bytes))] {
        let x = bench.put("x.npy", npy(descr, false, "(4, 1)", &bytes.concat()));
        let set = imported(&Request { test_share: Some(0.5), ..bench.request(&[&x, &y]) });
        assert!(matches!(set.train.x, Features::F32(_)), "f32 holds every f16");
        assert_eq!(all(&set).0.sum(), 1.0 - 2.0 + 65504.0 + 2f64.powi(-24));
    }
}

#[test]
fn an_archive_may_hold_both_parts_or_any_two_arrays() {
    let bench = Bench::new();
    let x = |values: &[u8]| npy("'|u1'", false, &format!("({}, 2)", values.len() / 2), values);
    let y = |values: &[f64]| {
        npy(
            "'<f8'",
            false,
            &format!("({},)", values.len()),
            &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>(),
        )
    };
    let arrays = [
        ("x_train", x(&[1, 2, 3, 4])),
        ("y_train", y(&[0.0, 1.0])),
        ("x_test", x(&[5, 6])),
        ("y_test", y(&[1.0])),
        ("prices", y(&[10.0, 20.0])),
    ];
    let path = bench.put("both.npz", npz(&arrays));
    let target_kind = TargetsChoice::Declared(TargetKind::Classes);
    let set = imported(&Request { test_share: None, target_kind, ..bench.request(&[&path]) });
    assert_eq!(set.train.x, Features::U8(array![[1, 2], [3, 4]]));
    assert_eq!((set.task, &set.test.as_ref().unwrap().targets), (Task::Classes(2), &Targets::Classes(vec![1])));

    let named = Request {
        features: Some("x_train".to_owned()),
        targets: vec!["prices".to_owned()],
        test_share: Some(0.5),
        ..bench.request(&[&path])
    };
    let set = imported(&named);
    assert_eq!(set.task, Task::Values(1), "whole numbers, and yet values");
    assert_eq!(all(&set).1.sum(), 30.0);
}

#[test]
fn tables_with_text_labels_name_their_classes_in_sorted_order() {
    let bench = Bench::new();
    let text = "\u{feff}width;height;kind\n1;2.5;tulip\n3; -4e1 ;rose\n\n5;6;\"wild; rose\"\n7;8;rose\n9;10;tulip\n11;12;wild; rose\n"
        .replace("11;12;wild; rose", "11;12;\"wild; rose\"");
    let path = bench.put("flowers.csv", text);
    let set = imported(&Request { test_share: Some(0.5), ..bench.request(&[&path]) });
    assert_eq!(set.classes, ["rose", "tulip", "wild; rose"]);
    let (x, y) = all(&set);
    let mut rows: Vec<(i64, i64, u8)> =
        x.outer_iter().zip(&y).map(|(x, &y)| ((10.0 * x[0]) as i64, (10.0 * x[1]) as i64, y as u8)).collect();
    rows.sort();
    assert_eq!(rows, [(10, 25, 1), (30, -400, 0), (50, 60, 2), (70, 80, 0), (90, 100, 1), (110, 120, 2)]);
    let Targets::Classes(test) = &set.test.as_ref().unwrap().targets else { panic!() };
    assert_eq!([0, 1, 2].map(|class| test.iter().filter(|&&label| label == class).count()), [1, 1, 1], "stratified");
}

#[test]
fn a_table_whose_first_name_begins_as_a_zip_archive_is_a_table() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "PKW,kind\n1,0\n2,1\n3,0\n4,1\n");
    assert_eq!(imported(&bench.request(&[&path])).task, Task::Classes(2));
    let empty = bench.put("empty.npz", npz(&[]));
    bench.assert_refused_after(bench.request(&[&empty]), &["empty.npz: a zip archive without arrays"]);
}

#[test]
fn labels_that_are_numbers_are_kept_where_they_count_from_0_and_else_are_names() {
    let bench = Bench::new();
    let of = |labels: [&str; 4]| {
        let path = bench.put("t.csv", labels.map(|label| format!("{label},0.5\n")).concat());
        let request = Request { label: Some("first".to_owned()), ..bench.request(&[&path]) };
        let set = imported(&request);
        (set.task, set.classes)
    };
    assert_eq!(of(["1", "0", "0.0", "1"]), (Task::Classes(2), vec![]));
    assert_eq!(of(["10", "-1", "9", "9"]), (Task::Classes(3), ["-1", "9", "10"].map(str::to_owned).to_vec()));
}

#[test]
fn columns_are_found_by_name_number_and_place() {
    let bench = Bench::new();
    let path = bench.put("t.tsv", "7\ta b\ty\n1\t2\t3\n4\t5\t6\n1\t2\t3\n4\t5\t6\n");
    let features = |request: Request| {
        let (x, y) = all(&imported(&request));
        let first = (0..4).find(|&row| x[[row, 0]] < 3.5 && x[[row, 1]] < 3.5).unwrap();
        (x.row(first).to_vec(), y.column(first).to_vec())
    };
    let request = || bench.request(&[&path]);
    assert_eq!(features(Request { label: Some("a b".to_owned()), ..request() }), (vec![1.0, 3.0], vec![0.0]));
    assert_eq!(features(Request { label: Some("2".to_owned()), ..request() }), (vec![1.0, 3.0], vec![0.0]));
    let targets =
        |names: &[&str]| Request { targets: names.iter().map(|&name| name.to_owned()).collect(), ..request() };
    assert_eq!(features(targets(&["last"])), (vec![1.0, 2.0], vec![3.0]));
    let path = bench.put("u.csv", "1,2,3,4\n5,6,7,8\n1,2,3,4\n5,6,7,8\n");
    let request = bench.request(&[&path]);
    assert_eq!(
        features(Request { targets: vec!["4".to_owned(), "first".to_owned()], ..request }),
        (vec![2.0, 3.0], vec![4.0, 1.0])
    );
}

#[test]
fn a_table_of_pixels_is_pictures() {
    let bench = Bench::new();
    let path = bench.put("p.csv", "0,1,2,3,4,255,0\n6,7,8,9,10,11,1\n0,1,2,3,4,255,0\n6,7,8,9,10,11,1\n");
    let set = imported(&Request { size: Some((1, 2)), ..bench.request(&[&path]) });
    assert_eq!(set.train.image_shape, Some([1, 2, 3]));
    bench.assert_refused_after(
        Request { size: Some((4, 1)), ..bench.request(&[&path]) },
        &["6 columns", "4 x 1", "multiple of 4"],
    );
    let path = bench.put("p.csv", "0,1.5,0\n6,7,1\n0,1,0\n6,7,1\n");
    bench.assert_refused_after(
        Request { size: Some((1, 2)), ..bench.request(&[&path]) },
        &["line 1", "column 2 is 1.5", "0 to 255"],
    );
}

#[test]
fn the_same_request_writes_the_same_bytes() {
    let bench = Bench::new();
    let path = bench.put("t.csv", (0..100).map(|row| format!("{row},{}\n", row % 3)).collect::<String>());
    let bytes = |request: &Request| {
        let files = import(request, |_| true).unwrap();
        [fs::read(files.train).unwrap(), fs::read(files.test).unwrap()]
    };
    let first = bytes(&bench.request(&[&path]));
    std::thread::sleep(std::time::Duration::from_millis(1100)); // HDF5's time stamps count whole seconds
    assert!(bytes(&bench.request(&[&path])) == first);
    assert!(bytes(&Request { seed: 2, ..bench.request(&[&path]) }) != first);
}

/// scikit-learn's digits, where the environment says where they are.
#[test]
fn the_digits_are_imported_whole() {
    let Some(path) = std::env::var_os("DIGITS_CSV").map(PathBuf::from) else {
        println!("skipped: set DIGITS_CSV to scikit-learn's datasets/data/digits.csv.gz");
        return;
    };
    let bench = Bench::new();
    let set = imported(&Request { test_share: Some(0.2), size: Some((8, 8)), ..bench.request(&[&path]) });
    assert_eq!(set.task, Task::Classes(10));
    assert_eq!((set.train.examples(), set.test.as_ref().unwrap().examples()), (1438, 359));
    let (x, y) = all(&set);
    // scikit-learn's own figures: load_digits().data.sum(), and bincount(target).
    assert_eq!(x.sum(), 561_718.0);
    let mut counts = [0; 10];
    y.iter().for_each(|&label| counts[label as usize] += 1);
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
}

#[test]
fn bytes_that_are_hardly_pixels_are_remarked_on() {
    let bench = Bench::new();
    let y = bench.put("y.npy", npy("'|u1'", false, "(4,)", &[0, 1, 0, 1]));
    let faint = |descr: &str, bytes: &[u8]| {
        let x = bench.put("x.npy", npy(descr, false, "(4, 1)", bytes));
        remarks(&bench.request(&[&x, &y])).into_iter().find(|words| words.contains("data.scale"))
    };
    assert_eq!(
        faint("'|u1'", &[0, 1, 1, 1]).unwrap(),
        "bytes up to 1, divided by 255, are at most 0.004: data.scale = \"none\" or \"standardize\" keeps them larger"
    );
    assert!(faint("'|u1'", &[15; 4]).is_some());
    assert_eq!(faint("'|u1'", &[16; 4]), None);
    assert_eq!(faint("'|i1'", &[1; 4]), None, "not bytes");
}

#[test]
fn an_array_without_examples_or_features_is_told_how_many_it_needs() {
    let bench = Bench::new();
    let y = bench.put("y.npy", npy("'|u1'", false, "(0,)", &[]));
    for shape in ["(0, 3)", "(3, 0)"] {
        let x = bench.put("x.npy", npy("'|u1'", false, shape, &[]));
        bench.assert_refused(&bench.request(&[&x, &y]), &["x.npy: its shape is [", "or [m, h, w, c], each at least 1"]);
    }
}
