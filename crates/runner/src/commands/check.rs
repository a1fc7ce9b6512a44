//! `runner check`: this machine, item by item, each ✗ with its fix.

use std::process::ExitCode;

use anyhow::Result;
use kernels::openblas::{self, Library};
use kernels::{LayerShape, Real, WrongProduct, self_check};

use super::print;
use crate::data::catalog;
use crate::machine::{self, Machine};

/// The course net's layers, a square one, and one example.
const SHAPES: [LayerShape; 4] = [
    LayerShape { n_out: 20, n_in: 12_288, examples: 209 },
    LayerShape { n_out: 7, n_in: 20, examples: 209 },
    LayerShape { n_out: 256, n_in: 256, examples: 256 },
    LayerShape { n_out: 20, n_in: 12_288, examples: 1 },
];

/// Prints the list on stdout; exit code 3 if OpenBLAS can't be trusted.
pub(super) fn run() -> Result<ExitCode> {
    let library = Library::linked();
    let cores = machine::cores();
    let threads = openblas::use_one_thread();
    let this = Machine::this(&library, 1);
    let admitted = library.admit(cores);
    let (single, double) = (products::<f32>(), products::<f64>());
    let trusted = threads.is_ok() && admitted.is_ok() && single.is_ok() && double.is_ok();

    let mut report = String::new();
    let mut line = |right: bool, what: &str, detail: String| {
        report += &format!("{} {what}: {detail}\n", if right { "✓" } else { "✗" });
    };
    line(true, "machine", this.summary());
    let config = library.config.clone();
    line(admitted.is_ok(), "OpenBLAS release", admitted.map_or_else(|refused| refused.to_string(), |()| config));
    let read_back = "1 a product, set and read back".to_owned();
    line(threads.is_ok(), "OpenBLAS threads", threads.map_or_else(|refused| refused.to_string(), |()| read_back));
    for (dtype, result) in [("f32", single), ("f64", double)] {
        let right = format!("W·A, dZ·Aᵀ and Wᵀ·dZ are right at {} shapes", SHAPES.len());
        let fix = |wrong: WrongProduct| format!("{wrong}; install another OpenBLAS, or set OPENBLAS_CORETYPE=Haswell");
        line(result.is_ok(), &format!("products in {dtype}"), result.map_or_else(fix, |()| right));
    }
    line(true, "HDF5", this.hdf5_version().to_owned());
    for set in catalog::list() {
        let found = set.files.as_ref().map(|files| files.train.display().to_string());
        let detail = found.unwrap_or_else(|| format!("not here; {}", set.command));
        line(set.files.is_some(), &format!("data set {}", set.name), detail);
    }
    print(&report)?;
    Ok(if trusted { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn products<R: Real>() -> Result<(), WrongProduct> {
    SHAPES.into_iter().try_for_each(self_check::<R>)
}
