//! `runner tag`: tags and notes on trials, or on a sweep.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::answer::print;
use super::failure::Failure;
use super::selected::SelectedTrials;
use crate::cli;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::notes::{Change, Notes};
use crate::results::row::Row;
use crate::results::setting::first_of_each;
use crate::results::trials::Trials;
use crate::table::Table;
use crate::terminal::say;
use datasets::text::count;

/// The most characters of a tag.
const LONGEST: usize = 60;

/// Changes tags and notes, or lists those that there are.
pub(super) fn run(args: &cli::Tag) -> Result<ExitCode> {
    let change = change(args)?;
    let selected = SelectedTrials::read(&args.which)?;
    let dir = &args.which.dir;
    let mut rows: Vec<&Row> = args.trial.iter().map(|id| selected.trial(id, dir)).collect::<Result<_>>()?;
    if args.which.condition.is_some() {
        rows.extend(selected.trials.finished().filter(|row| selected.has(row)));
        if rows.is_empty() {
            bail!("--where: no trial of {} fits it", dir.display());
        }
    }
    let ids: Vec<String> = first_of_each(rows).map(|row| row.trial.clone()).collect();
    if change == Change::default() {
        list(&selected, &ids)?;
        return Ok(ExitCode::SUCCESS);
    }
    let of_sweep = ids.is_empty();
    let not_there: Vec<String> = change.remove.iter().filter_map(|tag| not_there(&selected, &ids, tag)).collect();
    drop(selected);
    let mut record = Record::open(dir).map_err(Failure::of_writing)?;
    let ids: Vec<&str> = if of_sweep { vec![Notes::OF_SWEEP] } else { ids.iter().map(String::as_str).collect() };
    let annotated = record.annotate(&ids, &change).and_then(|()| record.close());
    annotated.map_err(Failure::of_writing::<Error>)?;
    let what = if of_sweep { "the sweep".to_owned() } else { count(ids.len(), "trial") };
    say(&format!("{}: {what} {}", dir.display(), in_words(&change)));
    not_there.iter().for_each(|line| say(line));
    Ok(ExitCode::SUCCESS)
}

/// Says of a tag that is to be removed that none of these trials has it, or if there are none, that the sweep hasn't; `None` if there is
/// one.
fn not_there(selected: &SelectedTrials, ids: &[String], tag: &String) -> Option<String> {
    let with_tag = || first_of_each(selected.trials.finished().filter(|row| row.tags.contains(tag)));
    let (is_there, whose) = match ids {
        [] => (selected.trials.sweep_tags.contains(tag), "the sweep"),
        _ => (with_tag().any(|row| ids.contains(&row.trial)), "no chosen trial"),
    };
    let hint = match with_tag().count() {
        0 => String::new(),
        others => {
            let have = if others == 1 { "has" } else { "have" };
            format!("; {} {have} it: --where 'tag = {tag}'", count(others, "trial"))
        }
    };
    let had = if ids.is_empty() { "had no tag" } else { "had the tag" };
    (!is_there).then(|| format!("{whose} {had} {tag}{hint}"))
}

/// Reads `+tag`, `-tag` and `--note`.
fn change(args: &cli::Tag) -> Result<Change> {
    let mut change = Change { note: args.note.clone(), ..Change::default() };
    for word in &args.add {
        let Some(tag) = word.strip_prefix('+') else {
            bail!("{word}: write +{word} to put the tag on, -{word} to take it off");
        };
        change.add.push(tag.to_owned());
    }
    change.remove.clone_from(&args.remove);
    let is_part = |c: char| c.is_alphanumeric() || "_.:/-".contains(c);
    let is_tag = |tag: &&String| !tag.is_empty() && tag.chars().all(is_part) && tag.chars().count() <= LONGEST;
    if let Some(tag) = change.add.iter().chain(&change.remove).find(|tag| !is_tag(tag)) {
        bail!("{tag:?}: a tag is 1 to {LONGEST} letters, digits, and _ . : / -");
    }
    if change.note.as_ref().is_some_and(|note| note.contains(['\n', '\0'])) {
        bail!("--note: a note is one line");
    }
    Ok(change)
}

fn in_words(change: &Change) -> String {
    let tags = change.add.iter().map(|tag| format!("+{tag}")).chain(change.remove.iter().map(|tag| format!("-{tag}")));
    let note =
        change.note.as_ref().map(|note| if note.is_empty() { "no note".to_owned() } else { format!("note: {note}") });
    tags.chain(note).collect::<Vec<_>>().join(" ")
}

/// Lists the tags and notes of the sweep and of its trials.
fn list(selected: &SelectedTrials, ids: &[String]) -> Result<()> {
    let mut table = Table::new(["trial", "tags", "note"]);
    let Trials { sweep_tags: tags, sweep_note: note, .. } = &selected.trials;
    if ids.is_empty() && (!tags.is_empty() || note.is_some()) {
        table.row(["the sweep".to_owned(), tags.join(" "), note.clone().unwrap_or_default()]);
    }
    let is_asked = |row: &&Row| ids.is_empty() || ids.contains(&row.trial);
    let rows = first_of_each(selected.trials.finished().filter(is_asked));
    for row in rows.filter(|row| !row.tags.is_empty() || row.note.is_some()) {
        table.row([row.trial.clone(), row.tags.join(" "), row.note.clone().unwrap_or_default()]);
    }
    print(&table.to_string())
}
