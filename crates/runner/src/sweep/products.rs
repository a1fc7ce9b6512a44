//! The products of a training step, as the engines ask `kernels` for them.

use std::collections::BTreeMap;
use std::fmt;

use kernels::LayerShape;
use net::Engine;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, Trial};
use crate::experiment::trial::Dtype;

/// Which factor of a product is transposed, as BLAS names it.
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

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Form::Nn => "nn",
            Form::Nt => "nt",
            Form::Tn => "tn",
        }
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
    /// Terms of a sum.
    pub k: usize,
    /// The element type.
    pub dtype: Dtype,
    /// Whether the product is added to C.
    pub adds: bool,
    /// Whether the examples' features lie side by side, as those of a mini-batch do.
    pub column_major: bool,
}

impl Product {
    /// Floating-point operations: a multiplication and an addition a term.
    pub fn flop(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }

    /// Bytes of the three matrices.
    pub fn bytes(&self) -> f64 {
        self.elements(1.0)
    }

    /// Bytes that must at least be moved: each factor is read once, C written, and read where the product is added to it.
    pub fn bytes_moved(&self) -> f64 {
        self.elements(if self.adds { 2.0 } else { 1.0 })
    }

    fn elements(&self, times_c: f64) -> f64 {
        let [m, n, k] = [self.m, self.n, self.k].map(|side| side as f64);
        (m * k + k * n + times_c * m * n) * self.dtype.bytes() as f64
    }

    /// The layer that makes this product.
    pub fn layer(&self) -> LayerShape {
        let &Product { form, m, n, k, .. } = self;
        match form {
            Form::Nn => LayerShape { n_out: m, examples: n, n_in: k },
            Form::Nt => LayerShape { n_out: m, n_in: n, examples: k },
            Form::Tn => LayerShape { n_in: m, examples: n, n_out: k },
        }
    }
}

impl fmt::Display for Product {
    /// `nt 64 x 784 x 128, added, f32`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Product { form, m, n, k, dtype, adds, column_major } = self;
        write!(f, "{} {m} x {n} x {k}", form.name())?;
        write!(f, "{}{}", if *adds { ", added" } else { "" }, if *column_major { ", by columns" } else { "" })?;
        write!(f, ", {}", dtype.name())
    }
}

impl Plan {
    /// Every product that a step of a fleet makes, with how often it does: a fraction of one that only some steps make, since the
    /// last batch of an epoch may be smaller.
    pub fn products(&self, fleet: &[usize]) -> BTreeMap<Product, f64> {
        let mut products = BTreeMap::new();
        let first = &self.trials[fleet[0]];
        let batches = first.config.batches(self.data.train);
        let last = 1.0 / batches.an_epoch() as f64;
        for (examples, share) in [(batches.size(), 1.0 - last), (batches.last_size(), last)] {
            let mut add = |form, [m, n, k]: [usize; 3], adds, column_major| {
                let product = Product { form, m, n, k, dtype: first.config.dtype, adds, column_major };
                if share > 0.0 {
                    *products.entry(product).or_insert(0.0) += share;
                }
            };
            self.first_layer_products(fleet, examples, &mut add);
            for &trial in fleet {
                let is_plain = self.is_plain(&self.trials[trial]);
                for n in self.widths(&self.trials[trial].config)[1..].windows(2) {
                    let (n_in, n_out) = (n[0], n[1]);
                    add(Form::Nn, [n_out, examples, n_in], false, false);
                    add(Form::Tn, [n_in, examples, n_out], false, false);
                    add(Form::Nt, [n_out, n_in, examples], is_plain, false);
                }
            }
        }
        products
    }

    /// Lists the products of the stacked first layers: a step is added to what is kept of W where every net's is plain.
    fn first_layer_products(
        &self,
        fleet: &[usize],
        examples: usize,
        add: &mut impl FnMut(Form, [usize; 3], bool, bool),
    ) {
        let trials = fleet.iter().map(|&trial| &self.trials[trial]);
        let rows = trials.clone().map(|trial| self.widths(&trial.config)[1]).sum();
        let is_plain = trials.clone().all(|trial| self.is_plain(trial));
        let (engine, mini_batches) = self.form(&self.trials[fleet[0]]);
        let columns = self.columns(engine);
        match engine {
            Engine::Dual => add(Form::Nn, [rows, examples, columns], is_plain, false),
            Engine::Direct | Engine::Reduced => {
                // The reduced engine adds D R to W(0) X.
                add(Form::Nn, [rows, examples, columns], engine == Engine::Reduced, mini_batches);
                add(Form::Nt, [rows, columns, examples], is_plain, mini_batches);
            }
        }
    }

    fn is_plain(&self, trial: &Trial) -> bool {
        trial.config.training(self.data.train).is_plain()
    }
}
