//! `runner status`: how far the shards of a sweep are, from their records.

mod page;
mod shards;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::page::Page;
use self::shards::SweepStatus;
use super::answer::print;
use crate::cli;
use crate::cluster::slurm;
use crate::cluster::submission::Submission;
use crate::record::folder::with_a_name;
use crate::record::shard_names::{results_of, shards_of};
use crate::record::shards::records_in;

/// Prints the state of every shard. Exit code 1 if a trial is left or has failed.
pub(super) fn run(args: &cli::Status) -> Result<ExitCode> {
    let (folder, out) = folders(&args.dir)?;
    let submission = Submission::read(&folder)?;
    // What Slurm says is only an addition.
    let tasks = submission.as_ref().and_then(|submission| slurm::states(&submission.jobs).ok());
    let sweep = SweepStatus::read(&folder, &out, submission.as_ref(), tasks.as_ref())?;
    let page = Page::of(&folder, &sweep, submission.as_ref(), tasks.is_some());
    print(&if args.json { page.to_json() } else { page.to_text() })?;
    Ok(ExitCode::from(u8::from(!page.is_done())))
}

/// Finds the directory of the shards and that of the results, either of which may be given.
fn folders(dir: &Path) -> Result<(PathBuf, PathBuf)> {
    let dir = with_a_name(dir);
    let (folder, out) = match results_of(&dir) {
        Some(out) => (dir, out),
        None => (shards_of(&dir), dir),
    };
    let is_there = folder.is_dir() && (Submission::is_in(&folder) || !records_in(&folder)?.is_empty());
    if !is_there {
        bail!("{}: no shards are here; runner show prints the trials of a whole sweep", folder.display());
    }
    Ok((folder, out))
}
