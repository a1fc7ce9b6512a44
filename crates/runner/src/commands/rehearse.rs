//! Rehearsals: an HDF5 file is read in a process of its own before it is read here.
//!
//! libhdf5 trusts a file too far: a crafted one makes even its current release read past the end of its memory. A copy
//! of this program therefore reads the file first, by the same functions, with bounds on memory and time. If the copy
//! crashes, exceeds a bound or refuses the file, the file is refused here in one line, and never opened. Only a file
//! that the copy has read to the end is read here.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
use signal_hook::low_level::signal_name;

use super::failure::Failure;
use crate::cli;
use crate::model::Model;
use datasets::contract::storage::RATIO_CAP;
use datasets::{DataSet, NamedSplit, Names, Pinned, Source, TargetsChoice, Task, TestSource, Unlabelled, inspect};

/// The memory that reading may take beyond the program's own, whatever the size of the file.
const LEAST_BYTES: u64 = 64 << 20;
/// The further bytes of memory for each byte that a file may unpack to: values are kept both as they are and as f64.
const BYTES_AN_UNPACKED: u64 = 20;
/// The seconds of a core for the smallest file, and the bytes that a larger one may unpack to for each further second.
const SECONDS: u64 = 3;
const UNPACKED_A_SECOND: u64 = 16 << 20;

/// Exit codes of the copy, apart from those of commands: its stdout is a line that refuses the file, or a report of its
/// problems.
const REFUSED: i32 = 20;
const BROKEN: i32 = 21;
/// The exit code of a copy that can't be bounded; its stdout says why.
const UNBOUNDED: i32 = 22;

/// A reading of one file or two.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Reading {
    /// [`DataSet::load`].
    Set { names: Names, targets: TargetsChoice, share: Option<(f64, u64)>, max_bytes: u64 },
    /// [`inspect`].
    Everything { names: Names, max_bytes: u64 },
    /// [`NamedSplit::load`].
    Part { pairs: Vec<(String, String)>, classes: String, asked: Task, max_bytes: u64 },
    /// [`Unlabelled::load`].
    Unlabelled { wanted: Vec<String>, max_bytes: u64 },
    /// [`Model::read`].
    Model,
}

/// The result of a rehearsal.
#[derive(Debug, PartialEq)]
pub(super) enum Tried {
    /// All was read.
    Sound,
    /// [`inspect`] found problems in the file: its report.
    Broken(String),
}

/// The end of the copy.
#[derive(Debug, PartialEq)]
enum CopyEnd {
    Tried(Tried),
    /// It refused the file, with this line.
    Refused(String),
    /// It was ended by this cause.
    Ended(String),
    /// It was ended because it took too long.
    Endless,
}

/// Tries the reading of `files` in a process of its own. If all files have pinned hashes, nothing is tried: their
/// content is compared with the hashes before they are read.
///
/// # Errors
/// If a file is refused, or ends that process, or the process can't be started.
pub(super) fn rehearse(reading: &Reading, files: &[&Pinned]) -> Result<Tried> {
    if files.iter().all(|file| file.expected.is_some()) {
        return Ok(Tried::Sound);
    }
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let why = match run_copy(reading, &paths)? {
        CopyEnd::Tried(tried) => return Ok(tried),
        CopyEnd::Refused(line) => bail!("{line}"),
        CopyEnd::Ended(by) => format!("a damaged HDF5 file: {by} in the process that reads it first"),
        CopyEnd::Endless => {
            let seconds = at_most(seconds_for(bytes_of(&paths)), hard_limit(Resource::Cpu));
            format!(
                "no end in sight after {seconds} s of a core in the process that reads it first, too long for a file of its size"
            )
        }
    };
    // Of two files, name the one that ends the process alone.
    let alone = |path: &Path| {
        let Reading::Set { names, max_bytes, .. } = reading else { return true };
        if paths.iter().all(|other| *other == path) {
            return true;
        }
        let everything = Reading::Everything { names: names.clone(), max_bytes: *max_bytes };
        matches!(run_copy(&everything, &[path]), Ok(CopyEnd::Ended(_) | CopyEnd::Endless))
    };
    let guilty = paths.iter().find(|path| alone(path));
    let named: Vec<String> = match guilty {
        Some(path) => vec![path.display().to_string()],
        None => paths.iter().map(|path| path.display().to_string()).collect(),
    };
    bail!("{}: {why}; the file is not used", named.join(" or "))
}

fn run_copy(reading: &Reading, paths: &[&Path]) -> Result<CopyEnd> {
    let reading = serde_json::to_string(reading).context("texts and numbers make valid JSON")?;
    let context = || format!("{}: can't start the process that reads it first", paths[0].display());
    // A file in memory, not a pipe: a pipe ends only once all copies of its other end are closed.
    let mut said = File::from(memfd_create("rehearsal", MemfdFlags::CLOEXEC).with_context(context)?);
    // This very program, even if its file has been replaced since it started.
    let status = Command::new("/proc/self/exe")
        .arg0("runner")
        .args([cli::REHEARSE, "--", &reading])
        .args(paths)
        // Fills new and freed memory with a pattern, so that it holds no plausible values by chance.
        .env("MALLOC_PERTURB_", "165")
        .stdin(Stdio::null())
        .stdout(said.try_clone().with_context(context)?)
        .stderr(Stdio::null())
        .status()
        .with_context(context)?;
    let mut bytes = Vec::new();
    said.rewind().and_then(|()| said.read_to_end(&mut bytes)).context("can't read what the trial of a file says")?;
    end_of_copy(status, String::from_utf8_lossy(&bytes).into_owned())
}

fn end_of_copy(status: ExitStatus, said: String) -> Result<CopyEnd> {
    let by = match status.signal() {
        None => match status.code() {
            Some(0) => return Ok(CopyEnd::Tried(Tried::Sound)),
            Some(BROKEN) => return Ok(CopyEnd::Tried(Tried::Broken(said))),
            Some(REFUSED) => return Ok(CopyEnd::Refused(said)),
            Some(UNBOUNDED) => bail!("can't bound the time and memory of the process that reads a file first: {said}"),
            _ => "the HDF5 library failed".to_owned(),
        },
        Some(SIGINT | SIGTERM | SIGHUP | SIGQUIT) => return Err(Failure::Interrupted.into()),
        Some(SIGXCPU) => return Ok(CopyEnd::Endless),
        Some(signal) => signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned),
    };
    Ok(CopyEnd::Ended(by))
}

/// Reads the files in this copy of the program, and writes to stdout what is wrong with them, if anything is.
pub(super) fn run(cli::Rehearse { reading, paths }: &cli::Rehearse) -> Result<ExitCode> {
    let reading: Reading = serde_json::from_str(reading)?;
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let (code, said) = match limit(bytes_of(&paths)).map(|()| reading.carry_out(&paths)) {
        Ok(Ok(Tried::Sound)) => (0, String::new()),
        Ok(Ok(Tried::Broken(report))) => (BROKEN, report),
        Ok(Err(error)) => (REFUSED, format!("{error:#}")),
        Err(error) => (UNBOUNDED, error.to_string()),
    };
    io::stdout().write_all(said.as_bytes())?;
    Ok(ExitCode::from(code as u8))
}

impl Reading {
    /// Makes the reading of a data set.
    pub(super) fn of_set(Source { test, names, targets, max_bytes, .. }: &Source) -> Self {
        let share = if let TestSource::Share { share, seed } = test { Some((*share, *seed)) } else { None };
        Reading::Set { names: names.clone(), targets: *targets, share, max_bytes: *max_bytes }
    }

    /// Reads the files as the commands do.
    fn carry_out(&self, paths: &[&Path]) -> Result<Tried> {
        match (self, paths) {
            (Reading::Set { names, targets, share, max_bytes }, [train, rest @ ..]) => {
                let test = match (rest, *share) {
                    ([test, ..], _) => TestSource::File(Pinned::any(*test)),
                    ([], Some((share, seed))) => TestSource::Share { share, seed },
                    ([], None) => TestSource::Absent,
                };
                let (train, names) = (Pinned::any(*train), names.clone());
                DataSet::load(&Source { train, test, names, targets: *targets, max_bytes: *max_bytes })?;
            }
            (Reading::Everything { names, max_bytes }, [path]) => {
                let inspection = inspect(&Pinned::any(*path), names, *max_bytes)?;
                if !inspection.problems.is_empty() {
                    return Ok(Tried::Broken(inspection.to_string()));
                }
            }
            (Reading::Part { pairs, classes, asked, max_bytes }, [path]) => {
                let pairs: Vec<_> = pairs.iter().map(|(x, y)| (x.as_str(), y.as_str())).collect();
                NamedSplit::load(&Pinned::any(*path), &pairs, classes, *asked, *max_bytes)?;
            }
            (Reading::Unlabelled { wanted, max_bytes }, [path]) => {
                let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
                Unlabelled::load(path, &wanted, *max_bytes)?;
            }
            (Reading::Model, [path]) => {
                Model::read(path)?;
            }
            (_, paths) => bail!("{} files; another number is read", paths.len()),
        }
        Ok(Tried::Sound)
    }
}

fn bytes_of(paths: &[&Path]) -> u64 {
    paths.iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum()
}

/// Returns the seconds of a core in which files of `bytes` are read, whatever they unpack to.
fn seconds_for(bytes: u64) -> u64 {
    SECONDS + bytes.saturating_mul(RATIO_CAP) / UNPACKED_A_SECOND
}

/// Returns the limit that this process can't go beyond (ulimit); `None` if there is none.
fn hard_limit(resource: Resource) -> Option<u64> {
    getrlimit(resource).maximum
}

/// Returns the seconds after which the process that is bounded to `seconds` ends by a signal of its own: a second before a `hard` limit,
/// where SIGKILL ends it.
fn at_most(seconds: u64, hard: Option<u64>) -> u64 {
    hard.map_or(seconds, |hard| seconds.min(hard.saturating_sub(1)))
}

/// Bounds the time and memory of this process for files of `bytes`, within the limits that it has already.
fn limit(bytes: u64) -> io::Result<()> {
    let to = |resource, most: u64| {
        let most = Some(hard_limit(resource).map_or(most, |hard| most.min(hard)));
        setrlimit(resource, Rlimit { current: most, maximum: most })
    };
    to(Resource::Core, 0)?;
    let seconds = at_most(seconds_for(bytes), hard_limit(Resource::Cpu));
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 1) })?;
    let status = fs::read_to_string("/proc/self/status")?;
    let own =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(own) = own {
        to(Resource::As, (own << 10) + LEAST_BYTES + bytes.saturating_mul(RATIO_CAP * BYTES_AN_UNPACKED))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGSEGV;

    use super::*;

    #[test]
    fn only_a_process_that_ended_by_itself_is_no_reason_to_refuse_a_file() {
        let end = |status| end_of_copy(ExitStatus::from_raw(status), "said".to_owned());
        assert_eq!(end(0).unwrap(), CopyEnd::Tried(Tried::Sound));
        assert_eq!(end(BROKEN << 8).unwrap(), CopyEnd::Tried(Tried::Broken("said".to_owned())));
        assert_eq!(end(REFUSED << 8).unwrap(), CopyEnd::Refused("said".to_owned()));
        assert_eq!(end(SIGSEGV).unwrap(), CopyEnd::Ended("SIGSEGV".to_owned()));
        assert_eq!(end(SIGXCPU).unwrap(), CopyEnd::Endless);
        assert!(matches!(end(101 << 8).unwrap(), CopyEnd::Ended(_)), "a panic");
        assert!(end(SIGINT).is_err(), "a person wants to end it");
        let unbounded = end(UNBOUNDED << 8).unwrap_err().to_string();
        assert_eq!(unbounded, "can't bound the time and memory of the process that reads a file first: said");
    }

    #[test]
    fn the_time_ends_by_its_own_signal_before_the_limit_of_the_shell() {
        let hard = [None, Some(1000), Some(21), Some(20), Some(1), Some(0)];
        assert_eq!(hard.map(|hard| at_most(20, hard)), [20, 20, 20, 19, 0, 0]);
    }

    /// 300,000 examples of 1,000 features in 14.4 MB take 20 s to unpack, check and convert.
    #[test]
    fn a_file_has_the_time_to_unpack_as_far_as_the_contract_allows() {
        assert_eq!(seconds_for(10_000), 3);
        assert!((120..240).contains(&seconds_for(14_400_000)));
        assert_eq!(seconds_for(u64::MAX), 3 + u64::MAX / (16 << 20));
    }
}
