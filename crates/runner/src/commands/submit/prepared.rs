//! A sweep that is ready to be submitted: its experiment with the hashes of its data, and its plan.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use kernels::blas::Request;

use crate::cli;
use crate::commands::session::Session;
use crate::plan::Plan;
use crate::record::folder::results_folder;
use crate::spec::experiment::Experiment;
use crate::spec::rungs::Rungs;

/// The sweep.
pub(super) struct Prepared {
    /// The experiment with everything filled in, and the hashes that its files have now.
    pub(super) experiment: Experiment,
    pub(super) session: Session,
    /// The plan of the first rung.
    pub(super) plan: Plan,
    /// The number of rungs; 1 without successive halving.
    pub(super) rungs: usize,
    /// The results directory.
    pub(super) out: PathBuf,
    /// When the experiment was about to be read.
    pub(super) begun: Instant,
}

impl Prepared {
    /// Reads the experiment and its data.
    pub(super) fn new(args: &cli::Submit, blas: Option<&Request>) -> Result<Self> {
        let begun = Instant::now();
        let cli::ExperimentArgs { file, overrides } = &args.experiment;
        let mut as_given = Experiment::load(file, overrides)?;
        let rungs = Rungs::new(&mut as_given).count();
        let session = Session::of(as_given, blas)?;
        let plan = session.plan()?;
        // Every node checks that it reads these data.
        let (data, pins) = (&session.data, &session.experiment.pins);
        let train = pins.train.is_none().then(|| format!("data.train_sha256={}", data.train.sha256));
        let test = data.test.as_ref().filter(|test| pins.test.is_none() && test.sha256 != data.train.sha256);
        let test = test.map(|test| format!("data.test_sha256={}", test.sha256));
        let with = blas.map(|blas| format!("run.blas={:?}", word(blas)));
        let pinned: Vec<String> = overrides.iter().cloned().chain(train).chain(test).chain(with).collect();
        let experiment = Experiment::load(file, &pinned)?;
        let out = results_folder(args.out.clone(), &experiment.name);
        Ok(Prepared { experiment, session, plan, rungs, out, begun })
    }
}

/// Writes the word that asks for a BLAS.
fn word(blas: &Request) -> String {
    match blas {
        Request::Auto => "auto".to_owned(),
        Request::From(source) => source.name().to_owned(),
        Request::Path(path) => path.display().to_string(),
    }
}
