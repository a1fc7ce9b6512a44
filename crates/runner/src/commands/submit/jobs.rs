//! The jobs of a submission, sent to Slurm one after another.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use datasets::files::write_whole;
use datasets::text::count;

use crate::cluster::slurm;
use crate::cluster::submission::Submission;
use crate::commands::failure::Failure;
use crate::shell_words::quoted;
use crate::terminal::say;

/// The script of the array's tasks, and that of the merge.
pub(super) const SCRIPTS: [&str; 2] = ["array.sh", "merge.sh"];

/// The file that names what is being sent, until Slurm's answer is noted.
const SENDING: &str = "sending.txt";

/// Refuses to submit to `folder` if a submission of jobs of this name was cut off there: Slurm may have a job that nothing notes.
///
/// # Errors
/// If one was; the message names what was being sent, and how to go on.
pub(super) fn refuse_after_cut(folder: &Path, name: &str) -> Result<()> {
    let file = folder.join(SENDING);
    if let Ok(what) = fs::read_to_string(&file) {
        bail!(
            "{}: an earlier submit sent {what} and did not see Slurm's answer; {}",
            file.display(),
            after_no_answer(name, "this file")
        );
    }
    Ok(())
}

/// Says how to go on where Slurm may have a job of the sweep `name` that nothing notes, as `file` says.
fn after_no_answer(name: &str, file: &str) -> String {
    let names = quoted([format!("--name={name},{name}-merge")]);
    format!(
        "squeue --me {names} shows whether Slurm has it: scancel a job that submission.json lacks, delete {file}, and submit again"
    )
}

/// A submission in progress, noted beside the shards after each job.
pub(super) struct Jobs<'s> {
    folder: &'s Path,
    out: &'s Path,
    /// The name of the experiment.
    name: &'s str,
    submission: Submission,
    /// The numbers of the jobs that were sent.
    sent: Vec<String>,
}

impl<'s> Jobs<'s> {
    /// Goes on with a submission of the shards in `folder` of the experiment `name`, which are merged into `out`.
    pub(super) fn new(folder: &'s Path, out: &'s Path, name: &'s str, submission: Submission) -> Self {
        Jobs { folder, out, name, submission, sent: Vec::new() }
    }

    /// Sends an array of `count` tasks, to begin after the merge that was sent before, and the merge after it and after the jobs `others`.
    ///
    /// # Errors
    /// If Slurm refuses one of the two, or they can't be noted; then it says which jobs Slurm has.
    pub(super) fn send(&mut self, array: &str, tasks: usize, others: &[String]) -> Result<()> {
        let before: Vec<String> = self.sent.last().into_iter().cloned().collect();
        let job = self.sbatch("the array", SCRIPTS[0], &options(Some(array), &before))?;
        say(&format!("job {job}: {} ({array})", count(tasks, "shard")));
        self.submission.jobs.push(job.clone());
        self.submission.merge = None;
        self.note()?;
        self.send_merge(&[&[job], others].concat())
    }

    /// Sends the merge after these jobs.
    ///
    /// # Errors
    /// As [`Jobs::send`].
    pub(super) fn send_merge(&mut self, after: &[String]) -> Result<()> {
        let job = self.sbatch("the merge", SCRIPTS[1], &options(None, after))?;
        say(&format!("job {job} merges them into {}", self.out.display()));
        self.submission.merge = Some(job);
        self.note()
    }

    fn sbatch(&mut self, what: &str, script: &str, options: &[String]) -> Result<String> {
        let sending = self.folder.join(SENDING);
        let write = write_whole(&sending, true, |out| out.write_all(what.as_bytes()));
        write.map_err(Failure::of_writing).map_err(|error| self.not_sent(what, error))?;
        let job = slurm::sbatch(options, &self.folder.join(script)).map_err(|error| match error {
            slurm::Error::NoAnswer(_) => {
                let remedy = after_no_answer(self.name, &sending.display().to_string());
                Failure::PartlySubmitted(format!("Slurm may have {what}, but did not answer: {error}; {remedy}")).into()
            }
            error => {
                let _ = fs::remove_file(&sending);
                self.not_sent(what, error.into())
            }
        })?;
        self.sent.push(job.clone());
        Ok(job)
    }

    /// Makes the error of a job that was not sent, after those that were.
    fn not_sent(&self, what: &str, error: anyhow::Error) -> anyhow::Error {
        if self.sent.is_empty() {
            return error;
        }
        let sent = self.sent.join(", ");
        anyhow::Error::from(Failure::PartlySubmitted(format!(
            "Slurm has the jobs {sent}, but {what} that follows was not submitted: {error}; --resume submits what is missing"
        )))
    }

    fn note(&self) -> Result<()> {
        let noted = self.submission.write(self.folder).map_err(|error| {
            let sent = self.sent.join(" ");
            let remedy = format!("scancel {sent} before you submit again");
            Failure::PartlySubmitted(format!("Slurm has the jobs {sent}, which can't be noted: {error}; {remedy}"))
        });
        // Now the job is noted, or the user knows of it.
        let _ = fs::remove_file(self.folder.join(SENDING));
        Ok(noted?)
    }
}

/// Writes the options of sbatch for an array, or for the one job of a merge.
fn options(array: Option<&str>, after: &[String]) -> Vec<String> {
    let mut options = vec!["--parsable".to_owned()];
    options.extend(array.map(|array| format!("--array={array}")));
    if !after.is_empty() {
        // However they end: a shard that failed is reported by the merge.
        options.push(format!("--dependency=afterany:{}", after.join(":")));
    }
    options
}

/// Writes the words of sbatch for a script.
pub(super) fn words(folder: &Path, script: &str, array: Option<&str>, after: &[String]) -> Vec<String> {
    options(array, after).into_iter().chain([folder.join(script).display().to_string()]).collect()
}
