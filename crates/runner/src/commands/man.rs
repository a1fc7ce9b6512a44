//! `runner man`: the help of every command as manual pages.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use datasets::files::make_folder;

use super::answer::print_names;
use super::failure::Failure;
use crate::cli::{Cli, Man};

/// Writes a page for each command.
pub(super) fn run(args: &Man) -> Result<ExitCode> {
    make_folder(&args.dir).map_err(Failure::of_writing)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(|error| Failure::Unwritten(Box::new(error)))?;
    print_names(&[&args.dir])?;
    Ok(ExitCode::SUCCESS)
}
