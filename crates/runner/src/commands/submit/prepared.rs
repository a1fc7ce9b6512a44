//! A sweep that is ready to be submitted: its experiment with the hashes of its data, and its plan.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use kernels::blas::Request;

use crate::cli;
use crate::commands::promotion::find_rung;
use crate::commands::session::Session;
use crate::plan::Plan;
use crate::record::Record;
use crate::record::folder::results_folder;
use crate::spec::experiment::Experiment;
use crate::spec::rungs::Rungs;

/// The sweep.
pub(super) struct PreparedSubmission {
    /// The experiment with everything filled in, and the hashes that its files have now.
    pub(super) experiment: Experiment,
    pub(super) session: Session,
    /// The plan of the first rung, until [`PreparedSubmission::find_rung`] has found another one.
    pub(super) plan: Plan,
    pub(super) rungs: Rungs,
    /// True if [`PreparedSubmission::find_rung`] has found a rung of which no setting goes on.
    pub(super) is_over: bool,
    /// The results directory.
    pub(super) out: PathBuf,
    /// When the experiment was about to be read.
    pub(super) begun: Instant,
}

impl PreparedSubmission {
    /// Reads the experiment and its data.
    pub(super) fn new(args: &cli::Submit, blas: Option<&Request>) -> Result<Self> {
        let begun = Instant::now();
        let cli::ExperimentArgs { file, overrides } = &args.experiment;
        let mut as_given = Experiment::load(file, overrides)?;
        let rungs = Rungs::new(&mut as_given);
        let session = Session::of(as_given, blas)?;
        let plan = session.plan()?;
        // Every node checks that it reads these data.
        let (data, pins) = (&session.data, &session.experiment.pins);
        let train = pins.train.is_none().then(|| format!("data.train_sha256={}", data.train.sha256));
        let test = data.test.as_ref().filter(|test| pins.test.is_none() && test.sha256 != data.train.sha256);
        let test = test.map(|test| format!("data.test_sha256={}", test.sha256));
        let with = blas.map(asking_for);
        let pinned: Vec<String> = overrides.iter().cloned().chain(train).chain(test).chain(with).collect();
        let experiment = Experiment::load(file, &pinned)?;
        let out = results_folder(args.out.clone(), &experiment.name);
        Ok(PreparedSubmission { experiment, session, plan, rungs, is_over: false, out, begun })
    }

    /// Goes to the first rung that the merged results don't have whole, and returns their finished trials.
    pub(super) fn find_rung(&mut self) -> Result<HashSet<String>> {
        let Some(record) = Record::find_apart_unproven(&self.out)? else { return Ok(HashSet::new()) };
        let found = find_rung(&mut self.rungs, &mut self.session, &mut self.plan, &record)?;
        self.is_over = found.is_over;
        Ok(found.finished)
    }

    /// Counts the rungs above the current one.
    pub(super) fn rungs_ahead(&self) -> usize {
        self.rungs.ahead(&self.session.experiment).len()
    }
}

/// Writes the key that asks for a BLAS.
fn asking_for(blas: &Request) -> String {
    let word = match blas {
        Request::Auto => "auto".to_owned(),
        Request::From(source) => source.name().to_owned(),
        Request::Path(path) => path.display().to_string(),
    };
    format!("run.blas={}", toml::Value::from(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blas_is_asked_for_in_toml_whatever_its_path() {
        for path in ["/lib/libopenblas.so.0", "/lib e\u{301}\u{200b}/\"x\"\\.so", "/it's\ta\u{7f}"] {
            let key = asking_for(&Request::Path(path.into()));
            let table: toml::Table = key.parse().unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_eq!(table["run"]["blas"].as_str(), Some(path));
        }
        assert_eq!(asking_for(&Request::Auto), "run.blas=\"auto\"");
    }
}
