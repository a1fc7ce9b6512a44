//! The run of a bench: it checks the libraries, times the cases and evaluates the times.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use kernels::blas::Library;
use kernels::{Call, LayerShape, WrongProduct, with_subnormals_flushed};

use super::cases::{Weight, Weighted};
use super::compare::{Case, Timed};
use super::library_record::LibraryRecord;
use super::limits::Limits;
use super::measure::{Measurement, PASSES, Samples, Settings};
use super::operands::Operands;
use super::record::{Measured, ProductRecord, Record, StepRecord};
use crate::plan::Plan;
use crate::plan::calls::self_check_of;
use crate::plan::kinds::FleetKind;
use crate::plan::products::Product;
use crate::run::fleet::endless;
use crate::run::inputs::Inputs;
use crate::spec::trial::Dtype;

/// The working sets whose bandwidth every record has, for the roofs of its plot: one in the nearest cache, and one
/// beyond most caches.
const ROOFS: [f64; 2] = [16.0 * 1024.0, 128.0 * 1024.0 * 1024.0];

/// The number of cases after which the peak is measured again.
const CASES_A_PEAK: usize = 4;

/// A fleet whose steps are timed, with its plan and inputs.
pub(crate) struct Step<'i> {
    pub(crate) plan: &'i Plan,
    pub(crate) inputs: &'i Inputs,
    pub(crate) kind: FleetKind,
}

impl Step<'_> {
    fn dtype(&self) -> Dtype {
        self.plan.trials[self.kind.fleet[0]].config.dtype
    }
}

/// The cases to time, the libraries, and the time for each.
pub(crate) struct Bench<'i> {
    pub(crate) libraries: Vec<&'static Library>,
    /// The threads of the team that runs the bench.
    pub(crate) threads: usize,
    /// The seconds of each case, for all libraries together.
    pub(crate) seconds: f64,
    /// The pause between passes, which spreads the samples over some seconds.
    pub(crate) pause: Duration,
    pub(crate) products: Vec<Weighted>,
    pub(crate) steps: Vec<Step<'i>>,
}

impl Bench<'_> {
    /// Returns the shapes of layers that are checked before they are timed.
    pub(crate) fn layers(&self) -> BTreeSet<(Dtype, LayerShape)> {
        let shape = |product: Product| (product.dtype, product.call().0);
        let products = self.products.iter().map(|case| case.product);
        let steps = self.steps.iter().flat_map(|step| step.plan.products(&step.kind.fleet).into_keys());
        products.chain(steps).map(shape).collect()
    }

    /// Names the libraries and cases, for a comparison with those of a record.
    pub(crate) fn timed(&self) -> Timed {
        Timed {
            libraries: self.libraries.iter().map(|library| LibraryRecord::new(library)).collect(),
            products: self.products.iter().map(|case| case.product).collect(),
            steps: self.steps.iter().map(|step| step.kind.cost.clone()).collect(),
        }
    }

    /// Checks every library at every shape against the reference.
    ///
    /// # Errors
    /// The first product that is wrong.
    pub(crate) fn check(&self) -> Result<(), WrongProduct> {
        let layers = self.layers();
        for library in &self.libraries {
            library.put_into_use();
            for &(dtype, layer) in &layers {
                self_check_of(dtype, layer, &Call::ALL)?;
            }
        }
        Ok(())
    }

    /// Leaves out the fleets of which a net diverges at its initial parameters, and returns them in words.
    ///
    /// # Errors
    /// If a library computes their initial layers or first step wrongly.
    pub(crate) fn leave_out_diverging(&mut self) -> Result<Vec<String>> {
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for step in self.steps.drain(..) {
            let trials: Vec<_> = step.plan.trials_of(&step.kind.fleet).collect();
            let mut fleet = endless(step.plan, &trials, step.inputs)?;
            fleet.step()?;
            let is_whole = fleet.training_count() == trials.len();
            drop(fleet);
            if is_whole { kept.push(step) } else { left_out.push(step.kind.words) }
        }
        self.steps = kept;
        Ok(left_out)
    }

    /// Times every case and puts the results into `record`.
    ///
    /// # Errors
    /// If a library computes the initial layers of a fleet, or an inspected step of it, wrongly; or a net of a fleet diverges.
    pub(crate) fn run(&self, record: &mut Record) -> Result<()> {
        let products = self.products.iter().map(|case| case.product.dtype);
        let dtypes: BTreeSet<Dtype> = products.chain(self.steps.iter().map(Step::dtype)).collect();
        let mut limits = Limits::default();
        let update = |limits: &mut Limits| dtypes.iter().for_each(|&dtype| limits.update_peak(dtype, self.threads));
        update(&mut limits);
        let sets = self.products.iter().map(|case| case.product.bytes());
        sets.chain(ROOFS).for_each(|bytes| limits.add_bandwidth(bytes, self.threads));
        record.libraries = self.libraries.iter().map(|library| LibraryRecord::new(library)).collect();
        let mut measurements: Vec<_> =
            self.cases().map(|case| (case, Measurement::new(self.libraries.len()))).collect();
        for pass in 0..PASSES {
            for (library, record) in self.libraries.iter().zip(&mut record.libraries) {
                dtypes.iter().for_each(|&dtype| record.update_overhead(library, dtype));
            }
            for (count, (case, measurement)) in measurements.iter_mut().enumerate() {
                self.pass(*case, pass, pass, measurement)?;
                if count % CASES_A_PEAK == CASES_A_PEAK - 1 {
                    update(&mut limits);
                }
            }
            if pass + 1 < PASSES {
                thread::sleep(self.pause);
            }
        }
        let samples: Vec<_> = measurements.into_iter().map(|(_, measurement)| measurement.samples).collect();
        update(&mut limits);
        let calls = &record.libraries;
        let mut samples = samples.into_iter();
        record.products = self
            .products
            .iter()
            .zip(&mut samples)
            .map(|(case, samples)| self.product_record(case, samples, &limits, calls))
            .collect();
        record.steps =
            self.steps.iter().zip(samples).map(|(step, samples)| step_record(step, samples, &limits)).collect();
        record.limits = limits;
        Ok(())
    }

    /// Iterates over every case, the products first.
    fn cases(&self) -> impl Iterator<Item = Case> {
        (0..self.products.len()).map(Case::Product).chain((0..self.steps.len()).map(Case::Step))
    }

    /// Times one case on every library again, with other matrices for each `attempt`.
    ///
    /// # Errors
    /// If a library computes the initial layers of a fleet, or an inspected step of it, wrongly; or a net of a fleet diverges.
    pub(crate) fn time_again(&self, case: Case, attempt: usize) -> Result<Vec<Samples>> {
        let mut measurement = Measurement::new(self.libraries.len());
        for pass in 0..PASSES {
            self.pass(case, pass, attempt * PASSES + pass, &mut measurement)?;
        }
        Ok(measurement.samples)
    }

    /// Makes one pass over a case, with its matrices at a `placement` of their own.
    fn pass(&self, case: Case, pass: usize, placement: usize, measurement: &mut Measurement) -> Result<()> {
        let settings = |dtype, calls| Settings { libraries: &self.libraries, dtype, seconds: self.seconds, calls };
        match case {
            Case::Product(place) => {
                let product = self.products[place].product;
                match product.dtype {
                    Dtype::F32 => {
                        let mut operands = Operands::<f32>::new(product, placement);
                        measurement.pass(&settings(Dtype::F32, 1), pass, &mut || operands.multiply());
                    }
                    Dtype::F64 => {
                        let mut operands = Operands::<f64>::new(product, placement);
                        measurement.pass(&settings(Dtype::F64, 1), pass, &mut || operands.multiply());
                    }
                }
            }
            Case::Step(place) => {
                let step @ Step { plan, inputs, kind } = &self.steps[place];
                let trials: Vec<_> = plan.trials_of(&kind.fleet).collect();
                let mut fleet = endless(plan, &trials, inputs)?;
                let mut stepped = Ok(());
                with_subnormals_flushed(trials[0].config.flush_subnormals, || {
                    measurement.pass(&settings(step.dtype(), kind.steps), pass, &mut || {
                        if stepped.is_ok() && fleet.is_training() {
                            stepped = fleet.step();
                        }
                    });
                });
                stepped?;
                if fleet.training_count() < trials.len() {
                    bail!("a step of {} can't be timed: a net has diverged on one of its batches", kind.words);
                }
            }
        }
        Ok(())
    }

    /// Evaluates the samples of a product.
    fn product_record(
        &self,
        case: &Weighted,
        samples: Vec<Samples>,
        limits: &Limits,
        records: &[LibraryRecord],
    ) -> ProductRecord {
        let Weighted { product, weight } = *case;
        let peak = limits.peak[&product.dtype];
        let results = samples.into_iter().zip(records).zip(&self.libraries).map(|((samples, record), library)| {
            let own_loops = product.made_by_loops(library, self.threads);
            let bound = limits.bound(&product, record.overhead(product.dtype, own_loops));
            Measured { own_loops, ..Measured::new(samples, product.flop(), peak, Some(bound)) }
        });
        ProductRecord {
            product,
            calls_a_step: weight.map(|Weight { calls_a_step, .. }| calls_a_step),
            share_of_step: weight.map(|Weight { share_of_step, .. }| share_of_step),
            flop: product.flop(),
            bytes: product.bytes_moved(),
            results: results.collect(),
        }
    }
}

fn step_record(step: &Step, samples: Vec<Samples>, limits: &Limits) -> StepRecord {
    let FleetKind { places, flop, words, cost, .. } = &step.kind;
    let peak = limits.peak[&step.dtype()];
    let results = samples.into_iter().map(|samples| Measured::new(samples, *flop, peak, None));
    StepRecord {
        fleet: words.clone(),
        cost: cost.clone(),
        dtype: step.dtype(),
        fleets: places.len(),
        flop: *flop,
        results: results.collect(),
    }
}
