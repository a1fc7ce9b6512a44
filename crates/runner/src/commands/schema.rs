//! `runner schema`: what an editor checks experiments by.

use std::process::ExitCode;

use anyhow::Result;

use super::answer::print;
use crate::spec::schema::schema;

/// Prints the JSON schema of experiments.
pub(super) fn run() -> Result<ExitCode> {
    print(&format!("{:#}\n", schema()))?;
    Ok(ExitCode::SUCCESS)
}
