//! The part of a record that describes a library: its name, its file and the overhead of its calls.

use std::path::PathBuf;

use kernels::blas::Library;
use serde::{Deserialize, Serialize};

use super::limits::call_seconds;
use crate::spec::trial::Dtype;
use crate::text::path_as_text;
use datasets::files::hash_file;

/// A library that was timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LibraryRecord {
    /// Family, release and core.
    pub(crate) name: String,
    /// The file.
    #[serde(serialize_with = "path_as_text")]
    pub(crate) path: PathBuf,
    /// Its hash.
    pub(crate) sha256: String,
    /// Seconds of a call that multiplies next to nothing, by element type: the least of the run.
    pub(crate) call_seconds: Vec<(Dtype, f64)>,
    /// Seconds of such a product in Layerchain's own loops, by element type, if they make small products in place of this library.
    #[serde(default)]
    pub(crate) loop_seconds: Vec<(Dtype, f64)>,
}

impl LibraryRecord {
    /// Describes `library`, without its overhead.
    pub(crate) fn new(library: &Library) -> Self {
        let sha256 = hash_file(library.path()).unwrap_or_default();
        let (call_seconds, loop_seconds) = (Vec::new(), Vec::new());
        LibraryRecord { name: library.to_string(), path: library.path().to_owned(), sha256, call_seconds, loop_seconds }
    }

    /// Measures the overhead of a call of `library`, which this describes, and of our loops in its place again, and keeps
    /// the least.
    pub(crate) fn update_overhead(&mut self, library: &'static Library, dtype: Dtype) {
        for (own_loops, known) in [(false, &mut self.call_seconds), (true, &mut self.loop_seconds)] {
            call_seconds(library, dtype, own_loops).into_iter().for_each(|seconds| keep_least(known, dtype, seconds));
        }
    }

    /// Returns the seconds of the overhead of a product that the library makes, or that our loops make in its place; 0 if it
    /// wasn't measured.
    pub(crate) fn overhead(&self, dtype: Dtype, own_loops: bool) -> f64 {
        let known = if own_loops { &self.loop_seconds } else { &self.call_seconds };
        known.iter().find(|(of, _)| *of == dtype).map_or(0.0, |(_, seconds)| *seconds)
    }
}

/// Keeps the lesser of the known seconds of `dtype` and these.
fn keep_least(known: &mut Vec<(Dtype, f64)>, dtype: Dtype, seconds: f64) {
    match known.iter_mut().find(|(of, _)| *of == dtype) {
        Some((_, least)) => *least = least.min(seconds),
        None => known.push((dtype, seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::compare::tests::record;

    #[test]
    fn the_least_overhead_counts_and_that_of_the_loops_for_the_products_that_they_make() {
        let mut library = record(&[1.0]).libraries.remove(0);
        assert_eq!(library.overhead(Dtype::F32, false), 0.0);
        for (seconds, of_loops) in [(3e-7, 2e-8), (2e-7, 3e-8), (4e-7, 4e-8)] {
            keep_least(&mut library.call_seconds, Dtype::F32, seconds);
            keep_least(&mut library.loop_seconds, Dtype::F32, of_loops);
        }
        keep_least(&mut library.call_seconds, Dtype::F64, 5e-7);
        let found = [(Dtype::F32, false), (Dtype::F32, true), (Dtype::F64, false), (Dtype::F64, true)];
        assert_eq!(found.map(|(dtype, own_loops)| library.overhead(dtype, own_loops)), [2e-7, 2e-8, 5e-7, 0.0]);
    }
}
