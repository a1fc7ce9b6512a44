//! `runner data import`: turns the arguments into a request, and shows its progress.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli;
use crate::commands::answer::print_files;
use crate::commands::failure::{Failure, interrupted};
use crate::commands::stop::stop_on_interrupt;
use crate::progress::import::ImportProgress;
use datasets::import::{Categorical, Error, Request, import};
use datasets::{DEFAULT_MAX_BYTES, TargetsChoice};

/// Imports, and prints the names of both files.
pub(super) fn run(args: &cli::Import) -> Result<ExitCode> {
    args.progress.set_up();
    let stop = stop_on_interrupt()?;
    let mut shown = ImportProgress::new(args.progress);
    let imported = import(&request(args), |progress| {
        shown.show(&progress);
        !stop.is_asked()
    });
    shown.end();
    match imported {
        Ok(files) => print_files(&files),
        Err(error @ Error::Interrupted) => Ok(interrupted(&error)),
        Err(error) => Err(Failure::of_writing(error)),
    }
}

fn request(args: &cli::Import) -> Request {
    let side = args.side.map(|side| (usize::from(side), usize::from(side)));
    let sides = args.height.zip(args.width).map(|(height, width)| (usize::from(height), usize::from(width)));
    Request {
        train: args.source.clone(),
        test: args.test.clone(),
        format: args.format,
        test_share: args.test_share,
        seed: args.seed,
        folder: args.out.clone(),
        name: args.name.clone(),
        force: args.force,
        label: args.label.clone(),
        targets: args.target.clone(),
        target_kind: args.targets.map_or(TargetsChoice::Auto, TargetsChoice::Declared),
        ignored: args.ignore.clone(),
        missing: args.missing,
        categorical: match &args.categorical[..] {
            [word] if word == "refuse" => Categorical::Refuse,
            [word] if word == "one-hot" => Categorical::OneHot,
            columns => Categorical::Columns(columns.to_vec()),
        },
        features: args.features.clone(),
        header: args.header,
        delimiter: args.delimiter,
        size: side.or(sides),
        grey: args.grey,
        max_bytes: args.max_bytes.unwrap_or(DEFAULT_MAX_BYTES),
    }
}
