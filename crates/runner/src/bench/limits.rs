//! The machine's limits: its peak, its bandwidth and the overhead of a call; and the one that bounds a product.

use std::collections::BTreeMap;
use std::fmt;
use std::hint::black_box;
use std::time::Instant;

use kernels::blas::Library;
use kernels::{Accumulate, Call, Real, backward_weights, forward, made_by_loops, peak};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::plan::products::Product;
use crate::spec::trial::Dtype;

/// A limit that bounds the speed of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bound {
    /// The multiply-adds take longest.
    Compute,
    /// Moving the matrices takes longest.
    Bandwidth,
    /// The overhead of the call takes longest, measured as a product of one element.
    #[serde(alias = "call-overhead")] // its name in the records of earlier builds
    Calls,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Bound::Compute => "compute",
            Bound::Bandwidth => "bandwidth",
            Bound::Calls => "calls",
        })
    }
}

/// The machine's limits, as measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Operations per second of all threads, by element type: the best of the run.
    pub(crate) peak: BTreeMap<Dtype, f64>,
    /// Bytes per second that all threads move, by the size of the working set in bytes, which they share.
    pub(crate) bandwidth: BTreeMap<usize, f64>,
}

impl Limits {
    /// Measures the peak of `threads` cores again, and keeps the best.
    pub(crate) fn update_peak(&mut self, dtype: Dtype, threads: usize) {
        let flops = match dtype {
            Dtype::F32 => peak::flops_of_threads::<f32>(threads),
            Dtype::F64 => peak::flops_of_threads::<f64>(threads),
        };
        let best = self.peak.entry(dtype).or_insert(flops);
        *best = best.max(flops);
    }

    /// Measures the bandwidth of `threads` cores in a working set of `bytes`, unless it is known.
    pub(crate) fn add_bandwidth(&mut self, bytes: f64, threads: usize) {
        let size = size(bytes);
        self.bandwidth.entry(size).or_insert_with(|| peak::bandwidth_of_threads(size, threads));
    }

    /// Returns the bandwidth in a working set of `bytes`.
    ///
    /// # Panics
    /// If it wasn't measured.
    pub(crate) fn bandwidth(&self, bytes: f64) -> f64 {
        self.bandwidth[&size(bytes)]
    }

    /// Returns the limit that gives a product its longest lower bound of time; `call` is the seconds of the overhead of
    /// a call.
    pub(crate) fn bound(&self, product: &Product, call: f64) -> Bound {
        let compute = product.flop() / self.peak[&product.dtype];
        let moving = product.bytes_moved() / self.bandwidth(product.bytes());
        let times = [(call, Bound::Calls), (moving, Bound::Bandwidth), (compute, Bound::Compute)];
        times.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or(Bound::Compute, |(_, bound)| bound)
    }
}

/// Rounds up to a multiple of an eighth of the power of two below, from a page to half a gigabyte, beyond which the bandwidth doesn't
/// change. Twice as large a set may lie in the next cache.
fn size(bytes: f64) -> usize {
    let bytes = (bytes as usize).clamp(1 << 12, 1 << 29);
    bytes.next_multiple_of((1 << bytes.ilog2()) / 8)
}

/// Measures the overhead of a call of `library` in seconds, or with `own_loops` of Layerchain's loops in its place: the
/// least of many means, each of a product of one element. `None` if our loops make no product in place of this library.
pub(crate) fn call_seconds(library: &'static Library, dtype: Dtype, own_loops: bool) -> Option<f64> {
    library.put_into_use();
    match dtype {
        Dtype::F32 => smallest_product::<f32>(library, own_loops),
        Dtype::F64 => smallest_product::<f64>(library, own_loops),
    }
}

/// Times W a of one element each. Where our loops make that product, dz aᵀ of two examples is a call of the library.
fn smallest_product<R: Real>(library: &Library, own_loops: bool) -> Option<f64> {
    const CALLS: u32 = 200;
    const WINDOWS: usize = 50;
    let (a, b, mut c) = (Array2::<R>::ones((1, 1)), Array2::<R>::ones((1, 1)), Array2::<R>::zeros((1, 1)));
    let two = Array2::<R>::ones((1, 2));
    let loops_make_forward = made_by_loops::<R>(library, Call::forward(Accumulate::Replace), [1, 1, 1], 1);
    if own_loops && !loops_make_forward {
        return None;
    }
    let mut window = || {
        let start = Instant::now();
        for _ in 0..CALLS {
            if own_loops == loops_make_forward {
                forward(black_box(a.view()), b.view(), c.view_mut(), Accumulate::Replace);
            } else {
                backward_weights(black_box(two.view()), two.view(), R::one(), c.view_mut(), Accumulate::Replace);
            }
        }
        start.elapsed().as_secs_f64() / f64::from(CALLS)
    };
    Some((0..WINDOWS).map(|_| window()).fold(f64::INFINITY, f64::min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::products::Form;

    #[test]
    fn the_longest_of_the_three_times_bounds_a_product() {
        let mut limits = Limits::default();
        limits.peak.insert(Dtype::F32, 1e11);
        let product =
            |m, n, k| Product { form: Form::Nn, m, n, k, dtype: Dtype::F32, adds: false, column_major: false };
        for product in [product(256, 256, 256), product(1, 2000, 2000), product(2, 2, 2)] {
            limits.bandwidth.insert(size(product.bytes()), 2e10);
        }
        assert_eq!(limits.bound(&product(256, 256, 256), 1e-7), Bound::Compute);
        assert_eq!(limits.bound(&product(1, 2000, 2000), 1e-7), Bound::Bandwidth);
        assert_eq!(limits.bound(&product(2, 2, 2), 1e-7), Bound::Calls);
    }

    #[test]
    fn a_bandwidth_is_that_of_a_set_at_most_an_eighth_larger() {
        for bytes in [4096.0, 4097.0, 33_536.0, 1_052_672.0, 2_097_152.0] {
            let size = size(bytes) as f64;
            assert!(bytes <= size && size <= 1.125 * bytes, "{bytes} {size}");
        }
    }

    #[test]
    fn a_bound_has_the_name_of_the_table_in_json_and_is_read_by_its_former_name_too() {
        for bound in [Bound::Compute, Bound::Bandwidth, Bound::Calls] {
            assert_eq!(serde_json::to_string(&bound).unwrap(), format!("\"{bound}\""));
        }
        assert_eq!(serde_json::from_str::<Bound>("\"call-overhead\"").unwrap(), Bound::Calls);
    }

    #[test]
    fn working_sets_of_about_the_same_size_are_measured_once() {
        assert_eq!([1.0, 5000.0, 5100.0, 8192.0, 9000.0, 1e12].map(size), [4096, 5120, 5120, 8192, 9216, 1 << 29]);
    }
}
