//! `runner man`: the help of every command as manual pages.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
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
    // What comes after the help has sections and lines of its own, which `Man` would fill.
    let man = Man::new(command.clone().after_help(None::<&str>));
    let mut page = Vec::new();
    man.render(&mut page)?;
    if let Some(text) = command.get_after_help() {
        sections(&text.to_string()).to_writer(&mut page)?;
    }
    pages.push((man.get_filename(), page));
    Ok(())
}

/// Writes what comes after a help as sections. A paragraph that is indented below its heading keeps its lines, so that examples can be
/// copied.
fn sections(text: &str) -> Roff {
    let mut page = Roff::new();
    for paragraph in text.split("\n\n") {
        let Some((heading, indented)) = paragraph.split_once(":\n  ") else {
            page.control("PP", []);
            page.text([roman(paragraph.replace('\n', " "))]);
            continue;
        };
        let title = match heading {
            "Example" | "Examples" => "EXAMPLES".to_owned(),
            "Exit codes" => "EXIT STATUS".to_owned(),
            other => other.to_uppercase(),
        };
        page.control("SH", [&*title]);
        page.control("nf", []);
        for line in indented.lines() {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        page.control("fi", []);
    }
    page
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
