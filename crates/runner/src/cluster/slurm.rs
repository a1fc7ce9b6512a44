//! Slurm's commands.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::overriding::variables_over;

const SBATCH: &str = "sbatch";
const SQUEUE: &str = "squeue";
/// Messages of sbatch that leave open whether Slurm has the job.
const LOST: [&str; 2] = ["Socket timed out", "Zero Bytes were transmitted or received"];
/// The longest wait for squeue.
const PATIENCE: Duration = Duration::from_secs(5);

/// A refusal by Slurm.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no sbatch.
    #[error(
        "sbatch is not on this machine: submit where Slurm's commands are, or run the shards without it (docs/cluster.md)"
    )]
    Absent,
    /// A command could not be run.
    #[error("{command}: {reason}")]
    Io {
        /// The command.
        command: &'static str,
        /// The system's message.
        reason: io::Error,
    },
    /// A command refused.
    #[error("{command}: {said}")]
    Refused {
        /// The command.
        command: &'static str,
        /// Its message.
        said: String,
    },
    /// sbatch ended without an answer, so that Slurm may have the job all the same.
    #[error("sbatch: {0}")]
    NoAnswer(String),
    /// squeue took too long.
    #[error("squeue: no answer for {} s", PATIENCE.as_secs())]
    Slow,
}

/// Submits `script` with the options `words`, and returns the job's number. What the script says goes before what the environment says.
///
/// # Errors
/// If there is no sbatch, or it refuses: with its first line. [`Error::NoAnswer`] if it ends without saying whether Slurm has the job.
pub fn sbatch(words: &[String], script: &Path) -> Result<String, Error> {
    let io = |reason| Error::Io { command: SBATCH, reason };
    let mut command = Command::new(SBATCH);
    command.args(words).arg(script).stdin(Stdio::null());
    for variable in variables_over(&fs::read_to_string(script).map_err(io)?) {
        command.env_remove(variable);
    }
    let output = command.output().map_err(|reason| match reason.kind() {
        ErrorKind::NotFound => Error::Absent,
        _ => io(reason),
    })?;
    if !output.status.success() {
        let said = said(SBATCH, output.status, &output.stderr);
        let is_cut_off = output.status.code().is_none() || LOST.iter().any(|lost| said.contains(lost));
        return Err(if is_cut_off { Error::NoAnswer(said) } else { Error::Refused { command: SBATCH, said } });
    }
    // "job" or "job;cluster".
    let job = String::from_utf8_lossy(&output.stdout).trim().split(';').next().unwrap_or_default().to_owned();
    if job.is_empty() { Err(Error::NoAnswer("it said no job's number".to_owned())) } else { Ok(job) }
}

/// Returns what a command that has failed said on stderr.
fn said(command: &str, status: ExitStatus, stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr).trim().replace(&format!("{command}: error: "), "").replace('\n', "; ");
    if said.is_empty() { status.to_string() } else { said }
}

/// Asks for the states of the tasks of array jobs, by their numbers in the array. Tasks that wait for a person are left out: they never run
/// by themselves.
///
/// # Errors
/// If there are jobs, and squeue does not answer.
pub fn states(jobs: &[String]) -> Result<BTreeMap<usize, String>, Error> {
    if jobs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let io = |reason| Error::Io { command: SQUEUE, reason };
    let mut command = Command::new(SQUEUE);
    // A person's choice of the jobs to be shown, such as SQUEUE_STATES, would hide tasks that Slurm has.
    for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SQUEUE_")) {
        command.env_remove(variable);
    }
    let mut child = command
        .args(["--noheader", "--array", "--format=%i %T %r"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io)?;
    let begun = Instant::now();
    let stdout = reading(child.stdout.take().expect("a pipe"));
    let stderr = reading(child.stderr.take().expect("a pipe"));
    let status = loop {
        match child.try_wait().map_err(io)? {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(Error::Slow);
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let all = |reader: JoinHandle<io::Result<Vec<u8>>>| reader.join().expect("a reader doesn't panic").map_err(io);
    if !status.success() {
        return Err(Error::Refused { command: SQUEUE, said: said(SQUEUE, status, &all(stderr)?) });
    }
    Ok(of_jobs(&String::from_utf8_lossy(&all(stdout)?), jobs))
}

/// Reads in another thread, so that a full pipe keeps no program waiting.
fn reading(mut from: impl Read + Send + 'static) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map(|_| bytes)
    })
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
