//! The jobs of a submission, sent to Slurm one after another.

use std::path::Path;

use anyhow::Result;
use datasets::text::count;

use crate::cluster::slurm;
use crate::cluster::submission::Submission;
use crate::commands::failure::Failure;
use crate::terminal::say;

/// The script of the array's tasks, and that of the merge.
pub(super) const SCRIPTS: [&str; 2] = ["array.sh", "merge.sh"];

/// A submission in progress, noted beside the shards after each job.
pub(super) struct Jobs<'s> {
    folder: &'s Path,
    out: &'s Path,
    submission: Submission,
    /// The numbers of the jobs that were sent.
    sent: Vec<String>,
}

impl<'s> Jobs<'s> {
    /// Goes on with a submission of the shards in `folder`, which are merged into `out`.
    pub(super) fn new(folder: &'s Path, out: &'s Path, submission: Submission) -> Self {
        Jobs { folder, out, submission, sent: Vec::new() }
    }

    /// Sends an array of `count` tasks, to begin after the merge that was sent before, and the merge after it and after the jobs `others`.
    ///
    /// # Errors
    /// If Slurm refuses one of the two, or they can't be noted; then it says which jobs Slurm has.
    pub(super) fn send(&mut self, array: &str, tasks: usize, others: &[String]) -> Result<()> {
        let before: Vec<String> = self.sent.last().into_iter().cloned().collect();
        let job = self.sbatch("the array", &words(self.folder, SCRIPTS[0], Some(array), &before))?;
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
        let job = self.sbatch("the merge", &words(self.folder, SCRIPTS[1], None, after))?;
        say(&format!("job {job} merges them into {}", self.out.display()));
        self.submission.merge = Some(job);
        self.note()
    }

    fn sbatch(&mut self, what: &str, words: &[String]) -> Result<String> {
        let job = slurm::sbatch(words).map_err(|error| match &self.sent[..] {
            [] => error.into(),
            sent => {
                let sent = sent.join(", ");
                anyhow::Error::from(Failure::PartlySubmitted(format!(
                    "Slurm has the jobs {sent}, but {what} that follows was not submitted: {error}; --resume submits what is missing"
                )))
            }
        })?;
        self.sent.push(job.clone());
        Ok(job)
    }

    fn note(&self) -> Result<()> {
        self.submission.write(self.folder).map_err(|error| {
            let sent = self.sent.join(" ");
            let remedy = format!("scancel {sent} before you submit again");
            Failure::PartlySubmitted(format!("Slurm has the jobs {sent}, which can't be noted: {error}; {remedy}"))
                .into()
        })
    }
}

/// Writes the words of sbatch for a script.
pub(super) fn words(folder: &Path, script: &str, array: Option<&str>, after: &[String]) -> Vec<String> {
    let mut words = vec!["--parsable".to_owned()];
    words.extend(array.map(|array| format!("--array={array}")));
    if !after.is_empty() {
        // However they end: a shard that failed is reported by the merge.
        words.push(format!("--dependency=afterany:{}", after.join(":")));
    }
    words.push(folder.join(script).display().to_string());
    words
}
