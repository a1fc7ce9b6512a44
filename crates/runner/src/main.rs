//! The `runner` program: see `runner --help`.

use std::process::ExitCode;

use clap::Parser;
use kernels::CacheLines;
use runner::cli::Cli;
use runner::commands::{self, Failure};

#[global_allocator]
static MEMORY: CacheLines = CacheLines;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // One line, whatever a name or a value holds.
            runner::progress::say(&format!("error: {error:#}").replace('\n', "\\n"));
            ExitCode::from(error.downcast_ref().map_or(2, Failure::exit_code))
        }
    }
}
