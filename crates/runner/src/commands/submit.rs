//! `runner submit`: experiment → plan → shards → scripts → Slurm.

mod jobs;
mod missing;
mod prepared;
mod sizes;

use std::env::{current_dir, current_exe};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use datasets::files::{make_folder, write_whole};
use datasets::text::count;
use kernels::blas::Request;

use self::jobs::{Jobs, SCRIPTS, refuse_after_cut, words};
use self::missing::{left, with_a_task, without_a_task};
use self::prepared::PreparedSubmission;
use self::sizes::Sizes;
use super::answer::{print, print_names};
use super::failure::Failure;
use super::promotion::NONE_GOES_ON;
use crate::cli;
use crate::cli::cluster::Shards;
use crate::cluster::script::Scripts;
use crate::cluster::site;
use crate::cluster::submission::Submission;
use crate::record::folder::lock;
use crate::record::names::EXPERIMENT;
use crate::record::shard_names::shards_of;
use crate::shell_words::{quoted, quoted_path};
use crate::terminal::say;
use crate::text::{first_difference, visible_line};

/// Submits the shards of a sweep that have trials left, and the merge after them.
pub(super) fn run(args: &cli::Submit, blas: Option<&Request>) -> Result<ExitCode> {
    here()?.iter().chain(&args.out).try_for_each(|path| is_for_a_script(path))?;
    let mut prepared = PreparedSubmission::new(args, blas)?;
    let folder = shards_of(&prepared.out);
    let before = Submission::read(&folder)?;
    let mut options = args.options.clone().or(site::options()?);
    if let Some(before) = &before {
        // It stays, whatever the site's default is.
        options.shards = args.options.shards.or(Some(Shards::Exactly(before.shards)));
    }
    refuse_wrong_turn(args, &folder, before.as_ref())?;
    if before.is_some() {
        refuse_other_experiment(&folder, &prepared)?;
    }
    let sizes = Sizes::of(&prepared, &options, before.as_ref().map(|before| before.shards))?;
    sizes.say();
    let first = Submission {
        shards: sizes.shards,
        workers: sizes.jobs,
        jobs: Vec::new(),
        merge: None,
        planned: sizes.planned.clone(),
    };
    let submission = before.clone().unwrap_or(first);

    let every = || (0..sizes.shards).collect::<Vec<_>>();
    let to_send = match args.resume {
        true => what_is_missing(&mut prepared, &submission, &folder)?,
        false => ToSend::Jobs { shards: every(), others: Vec::new() },
    };
    let (shards, others) = match to_send {
        ToSend::Nothing(why) => {
            say(&why);
            return Ok(ExitCode::SUCCESS);
        }
        ToSend::Jobs { shards, others } => (shards, others),
    };
    let scripts = scripts(&prepared, &sizes, options, &folder)?;
    let texts = [scripts.array(), scripts.merge()];
    let merge_after = shards.is_empty().then_some(&others[..]);
    // The current rung, and then all shards of each later one.
    let later = (0..prepared.rungs_ahead()).map(|_rung| every());
    let rungs = Some(shards).filter(|shards| !shards.is_empty()).into_iter().chain(later);
    let arrays: Vec<(String, usize)> =
        rungs.map(|shards| (array_of(&shards, scripts.options.max_parallel), shards.len())).collect();
    if args.dry_run {
        return preview(&folder, &texts, &arrays, merge_after);
    }
    make_folder(&folder).map_err(Failure::of_writing)?;
    let _lock = lock(&folder).map_err(Failure::of_writing)?;
    refuse_after_cut(&folder, &prepared.experiment.name)?;
    if Submission::read(&folder)? != before {
        bail!("{}: another runner submit has sent jobs meanwhile; runner status shows what they do", folder.display());
    }
    write(&folder, &prepared, &texts)?;
    let mut jobs = Jobs::new(&folder, &prepared.out, &prepared.experiment.name, submission);
    if let Some(others) = merge_after {
        jobs.send_merge(others)?;
    }
    for (array, tasks) in &arrays {
        jobs.send(array, *tasks, &others)?;
    }
    say(&format!("runner status {} shows how far they are", quoted_path(&folder)));
    print_names(&[&folder])?;
    Ok(ExitCode::SUCCESS)
}

/// The jobs that are to be sent.
enum ToSend {
    /// None, for this reason.
    Nothing(String),
    /// These shards of the current rung with its merge, or the merge alone if there are none; `others` are the jobs that Slurm has.
    Jobs { shards: Vec<usize>, others: Vec<String> },
}

/// Finds what is missing of an earlier submission: goes to the rung that the merged results don't have whole.
fn what_is_missing(prepared: &mut PreparedSubmission, submission: &Submission, folder: &Path) -> Result<ToSend> {
    let left = left(prepared, submission.shards)?;
    if left.is_empty() && (prepared.is_over || prepared.rungs_ahead() == 0) {
        return Ok(ToSend::Nothing(match prepared.is_over {
            true => format!("{NONE_GOES_ON}; the results are in {}", quoted_path(&prepared.out)),
            false => format!("every trial is in a record; runner merge {} joins them", quoted_path(folder)),
        }));
    }
    let tasks = with_a_task(submission, folder)?;
    let shards = without_a_task(left, &tasks);
    // After tasks that Slurm has, nothing is missing but a merge that it refused.
    if shards.is_empty() && !tasks.is_empty() && submission.merge.is_some() {
        return Ok(ToSend::Nothing(format!("nothing to submit: Slurm has tasks of {}", count(tasks.len(), "shard"))));
    }
    let others = if tasks.is_empty() { Vec::new() } else { submission.jobs.clone() };
    Ok(ToSend::Jobs { shards, others })
}

/// Returns the directory and the runner that the scripts name.
fn here() -> Result<[PathBuf; 2]> {
    let directory = current_dir().context("can't find the current directory")?;
    let runner = current_exe().context("can't find the runner's own file")?;
    Ok([directory, runner])
}

/// Refuses a path that a script, which is text, can't have.
fn is_for_a_script(path: &Path) -> Result<()> {
    match path.to_str() {
        Some(text) if visible_line(text) != text => bail!(
            "{}: this path has a line end, a tab or a hidden character, which a line of a script for Slurm can't have; submit from or \
             into another folder",
            path.display()
        ),
        Some(_) => Ok(()),
        None => bail!(
            "{}: this path is not UTF-8, as the scripts for Slurm are; submit from or into another folder",
            path.display()
        ),
    }
}

/// Refuses to submit a sweep anew that was submitted before, and to go on with one that wasn't.
fn refuse_wrong_turn(args: &cli::Submit, folder: &Path, before: Option<&Submission>) -> Result<()> {
    let place = folder.display();
    match before {
        Some(_) if !args.resume && !args.dry_run => {
            bail!(
                "{place}: this sweep was submitted before; --resume submits what is missing, --out chooses another directory"
            )
        }
        None if args.resume => bail!("{place}: nothing was submitted here; leave --resume out"),
        _ => Ok(()),
    }
}

/// Refuses an experiment that is not the one that was submitted: its trials would be of another sweep.
fn refuse_other_experiment(folder: &Path, prepared: &PreparedSubmission) -> Result<()> {
    let path = folder.join(EXPERIMENT);
    let submitted = fs::read_to_string(&path).with_context(|| format!("{}: can't be read", path.display()))?;
    if let Some((was, is)) = first_difference(&submitted, &prepared.experiment.resolved) {
        bail!(
            "{}: what was submitted is another experiment or has other data: it has {was:?}, this one {is:?}; submit that with another --out",
            path.display()
        );
    }
    Ok(())
}

fn scripts(
    prepared: &PreparedSubmission,
    sizes: &Sizes,
    options: cli::cluster::Options,
    folder: &Path,
) -> Result<Scripts> {
    let [directory, runner] = here()?;
    let name = &prepared.experiment.name;
    Ok(Scripts {
        words: format!("{name}: {} in {}", count(prepared.plan.trials.len(), "trial"), count(sizes.shards, "shard")),
        name: quoted([name.clone()]),
        directory: quoted_path(&directory),
        runner: quoted_path(&runner),
        experiment: quoted_path(&folder.join(EXPERIMENT)),
        out: quoted_path(&prepared.out),
        folder: quoted_path(folder),
        shards: sizes.shards,
        threads: prepared.experiment.threads,
        cpus: sizes.cpus,
        mem: sizes.mem.clone(),
        time: sizes.time,
        options,
    })
}

/// Writes numbers as Slurm takes an array: `0-3,7%2`.
fn array_of(shards: &[usize], max_parallel: Option<u32>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &shard in shards {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == shard => *last = shard,
            _ => runs.push((shard, shard)),
        }
    }
    let run =
        |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let all = runs.iter().map(run).collect::<Vec<_>>().join(",");
    max_parallel.map_or(all.clone(), |most| format!("{all}%{most}"))
}

fn write(folder: &Path, prepared: &PreparedSubmission, texts: &[String; 2]) -> Result<()> {
    make_folder(&folder.join("log")).map_err(Failure::of_writing)?;
    // The shards train this copy, whatever becomes of the file that was given.
    let files = SCRIPTS.into_iter().zip(texts).chain([(EXPERIMENT, &prepared.experiment.resolved)]);
    for (name, text) in files {
        write_whole(&folder.join(name), true, |out| out.write_all(text.as_bytes())).map_err(Failure::of_writing)?;
    }
    Ok(())
}

/// Prints the scripts on stdout, each after its name, and the commands on stderr: a merge after other jobs if it is sent first, and the
/// arrays.
fn preview(
    folder: &Path,
    texts: &[String; 2],
    arrays: &[(String, usize)],
    merge_after: Option<&[String]>,
) -> Result<ExitCode> {
    for (name, text) in SCRIPTS.into_iter().zip(texts) {
        print(&format!("# {}\n{text}", folder.join(name).display()))?;
    }
    let line = |words: Vec<String>| say(&quoted(["sbatch".to_owned()].into_iter().chain(words)));
    let (array, merge) = (["ARRAY".to_owned()], ["MERGE".to_owned()]);
    if let Some(others) = merge_after {
        line(words(folder, SCRIPTS[1], None, others));
    }
    for (place, (tasks, _)) in arrays.iter().enumerate() {
        let is_first = place == 0 && merge_after.is_none();
        line(words(folder, SCRIPTS[0], Some(tasks), if is_first { &[] } else { &merge }));
        line(words(folder, SCRIPTS[1], None, &array));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::array_of;

    #[test]
    fn the_shards_of_an_array_are_written_as_slurm_takes_them() {
        assert_eq!(array_of(&[0, 1, 2, 3], None), "0-3");
        assert_eq!(array_of(&[1, 5, 6, 7, 9], Some(2)), "1,5-7,9%2");
        assert_eq!(array_of(&[4], Some(8)), "4%8");
    }
}
