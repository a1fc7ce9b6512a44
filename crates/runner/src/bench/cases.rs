//! The cases of a bench: the products of an experiment's steps, or the given shapes, and whole steps.

use std::collections::BTreeMap;

use super::shape::Shapes;
use crate::plan::Plan;
use crate::plan::kinds::FleetKind;
use crate::plan::products::Product;
use crate::spec::trial::Dtype;

/// The most products, and the most fleets, of an experiment that are timed.
const MOST_PRODUCTS: usize = 60;
const MOST_FLEETS: usize = 12;

/// A product, with its weight in the steps of an experiment; `None` for a given shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weighted {
    pub(crate) product: Product,
    pub(crate) weight: Option<Weight>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weight {
    pub(crate) calls_a_step: f64,
    pub(crate) share_of_step: f64,
}

/// The largest cases, which are timed, and the share of those that are left out to save time.
#[derive(Debug)]
pub(crate) struct Selection<T> {
    /// The cases, the one with the most operations first.
    pub(crate) cases: Vec<T>,
    /// The number of cases that are left out.
    pub(crate) left_out: usize,
    /// Their share of the operations.
    pub(crate) share_left_out: f64,
}

impl<T> Selection<T> {
    fn of(mut cases: Vec<(f64, T)>, most: usize) -> Self {
        cases.sort_by(|(a, _), (b, _)| b.total_cmp(a)); // stable: equal ones in their own order
        let all: f64 = cases.iter().map(|(flop, _)| flop).sum();
        let rest = cases.split_off(cases.len().min(most));
        let share_left_out = rest.iter().map(|(flop, _)| flop).sum::<f64>() / all;
        let left_out = rest.len();
        Selection { cases: cases.into_iter().map(|(_, case)| case).collect(), left_out, share_left_out }
    }
}

/// Selects the largest products that the steps of a plan make, each once.
pub(crate) fn products(plan: &Plan) -> Selection<Weighted> {
    let mut calls: BTreeMap<Product, f64> = BTreeMap::new();
    for fleet in &plan.fleets {
        for (product, times) in plan.products(fleet) {
            *calls.entry(product).or_default() += times;
        }
    }
    let all: f64 = calls.iter().map(|(product, times)| product.flop() * times).sum();
    let weighted = calls.into_iter().map(|(product, calls_a_step)| {
        let flop = product.flop() * calls_a_step;
        (flop, Weighted { product, weight: Some(Weight { calls_a_step, share_of_step: flop / all }) })
    });
    Selection::of(weighted.collect(), MOST_PRODUCTS)
}

/// Lists every given shape in each of `dtypes`.
pub(crate) fn of_shapes(shapes: &[Shapes], dtypes: &[Dtype]) -> Vec<Weighted> {
    let sides = shapes.iter().flat_map(|Shapes { form, sides }| sides.iter().map(|sides| (*form, *sides)));
    let mut cases: Vec<Weighted> = Vec::new();
    for (form, [m, n, k]) in sides {
        for &dtype in dtypes {
            let product = Product { form, m, n, k, dtype, adds: false, column_major: false };
            if !cases.iter().any(|known| known.product == product) {
                cases.push(Weighted { product, weight: None });
            }
        }
    }
    cases
}

/// Selects the largest kinds of fleets of a plan.
pub(crate) fn fleets(plan: &Plan) -> Selection<FleetKind> {
    let cases = plan.kinds().into_iter().map(|kind| (kind.flop * kind.places.len() as f64, kind));
    Selection::of(cases.collect(), MOST_FLEETS)
}
