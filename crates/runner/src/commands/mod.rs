//! The commands, a file for each.

mod advice;
mod answer;
mod bench;
mod best;
mod blas;
mod check;
mod claims;
mod climbed;
mod compare;
mod completions;
mod data;
mod evaluate;
mod export;
pub mod failure;
mod gradcheck;
mod layout;
mod located;
mod man;
mod merge;
mod planned_claims;
mod predict;
mod predicted_time;
mod promotion;
mod recorded;
mod rehearse;
mod report;
mod resources;
mod resume;
mod schema;
mod selected;
mod session;
mod sheet;
mod show;
mod source;
mod status;
mod stop;
mod submit;
mod sweep;
mod tag;
mod trace;
mod train;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;

use self::answer::print_help;
use crate::cli::{Blas, Cli, Command, REHEARSE, Rehearse, with_removals};
use crate::terminal::set_up;

/// Does what a command line says, of which the first word names this program. A mistake in it ends the program with clap's message.
///
/// # Errors
/// The error that stopped the command, a single line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode> {
    let arguments = with_removals(arguments);
    if arguments.get(1).is_some_and(|word| word == REHEARSE) {
        return rehearse::run(&Rehearse::parse_from(&arguments[1..]));
    }
    match Cli::try_parse_from(arguments) {
        Ok(cli) => run_subcommand(cli),
        Err(help) if !help.use_stderr() => print_help(&help),
        Err(mistake) => mistake.exit(),
    }
}

fn run_subcommand(Cli { command, blas, verbose, quiet, color }: Cli) -> Result<ExitCode> {
    set_up(if quiet { -1 } else { i8::from(verbose) }, color);
    let own = blas_of(&command);
    if blas.is_some() && own.is_none() {
        bail!(
            "--blas: this command doesn't take it before its name; `runner COMMAND --help` shows whether it takes it after"
        );
    }
    let blas = own.and_then(|own| own.blas.clone()).or(blas);
    let blas = blas.as_ref();
    match command {
        Command::Sweep(args) => sweep::run(&args, blas),
        Command::Merge(args) => merge::run(&args),
        Command::Train(args) => train::run(&args, blas),
        Command::Predict(args) => predict::run(&args, blas),
        Command::Evaluate(args) => evaluate::run(&args, blas),
        Command::Export(args) => export::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Best(args) => best::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Tag(args) => tag::run(&args),
        Command::Claims(args) => claims::run(&args),
        Command::Submit(args) => submit::run(&args, blas),
        Command::Status(args) => status::run(&args),
        Command::Verify(args) => verify::run(&args, blas),
        Command::Gradcheck(args) => gradcheck::run(&args, blas),
        Command::Trace(args) => trace::run(&args, blas),
        Command::Bench(args) => bench::run(&args),
        Command::Check(_) => check::run(blas),
        Command::Data(command) => data::run(command),
        Command::Schema => schema::run(),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Returns the choice of the BLAS that is given after a command; `None` if it multiplies nothing, or chooses several.
fn blas_of(command: &Command) -> Option<&Blas> {
    match command {
        Command::Sweep(args) => Some(&args.blas),
        Command::Submit(args) => Some(&args.blas),
        Command::Train(args) => Some(&args.blas),
        Command::Predict(args) => Some(&args.blas),
        Command::Evaluate(args) => Some(&args.blas),
        Command::Verify(args) => Some(&args.blas),
        Command::Gradcheck(args) => Some(&args.blas),
        Command::Trace(args) => Some(&args.blas),
        Command::Check(blas) => Some(blas),
        _ => None,
    }
}
