//! Tables with cells without a value and columns of texts.

use ndarray::{Array2, array};

use super::*;
use crate::{Pinned, Scaling, Split, inspect};

/// Training and test tables in files of their own, so that it is known which row is which.
fn both(bench: &Bench, train: &str, test: &str) -> Request {
    let (train, test) = (bench.put("train.csv", train), bench.put("test.csv", test));
    Request { test: vec![test], test_share: None, ..bench.request(&[&train]) }
}

fn rows(part: &Split) -> Array2<f64> {
    part.rows::<f64>(&Scaling::None)
}

const HOLES: &str = "a,b,kind\n1,10,x\n2,,y\nNA,30,x\n4,?,y\n5,nan,x\n6,60,NULL\n";
const WHOLE: &str = "a,b,kind\n7,70,x\n,80,y\n9,Null,x\n";

#[test]
fn a_cell_without_a_value_is_refused_with_its_place_and_what_helps() {
    let bench = Bench::new();
    for cell in ["", "NA", "na", "nan", "NaN", "null", "?"] {
        let path = bench.put("t.csv", format!("height,width,kind\n1,2,x\n3,{cell},y\n"));
        let found = format!("t.csv: line 3: column 2, \"width\", is \"{cell}\"");
        bench.assert_refused(&bench.request(&[&path]), &[&found, "--missing drop", "--missing mean"]);
        let path = bench.put("t.csv", format!("1,2,x\n3,4,{cell}\n"));
        for missing in [Missing::Refuse, Missing::Mean] {
            let request = Request { missing, ..bench.request(&[&path]) };
            bench.assert_refused(&request, &["line 2: column 3 is", "every row needs a label", "--missing drop"]);
        }
        let request = Request { targets: vec!["3".to_owned()], missing: Missing::Mean, ..bench.request(&[&path]) };
        let path = bench.put("t.csv", format!("1,2,0.5\n3,4,{cell}\n"));
        bench.assert_refused(&Request { train: vec![path], ..request }, &["line 2: column 3 is", "--missing drop"]);
    }
}

#[test]
fn rows_with_missing_cells_are_left_out() {
    let bench = Bench::new();
    let request = Request { missing: Missing::Drop, ..both(&bench, &HOLES.replace("2,,y", "2,20,y"), WHOLE) };
    let set = imported(&request);
    assert_eq!(rows(&set.train), array![[1.0, 10.0], [2.0, 20.0]]);
    assert_eq!(set.train.targets, Targets::Classes(vec![0, 1]));
    assert_eq!(rows(&set.test.unwrap()), array![[7.0, 70.0]]);
    let words = remarks(&request);
    for (table, left_out) in [("train.csv", "4 rows"), ("test.csv", "2 rows")] {
        let remark = format!("{}: {left_out} with a missing cell left out", bench.path(table).display());
        assert!(words.contains(&remark), "{words:?}");
    }
    let empty = both(&bench, "a,b,kind\n1,,x\n,2,y\n", WHOLE);
    bench.assert_refused_after_drop(&empty, "every row has a missing cell");
}

impl Bench {
    #[track_caller]
    fn assert_refused_after_drop(&self, request: &Request, words: &str) {
        fs::remove_dir_all(self.path("out")).unwrap_or_default();
        self.assert_refused(&Request { missing: Missing::Drop, ..request.clone() }, &[words]);
    }
}

#[test]
fn missing_cells_become_the_mean_of_the_training_rows_in_both_parts() {
    let bench = Bench::new();
    let train = "a,b,kind\n1,10,x\n2,,y\nNA,40,x\n6,?,y\n";
    let request = Request { missing: Missing::Mean, ..both(&bench, train, WHOLE) };
    let set = imported(&request);
    assert_eq!(rows(&set.train), array![[1.0, 10.0], [2.0, 25.0], [3.0, 40.0], [6.0, 25.0]]);
    assert_eq!(rows(&set.test.unwrap()), array![[7.0, 70.0], [3.0, 80.0], [9.0, 25.0]], "not the test rows' means");
    let report = inspect(&Pinned::any(bench.path("out/test_set.h5")), &Names::default(), LIMIT).unwrap().to_string();
    assert!(report.contains("features: a, b\n") && report.contains("feature_means  [2]"), "{report}");
    let words = remarks(&request);
    let filled = "3 missing cells filled with the mean of the training rows";
    assert!(words.contains(&format!("{}: {filled}", bench.path("train.csv").display())), "{words:?}");
    let hollow = both(&bench, "a,b,kind\n1,,x\n2,,y\n", WHOLE);
    fs::remove_dir_all(bench.path("out")).unwrap();
    let hollow = Request { missing: Missing::Mean, ..hollow };
    bench.assert_refused(&hollow, &["train.csv: column 2", "\"b\"", "no training row has a value in it", "--ignore"]);
}

/// The values of test rows that are drawn from the same file have no part in the means.
#[test]
fn means_are_of_the_rows_that_are_drawn_for_training() {
    let bench = Bench::new();
    let value = |row: u32| f64::from(row).sqrt();
    let cell = |row: u32| if row.is_multiple_of(5) { String::new() } else { value(row).to_string() };
    let path = bench.put("t.csv", (0..20).map(|row| format!("{},x{}\n", cell(row), row % 2)).collect::<String>());
    let set = imported(&Request { missing: Missing::Mean, header: Some(false), ..bench.request(&[&path]) });
    let (train, test) = (rows(&set.train), rows(&set.test.unwrap()));
    let is_known = |found: &&f64| (0..20).any(|row| value(row) == **found);
    let known: Vec<f64> = train.iter().filter(is_known).copied().collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let filled: Vec<f64> = train.iter().chain(&test).filter(|found| !is_known(found)).copied().collect();
    assert_eq!(filled.len(), 4);
    assert!(filled.iter().all(|found| (found - mean).abs() < 1e-12), "{filled:?} {mean}");
    let of_all = (0..20).filter(|row| row % 5 > 0).map(value).sum::<f64>() / 16.0;
    assert!((mean - of_all).abs() > 1e-3, "the draw makes a difference");
}

const TEXTS: &str = "colour,size,kind\nred,1,x\nblue,2,y\nred,3,x\ngreen,4,y\n";

#[test]
fn texts_become_columns_of_their_own_in_sorted_order() {
    let bench = Bench::new();
    let test = "colour,size,kind\nblue,5,x\npink,6,y\n";
    let plain = both(&bench, TEXTS, test);
    bench.assert_refused(&plain, &["line 2: column 1, \"colour\", is \"red\"", "--categorical one-hot", "--ignore"]);
    let request = Request { categorical: Categorical::OneHot, ..plain.clone() };
    let set = imported(&request);
    assert_eq!(
        rows(&set.train),
        array![[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 2.0], [0.0, 0.0, 1.0, 3.0], [0.0, 1.0, 0.0, 4.0]]
    );
    assert_eq!(rows(&set.test.unwrap()), array![[1.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 6.0]], "pink is none of them");
    let report = inspect(&Pinned::any(bench.path("out/train_set.h5")), &Names::default(), LIMIT).unwrap().to_string();
    assert!(report.contains("features: colour=blue, colour=green, colour=red, size\n"), "{report}");
    let words = remarks(&request);
    let became = "1 column of texts became 3, one for each text";
    assert!(words.contains(&format!("{}: {became}", bench.path("train.csv").display())), "{words:?}");
    assert!(words.iter().any(|words| words.starts_with("1 text that no training row has")), "{words:?}");

    let named = Request { categorical: Categorical::Columns(vec!["size".to_owned()]), ..plain.clone() };
    fs::remove_dir_all(bench.path("out")).unwrap();
    bench.assert_refused(&named, &["column 1, \"colour\", is \"red\""]);
    let mut other =
        Request { categorical: Categorical::OneHot, ..both(&bench, TEXTS, "colour,size,kind\nred,tall,x\n") };
    let words = "test.csv: line 2: column 2, \"size\", is \"tall\"; a finite number is required (";
    bench.assert_refused(&other, &[words, "the training rows have numbers in it; --ignore"]);
    other.categorical = Categorical::Columns(vec!["colour".to_owned()]);
    bench.assert_refused(&other, &[words, "--categorical doesn't name this column"]);
    both(&bench, TEXTS, test);
    let both_columns = Categorical::Columns(vec!["colour".to_owned(), "size".to_owned()]);
    let set = imported(&Request { categorical: both_columns, ..plain.clone() });
    assert_eq!(rows(&set.train).ncols(), 7, "numbers may be levels too");
    let ignored = imported(&Request { ignored: vec!["colour".to_owned()], ..plain.clone() });
    assert_eq!(rows(&ignored.train), array![[1.0], [2.0], [3.0], [4.0]]);
}

#[test]
fn names_of_features_are_those_of_the_table_and_distinct() {
    let bench = Bench::new();
    let long = |end: &str| format!("{}{end}", "x".repeat(260));
    let (first, second) = (long("1"), long("2"));
    let header = "h".repeat(1000);
    let rows = format!("a\tb,{first},\"it's \"\"b\"\"\",x\n\\,{second},é,y\n").repeat(2);
    let path = bench.put("t.csv", format!("a,it's,{header},y\n{rows}"));
    let request = Request { delimiter: Some(b','), categorical: Categorical::OneHot, ..bench.request(&[&path]) };
    let inspected = || inspect(&Pinned::any(bench.path("out/train_set.h5")), &Names::default(), LIMIT).unwrap();
    import(&request, |_| true).unwrap();
    let names = inspected().features;
    let expected = ["a=\\", "a=a\\tb", &format!("it's={first}"), &format!("it's={second}")];
    assert_eq!(names[..4], expected);
    assert_eq!(names[4..], [format!("{header}=it's \"b\""), format!("{header}=é")]);
    let header = "h".repeat(2000);
    bench.put("t.csv", format!("a,b,{header},y\n{rows}"));
    import(&request, |_| true).unwrap();
    let names = inspected().features;
    assert_eq!(names[4..], ["5", "6"].map(|number| format!("{}...{number}", &header[..1020])));
}

#[test]
fn tables_that_are_imported_apart_agree_in_the_names_of_their_columns() {
    let bench = Bench::new();
    let files = |name: &str, table: &str, targets: &[&str]| {
        let table = bench.put(&format!("{name}.csv"), table);
        let targets = targets.iter().map(|&target| target.to_owned()).collect();
        let name = name.to_owned();
        let request = Request {
            name: Some(name),
            targets,
            test: vec![table.clone()],
            test_share: None,
            ..bench.request(&[&table])
        };
        import(&request, |_| true).unwrap_or_else(|error| panic!("{error}"))
    };
    let load = |train: &Files, test: &Files| {
        let pair = Files { train: train.train.clone(), test: test.test.clone() };
        DataSet::load(&Source::of_files(&pair, &Names::default(), LIMIT)).map_err(|error| error.to_string())
    };
    let own = files("own", "height,age,y\n180,30,0\n160,20,1\n", &[]);
    let swapped = files("swapped", "age,height,y\n30,180,0\n20,160,1\n", &[]);
    let unnamed = files("unnamed", "180,30,0\n160,20,1\n", &[]);
    let of_web = files("of-web", "height,age,y\n180,30,yes\n160,20,\u{a0}yes\u{a0}\n170,25,no\n", &[]);
    assert_eq!(load(&of_web, &of_web).unwrap().classes, ["no", "yes"], "no-break spaces are trimmed");
    assert_eq!(load(&own, &own).unwrap().columns.features, ["height", "age"]);
    assert!(load(&own, &unnamed).is_ok());
    let refusal = load(&own, &swapped).unwrap_err();
    assert!(refusal.contains("`feature_names` has \"age\" for feature 0"), "{refusal}");

    let table = "x,price,rent\n1,100,10\n2,200,20\n";
    let (own, swapped) = (files("values", table, &["price", "rent"]), files("others", table, &["rent", "price"]));
    assert_eq!(load(&own, &own).unwrap().columns.targets, ["price", "rent"]);
    let refusal = load(&own, &swapped).unwrap_err();
    assert!(refusal.contains("`target_names` has \"rent\" for value 0"), "{refusal}");
}

#[test]
fn a_missing_text_becomes_the_shares_of_the_training_rows_or_is_refused() {
    let bench = Bench::new();
    let holes = TEXTS.replace("green", "");
    let request = Request { categorical: Categorical::OneHot, ..both(&bench, &holes, TEXTS) };
    bench.assert_refused(&request, &["line 5: column 1, \"colour\", is \"\"", "--missing drop"]);
    let set = imported(&Request { missing: Missing::Mean, ..request });
    let shares = rows(&set.train).row(3).to_vec();
    assert_eq!(shares, [1.0 / 3.0, 2.0 / 3.0, 4.0], "blue, red, red");
}

#[test]
fn what_a_table_cannot_be_asked_for_is_refused() {
    let bench = Bench::new();
    let base = both(&bench, TEXTS, TEXTS);
    let one_hot = Request { categorical: Categorical::OneHot, ..base.clone() };
    bench.assert_refused(&Request { size: Some((1, 2)), ..one_hot.clone() }, &["pixels", "--categorical"]);
    let label = Request { categorical: Categorical::Columns(vec!["kind".to_owned()]), ..base.clone() };
    bench.assert_refused(&label, &["column 3 (\"kind\") is not a feature"]);
    let many: String = (0..6000).map(|row| format!("text {row},1,{}\n", row % 2)).collect();
    let path = bench.put("many.csv", many);
    let request = Request { categorical: Categorical::OneHot, header: Some(false), ..bench.request(&[&path]) };
    bench.assert_refused(&request, &["column 1 is", "th different text; at most 4096", "--ignore"]);
    let narrow = Request { test: vec![bench.put("narrow.csv", "colour,kind\nred,x\n")], ..one_hot };
    bench.assert_refused(&narrow, &["narrow.csv: 1 columns are features; the training table has 2"]);
}

/// Random tables, against the rule written down a second time: row by row, with nothing shared but the seed.
#[test]
fn any_table_becomes_what_the_rule_says() {
    let bench = Bench::new();
    for seed in 0..40u64 {
        let next = |row: u64, column: u64| (seed * 977 + row * 31 + column).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let cell = |row: u64, column: u64| match (next(row, column) % 6, column) {
            (0, _) if row > 3 => ["", "NA", "?", "null"][next(row, 9) as usize % 4].to_owned(),
            (_, 0) => ["red", "blue", "green"][next(row, column + 20) as usize % 3].to_owned(),
            _ => format!("{}", next(row, column + 40) % 100),
        };
        let table =
            |rows: std::ops::Range<u64>| -> Vec<[String; 2]> { rows.map(|row| [cell(row, 0), cell(row, 1)]).collect() };
        let (train, test) = (table(0..12), table(12..18));
        let text = |rows: &[[String; 2]]| {
            let line = |(row, [a, b]): (usize, &[String; 2])| format!("{a},{b},{}\n", row % 2);
            format!("a,b,y\n{}", rows.iter().enumerate().map(line).collect::<String>())
        };
        let is_missing = |cell: &str| ["", "NA", "?", "null"].contains(&cell);
        let mut levels: Vec<&str> = train.iter().map(|[a, _]| a.as_str()).filter(|a| !is_missing(a)).collect();
        let all = levels.len() as f64;
        let share = |level: &str| train.iter().filter(|[a, _]| a == level).count() as f64 / all;
        levels.sort_unstable();
        levels.dedup();
        let numbers: Vec<f64> = train.iter().filter_map(|[_, b]| b.parse().ok()).collect();
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        let expected = |rows: &[[String; 2]]| -> Vec<f64> {
            let of = |[a, b]: &[String; 2]| {
                let indicator =
                    |level: &&str| if is_missing(a) { share(level) } else { f64::from(u8::from(a == level)) };
                levels.iter().map(indicator).chain([b.parse().unwrap_or(mean)]).collect::<Vec<_>>()
            };
            rows.iter().flat_map(of).collect()
        };
        let request = both(&bench, &text(&train), &text(&test));
        let set = imported(&Request { missing: Missing::Mean, categorical: Categorical::OneHot, ..request });
        for (part, table) in [(&set.train, &train), (set.test.as_ref().unwrap(), &test)] {
            let found = rows(part);
            let expected = expected(table);
            assert_eq!(found.len(), expected.len(), "seed {seed}");
            assert!(
                found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9),
                "seed {seed}: {found} {expected:?}"
            );
        }
    }
}

#[test]
fn columns_of_a_test_table_in_another_order_are_refused() {
    let bench = Bench::new();
    let train = "a,b,kind\n1,10,x\n2,20,y\n";
    let refused = |test: &str| {
        let words = ["test.csv: a feature is called \"b\" where the training table has \"a\""];
        bench.assert_refused(&both(&bench, train, test), &words);
    };
    refused("b,a,kind\n10,1,x\n");
    refused("b,c,kind\n10,1,x\n");
    let words = ["test.csv: a target is called \"sort\" where the training table has \"kind\""];
    bench.assert_refused(&both(&bench, train, "a,b,sort\n1,10,x\n"), &words);
    let values = both(&bench, "a,p\n1,10\n2,20\n", "a,q\n1,10\n");
    let words = ["test.csv: a target is called \"q\" where the training table has \"p\""];
    bench.assert_refused(&Request { targets: vec!["last".to_owned()], ..values }, &words);
    // The place of the label among them is free.
    let request = both(&bench, train, "kind,a,b\nx,3,30\n");
    let request = Request { label: Some("kind".to_owned()), ..request };
    assert_eq!(rows(&imported(&request).test.unwrap()), array![[3.0, 30.0]]);
}

#[test]
fn a_first_line_that_is_taken_for_names_only_since_it_has_texts_is_remarked_on() {
    let bench = Bench::new();
    let path = bench.put("t.csv", "39,Private,x\n50,Local,y\n38,Private,x\n41,Local,y\n53,Private,x\n");
    let request = Request { categorical: Categorical::OneHot, ..bench.request(&[&path]) };
    let is_remarked = |request: &Request| remarks(request).iter().any(|words| words.contains("--header no"));
    assert!(is_remarked(&request));
    for header in [false, true] {
        assert!(!is_remarked(&Request { header: Some(header), force: true, ..request.clone() }));
    }
}
