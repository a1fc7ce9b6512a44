//! The arguments of the commands on the shards of a sweep: `runner submit`, `runner status` and `runner merge`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::blas::Blas;
use super::experiment::ExperimentArgs;
use crate::plan::shard::MOST;
use crate::text::parse_duration;

/// Arguments of `runner submit`.
#[derive(Args, Debug)]
pub struct Submit {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The results directory that the shards are merged into; they are in DIR.shards [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Submit only the shards with trials that no record has, of a sweep that was submitted before. Shards that Slurm still has are left
    /// alone.
    #[arg(long)]
    pub resume: bool,
    /// Print the scripts and the commands that submit them, and write and submit nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How the shards are run.
    #[command(flatten)]
    pub options: Options,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// The options of the jobs, which a site's file may set too.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The number of shards, which is the size of the array; auto is one for ten minutes of predicted time [default: auto].
    #[arg(long, value_name = "N")]
    pub shards: Option<Shards>,
    /// The most shards that run at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_parallel: Option<u32>,
    /// The time limit of a shard, such as 45m, 2h or Slurm's 1-12:00:00 [default: twice the predicted time, and 5 minutes].
    #[arg(long, value_name = "DURATION", value_parser = time_limit)]
    pub time: Option<Duration>,
    /// The memory of a shard as Slurm takes it, such as 2G [default: a quarter more than planned].
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub mem: Option<String>,
    /// The cores of a shard [default: run.jobs x run.threads; run.threads without run.jobs].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub cpus: Option<u16>,
    /// The partition.
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub partition: Option<String>,
    /// The account that pays.
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub account: Option<String>,
    /// The quality of service.
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub qos: Option<String>,
    /// The features of nodes, for nodes of one kind of core.
    #[arg(long, value_name = "FEATURES", value_parser = word)]
    pub constraint: Option<String>,
    /// Any other option of sbatch for the shards, such as --sbatch=--exclusive; may be repeated.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, value_parser = option)]
    pub sbatch: Vec<String>,
    /// Any other option of sbatch for the merge, which has one core, the memory of a shard and an hour, such as
    /// --merge-sbatch=--time=3:00:00; may be repeated.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, value_parser = option)]
    pub merge_sbatch: Vec<String>,
    /// A variable of the shards' environment, with its value or as it is here; may be repeated. PATH, HOME, USER, LD_LIBRARY_PATH,
    /// LAYERCHAIN_BLAS and CATVNONCAT go along, and nothing else.
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = variable)]
    pub env: Vec<String>,
    /// A line of the shell before the runner is started, such as 'module load hdf5'; may be repeated.
    #[arg(long, value_name = "COMMAND", value_parser = line)]
    pub setup: Vec<String>,
    /// How long before its time limit a shard is asked to end in order and to queue up again [default: 60s].
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub signal: Option<Duration>,
}

impl Options {
    /// Returns how long before its time limit a shard is asked to end.
    pub fn signal(&self) -> Duration {
        self.signal.unwrap_or(Duration::from_secs(60))
    }

    /// Takes from `site` what is not given here; lists have both.
    #[must_use]
    pub fn or(self, site: Options) -> Self {
        let both = |site: Vec<String>, own: Vec<String>| site.into_iter().chain(own).collect();
        Options {
            shards: self.shards.or(site.shards),
            max_parallel: self.max_parallel.or(site.max_parallel),
            time: self.time.or(site.time),
            mem: self.mem.or(site.mem),
            cpus: self.cpus.or(site.cpus),
            partition: self.partition.or(site.partition),
            account: self.account.or(site.account),
            qos: self.qos.or(site.qos),
            constraint: self.constraint.or(site.constraint),
            sbatch: both(site.sbatch, self.sbatch),
            merge_sbatch: both(site.merge_sbatch, self.merge_sbatch),
            env: both(site.env, self.env),
            setup: both(site.setup, self.setup),
            signal: self.signal.or(site.signal),
        }
    }
}

/// A number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shards {
    /// A number that suits the predicted time.
    Auto,
    /// This number.
    Exactly(usize),
}

impl FromStr for Shards {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "auto" => Ok(Shards::Auto),
            Ok(number @ 1..=MOST) => Ok(Shards::Exactly(number)),
            _ => Err(format!("must be a number from 1 to {MOST}, or auto")),
        }
    }
}

/// Arguments of `runner status`.
#[derive(Args, Debug)]
pub struct Status {
    /// The directory of a sweep's shards, such as results/depth.shards, or its results directory.
    pub dir: PathBuf,
    /// Print the status as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads a time limit, as a duration or as Slurm writes it.
fn time_limit(text: &str) -> Result<Duration, String> {
    let is_slurms = text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || b":-".contains(&byte));
    if !is_slurms {
        return seconds(text);
    }
    let wrong = || "must be [days-]hours:minutes:seconds or minutes:seconds, 1s or longer".to_owned();
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let mut parts =
        clock.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    match (parts.len(), text.contains('-')) {
        (2, true) => parts.push(0),
        (2, false) => parts.insert(0, 0),
        (3, _) => {}
        _ => return Err(wrong()),
    }
    let units = [86_400, 3600, 60, 1];
    let parts = std::iter::once(days.parse().map_err(|_| wrong())?).chain(parts);
    let seconds = parts.zip(units).try_fold(0_u64, |sum, (part, unit)| sum.checked_add(part.checked_mul(unit)?));
    seconds.filter(|&seconds| seconds > 0).map(Duration::from_secs).ok_or_else(wrong)
}

/// Reads a duration of at least a second: a shorter one would become 0, which Slurm takes as no limit.
fn seconds(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    if duration >= Duration::from_secs(1) { Ok(duration) } else { Err("must be 1s or longer".to_owned()) }
}

/// Reads a size as Slurm takes it.
fn memory(text: &str) -> Result<String, String> {
    let digits = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
    let is_size = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_size { Ok(text.to_owned()) } else { Err("must be a number with K, M, G or T, such as 2G".to_owned()) }
}

/// Parses a name that Slurm takes as one word.
fn word(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"\"'\\#".contains(c));
    if is_word { Ok(text.to_owned()) } else { Err("must be one word".to_owned()) }
}

/// Parses an option of sbatch, as a line of a script has it.
fn option(text: &str) -> Result<String, String> {
    match text.starts_with('-') {
        true => line(text),
        false => Err("must be an option, such as --exclusive".to_owned()),
    }
}

fn line(text: &str) -> Result<String, String> {
    let is_line = !text.is_empty() && !text.chars().any(char::is_control);
    if is_line { Ok(text.to_owned()) } else { Err("must be one line".to_owned()) }
}

fn variable(text: &str) -> Result<String, String> {
    let name = text.split('=').next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_name {
        true => line(text),
        false => Err("must be NAME or NAME=VALUE".to_owned()),
    }
}

/// Arguments of `runner merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// Results directories of shards, or directories that hold them, such as results/depth.shards.
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The results directory of the whole sweep [default: results/depth for results/depth.shards, else results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Join shards although they were trained with different BLAS libraries, BLAS cores (their kernels, such as Haswell), plans of products
    /// (on an Intel and on another processor) or numbers of threads per fleet.
    #[arg(long)]
    pub mix: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_a_duration_or_one_of_slurms() {
        let minutes = |text| time_limit(text).map(|time| time.as_secs_f64() / 60.0);
        let read = ["45m", "1h 30m", "30:30", "1:30:00", "1-12:00", "2-00:00:30"].map(minutes);
        assert_eq!(read, [45.0, 90.0, 30.5, 90.0, 2160.0, 2880.5].map(Ok));
        for wrong in ["60", "0:00", "0-0:0:0", "1:2:3:4", "1::2", "1-2-3:00", "-1:00", "99999999999999999999:00"] {
            assert!(time_limit(wrong).is_err(), "{wrong}");
        }
        assert!(time_limit("18446744073709551615-00:00").is_err());
    }

    #[test]
    fn a_sweep_has_as_many_shards_as_can_be_named() {
        assert_eq!("auto".parse(), Ok(Shards::Auto));
        assert_eq!("100000".parse(), Ok(Shards::Exactly(MOST)));
        for wrong in ["0", "100001", "99999999999999", "many", "-1"] {
            assert_eq!(
                wrong.parse::<Shards>(),
                Err("must be a number from 1 to 100000, or auto".to_owned()),
                "{wrong}"
            );
        }
    }
}
