//! The comparison of a bench with the record of an earlier one.
//!
//! On a shared machine, other programs make samples longer, never shorter, and by varying amounts. Hence the lower
//! quartiles are compared, with each sample multiplied by the pace of the core around it ([`Samples::paced`]); and a
//! difference counts only if the whole confidence interval of the ratio lies beyond the bound.

use std::fmt;

use super::library_record::LibraryRecord;
use super::measure::Samples;
use super::record::{Host, Measured, Record};
use super::statistics::Quantile;
use crate::plan::products::Product;

/// A reason why a record can't be compared with this run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is of another processor.
    #[error(
        "{name} is a record of another machine ({then}); this is {now}: compare there, or --save a record here first"
    )]
    AnotherMachine { name: String, then: String, now: String },
    /// It is of another number of threads.
    #[error("{name} was timed with {then} threads, this with {now}: use --threads {then}")]
    Threads { name: String, then: usize, now: usize },
    /// No case is in both.
    #[error(
        "{0} has no product and no step that was timed now on a library of the same name: use the experiment and the --blas of then"
    )]
    NothingInCommon(String),
}

/// The ratio of the lower quartiles of a case's times, now over then, with the interval that follows from the intervals
/// of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratio(pub(crate) Quantile);

impl Ratio {
    pub(crate) fn of(now: &Samples, then: &Samples) -> Self {
        let [now, then] = [now, then].map(|samples| Quantile::of(&samples.paced(), 0.25));
        Ratio(Quantile { at: now.at / then.at, low: now.low / then.high, high: now.high / then.low })
    }

    /// Returns whether the case takes longer by more than this share, beyond what chance explains.
    pub(crate) fn is_slower_by(&self, share: f64) -> bool {
        self.0.low > 1.0 + share
    }

    /// Returns whether the case takes less time by more than this share, beyond what chance explains.
    pub(crate) fn is_faster_by(&self, share: f64) -> bool {
        self.0.high < 1.0 / (1.0 + share)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Quantile { at, low, high } = self.0;
        write!(f, "{at:.3} times as long ({low:.3} to {high:.3})")
    }
}

/// A case of a run that is in the record too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'r> {
    /// Its place in the run.
    pub(crate) case: Case,
    /// The place of its library in the run.
    pub(crate) library: usize,
    /// The earlier measurement.
    pub(crate) then: &'r Measured,
}

/// A case of a record, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Product(usize),
    Step(usize),
}

/// Checks that the record `then`, called `name`, may be compared with a run of `threads` threads on `host`.
///
/// # Errors
/// If it is of another machine or number of threads.
pub(crate) fn same_machine(name: &str, then: &Record, host: &Host, threads: usize) -> Result<(), Error> {
    let machine = |host: &Host| format!("{}, {}", host.cpu, host.vectors);
    if machine(&then.host) != machine(host) {
        return Err(Error::AnotherMachine { name: name.to_owned(), then: machine(&then.host), now: machine(host) });
    }
    if then.threads != threads {
        return Err(Error::Threads { name: name.to_owned(), then: then.threads, now: threads });
    }
    Ok(())
}

/// The libraries and cases that a run times, by what those of a record must equal to be compared with them.
pub(crate) struct Timed {
    /// The libraries.
    pub(crate) libraries: Vec<LibraryRecord>,
    /// The products.
    pub(crate) products: Vec<Product>,
    /// The costs of the steps, see [`FleetKind::cost`](crate::plan::kinds::FleetKind::cost).
    pub(crate) steps: Vec<String>,
}

/// Pairs the cases of a run with those of a record.
///
/// # Errors
/// If there is none.
pub(crate) fn pairs<'r>(name: &str, now: &Timed, then: &'r Record) -> Result<Vec<Pair<'r>>, Error> {
    let mut pairs = Vec::new();
    for (library, of_now) in now.libraries.iter().enumerate() {
        let Some(at) = counterpart(of_now, then) else { continue };
        for (index, product) in now.products.iter().enumerate() {
            let known = then.products.iter().find(|known| known.product == *product);
            pairs.extend(known.map(|known| Pair { case: Case::Product(index), library, then: &known.results[at] }));
        }
        for (index, cost) in now.steps.iter().enumerate() {
            let known = then.steps.iter().find(|known| known.cost == *cost);
            pairs.extend(known.map(|known| Pair { case: Case::Step(index), library, then: &known.results[at] }));
        }
    }
    if pairs.is_empty() { Err(Error::NothingInCommon(name.to_owned())) } else { Ok(pairs) }
}

/// Finds the place of a library in the record `then`: one of the same name, which has the core in it, and if possible the same file.
fn counterpart(library: &LibraryRecord, then: &Record) -> Option<usize> {
    let namesakes = || then.libraries.iter().enumerate().filter(|(_, known)| known.name == library.name);
    let same_file = namesakes().find(|(_, known)| known.sha256 == library.sha256);
    same_file.or_else(|| namesakes().next()).map(|(at, _)| at)
}

/// Lists the libraries that were another file of the same name then.
pub(crate) fn other_files<'n>(now: &'n Record, then: &Record) -> Vec<&'n LibraryRecord> {
    let differs = |library: &&LibraryRecord| {
        counterpart(library, then).is_some_and(|at| then.libraries[at].sha256 != library.sha256)
    };
    now.libraries.iter().filter(differs).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bench::record::{ProductRecord, StepRecord};
    use crate::plan::products::Form;
    use crate::spec::trial::Dtype;

    fn samples(seconds: &[f64]) -> Samples {
        Samples { seconds: seconds.to_vec(), pace: vec![2.0; seconds.len()], calls: 1 }
    }

    /// Makes a record of one product of one library.
    pub(crate) fn record(seconds: &[f64]) -> Record {
        let mut record = Record::new("a test".to_owned(), 1);
        let name = "OpenBLAS 0.3.34 Zen".to_owned();
        let library = LibraryRecord {
            name,
            path: "/a".into(),
            sha256: "12".to_owned(),
            call_seconds: vec![],
            loop_seconds: vec![],
        };
        record.libraries.push(library);
        let product = Product { form: Form::Nn, m: 2, n: 3, k: 4, dtype: Dtype::F32, adds: false, column_major: false };
        let results = vec![Measured::new(samples(seconds), product.flop(), 1e11, None)];
        let (flop, bytes) = (product.flop(), product.bytes_moved());
        record.products.push(ProductRecord { product, calls_a_step: None, share_of_step: None, flop, bytes, results });
        record
    }

    fn timed(record: &Record) -> Timed {
        Timed {
            libraries: record.libraries.clone(),
            products: record.products.iter().map(|of| of.product).collect(),
            steps: record.steps.iter().map(|step| step.cost.clone()).collect(),
        }
    }

    /// Makes as many samples as a short product has, around `seconds` and within one per cent.
    fn around(seconds: f64) -> Samples {
        samples(&(0..42).map(|i| seconds * (1.0 + f64::from(i % 5 - 2) / 200.0)).collect::<Vec<_>>())
    }

    #[test]
    fn a_case_is_slower_where_the_whole_interval_is_beyond_the_bound() {
        let ratio = |now: f64| Ratio::of(&around(now), &around(1.0));
        assert_eq!(
            [0.9, 1.0, 1.04, 1.055, 1.1].map(|now| ratio(now).is_slower_by(0.05)),
            [false, false, false, false, true]
        );
        assert_eq!([0.9, 0.96, 1.1].map(|now| ratio(now).is_faster_by(0.05)), [true, false, false]);
    }

    #[test]
    fn what_was_disturbed_for_half_of_the_time_is_no_slower_kernel_then_or_now() {
        let mut disturbed = around(1.0);
        disturbed.seconds[21..].iter_mut().for_each(|seconds| *seconds *= 1.3);
        let ratio = Ratio::of(&disturbed, &around(1.0));
        assert!(!ratio.is_slower_by(0.05), "{ratio}");
        let mut slower = around(1.1);
        slower.seconds[21..].iter_mut().for_each(|seconds| *seconds *= 1.3);
        let ratio = Ratio::of(&slower, &disturbed);
        assert!(ratio.is_slower_by(0.05), "{ratio}");
    }

    #[test]
    fn a_slower_clock_is_no_slower_kernel() {
        let mut at_half = around(2.0);
        at_half.pace.iter_mut().for_each(|pace| *pace /= 2.0);
        assert!((Ratio::of(&at_half, &around(1.0)).0.at - 1.0).abs() < 1e-12);
    }

    #[test]
    fn cases_are_matched_by_product_and_by_the_name_of_the_library() {
        let (now, mut then) = (record(&[1.0]), record(&[1.0]));
        assert_eq!(pairs("then", &timed(&now), &then).unwrap().len(), 1);
        assert!(other_files(&now, &then).is_empty());
        then.libraries[0].sha256 = "13".to_owned();
        assert_eq!(other_files(&now, &then).len(), 1);
        then.products[0].product.k = 5;
        assert!(matches!(pairs("then", &timed(&now), &then), Err(Error::NothingInCommon(_))));
        then = record(&[1.0]);
        then.libraries[0].name = "MKL".to_owned();
        then.libraries[0].sha256 = "13".to_owned();
        assert!(pairs("then", &timed(&now), &then).is_err());
    }

    #[test]
    fn of_two_files_of_one_name_a_library_is_compared_with_its_own() {
        let (now, mut then) = (record(&[1.0]), record(&[1.0]));
        let other = LibraryRecord { sha256: "13".to_owned(), ..then.libraries[0].clone() };
        then.libraries.insert(0, other);
        let of_other = Measured { samples: samples(&[5.0]), ..then.products[0].results[0].clone() };
        then.products[0].results.insert(0, of_other);
        let pairs = pairs("then", &timed(&now), &then).unwrap();
        assert_eq!(pairs.iter().map(|pair| pair.then.samples.seconds[0]).collect::<Vec<_>>(), [1.0]);
        assert!(other_files(&now, &then).is_empty());
    }

    #[test]
    fn steps_are_matched_by_what_they_cost_and_not_by_the_words_for_their_nets() {
        let with_steps = |steps: &[(&str, f64)]| {
            let step = |&(cost, seconds): &(&str, f64)| {
                let results = vec![Measured::new(samples(&[seconds]), 1e6, 1e11, None)];
                let (fleet, cost) = ("192-6-1, direct, 40 examples".to_owned(), cost.to_owned());
                StepRecord { fleet, cost, dtype: Dtype::F32, fleets: 1, flop: 1e6, results }
            };
            let mut record = record(&[1.0]);
            (record.products, record.steps) = (Vec::new(), steps.iter().map(step).collect());
            record
        };
        let (now, then) = (with_steps(&[("adam", 2.0), ("gd", 1.0)]), with_steps(&[("gd", 1.0), ("adam", 2.0)]));
        let pairs = pairs("then", &timed(&now), &then).unwrap();
        assert_eq!(pairs.iter().map(|pair| pair.then.samples.seconds[0]).collect::<Vec<_>>(), [2.0, 1.0]);
    }

    #[test]
    fn a_record_of_another_machine_or_of_more_threads_is_refused() {
        let mut then = record(&[1.0]);
        assert!(same_machine("then", &then, &Host::this(), 1).is_ok());
        assert!(same_machine("then", &then, &Host::this(), 2).is_err());
        then.host.vectors = "AVX9".to_owned();
        assert!(same_machine("then", &then, &Host::this(), 1).is_err());
        then.host = Host::this();
        then.host.cpu = "another".to_owned();
        let error = same_machine("then", &then, &Host::this(), 1).unwrap_err().to_string();
        assert!(error.starts_with("then is a record of another machine (another, "), "{error}");
    }
}
