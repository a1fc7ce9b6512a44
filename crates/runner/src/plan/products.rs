//! The products of a training step, as `runner bench` times them.

use std::collections::BTreeMap;
use std::fmt;

use kernels::blas::Library;
use kernels::{Accumulate, Call, LayerShape, made_by_loops};
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::spec::names::name_of;
use crate::spec::trial::Dtype;

/// The transposed factor of a product, as BLAS names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Neither: z = W a, [`kernels::forward`].
    Nn,
    /// The second: dW = dz aᵀ, [`kernels::backward_weights`].
    Nt,
    /// The first: da = Wᵀ dz, [`kernels::backward_data`].
    Tn,
}

impl Form {
    /// Every form with its name.
    pub const ALL: [(&'static str, Form); 3] = [("nn", Form::Nn), ("nt", Form::Nt), ("tn", Form::Tn)];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        name_of(&Form::ALL, self)
    }
}

/// C = A B, or C += A B: m × n sums of k terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Product {
    /// The factor that is transposed, if one is.
    pub form: Form,
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    /// The element type.
    pub dtype: Dtype,
    /// True if the product is added to C.
    pub adds: bool,
    /// True if the features of an example are adjacent in memory, as in a mini-batch.
    pub column_major: bool,
}

impl Product {
    /// Counts the floating-point operations: a multiplication and an addition for each term.
    pub fn flop(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }

    /// Counts the bytes of the three matrices.
    pub fn bytes(&self) -> f64 {
        self.elements(1.0)
    }

    /// Counts the bytes that must be moved at least: each factor is read once, C is written, and read too if the
    /// product is added to it.
    pub fn bytes_moved(&self) -> f64 {
        self.elements(if self.adds { 2.0 } else { 1.0 })
    }

    fn elements(&self, times_c: f64) -> f64 {
        let [m, n, k] = [self.m, self.n, self.k].map(|side| side as f64);
        (m * k + k * n + times_c * m * n) * self.dtype.bytes() as f64
    }

    /// Describes a layer's call in element type `dtype`; the scale of the call is left out.
    pub fn of(dtype: Dtype, shape: LayerShape, call: Call) -> Self {
        let [m, n, k] = call.product.sides(shape);
        let form = match call.product {
            kernels::Product::Forward => Form::Nn,
            kernels::Product::BackwardWeights => Form::Nt,
            kernels::Product::BackwardData => Form::Tn,
        };
        Product { form, m, n, k, dtype, adds: call.accumulate == Accumulate::Add, column_major: call.column_major }
    }

    /// Returns whether Layerchain's own loops make it instead of `library`, if `threads` threads share it.
    pub fn made_by_loops(&self, library: &Library, threads: usize) -> bool {
        let (&Product { m, n, k, dtype, .. }, (_, call)) = (self, self.call());
        match dtype {
            Dtype::F32 => made_by_loops::<f32>(library, call, [m, n, k], threads),
            Dtype::F64 => made_by_loops::<f64>(library, call, [m, n, k], threads),
        }
    }

    /// Returns the shape of a layer that makes this product, and its call with scale 1.
    pub fn call(&self) -> (LayerShape, Call) {
        let &Product { form, m, n, k, adds, column_major, .. } = self;
        let accumulate = if adds { Accumulate::Add } else { Accumulate::Replace };
        let call = match form {
            Form::Nn => Call::forward(accumulate),
            Form::Nt => Call::backward_weights(1.0, accumulate),
            Form::Tn => Call { accumulate, ..Call::backward_data() },
        };
        (call.product.layer([m, n, k]), call.with_inputs(column_major))
    }
}

impl fmt::Display for Product {
    /// Writes it as `nt 64 x 784 x 128, added, f32`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Product { form, m, n, k, dtype, adds, column_major } = self;
        write!(f, "{} {m} x {n} x {k}", form.name())?;
        write!(f, "{}{}", if *adds { ", added" } else { "" }, if *column_major { ", by columns" } else { "" })?;
        write!(f, ", {}", dtype.name())
    }
}

impl Plan {
    /// Counts how often a step of a fleet makes each product. The number is a mean over an epoch, whose last batch may
    /// be smaller.
    pub fn products(&self, fleet: &[usize]) -> BTreeMap<Product, f64> {
        let mut products = BTreeMap::new();
        let config = &self.trials[fleet[0]].config;
        let batches = config.batches(self.data.train);
        let last = 1.0 / batches.steps_per_epoch() as f64;
        for (examples, share) in [(batches.size(), 1.0 - last), (batches.last_size(), last)] {
            self.step_calls(fleet, examples, &mut |shape, call| {
                if share > 0.0 {
                    *products.entry(Product::of(config.dtype, shape, call)).or_insert(0.0) += share;
                }
            });
        }
        products
    }
}
