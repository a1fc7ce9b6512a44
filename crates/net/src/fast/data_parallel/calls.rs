//! The products that a step makes, micro-batch by micro-batch.

use kernels::Accumulate::Replace;
use kernels::Call;

use super::micro_batches;
use crate::batches::Batches;
use crate::fast::calls::{ProductCall, weights_call};

/// Lists the calls of the steps of [`super::DataParallel`] for a net with these `widths`, `n[0]` to `n[L]`. Evaluations make those of the
/// direct engine. `column_major` says whether the inputs of each example lie side by side.
pub fn data_parallel_calls(widths: &[usize], batches: &Batches, column_major: bool) -> Vec<ProductCall> {
    let mut calls = Vec::new();
    for m in [batches.size(), batches.last_size()] {
        let count = micro_batches::count(m);
        let mut sizes: Vec<usize> = (0..count).map(|place| micro_batches::examples_of(place, count, m).len()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for examples in sizes {
            for (l, n) in widths.windows(2).enumerate() {
                let of_inputs = |call: Call| if l == 0 { call.with_inputs(column_major) } else { call };
                let weights = weights_call(false, m);
                let mut add = |call| calls.push(ProductCall::new(n[1], n[0], examples, call));
                add(of_inputs(Call::forward(Replace)));
                add(of_inputs(weights));
                if l > 0 {
                    add(Call::backward_data());
                }
            }
        }
    }
    calls
}
