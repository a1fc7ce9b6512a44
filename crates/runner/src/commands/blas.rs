//! The BLAS of a command.

use anyhow::Result;
use kernels::blas::{self, Choice, Request, choose};

use super::located::located;
use crate::spec::experiment::Experiment;
use crate::terminal::warn;

/// Loads the BLAS that is asked for, or else the experiment's, as [`set_up_blas`] does.
pub(super) fn set_up_blas_of(experiment: &Experiment, asked: Option<&Request>) -> Result<Choice> {
    if asked.is_some() {
        return Ok(set_up_blas(asked)?);
    }
    let chosen = set_up_blas(experiment.blas.as_ref()).map_err(anyhow::Error::from);
    chosen.map_err(|error| match experiment.blas {
        Some(_) => located(experiment, error.context("run.blas")),
        None => error,
    })
}

/// Loads the BLAS that is asked for, or else that of the environment, or else the default one. It must come before any
/// product.
pub(super) fn set_up_blas(asked: Option<&Request>) -> Result<Choice, blas::Error> {
    let blas = choose(&asked.cloned().unwrap_or_else(Request::of_environment))?;
    blas.library.put_into_use();
    Ok(blas)
}

/// Warns of a BLAS that is slow, or that takes other kernels than it was asked for.
pub(super) fn warn_of(blas: &Choice) {
    blas.warnings.iter().for_each(|warning| warn(&warning.to_string()));
}
