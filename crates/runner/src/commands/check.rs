//! `runner check`: reports on this machine, item by item, each ✗ with its fix.

use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::{Choice, Family, Library, Refused, Request, Source, Warning, candidates, choose};
use kernels::{Call, LayerShape, Real, Vectors, WrongProduct, peak, self_check};

use super::answer::{mark, print_with_marks};
use super::blas::set_up_blas;
use crate::machine::{self, Machine};
use datasets::Pinned;
use datasets::catalog::KNOWN;
use datasets::text::count;

/// Two layers of the course's net, a square layer, and a batch of one example.
const SHAPES: [LayerShape; 4] = [
    LayerShape { n_out: 20, n_in: 12_288, examples: 209 },
    LayerShape { n_out: 7, n_in: 20, examples: 209 },
    LayerShape { n_out: 256, n_in: 256, examples: 256 },
    LayerShape { n_out: 20, n_in: 12_288, examples: 1 },
];

/// The peak of a core: floating-point operations per second in f32 and in f64.
#[derive(Clone, Copy)]
struct Peak([f64; 2]);

/// Prints the report on stdout; exit code 3 if the BLAS in use is wrong, refused or far too slow, else 2 if a known
/// data set doesn't have its known content.
pub(super) fn run(asked: Option<&Request>) -> Result<ExitCode> {
    let Choice { library, warnings } = set_up_blas(asked)?;
    let peak = Peak([peak::flops::<f32>(Vectors::detect()), peak::flops::<f64>(Vectors::detect())]);
    let this = Machine::this(library, 1);
    let callers = most_callers(library);
    let admitted = library.admit(callers);
    let products = [("f32", products::<f32>()), ("f64", products::<f64>())];
    let is_slow = warnings.iter().any(|warning| matches!(warning, Warning::Slow { .. }));
    let trusted = admitted.is_ok() && products.iter().all(|(_, result)| result.is_ok());

    let mut report = Report::default();
    let [single, double] = peak.0.map(giga);
    report.line(Some(true), "machine", this.summary());
    report.line(
        Some(true),
        "peak of a core",
        format!("{} multiply-adds: f32 {single}, f64 {double} GFLOP/s", Vectors::detect()),
    );
    report.blas(library, admitted, &warnings);
    report.blas_threads(library, callers);
    products.into_iter().for_each(|(dtype, result)| report.products(library, dtype, result));
    report.libraries(library, peak);
    report.line(Some(true), "HDF5", this.hdf5_version().to_owned());
    let data_are_right = report.data_sets();
    print_with_marks(&report.0)?;
    Ok(ExitCode::from(if !trusted || is_slow { 3 } else { 2 * u8::from(!data_are_right) }))
}

/// Returns the number of cores, or the most callers that the library has buffers for.
fn most_callers(library: &Library) -> usize {
    machine::cores().min(library.most_callers().unwrap_or(usize::MAX))
}

fn products<R: Real>() -> Result<(), WrongProduct> {
    SHAPES.into_iter().try_for_each(|shape| self_check::<R>(shape, &Call::ALL))
}

/// The lines of the report so far.
#[derive(Default)]
struct Report(String);

impl Report {
    /// Adds a line: right, wrong, or neither.
    fn line(&mut self, right: Option<bool>, what: &str, detail: String) {
        self.0 += &format!("{} {what}: {detail}\n", mark(right));
    }

    /// Adds a line for the library, which is admitted or refused, and one for each warning about it.
    fn blas(&mut self, library: &Library, admitted: Result<(), Refused>, warnings: &[Warning]) {
        let detail = match &admitted {
            Ok(()) => format!("{}; {}", library.config(), library.path().display()),
            Err(refused) => refused.to_string(),
        };
        self.line(Some(admitted.is_ok()), "BLAS", detail);
        for warning in warnings {
            let is_note = !matches!(warning, Warning::Slow { .. } | Warning::IgnoredCore { .. });
            self.line(Some(is_note), "BLAS", warning.to_string());
        }
    }

    /// Adds a line for the threads of a product, and one for the callers at once if they are fewer than the cores.
    fn blas_threads(&mut self, library: &Library, callers: usize) {
        let threads = match library.counts_threads() {
            true => format!("{} a product, set and read back", library.threads()),
            false => "unknown: the library has no function that sets them".to_owned(),
        };
        self.line(Some(true), "BLAS threads", threads);
        if callers < machine::cores() {
            let all = count(machine::cores(), "core");
            let detail = format!("{callers} at once, for which it has buffers; this machine has {all}");
            self.line(Some(true), "BLAS threads", detail);
        }
    }

    /// Adds a line for the products in one element type.
    fn products(&mut self, library: &Library, dtype: &str, result: Result<(), WrongProduct>) {
        let has_other_kernels = library.family() == Family::OpenBlas && library.core() != "Haswell";
        let other_kernels = if has_other_kernels { ", or set OPENBLAS_CORETYPE=Haswell" } else { "" };
        let right = format!("W·A, dZ·Aᵀ and Wᵀ·dZ are right at {} shapes", SHAPES.len());
        let fix = |wrong: WrongProduct| format!("{wrong}; use another BLAS (--blas){other_kernels}");
        self.line(Some(result.is_ok()), &format!("products in {dtype}"), result.map_or_else(fix, |()| right));
    }

    /// Adds a line for each known data set; returns `false` if one that is here doesn't have its known content.
    fn data_sets(&mut self) -> bool {
        let mut are_right = true;
        for set in &KNOWN {
            let (right, detail) = match set.find() {
                Err(_) => (None, format!("not here; get it with {}", set.ways_to_get())),
                Ok(files) => match files.iter().try_for_each(Pinned::verify) {
                    Ok(()) => (Some(true), files[0].path.display().to_string()),
                    Err(error) => (Some(false), error.to_string()),
                },
            };
            are_right &= right != Some(false);
            self.line(right, &format!("data set {}", set.name), detail);
        }
        are_right
    }

    /// Adds a line for each library that is found here, with its speed at a product of 256 × 256 × 256.
    fn libraries(&mut self, in_use: &'static Library, peak: Peak) {
        let found: Vec<_> = Source::ALL.into_iter().flat_map(candidates).collect();
        let named = found.iter().map(|candidate| (format!("found {}", candidate.source.name()), &*candidate.path));
        let given = (!found.iter().any(|candidate| candidate.path == in_use.path())).then_some(in_use.path());
        for (what, path) in given.map(|path| ("given".to_owned(), path)).into_iter().chain(named) {
            let choice = choose(&Request::Path(path.to_owned()));
            match choice.and_then(|choice| Ok(choice.library.admit(most_callers(choice.library)).map(|()| choice)?)) {
                Ok(Choice { library, warnings }) => {
                    let slow = warnings.iter().find_map(|warning| match warning {
                        Warning::Slow { remedy, .. } => Some(format!("; slow: {remedy}")),
                        _ => None,
                    });
                    let used = if std::ptr::eq(library, in_use) { ", in use" } else { "" };
                    // The speed of a wrong product means nothing.
                    let (state, fault) = match library.multiplies_correctly() {
                        true => (speed(library, peak), slow),
                        false => ("its products are wrong".to_owned(), Some("; --blas chooses another".to_owned())),
                    };
                    let (right, fix) = (fault.is_none(), fault.unwrap_or_default());
                    self.line(Some(right), &what, format!("{library}, {state}{used}{fix}; {}", path.display()));
                }
                Err(error) => self.line(Some(false), &what, error.to_string()),
            }
        }
    }
}

fn speed(library: &Library, Peak([single, double]): Peak) -> String {
    let of = |dtype: &str, flops: f64, peak: f64| {
        format!("{dtype} {} GFLOP/s ({:.0}% of peak)", giga(flops), 100.0 * flops / peak)
    };
    format!("{}, {}", of("f32", library.flops::<f32>(), single), of("f64", library.flops::<f64>(), double))
}

fn giga(flops: f64) -> String {
    format!("{:.0}", flops / 1e9)
}
