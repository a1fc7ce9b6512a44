//! The matrices that nets take: scaling, rows and columns, and the split.

use ndarray::{Array2, Axis, array};

use super::*;
use crate::split::permutation::permutation;

fn auto(split: &Split) -> Scaling {
    Scaling::fit(ScalingChoice::Auto, split).unwrap()
}

fn split(x: Features) -> Split {
    let examples = x.dim().0;
    let targets = Targets::Classes((0..examples as u32).collect());
    Split { x, image_shape: None, targets, rows: (0..examples).collect(), sha256: "of the file".to_owned() }
}

#[test]
fn features_keep_their_values_and_bytes_are_scaled() {
    let (_folder, path) = featured(&array![[-3i16, 7, 300], [0, 1, 2]]);
    let train = load(&path).unwrap().train;
    assert_eq!(train.image_shape, None);
    assert_eq!(train.columns::<f64>(&auto(&train)), array![[-3.0, 0.0], [7.0, 1.0], [300.0, 2.0]]);
    assert_eq!(train.y::<f32>(), array![[0.0, 1.0]]);

    let (_folder, path) = featured(&array![[0.25f32, -1.5], [0.1, 3.0]]);
    let train = load(&path).unwrap().train;
    assert_eq!(train.columns::<f32>(&auto(&train)), array![[0.25, 0.1], [-1.5, 3.0]]);

    let train = load(&fixture("good_plain")).unwrap().train;
    let columns = train.columns::<f32>(&auto(&train));
    assert_eq!(columns.dim(), (12, 4));
    assert!(columns.is_standard_layout());
    assert_eq!(columns[[11, 3]], (235.0f64 / 255.0) as f32);
    assert_eq!(train.columns::<f32>(&Scaling::None)[[11, 3]], 235.0);
    let bytes = split(Features::U8(Array2::from_shape_fn((1, 256), |(_, byte)| byte as u8)));
    let divided = bytes.rows::<f64>(&auto(&bytes));
    assert!(
        divided.iter().enumerate().all(|(byte, &value)| value == byte as f64 / 255.0),
        "the quotient, not a product"
    );
    let floats = split(Features::F64(array![[51.0]]));
    assert_eq!(floats.columns::<f64>(&Scaling::fit(ScalingChoice::Divide255, &floats).unwrap()), array![[0.2]]);
}

#[test]
fn rows_are_the_columns_transposed_bit_for_bit() {
    let x = Array2::from_shape_fn((37, 53), |(i, j)| ((i * 53 + j) as f64 * 0.37).sin() * (j + 1) as f64);
    let all = [
        split(Features::U8(x.mapv(|value| value as u8))),
        split(Features::F32(x.mapv(|value| value as f32))),
        split(Features::F64(x)),
    ];
    for split in all {
        for (_, choice) in ScalingChoice::ALL {
            let scaling = Scaling::fit(choice, &split).unwrap();
            let (rows, columns) = (split.rows::<f32>(&scaling), split.columns::<f32>(&scaling));
            assert!(rows.is_standard_layout());
            assert!(rows.t().iter().zip(&columns).all(|(a, b)| a.to_bits() == b.to_bits()), "{choice:?}");
            assert_eq!(split.rows::<f64>(&scaling).t(), split.columns::<f64>(&scaling));
        }
    }
}

/// By scikit-learn 1.9's `StandardScaler` on the same numbers.
#[test]
fn standardized_as_scikit_learn_does() {
    let train = split(Features::F64(array![
        [1.0, 1e9, 0.1, -2.5],
        [2.0, 1e9 + 1.0, 0.1, 3.25],
        [4.0, 1e9 + 2.0, 0.1, 0.0],
        [8.5, 1e9 + 4.0, 0.1, 1e-3]
    ]));
    let scaling = Scaling::fit(ScalingChoice::Standardize, &train).unwrap();
    let Scaling::Standardize { mean, std } = &scaling else { panic!("{scaling:?}") };
    let expected_mean = [3.875, 1_000_000_001.75, 0.1, 0.18775];
    let expected_std = [2.880_429_655_450_728_3, 1.479_019_945_774_904, 1.0, 2.041_537_456_795_736];
    for (found, expected) in [(mean, expected_mean), (std, expected_std)] {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-15, "{found} {expected}");
        }
    }
    let x = train.rows::<f64>(&scaling);
    assert_eq!(x.column(2).to_vec(), [0.0; 4]);
    let test = split(Features::F64(array![[3.875, 0.0, 1.1, 0.0]]));
    let x = test.rows::<f64>(&scaling);
    assert_eq!((x[[0, 0]], x[[0, 2]]), (0.0, 1.0), "scaled as the training split is, not by itself");
}

#[test]
fn what_overflows_when_standardized_is_refused_and_what_fits_is_not() {
    let wide = split(Features::F64(array![[0.0, f64::MAX], [1.0, -f64::MAX]]));
    let error = Scaling::fit(ScalingChoice::Standardize, &wide).unwrap_err();
    assert_eq!(error, TooWide { feature: 1 });
    for wide in
        [array![[1e180], [2e180], [4e180]], array![[1e180], [1e180], [-1e180]], array![[0.0], [1.5e308], [1.5e308]]]
    {
        let error = Scaling::fit(ScalingChoice::Standardize, &split(Features::F64(wide))).unwrap_err();
        assert_eq!(error, TooWide { feature: 0 }, "its squares overflow");
    }
    let large = split(Features::F64(Array2::from_elem((3, 1), 1.5e308)));
    assert_eq!(
        large.rows::<f64>(&Scaling::fit(ScalingChoice::Standardize, &large).unwrap()),
        array![[0.0], [0.0], [0.0]]
    );
}

#[test]
fn a_scaling_survives_being_written() {
    let train = split(Features::F64(array![[0.1, 2.0], [0.7, 1.0 / 3.0]]));
    for (_, choice) in ScalingChoice::ALL {
        let scaling = Scaling::fit(choice, &train).unwrap();
        let text = serde_json::to_string(&scaling).unwrap();
        assert_eq!(serde_json::from_str::<Scaling>(&text).unwrap(), scaling, "{text}");
    }
}

#[test]
#[should_panic(expected = "a mean and a std for each feature")]
fn a_scaling_of_other_features_is_not_applied() {
    let scaling = Scaling::fit(ScalingChoice::Standardize, &split(Features::U8(array![[1, 2], [3, 4]]))).unwrap();
    split(Features::U8(array![[1]])).rows::<f32>(&scaling);
}

#[test]
fn a_split_sets_the_share_aside_in_file_order_and_loses_nothing() {
    let whole = split(Features::F64(Array2::from_shape_fn((25, 2), |(i, j)| (i * 2 + j) as f64)));
    let (kept, aside) = whole.clone().hold_out(0.3, 7).unwrap();
    assert_eq!((kept.examples(), aside.examples()), (17, 8), "7.5 is rounded to 8");
    assert_eq!((&kept.sha256, &aside.sha256), (&whole.sha256, &whole.sha256));
    let mut all = Vec::new();
    for side in [&kept, &aside] {
        let Targets::Classes(labels) = &side.targets else { panic!() };
        let Features::F64(rows) = &side.x else { panic!() };
        assert!(labels.is_sorted());
        assert!(labels.iter().zip(rows.column(0)).all(|(&label, &first)| first == f64::from(2 * label)));
        assert!(labels.iter().zip(&side.rows).all(|(&label, &row)| label as usize == row));
        all.extend_from_slice(labels);
    }
    all.sort();
    assert!(all.iter().copied().eq(0..25));
    assert_eq!(whole.clone().hold_out(0.3, 7).unwrap().1, aside, "the same seed");
    assert_ne!(whole.hold_out(0.3, 8).unwrap().1, aside, "another seed");
}

#[test]
fn a_permutation_never_changes_and_has_every_order() {
    assert_eq!(permutation(10, 1), [2, 7, 8, 5, 3, 6, 1, 9, 0, 4]);
    let mut seen = std::collections::BTreeMap::new();
    (0..2400).for_each(|seed| *seen.entry(permutation(4, seed)).or_insert(0) += 1);
    // 100 expected, with a standard deviation of 10.
    assert!(seen.len() == 24 && seen.values().all(|times| (60..140).contains(times)), "{seen:?}");
}

#[test]
fn a_split_sets_every_example_aside_equally_often() {
    let whole = split(Features::U8(Array2::zeros((10, 1))));
    let mut times = [0u32; 10];
    for seed in 0..2000 {
        let Targets::Classes(labels) = whole.clone().hold_out(0.2, seed).unwrap().1.targets else { panic!() };
        labels.iter().for_each(|&label| times[label as usize] += 1);
    }
    // 400 expected, with a standard deviation of 18.
    assert!(times.iter().all(|times| (310..490).contains(times)), "{times:?}");
}

#[test]
fn a_split_with_an_empty_side_is_refused() {
    let whole = split(Features::U8(Array2::zeros((4, 1))));
    let error = whole.clone().hold_out(0.1, 1).unwrap_err().to_string();
    assert_eq!(error, "a share of 0.1 sets 0 of 4 examples aside and keeps 4; at least 1 is needed on each side");
    assert!(whole.clone().hold_out(0.9, 1).unwrap_err().to_string().contains("sets 4 of 4 examples aside and keeps 0"));
    let values = Split { targets: Targets::Values(array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), ..whole };
    let (kept, aside) = values.hold_out(0.5, 1).unwrap();
    let columns = ndarray::concatenate![Axis(1), kept.y::<f64>(), aside.y::<f64>()];
    assert_eq!(columns.dim(), (2, 4));
    assert!(columns.columns().into_iter().all(|column| column[1] == column[0] + 4.0));
}
