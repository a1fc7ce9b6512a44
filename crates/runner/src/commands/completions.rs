//! `runner completions`: what a shell calls to complete a command line.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap_complete::env::{EnvCompleter, Shells};

use super::answer::print;
use crate::cli::{COMPLETE, Completions};

/// Prints the script that makes a shell ask this program for completions.
pub(super) fn run(args: &Completions) -> Result<ExitCode> {
    let shells = Shells::builtins();
    let shell: &dyn EnvCompleter = shells.completer(args.shell).context("a shell that has completions")?;
    let mut script = Vec::new();
    shell.write_registration(COMPLETE, "runner", "runner", &program()?, &mut script)?;
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Names this program as it was called: by its name if the shell finds it, else by its whole path.
fn program() -> Result<String> {
    let name = env::args_os().next().unwrap_or_else(|| "runner".into());
    let path = Path::new(&name);
    let path = if path.components().count() > 1 { std::path::absolute(path)? } else { path.to_owned() };
    Ok(path.to_string_lossy().into_owned())
}
