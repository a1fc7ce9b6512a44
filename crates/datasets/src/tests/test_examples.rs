//! Sets whose test examples are drawn from the training file, and sets without any.

use super::*;

/// Twenty examples, of five classes; each is its own number.
fn twenty() -> (TempDir, Source) {
    let x = Array2::from_shape_fn((20, 1), |(example, _)| example as f64);
    let y = Array1::from_shape_fn(20, |example| (example % 5) as u8);
    let (folder, path) = Builder::new().with("train_set_x", &x).with("train_set_y", &y).finish();
    let files = Files { train: path.clone(), test: path };
    (folder, Source { test: TestSource::Absent, ..Source::of_files(&files, &Names::default(), LIMIT) })
}

fn share(share: f64, seed: u64, of: &Source) -> Result<DataSet, Error> {
    DataSet::load(&Source { test: TestSource::Share { share, seed }, ..of.clone() })
}

#[test]
fn a_share_of_each_class_is_drawn_from_the_seed_and_nothing_is_lost() {
    let (_folder, source) = twenty();
    let set = share(0.25, 1, &source).unwrap();
    let test = set.test.as_ref().unwrap();
    let count = |split: &Split| {
        let Targets::Classes(labels) = &split.targets else { panic!() };
        (0..5u32).map(|class| labels.iter().filter(|&&label| label == class).count()).collect::<Vec<_>>()
    };
    assert_eq!((count(&set.train), count(test)), (vec![3; 5], vec![1; 5]));
    let numbers = |split: &Split| split.rows::<f64>(&Scaling::None).into_iter().map(|x| x as u32).collect::<Vec<_>>();
    assert!(numbers(&set.train).is_sorted() && numbers(test).is_sorted(), "in the order of the file");
    let mut all = [numbers(&set.train), numbers(test)].concat();
    all.sort();
    assert!(all.into_iter().eq(0..20));
    assert_eq!(share(0.25, 1, &source).unwrap(), set);
    assert_ne!(share(0.25, 2, &source).unwrap().test, set.test);
    let error = share(0.01, 1, &source).unwrap_err().to_string();
    assert!(
        error.contains("set.h5: ") && error.contains("0 test and 20 training") && error.contains("data.test_share"),
        "{error}"
    );
}

/// `runner data import --test-share` draws by the same law.
#[test]
fn the_draw_never_changes() {
    let (_folder, source) = twenty();
    let test = share(0.25, 1, &source).unwrap().test.unwrap().rows::<f64>(&Scaling::None);
    assert_eq!(test.into_iter().collect::<Vec<_>>(), [0.0, 2.0, 9.0, 11.0, 13.0]);
}

#[test]
fn a_set_may_have_no_test_examples_and_says_if_some_are_left_out() {
    let (_folder, source) = twenty();
    let set = DataSet::load(&source).unwrap();
    assert_eq!((set.train.examples(), set.test, set.test_left_out), (20, None, false));
    let file = File::open_rw(&source.train.path).unwrap();
    file.link_hard("train_set_x", "test_set_x").unwrap();
    file.close().unwrap();
    assert!(DataSet::load(&source).unwrap().test_left_out);
}
