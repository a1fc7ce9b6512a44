//! The check of products as they are made: what it finds, and what it leaves alone.

use ndarray::{ShapeBuilder, s};

use super::*;
use crate::gemm::{Accumulate, backward_data, backward_weights, forward};
use crate::parallel::Team;

const SHAPES: [[usize; 3]; 9] = [
    [20, 209, 209],
    [1, 209, 5],
    [5, 7, 209],
    [7, 20, 1],
    [20, 30, 5000],
    [64, 64, 64],
    [3, 2, 2],
    [1, 1, 1],
    [128, 784, 64],
];

/// Matrices such as training multiplies: of either sign, of one sign, half zeros, all equal, and one that all but cancels.
fn data<R: Real>(kind: usize, dim: (usize, usize), seed: u64) -> Array2<R> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn(dim, |(i, j)| {
        let drawn: f64 = stream.random_range(-1.0..1.0);
        R::from_f64(match kind {
            0 => drawn,
            1 => drawn.abs(),
            2 => drawn.max(0.0),
            3 => 0.1,
            _ if (i + j).is_multiple_of(2) => 1.0 + 1e-3 * drawn,
            _ => -1.0,
        })
    })
}

fn all_products_pass<R: Real>(kinds: (usize, usize), [m, n, k]: [usize; 3]) {
    let (w, a): (Array2<R>, Array2<R>) = (data(kinds.0, (m, k), 1), data(kinds.1, (k, n), 2));
    let mut column_major = Array2::zeros((k, n).f());
    column_major.assign(&a);
    let dz: Array2<R> = data(kinds.0, (m, n), 3);
    let work = || {
        for accumulate in [Accumulate::Replace, Accumulate::Add] {
            for a in [a.view(), column_major.view()] {
                let mut z = data(0, (m, n), 4);
                forward(w.view(), a, z.view_mut(), accumulate);
                for scale in [1.0, -1e-4] {
                    let mut dw = data(0, (m, k), 5);
                    backward_weights(dz.view(), a, R::from_f64(scale), dw.view_mut(), accumulate);
                }
            }
            let mut da = data(0, (k, n + 2), 6);
            backward_data(w.view(), dz.view(), da.slice_mut(s![.., ..n]), accumulate);
        }
    };
    assert_eq!(inspected(7, work), Ok(()), "{kinds:?} {m}x{n}x{k} {}", R::NAME);
}

#[test]
fn every_right_product_passes_whatever_is_multiplied() {
    for shape in SHAPES {
        for kinds in (0..5).flat_map(|of_w| (0..5).map(move |of_a| (of_w, of_a))) {
            all_products_pass::<f32>(kinds, shape);
            all_products_pass::<f64>(kinds, shape);
        }
    }
}

#[test]
fn products_that_threads_share_are_inspected_on_the_thread_that_asks_for_them() {
    let team = Team::new(2).unwrap();
    team.install(|| all_products_pass::<f32>((0, 1), [64, 209, 300]));
}

/// Spoils one element of C = A B, or of C + A B, which must be seen.
fn is_seen<R: Real>(kinds: (usize, usize), shape: [usize; 3], adds: bool, spoil: impl Fn(f64) -> f64) -> bool {
    let [m, n, k] = shape;
    let (a, b): (Array2<R>, Array2<R>) = (data(kinds.0, (m, k), 1), data(kinds.1, (k, n), 2));
    let before: Array2<R> = data(0, (m, n), 3);
    let mut c = if adds { before.clone() } else { Array2::zeros((m, n)) };
    let accumulate = if adds { Accumulate::Add } else { Accumulate::Replace };
    forward(a.view(), b.view(), c.view_mut(), accumulate);
    // The element that is nearest to the typical size.
    let typical = (c.iter().map(|c| c.as_f64().powi(2)).sum::<f64>() / c.len() as f64).sqrt();
    let distances = c.indexed_iter().map(|(place, c)| ((c.abs().as_f64() - typical).abs(), place));
    let place = distances.min_by(|a, b| a.0.total_cmp(&b.0)).expect("an element").1;
    c[place] = R::from_f64(spoil(c[place].as_f64()));
    let before = adds.then(|| before.view());
    let checked = inspected(8, || verify(Call::forward(accumulate), (a.view(), b.view()), before, c.view()));
    checked.is_err_and(|wrong| (wrong.row, wrong.column) == place)
}

#[test]
fn one_element_that_is_off_by_a_thousandth_or_lost_is_seen() {
    let spoils: [fn(f64) -> f64; 8] = [
        |c| c * 1.001,
        |c| c * 0.999,
        |_| 0.0,
        |_| f64::NAN,
        |_| f64::INFINITY,
        |c| -c,
        |_| 1e200, // infinity in f32, and the square in f64
        |_| 3e38,
    ];
    for shape in [[20, 209, 209], [1, 209, 5], [5, 7, 209], [7, 20, 1], [64, 64, 64], [128, 784, 64]] {
        for kinds in [(0, 0), (0, 1), (1, 1), (0, 2), (2, 2)] {
            for (number, spoil) in spoils.iter().enumerate() {
                for adds in [false, true] {
                    let seen = is_seen::<f32>(kinds, shape, adds, spoil);
                    assert!(seen, "f32 {kinds:?} {shape:?} {number} {adds}");
                    let seen = is_seen::<f64>(kinds, shape, adds, spoil);
                    assert!(seen, "f64 {kinds:?} {shape:?} {number} {adds}");
                }
            }
        }
    }
}

#[test]
fn equal_terms_that_are_added_one_after_the_other_are_not_called_wrong() {
    let one_by_one = |x: f32, terms: usize| (0..terms).fold(0.0, |sum: f32, _| sum + x);
    for (x, terms) in [(0.642_552_5, 111_111), (0.873_050_45, 80_000), (0.01, 1_000_000)] {
        let (a, b) = (Array2::from_elem((1, terms), x), Array2::ones((terms, 9)));
        let c = Array2::from_elem((1, 9), one_by_one(x, terms));
        let work = || verify(Call::forward(Accumulate::Replace), (a.view(), b.view()), None, c.view());
        assert_eq!(inspected(11, work), Ok(()), "{x} {terms}");
    }
}

#[test]
fn what_is_not_a_number_before_a_product_or_may_overflow_is_let_pass() {
    for (of_a, of_b) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (1e30, 1e30)] {
        let (a, b) = (Array2::from_elem((3, 4), of_a), Array2::from_elem((4, 5), of_b));
        let mut c = Array2::zeros((3, 5));
        let work = || forward(a.view(), b.view(), c.view_mut(), Accumulate::Replace);
        assert_eq!(inspected(9, work), Ok(()), "{of_a}");
    }
}

#[test]
fn a_sum_that_overflows_before_its_scale_makes_it_small_is_let_pass() {
    let (dz, a) = (Array2::from_elem((3, 16), 1e19_f32), Array2::from_elem((5, 16), 1e19_f32));
    for accumulate in [Accumulate::Replace, Accumulate::Add] {
        let mut dw = Array2::ones((3, 5));
        let work = || backward_weights(dz.view(), a.view(), 1.0 / 16.0, dw.view_mut(), accumulate);
        assert_eq!(inspected(10, work), Ok(()), "{accumulate:?}");
    }
}

#[test]
fn nothing_is_inspected_after_a_work_that_panics() {
    let work = || inspected(1, || panic!("on purpose"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
    assert!(!is_inspected());
}
