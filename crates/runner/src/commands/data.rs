//! `runner data`: lists, generates, fetches, imports and inspects data sets.

mod import;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::answer::{print, print_files};
use super::failure::{Failure, interrupted};
use super::rehearse::{Reading, Tried, rehearse};
use super::sheet::write_sheet;
use super::source::is_path;
use super::stop::stop_on_interrupt;
use crate::cli::{self, Data};
use crate::progress::bar::counting;
use crate::table::Table;
use crate::terminal::{note, say};
use datasets::catalog::{self, KNOWN, Origin};
use datasets::fetch::{self, Progress};
use datasets::generate::{self, Request};
use datasets::{ContactSheet, DEFAULT_MAX_BYTES, Names, Pinned, inspect};

/// Runs one of the data commands.
pub(super) fn run(command: Data) -> Result<ExitCode> {
    match command {
        Data::List => list(),
        Data::Generate(args) => generate(args),
        Data::Fetch(args) => fetch(&args),
        Data::Import(args) => import::run(&args),
        Data::Inspect(args) => inspect_files(&args),
    }
}

fn list() -> Result<ExitCode> {
    let mut table = Table::new(["set", "what it is", "where"]);
    for known in &KNOWN {
        let place = match known.find() {
            Ok([train, _]) => train.path.with_file_name("").display().to_string(),
            Err(_) => format!("not here; {}", known.command()),
        };
        table.row([known.name.to_owned(), known.description.to_owned(), place]);
    }
    print(&table.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn generate(args: cli::Generate) -> Result<ExitCode> {
    let cli::Generate { out, train, test, side, seed } = args;
    let stop = stop_on_interrupt()?;
    let request = Request { folder: out, train, test, side, seed };
    let replaced = request.replaced();
    let bar = counting(train.saturating_add(test) as u64, "{pos}/{len} pictures");
    let files = generate::generate(&request, || {
        bar.inc(1);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    match files {
        Err(error @ generate::Error::Interrupted) => Ok(interrupted(&error)),
        files => {
            let files = files.map_err(Failure::of_writing)?;
            replaced.iter().for_each(|line| note(line));
            print_files(&files)
        }
    }
}

fn fetch(args: &cli::Fetch) -> Result<ExitCode> {
    let known = catalog::known(&args.set)?;
    let own = match known.origin {
        Origin::Published { base_url, .. } => base_url,
        Origin::Generated => "",
    };
    let stop = stop_on_interrupt()?;
    let bar = counting(0, "{bytes}/{total_bytes} {msg}");
    let files = fetch::fetch(known, &args.out, args.from.as_deref().unwrap_or(own), |progress| {
        match progress {
            Progress::Received { file, bytes, total } => {
                bar.set_length(total);
                bar.set_position(bytes);
                bar.set_message(file.to_owned());
            }
            Progress::AlreadyThere { file } => bar.suspend(|| say(&format!("{file} is there already"))),
            Progress::Saved { file } => bar.suspend(|| say(&format!("{file} has the right SHA-256"))),
        }
        !stop.is_asked()
    });
    bar.finish_and_clear();
    match files {
        Err(error @ fetch::Error::Interrupted) => Ok(interrupted(&error)),
        files => print_files(&files.map_err(Failure::of_writing)?),
    }
}

fn inspect_files(args: &cli::Inspect) -> Result<ExitCode> {
    args.sheet.as_deref().map_or(Ok(()), ContactSheet::can_be_at).map_err(Failure::of_writing)?;
    let mut files = Vec::new();
    for what in &args.what {
        if is_path(what) {
            files.push(Pinned::any(what));
        } else {
            files.extend(catalog::known(&what.to_string_lossy())?.find()?);
        }
    }
    let mut sheets = 0;
    let mut broken = false;
    for file in &files {
        let (names, max_bytes) = (Names::default(), DEFAULT_MAX_BYTES);
        let tried = rehearse(&Reading::Everything { names: names.clone(), max_bytes }, &[file])?;
        // This process doesn't open a broken file, unless its pictures are asked for.
        if let (Tried::Broken(report), None) = (tried, &args.sheet) {
            print(&format!("{report}\n"))?;
            broken = true;
            continue;
        }
        let inspection = inspect(file, &names, max_bytes)?;
        print(&format!("{inspection}\n"))?;
        broken |= !inspection.problems.is_empty();
        let Some(sheet) = &args.sheet else { continue };
        for part in &inspection.splits {
            let path = numbered(sheet, sheets);
            let all: Vec<usize> = (0..part.split.examples()).collect();
            let name = |class: usize| inspection.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
            write_sheet(&part.split, &all, &path, &format!("pictures of {}", part.x_name), name)?;
            sheets += 1;
        }
    }
    if args.sheet.is_some() && sheets == 0 {
        bail!("there are no pictures to put on the sheet");
    }
    Ok(ExitCode::from(if broken { 2 } else { 0 }))
}

/// Names the sheet of each part: `cats.png`, then `cats-2.png`, and so on.
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{}.png", number + 1))
}
