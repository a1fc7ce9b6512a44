//! One step, laid open: every product and pass is a call of `net`, and each result is kept.

use kernels::bias_activation;
use ndarray::{Array1, Array2, Axis};
use net::cost::da_output;
use net::gradient_check::{self, TensorCheck};
use net::{Cost, Gradient, Optimiser, Training};

use super::subject::Subject;
use crate::spec::worked_example::example::Tensor;

/// The most multiply-adds that finite differences take, but for a few elements of each tensor.
const MULTIPLY_ADDS: f64 = 2e9;
/// The fewest and the most elements of a tensor that are compared with finite differences.
const COMPARED: [usize; 2] = [4, 1000];

/// All results of a step.
#[derive(Default)]
pub(super) struct Pass {
    /// Layer l is at index l - 1.
    pub(super) layers: Vec<LayerPass>,
    /// `da[0]`, which training doesn't need.
    pub(super) da_0: Option<Array2<f64>>,
    /// J.
    pub(super) cost: Option<f64>,
    /// J on the same examples after the update.
    pub(super) cost_after: Option<f64>,
    /// True if `dz[L]` comes from `da[L]` and g', as in the textbook; else it comes from the cost as a whole.
    pub(super) is_textbook_start: bool,
    /// The Euclidean norm of all dW and db together; 0 if there is no update.
    pub(super) norm: f64,
    /// dW and db of each layer beside finite differences of J; empty if there is no J.
    pub(super) differences: Vec<TensorCheck>,
}

/// The results of a step in one layer; `None` for those that the step does not compute.
#[derive(Clone, Default)]
pub(super) struct LayerPass {
    pub(super) z: Option<Array2<f64>>,
    pub(super) a: Option<Array2<f64>>,
    /// The results of dropout; `None` without it.
    pub(super) dropout: Option<DropoutPass>,
    pub(super) da: Option<Array2<f64>>,
    pub(super) dz: Option<Array2<f64>>,
    pub(super) dw: Option<Array2<f64>>,
    pub(super) db: Option<Array2<f64>>,
    /// The updates of W and b.
    pub(super) moved: Option<[Moved; 2]>,
}

/// The results of dropout in one layer.
#[derive(Clone)]
pub(super) struct DropoutPass {
    /// 1 where a unit is kept, else 0.
    pub(super) mask: Array2<f64>,
    /// ã, `a[l]` after dropout.
    pub(super) a: Array2<f64>,
    /// dã, what comes back to there.
    pub(super) da: Option<Array2<f64>>,
}

/// The update of one tensor; matrices have its shape, n × 1 for b.
#[derive(Clone)]
pub(super) struct Moved {
    /// The moments before the step.
    pub(super) before: Vec<Array2<f64>>,
    /// The moments after it.
    pub(super) after: Vec<Array2<f64>>,
    /// The tensor after it.
    pub(super) new: Array2<f64>,
}

impl Pass {
    /// Makes the step of `subject`: forward, cost, back, update, and the finite differences.
    pub(super) fn of(subject: &Subject) -> Self {
        let Subject { chain, x, .. } = subject;
        let depth = chain.layers.len();
        let mut pass = Pass { layers: vec![LayerPass::default(); depth], ..Pass::default() };
        let mut caches = subject.caches.clone();
        let mut gradients = chain.gradients(x.as_ref().map_or(1, Array2::ncols));
        if let Some(x) = x {
            let inputs = pass.forward(subject, x, &mut caches);
            pass.start(subject, &caches);
            pass.back(subject, &inputs, &caches, &mut gradients);
        }
        for (l, (gradient, layer)) in gradients.iter_mut().zip(&mut pass.layers).enumerate() {
            if let Some(dw) = subject.given(l, Tensor::Dw) {
                gradient.dw.assign(dw);
                layer.dw = Some(dw.clone());
            }
            if let Some(db) = subject.given(l, Tensor::Db) {
                gradient.db.assign(&db.column(0));
                layer.db = Some(db.clone());
            }
        }
        if let (Some(x), Some(y), false) = (x, &subject.y, subject.gives_caches()) {
            let per_tensor = compared(subject, x.ncols());
            // The gradient of J alone: weight decay is a part of the update.
            let training = Training { optimiser: Optimiser::DESCENT, ..Training::descent(1.0, 1, 1) };
            pass.differences =
                gradient_check::compare(chain, x.view(), y.view(), &training, &caches, &gradients, per_tensor);
        }
        let is_complete = pass.layers.iter().all(|layer| layer.dw.is_some() && layer.db.is_some());
        if let (Some(update), true) = (&subject.update, is_complete) {
            pass.norm = Gradient::norm(&gradients);
            let (mut moved, mut state) = (chain.clone(), update.state.clone());
            state.step(&mut moved, &gradients, update.learning_rate);
            for (i, (layer, moved)) in pass.layers.iter_mut().zip(&moved.layers).enumerate() {
                let ([w_before, b_before], [w_after, b_after]) = (update.state.moments(i), state.moments(i));
                let columns = |rows: &[Array2<f64>]| rows.iter().map(|row| row.t().to_owned()).collect();
                layer.moved = Some([
                    Moved { before: w_before.to_vec(), after: w_after.to_vec(), new: moved.w.clone() },
                    Moved { before: columns(b_before), after: columns(b_after), new: column(&moved.b) },
                ]);
            }
            if let (Some(x), Some(y), Some(_), false) = (x, &subject.y, pass.cost, subject.gives_caches()) {
                pass.cost_after = Some(chain.cost().mean(moved.forward(x.view(), &mut caches).z.view(), y.view()));
            }
        }
        pass
    }

    /// Goes left to right, and returns the input of each layer.
    fn forward(&mut self, subject: &Subject, x: &Array2<f64>, caches: &mut [net::Cache<f64>]) -> Vec<Array2<f64>> {
        let mut inputs = vec![x.clone()];
        for (l, (layer, cache)) in subject.chain.layers.iter().zip(caches).enumerate() {
            layer.forward(inputs[l].view(), cache);
            if let Some(z) = subject.given(l, Tensor::Z) {
                cache.z.assign(z);
                let no_bias = Array1::zeros(layer.n_out());
                bias_activation(layer.activation, no_bias.view(), cache.z.view_mut(), cache.a.view_mut());
            }
            let given = subject.given(l, Tensor::A);
            self.layers[l].z = Some(cache.z.clone());
            self.layers[l].a = Some(given.unwrap_or(&cache.a).clone());
            self.layers[l].dropout = cache.mask().map(|mask| {
                let mask = mask.mapv(|kept| f64::from(u8::from(kept > 0.0)));
                DropoutPass { mask, a: cache.output().to_owned(), da: None }
            });
            inputs.push(given.map_or_else(|| cache.output().to_owned(), Array2::clone));
        }
        inputs
    }

    /// Computes J, `da[L]` and `dz[L]`.
    fn start(&mut self, subject: &Subject, caches: &[net::Cache<f64>]) {
        let last = self.layers.len() - 1;
        let layer = &subject.chain.layers[last];
        let is_given = |tensor| subject.given(last, tensor).is_some();
        let mut da = subject.given(last, Tensor::Da).cloned();
        let mut dz = subject.given(last, Tensor::Dz).cloned();
        if let (Some(y), Some(a)) = (&subject.y, &self.layers[last].a) {
            let cost = subject.chain.cost();
            self.cost = (!is_given(Tensor::A)).then(|| cost.mean(caches[last].z.view(), y.view()));
            if da.is_none() && cost == Cost::BinaryCrossEntropy {
                let mut textbook = Array2::zeros(a.dim());
                da_output(a.view(), y.view(), textbook.view_mut());
                da = Some(textbook);
            }
            let is_own = !is_given(Tensor::Da) && (!is_given(Tensor::A) || cost != Cost::BinaryCrossEntropy);
            if dz.is_none() && is_own {
                let mut from_cost = Array2::zeros(a.dim());
                cost.dz_output(a.view(), y.view(), from_cost.view_mut());
                dz = Some(from_cost);
            }
        }
        if let (None, Some(da)) = (&dz, &da) {
            self.is_textbook_start = true;
            let mut through = da.clone();
            layer.backward_activation(&caches[last], through.view_mut());
            dz = Some(through);
        }
        (self.layers[last].da, self.layers[last].dz) = (da, dz);
    }

    /// Goes back from `dz[L]`, right to left.
    fn back(
        &mut self,
        subject: &Subject,
        inputs: &[Array2<f64>],
        caches: &[net::Cache<f64>],
        gradients: &mut [net::Gradient<f64>],
    ) {
        for l in (0..self.layers.len()).rev() {
            let (layer, gradient) = (&subject.chain.layers[l], &mut gradients[l]);
            let Some(dz) = &self.layers[l].dz else { return };
            gradient.dz.assign(dz);
            layer.backward_parameters(inputs[l].view(), gradient);
            (self.layers[l].dw, self.layers[l].db) = (Some(gradient.dw.clone()), Some(column(&gradient.db)));
            let mut da_prev = Array2::zeros(inputs[l].dim());
            layer.backward_da_prev(gradient.dz.view(), da_prev.view_mut());
            let Some(below) = l.checked_sub(1) else {
                self.da_0 = Some(da_prev);
                return;
            };
            let came_back = subject.given(below, Tensor::Da).cloned().unwrap_or(da_prev);
            let through = || {
                let mut dz = came_back.clone();
                subject.chain.layers[below].backward_activation(&caches[below], dz.view_mut());
                dz
            };
            self.layers[below].dz = Some(subject.given(below, Tensor::Dz).cloned().unwrap_or_else(through));
            let da = caches[below].mask().map(|mask| &came_back * &mask);
            if let Some(dropout) = &mut self.layers[below].dropout {
                dropout.da = Some(came_back.clone());
            }
            self.layers[below].da = Some(da.unwrap_or(came_back));
        }
    }
}

/// Views a bias as the course writes it, n × 1.
pub(super) fn column(bias: &Array1<f64>) -> Array2<f64> {
    bias.clone().insert_axis(Axis(1))
}

/// Returns the number of elements of each tensor that finite differences are taken for.
fn compared(subject: &Subject, examples: usize) -> usize {
    let parameters: usize = subject.chain.layers.iter().map(|layer| layer.w.len()).sum();
    let tensors = 2 * subject.chain.layers.len();
    let forward = 4.0 * (parameters * examples) as f64;
    let [fewest, most] = COMPARED;
    ((MULTIPLY_ADDS / forward / tensors as f64) as usize).clamp(fewest, most)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use net::OptimiserState;

    use super::*;
    use crate::cli::{Blas, ExperimentArgs, Trace};
    use crate::spec::worked_example::example::WorkedExample;

    fn lecture() -> Subject {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/trace/lecture.toml");
        let example = WorkedExample::load(&file, &[]).unwrap().unwrap();
        let experiment = ExperimentArgs { file, overrides: Vec::new() };
        let (step, examples, hdf5, html) = (1, None, None, None);
        let args = Trace {
            experiment,
            step,
            examples,
            full: false,
            json: false,
            hdf5,
            html,
            force: false,
            blas: Blas::default(),
        };
        Subject::of_example(example, &args).unwrap()
    }

    #[test]
    fn every_result_has_the_bits_of_the_chains_own_passes() {
        let subject = lecture();
        let pass = Pass::of(&subject);
        let (x, y) = (subject.x.as_ref().unwrap().view(), subject.y.as_ref().unwrap().view());
        let mut chain = subject.chain.clone();
        let (mut caches, mut gradients) = (chain.caches(3), chain.gradients(3));
        let output = chain.forward(x, &mut caches);
        assert_eq!(pass.cost, Some(chain.cost().mean(output.z.view(), y)));
        chain.backward(x, y, &caches, &mut gradients);
        OptimiserState::new(Optimiser::DESCENT, &subject.chain).step(&mut chain, &gradients, 0.5);
        for (l, found) in pass.layers.iter().enumerate() {
            assert_eq!((&found.z, &found.a), (&Some(caches[l].z.clone()), &Some(caches[l].a.clone())), "layer {l}");
            assert_eq!((&found.dz, &found.dw), (&Some(gradients[l].dz.clone()), &Some(gradients[l].dw.clone())));
            assert_eq!(found.db, Some(column(&gradients[l].db)));
            let moved = found.moved.as_ref().map(|[w, b]| (&w.new, &b.new));
            assert_eq!(moved, Some((&chain.layers[l].w, &column(&chain.layers[l].b))));
        }
        assert_eq!(pass.cost_after, Some(chain.cost().mean(chain.forward(x, &mut caches).z.view(), y)));
    }
}
