//! The `runner` program: see `runner --help`.

use std::env::args_os;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::CompleteEnv;
use kernels::CacheAlignedAllocator;
use runner::cli::{COMPLETE, Cli};
use runner::commands;
use runner::commands::failure::exit_code;
use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

#[global_allocator]
static MEMORY: CacheAlignedAllocator = CacheAlignedAllocator;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Cli::command).var(COMPLETE).complete();
    // HDF5 must load no plugins, whatever a file asks for: a plugin brings another HDF5 and code of unknown origin
    // along.
    kernels::set_variable("HDF5_PLUGIN_PRELOAD", "::");
    match outlive_file_limit().and_then(|()| commands::run(args_os())) {
        Ok(code) => code,
        Err(error) => {
            runner::terminal::fail(&format!("{error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// Catches the signal of `ulimit -f`, which would end the process without a message: the write fails instead.
fn outlive_file_limit() -> Result<()> {
    flag::register(SIGXFSZ, Arc::default()).context("can't listen for the limit of a file's size")?;
    Ok(())
}
