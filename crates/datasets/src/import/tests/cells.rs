//! The cells of tables: which texts are numbers, codes, or no value.

use super::*;
use crate::{Pinned, Scaling, Task, inspect};

/// A table of these cells in the column `a`, with two kinds of rows.
fn column(cells: &[&str]) -> String {
    let row = |(row, cell): (usize, &&str)| format!("{cell},{row},{}\n", ["x", "y"][row % 2]);
    format!("a,b,kind\n{}", cells.iter().enumerate().map(row).collect::<String>())
}

/// Imports a table as training and test table, and returns the names of the features.
fn features(bench: &Bench, cells: &[&str]) -> String {
    let path = bench.put("t.csv", column(cells));
    let categorical = Categorical::Columns(vec!["a".to_owned()]);
    let request = Request { test: vec![path.clone()], test_share: None, categorical, ..bench.request(&[&path]) };
    import(&request, |_| true).unwrap_or_else(|error| panic!("{error}"));
    let report = inspect(&Pinned::any(bench.path("out/train_set.h5")), &Names::default(), LIMIT).unwrap().to_string();
    let line = report.lines().find_map(|line| line.trim().strip_prefix("features: ")).unwrap();
    line.strip_suffix(", b").unwrap().to_owned()
}

#[test]
fn codes_that_look_like_numbers_are_levels_of_their_own() {
    let bench = Bench::new();
    for (cells, levels) in [
        (&["1", "1.0", "2"][..], "a=1, a=2"),
        (&["-1", "-1.0", "0.5"], "a=-1, a=0.5"),
        (&["1.5", "1.50", "+1.5", "15.0e-1", ".25", "0.25"], "a=0.25, a=1.5"),
        (&["0.1", "0.1000000000000000055"], "a=0.1, a=0.1000000000000000055"),
        (&["0E1", "0E2", "00E3"], "a=00E3, a=0E1, a=0E2"),
        (&["007", "7", "1.0"], "a=007, a=1.0, a=7"),
        (&["1", "1.0", "x"], "a=1, a=1.0, a=x"),
    ] {
        assert_eq!(features(&bench, cells), levels);
    }
}

#[test]
fn codes_that_look_like_numbers_are_classes_of_their_own() {
    let bench = Bench::new();
    let set = |train: &[&str], test: &[&str]| {
        let [train, test] = [("train.csv", train), ("test.csv", test)].map(|(name, labels)| {
            bench
                .put(name, labels.iter().enumerate().map(|(row, label)| format!("{row},{label}\n")).collect::<String>())
        });
        imported(&Request { test: vec![test], test_share: None, ..bench.request(&[&train]) })
    };
    let classes = |train: &[&str], test: &[&str]| set(train, test).classes;
    assert_eq!(classes(&["0E1", "0E2", "00E3", "0E1"], &["0E2"]), ["00E3", "0E1", "0E2"]);
    assert_eq!(classes(&["007", "7", "07"], &["7"]), ["007", "07", "7"]);
    assert_eq!(classes(&["1", "1.0", "x"], &["x"]), ["1", "1.0", "x"]);
    assert_eq!(classes(&["10", "9.0", "10.0"], &["9"]), ["9", "10"], "in the order of numbers");
    let plain = set(&["1.0", "0", "1", "0.0"], &["1.0"]);
    assert_eq!((plain.task, plain.classes.len()), (Task::Classes(2), 0));
    assert_eq!(plain.train.targets, Targets::Classes(vec![1, 0, 1, 0]));
    // Of "1", "1.0" and "01", "1.0" is a class of its own: a test label is the same text.
    let codes = set(&["1", "1.0", "01"], &["1.0"]);
    assert_eq!(
        (codes.classes.join(" "), codes.test.unwrap().targets),
        ("01 1 1.0".to_owned(), Targets::Classes(vec![2]))
    );
}

#[test]
fn the_marks_of_missing_cells_are_those_of_pandas() {
    let bench = Bench::new();
    for mark in ["N/A", "n/a", "#N/A", "<NA>", "null", "NULL"] {
        let path = bench.put("t.csv", column(&["1", mark, "3", "5"]));
        let request = Request { test: vec![path.clone()], test_share: None, ..bench.request(&[&path]) };
        let found = format!("t.csv: line 3: column 1, \"a\", is \"{mark}\"; a finite number is required");
        bench.assert_refused(&request, &[&found, "--missing drop", "--missing mean"]);
        let set = imported(&Request { missing: Missing::Mean, ..request });
        assert_eq!(set.train.rows::<f64>(&Scaling::None)[[1, 0]], 3.0, "{mark}");
        fs::remove_dir_all(bench.path("out")).unwrap();
    }
}

#[test]
fn a_class_may_be_called_none_or_minus() {
    let bench = Bench::new();
    for missing in [Missing::Refuse, Missing::Drop, Missing::Mean] {
        for (labels, classes) in [(["+", "-"], ["+", "-"]), (["some", "None"], ["None", "some"])] {
            let path = bench.put("t.csv", (0..8).map(|row| format!("{row},{}\n", labels[row % 2])).collect::<String>());
            let set = imported(&Request { missing, ..bench.request(&[&path]) });
            assert_eq!((set.classes, set.train.examples()), (classes.map(str::to_owned).to_vec(), 6));
        }
    }
    let path = bench.put("t.csv", "1,x\n2,N/A\n3,y\n");
    fs::remove_dir_all(bench.path("out")).unwrap();
    bench.assert_refused(&bench.request(&[&path]), &["line 2: column 2 is \"N/A\"; every row needs a label"]);
}

#[test]
fn a_text_among_numbers_makes_levels_only_of_a_column_that_is_named() {
    let bench = Bench::new();
    let path = bench.put("t.csv", column(&["1", "2", "abc", "x", "", "5"]));
    let one_hot = |missing| Request { categorical: Categorical::OneHot, missing, ..bench.request(&[&path]) };
    let words =
        ["t.csv: line 4: column 1, \"a\", is \"abc\", but 3 of its 5 values are numbers", "--categorical COLUMN"];
    bench.assert_refused(&one_hot(Missing::Mean), &words);
    let half = bench.put("half.csv", column(&["1", "2", "abc", "x"]));
    bench.assert_refused(
        &Request { train: vec![half], ..one_hot(Missing::Refuse) },
        &["is \"abc\", but 2 of its 4 values"],
    );
    let named = Categorical::Columns(vec!["a".to_owned()]);
    assert!(imported(&Request { categorical: named, ..one_hot(Missing::Mean) }).train.x.dim().1 > 2);
    let texts = bench.put("texts.csv", column(&["1", "2", "abc", "x", "y", "z"]));
    assert!(imported(&Request { train: vec![texts], ..one_hot(Missing::Refuse) }).train.x.dim().1 > 2);
}

#[test]
fn a_whole_number_that_would_be_rounded_is_refused_where_it_is_a_number() {
    let bench = Bench::new();
    let exact = bench
        .put("exact.csv", "a,kind\n9007199254740992,x\n-0009007199254740992,y\n12345678901234567890.0,x\n1e300,y\n");
    let request = bench.request(&[&exact]);
    assert_eq!(imported(&Request { test: vec![exact.clone()], test_share: None, ..request }).train.x.dim(), (4, 1));
    for cell in ["9007199254740993", "-9007199254740993", "+00012345678901234567890"] {
        let bench = Bench::new();
        let path = bench.put("t.csv", format!("a,b,kind\n1,0,x\n{cell},1,y\n"));
        let exact = format!("line 3: column 1, \"a\", is {cell}; whole numbers must lie within ±2^53 to be exact");
        bench.assert_refused(&bench.request(&[&path]), &[&exact]);
        let target =
            Request { targets: vec!["a".to_owned()], ignored: vec!["kind".to_owned()], ..bench.request(&[&path]) };
        bench.assert_refused(&target, &[&exact]);
        // As a text or a label it is what it is.
        let texts = Request { test: vec![path.clone()], test_share: None, ..bench.request(&[&path]) };
        let levels = Request { categorical: Categorical::Columns(vec!["a".to_owned()]), ..texts };
        assert_eq!(imported(&levels).train.x.dim(), (2, 3));
    }
}

#[test]
fn a_decimal_comma_is_named() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "a;b;kind\n1,5;1;x\n2,5;2;y\n");
    for categorical in [Categorical::Refuse, Categorical::OneHot] {
        let request = Request { categorical, ..bench.request(&[&path]) };
        bench.assert_refused(&request, &["line 2: column 1, \"a\", is \"1,5\"", "decimal comma", "as in 1.5"]);
    }
    let values = Request { targets: vec!["a".to_owned()], ignored: vec!["kind".to_owned()], ..bench.request(&[&path]) };
    bench.assert_refused(&values, &["is \"1,5\"", "decimal comma"]);
    let named = Categorical::Columns(vec!["a".to_owned()]);
    let words = Request { categorical: named, test: vec![path.clone()], test_share: None, ..bench.request(&[&path]) };
    assert_eq!(imported(&words).train.x.dim().1, 3, "each is a level where it is asked for");
}

#[test]
fn spellings_of_one_number_are_one_label_and_codes_are_labels_of_their_own() {
    let bench = Bench::new();
    for (labels, classes) in [
        (&["1", "1.0", "2", "2.", "+2", "1.000000000000000000e+00"][..], 2),
        (&["0E1", "0E2", "00E3", "007", "7", "1"], 6),
    ] {
        let path = bench.put("t.csv", column(labels));
        let set = imported(&Request {
            test: vec![path.clone()],
            test_share: None,
            label: Some("a".to_owned()),
            ignored: vec!["kind".to_owned()],
            ..bench.request(&[&path])
        });
        let found = match &set.train.targets {
            Targets::Classes(classes) => classes.iter().collect::<std::collections::HashSet<_>>().len(),
            Targets::Values(_) => panic!("classes"),
        };
        assert_eq!(found, classes, "{labels:?}");
        fs::remove_dir_all(bench.path("out")).unwrap();
    }
}

#[test]
fn a_semicolon_among_as_many_decimal_commas_is_the_delimiter() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "1,5;2,5;3,5;0\n2,5;2,5;3,5;1\n");
    bench.assert_refused(&bench.request(&[&path]), &["column 1", "\"1,5\"", "decimal comma"]);
}

#[test]
fn a_byte_of_zero_is_reported_in_its_line() {
    let bench = Bench::new();
    for (table, line) in [(&b"1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,\0,x\n"[..], 5), (b"\0,2,x\n", 1), (b"1,2,x\n\0\n", 2)] {
        let path = bench.put("t.csv", table);
        bench.assert_refused(&bench.request(&[&path]), &[&format!("t.csv: line {line}: "), "a byte of zero"]);
    }
}

#[test]
fn a_label_that_only_looks_like_another_is_shown_by_its_characters() {
    let bench = Bench::new();
    let train = bench.put("train.csv", "1,2,ol\u{e9}\n3,4,tea\n");
    let test = bench.put("test.csv", "1,2,ole\u{301}\n");
    let request = Request { test: vec![test], test_share: None, ..bench.request(&[&train]) };
    bench.assert_refused(&request, &["(ole\\u{301}) is not among the training examples' labels"]);
}

#[test]
fn commas_of_thousands_and_of_percentages_are_not_taken_for_texts() {
    let bench = Bench::new();
    let one_hot = |cells: [&str; 4]| {
        let rows = cells.map(|cell| format!("\"{cell}\",{}\n", cell.len() % 2)).concat();
        let path = bench.put("t.csv", format!("a,kind\n{rows}\"{}\",1\n\"{}\",0\n", cells[0], cells[1]));
        Request { categorical: Categorical::OneHot, label: Some("kind".to_owned()), ..bench.request(&[&path]) }
    };
    for number in ["1.234,56", "-1.234.567,8", "1,234,567", "1,234.5", "+1,5", "12,5%", "12,5 %"] {
        let request = one_hot([number, "many", "few", "none"]);
        bench.assert_refused(&request, &[&format!("line 2: column 1, \"a\", is \"{number}\""), "decimal comma"]);
        let below_a_text = one_hot(["many", number, "few", "none"]);
        bench.assert_refused(&below_a_text, &[&format!("line 3: column 1, \"a\", is \"{number}\""), "decimal comma"]);
    }
    imported(&one_hot(["1,2,3", "red, green", "3, 4", "1,5 kg"]));
}

#[test]
fn a_header_that_is_not_utf8_is_refused() {
    let bench = Bench::new();
    let path = bench.put("t.csv", b"age,gr\xf6\xdfe,kind\n1,2,x\n3,4,y\n1,2,x\n3,4,y\n");
    let problem = "t.csv: line 1: the name of column 2 is \"gr\\xf6\\xdfe\", which is not UTF-8";
    bench.assert_refused(&bench.request(&[&path]), &[problem]);
}

#[test]
fn empty_lines_before_the_first_one_do_not_tell_of_the_delimiter() {
    let bench = Bench::new();
    for start in ["\n", "\r\n\n"] {
        let path = bench.put("t.csv", format!("{start}a;b;kind\n1;2;x\n3;4;y\n1;2;x\n3;4;y\n"));
        assert_eq!(imported(&bench.request(&[&path])).train.x.dim().1, 2);
    }
}
