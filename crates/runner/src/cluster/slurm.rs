//! Slurm's commands.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for squeue, which is only an addition.
const PATIENCE: Duration = Duration::from_secs(5);

/// A refusal by Slurm.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no sbatch.
    #[error(
        "sbatch is not on this machine: submit where Slurm's commands are, or run the shards without it (docs/cluster.md)"
    )]
    Absent,
    /// It could not be run.
    #[error("sbatch: {0}")]
    Io(#[from] std::io::Error),
    /// It refused.
    #[error("sbatch: {0}")]
    Refused(String),
}

/// Submits a script with these options, and returns the job's number.
///
/// # Errors
/// If there is no sbatch, or it refuses: with its first line.
pub fn sbatch(words: &[String]) -> Result<String, Error> {
    // The environment's SBATCH_EXPORT would go before the script's own choice of variables.
    let output = Command::new("sbatch").args(words).env_remove("SBATCH_EXPORT").stdin(Stdio::null()).output();
    let output =
        output.map_err(|error| if error.kind() == ErrorKind::NotFound { Error::Absent } else { error.into() })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        let said = text(&output.stderr).replace("sbatch: error: ", "").replace('\n', "; ");
        return Err(Error::Refused(if said.is_empty() { output.status.to_string() } else { said }));
    }
    // "job" or "job;cluster".
    let job = text(&output.stdout).split(';').next().unwrap_or_default().to_owned();
    if job.is_empty() { Err(Error::Refused("it said no job's number".to_owned())) } else { Ok(job) }
}

/// Asks for the states of the tasks of array jobs, by their numbers in the array; `None` if Slurm does not answer. Tasks that wait for a person
/// are left out: they never run by themselves.
pub fn states(jobs: &[String]) -> Option<BTreeMap<usize, String>> {
    if jobs.is_empty() {
        return None;
    }
    let format = ["--noheader", "--array", "--format=%i %T %r"];
    let mut child = Command::new("squeue")
        .args(format)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    let mut stdout = child.stdout.take()?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).ok().map(|_| text)
    });
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let text = reader.join().ok()??;
    status.success().then(|| of_jobs(&text, jobs))
}

/// Reads lines such as `17_3 RUNNING None`.
fn of_jobs(text: &str, jobs: &[String]) -> BTreeMap<usize, String> {
    let task = |line: &str| {
        let mut words = line.split_whitespace();
        let (job, task) = words.next()?.split_once('_')?;
        let (state, reason) = (words.next()?, words.collect::<Vec<_>>().join(" ").to_lowercase());
        let waits_for_ever = reason.contains("held") || reason == "dependencyneversatisfied";
        let is_ours = jobs.iter().any(|known| known == job) && !waits_for_ever;
        is_ours.then(|| Some((task.parse().ok()?, state.to_lowercase())))?
    };
    text.lines().filter_map(task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_a_jobs_tasks_are_found_among_those_of_others() {
        let text = "17_3 RUNNING None\n17_4 PENDING Resources\n18 PENDING Dependency\n19_5 RUNNING None\n\
                    17_6 PENDING JobHeldUser\n17_7 PENDING launch failed requeued held\n";
        let found = of_jobs(text, &["17".to_owned()]);
        let expected = [(3, "running".to_owned()), (4, "pending".to_owned())];
        assert_eq!(found, BTreeMap::from(expected));
        assert_eq!(of_jobs(text, &["17".to_owned(), "19".to_owned()]).len(), 3);
    }
}
