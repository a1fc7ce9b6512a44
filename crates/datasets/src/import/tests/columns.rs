//! The columns of tables: which are meant, and whether the first line names them.

use ndarray::array;

use super::*;
use crate::{Scaling, Task};

const NAMED: &str = "a,b,c,y\n1,2,3,0\n4,5,6,1\n1,2,3,0\n4,5,6,1\n";
/// The header that pandas writes for columns without names.
const NUMBERED: &str = "0,1,2,label\n1,2,3,0\n4,5,6,1\n1,2,3,0\n4,5,6,1\n";

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn a_column_named_twice_or_for_two_purposes_is_refused() {
    let bench = Bench::new();
    let path = bench.put("t.csv", NAMED);
    let base = || bench.request(&[&path]);
    let label = |label: &str| Some(label.to_owned());
    for (request, words) in [
        (
            Request { targets: texts(&["y"]), ignored: texts(&["y"]), ..base() },
            "t.csv: line 1: column 4 (\"y\") is both a target and ignored",
        ),
        (
            Request { targets: texts(&["a", "4"]), ignored: texts(&["y"]), ..base() },
            "column 4 (\"y\") is both a target and ignored",
        ),
        (
            Request { label: label("y"), ignored: texts(&["last"]), ..base() },
            "column 4 (\"y\") is both the label and ignored",
        ),
        (Request { ignored: texts(&["y"]), ..base() }, "is both the label (the last column, unless --label"),
        (Request { targets: texts(&["a", "a"]), ..base() }, "column 1 (\"a\") is named twice by --target"),
        (Request { ignored: texts(&["a", "1"]), ..base() }, "column 1 (\"a\") is named twice by --ignore"),
        (
            Request { categorical: Categorical::Columns(texts(&["a", "first"])), ..base() },
            "column 1 (\"a\") is named twice by --categorical",
        ),
    ] {
        bench.assert_refused(&request, &[words]);
    }
}

#[test]
fn a_text_above_labels_or_targets_that_are_numbers_is_a_header() {
    let bench = Bench::new();
    let path = bench.put("t.csv", NUMBERED);
    let base = || bench.request(&[&path]);
    let set = imported(&base());
    assert_eq!((set.task, set.train.examples() + set.test.unwrap().examples()), (Task::Classes(2), 4));
    let set = imported(&Request { targets: texts(&["last"]), ..base() });
    assert_eq!((set.task, set.train.examples()), (Task::Values(1), 3));
    assert!(remarks(&base()).iter().any(|words| words.contains("taken for the names of the columns; --header no")));
    // A missing label below says nothing; a text, or no number at all, makes the first line an example.
    let holes = Request { missing: Missing::Drop, ..base() };
    bench.put("t.csv", NUMBERED.replace("4,5,6,1\n1", "4,5,6,NA\n1"));
    assert_eq!(imported(&holes).task, Task::Classes(2));
    bench.put("t.csv", NUMBERED.replace("4,5,6,1\n1", "4,5,6,x\n1"));
    let example = Request { test_share: Some(0.2), header: Some(false), ..base() };
    assert_eq!(imported(&example).classes, ["0", "1", "label", "x"]);
    bench.put("t.csv", "1,2,x\n3,4,x\n5,6,y\n7,8,y\n");
    assert_eq!(imported(&base()).classes, ["x", "y"]);
}

#[test]
fn a_number_that_may_be_the_name_of_another_column_is_refused_unless_a_header_is_declared() {
    let bench = Bench::new();
    let path = bench.put("t.csv", NUMBERED);
    let base = || Request { ignored: texts(&["1"]), ..bench.request(&[&path]) };
    bench.assert_refused(&base(), &["\"1\" may be column 1 by its place, or column 2 by its name", "--header yes"]);
    let declared = imported(&Request { header: Some(true), test_share: Some(0.5), ..base() });
    assert_eq!(declared.train.rows::<f64>(&Scaling::None), array![[1.0, 3.0], [4.0, 6.0]]);
    let by_name = imported(&Request { ignored: texts(&["0"]), test_share: Some(0.5), ..base() });
    assert_eq!(by_name.train.rows::<f64>(&Scaling::None), array![[2.0, 3.0], [5.0, 6.0]], "there is no column 0");
    let same = bench.put("same.csv", "1,2,3,label\n1,2,3,0\n4,5,6,1\n1,2,3,0\n4,5,6,1\n");
    assert_eq!(imported(&Request { train: vec![same], ..base() }).train.x.dim().1, 2);
    let bare = bench.put("bare.csv", "2,1,3,0\n5,4,6,1\n2,1,3,0\n5,4,6,1\n");
    let set = imported(&Request { train: vec![bare.clone()], test_share: Some(0.5), ..base() });
    assert_eq!(set.train.rows::<f64>(&Scaling::None), array![[1.0, 3.0], [4.0, 6.0]], "numbers, and no header");
    fs::remove_dir_all(bench.path("out")).unwrap();
    let none = Request { ignored: texts(&["0"]), train: vec![bare], ..base() };
    bench.assert_refused(&none, &["there is no column 0; there are 4"]);
}

#[test]
fn a_first_line_with_numbers_that_is_taken_for_names_is_remarked_on() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "inf,2,3,0\n1,2,3,0\n4,5,6,1\n1,2,3,0\n4,5,6,1\n");
    let is_remarked = |request: &Request| remarks(request).iter().any(|words| words.contains("--header no"));
    let base = || bench.request(&[&path]);
    assert!(is_remarked(&base()));
    assert!(!is_remarked(&Request { header: Some(true), ..base() }), "declared");
    assert!(!is_remarked(&Request { ignored: texts(&["inf"]), ..base() }), "named");
    bench.put("t.csv", NAMED);
    assert!(!is_remarked(&base()), "no cell of the line is a number");
}

#[test]
fn a_first_line_of_counted_numbers_is_taken_only_as_it_is_declared() {
    let bench = Bench::new();
    let rows = "5,6,7,0\n8,9,1,1\n".repeat(3);
    let wide = bench.put("wide.csv", "1,2,3,4,5\n5,6,7,8,0\n5,6,7,8,1\n");
    bench.assert_refused(&bench.request(&[&wide]), &["--header yes or --header no"]);
    for (first, is_refused) in [
        ("0,1,2,3", true),
        ("0,1,2,0", true),
        ("1,2,3,4", false),
        ("0,1,3,1", false),
        ("2,3,4,0", false),
        ("1,2,3,0", false),
        ("0,1.0,2,1", false),
    ] {
        let path = bench.put("t.csv", format!("{first}\n{rows}"));
        let request = bench.request(&[&path]);
        let _ = fs::remove_dir_all(bench.path("out"));
        if is_refused {
            bench.assert_refused(&request, &["t.csv: line 1: ", "--header yes or --header no"]);
        } else {
            imported(&request);
        }
        for (header, examples) in [(Some(true), 6), (Some(false), 7)] {
            let set = imported(&Request { header, ..request.clone() });
            assert_eq!(set.train.examples() + set.test.unwrap().examples(), examples, "{first}");
        }
    }
    // Named by a text, numbers below: as before, a header that is remarked on.
    let path = bench.put("named.csv", format!("0,1,2,name\n{rows}"));
    assert!(remarks(&bench.request(&[&path])).iter().any(|words| words.contains("--header no")));
    let texts = bench.put("texts.csv", "0,1,species\n5,6,a\n7,8,b\n5,6,a\n7,8,b\n");
    let _ = fs::remove_dir_all(bench.path("out"));
    bench.assert_refused(&bench.request(&[&texts]), &["--header yes"]);
}

#[test]
fn the_label_that_is_guessed_is_named_and_no_other_may_be_called_label() {
    let bench = Bench::new();
    let path = bench.put("t.csv", NAMED);
    let base = || bench.request(&[&path]);
    let named = |request: &Request| remarks(request).into_iter().find(|words| words.starts_with("label: "));
    assert_eq!(named(&base()).unwrap(), "label: column 4 (\"y\")");
    assert_eq!(named(&Request { label: Some("y".to_owned()), ..base() }), None);
    assert_eq!(named(&Request { targets: texts(&["y"]), ..base() }), None);
    let bare = bench.put("bare.csv", NAMED.replace("a,b,c,y\n", ""));
    let bare = Request { train: vec![bare], header: Some(false), ..base() };
    assert_eq!(named(&bare).unwrap(), "label: column 4");

    for name in ["label", "Class", "TARGET", "Y", "species"] {
        fs::remove_dir_all(bench.path("out")).unwrap();
        bench.put("t.csv", NAMED.replace("a,b,c,y", &format!("{name},b,c,p")));
        let column = format!("column 1 (\"{name}\")");
        bench.assert_refused(&base(), &["column 4 (\"p\")", &column, "--label or --target says which"]);
        imported(&Request { label: Some("p".to_owned()), ..base() });
    }
}

#[test]
fn a_column_that_numbers_the_rows_is_remarked_on() {
    let bench = Bench::new();
    let table = |first: &str, numbers: [&str; 4]| {
        let row = |(row, number): (usize, &&str)| format!("{number},{},{}\n", 7 * row, row / 2);
        format!("{first}{}", numbers.iter().enumerate().map(row).collect::<String>())
    };
    let remarked = |first: &str, numbers: [&str; 4]| {
        let path = bench.put("t.csv", table(first, numbers));
        let request = Request { header: Some(!first.is_empty()), ..bench.request(&[&path]) };
        remarks(&request).into_iter().find(|words| words.contains("numbers the rows"))
    };
    let up = ["5", "6", "7", "8"];
    for (first, column) in [
        (",a,y\n", "column 1"),
        ("Unnamed: 0,a,y\n", "column 1 (\"Unnamed: 0\")"),
        ("ID,a,y\n", "column 1 (\"ID\")"),
        ("index,a,y\n", "column 1 (\"index\")"),
        ("", "column 1"),
    ] {
        assert_eq!(remarked(first, up), Some(format!("{column} numbers the rows; --ignore 1 leaves it out")));
    }
    assert_eq!(remarked("year,a,y\n", up), None);
    assert_eq!(remarked(",a,y\n", ["5", "6", "7", "9"]), None);
    assert_eq!(remarked(",a,y\n", ["1", "1", "1", "1"]), None);
}

#[test]
fn many_classes_that_are_numbers_are_remarked_on() {
    let bench = Bench::new();
    let hint = "--target COLUMN (of tables) or --targets values";
    let table = |rows: usize, label: &dyn Fn(usize) -> String| {
        let row = |row| format!("{}.5,{}\n", row, label(row));
        bench.put("t.csv", (0..rows).map(row).collect::<String>())
    };
    let remarked = |path: PathBuf| {
        let found = remarks(&bench.request(&[&path]));
        found.into_iter().find(|words| words.contains("if they are values"))
    };
    let prices = remarked(table(90, &|row| format!("{}00", row % 30)));
    let words = format!("the labels are numbers, 30 different ones of 90 examples; if they are values, use {hint}");
    assert_eq!(prices.unwrap(), words);
    assert_eq!(remarked(table(300, &|row| format!("{}00", row % 30))), None, "10 of each class");
    assert_eq!(remarked(table(90, &|row| format!("c{}", row % 30))), None, "not numbers");
    assert_eq!(remarked(table(38, &|row| format!("{}", row % 19))), None, "few classes");
    fs::remove_dir_all(bench.path("out")).unwrap();
    let path = table(40, &|row| format!("{}", row * 10));
    bench.assert_refused(&bench.request(&[&path]), &["each of 40 classes needs one for training", hint]);
}

#[test]
fn a_column_with_a_comma_in_its_name_is_named_by_its_number() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "\"height, cm\",b,y\n1,2,0\n4,5,1\n1,2,0\n4,5,1\n");
    let ignoring = |columns: &[&str]| Request { ignored: texts(columns), ..bench.request(&[&path]) };
    let help = "no column is called \"height\"; there are \"height, cm\", \"b\", \"y\"; \
                a name with a comma can't be given in a list, the column's number can (1 for the first)";
    bench.assert_refused(&ignoring(&["height", " cm"]), &[help]);
    assert_eq!(imported(&ignoring(&["1"])).columns.features, ["b"]);
}
