//! `runner man`: the help of every command as manual pages.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use datasets::files::{make_folder, regular_file, write_whole};

use super::answer::print_names;
use super::failure::Failure;
use crate::cli;

/// Writes a page for each command.
pub(super) fn run(args: &cli::Man) -> Result<ExitCode> {
    let mut command = cli::Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages)?;
    for (name, _) in &pages {
        is_free_or_the_page(&args.dir.join(name))?;
    }
    make_folder(&args.dir).map_err(Failure::of_writing)?;
    for (name, page) in pages {
        write_whole(&args.dir.join(name), true, |file| file.write_all(&page)).map_err(Failure::of_writing)?;
    }
    print_names(&[&args.dir])?;
    Ok(ExitCode::SUCCESS)
}

/// Adds the pages of a command and of those below it, each with the name of its file.
fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        add_pages(below, pages)?;
    }
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    pages.push((man.get_filename(), page));
    Ok(())
}

/// Refuses to write over what is not an earlier page of that name.
fn is_free_or_the_page(path: &Path) -> Result<()> {
    if !regular_file::is_at(path)? {
        return Ok(());
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let title = format!(".TH {name} ");
    let mut beginning = Vec::new();
    let read = regular_file::open(path).and_then(|file| file.take(512).read_to_end(&mut beginning));
    if read.is_ok() && String::from_utf8_lossy(&beginning).lines().any(|line| line.starts_with(&title)) {
        return Ok(());
    }
    bail!("{}: this is not a page of runner man, and is left as it is; choose another folder", path.display());
}
