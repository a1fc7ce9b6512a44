//! The arguments of the commands on the results of a sweep: show, best, compare, tag, report and verify.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ArgAction::Set;
use clap::Args;

use super::blas::Blas;
use super::choice::{Choice, one_of};

/// The selection of trials.
#[derive(Args, Debug)]
pub struct Which {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// Only trials for which this holds, such as 'depth >= 4 and (activation = relu or not tag = old)'.
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// A former plan that the record keeps, by the number that `runner show` gives it.
    #[arg(long, value_name = "N")]
    pub plan: Option<i64>,
}

/// Arguments of `runner claims`.
#[derive(Args, Debug)]
pub struct Claims {
    /// A results directory, such as results/course-4layer.
    pub dir: PathBuf,
    /// Print the judgements as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `runner show`.
#[derive(Args, Debug)]
pub struct Show {
    /// The trials.
    #[command(flatten)]
    pub which: Which,
    /// The swept key to aggregate over [default: seed, where there are several].
    #[arg(long, value_name = "KEY", conflicts_with = "trials")]
    pub over: Option<String>,
    /// Print a row for each trial, with nothing aggregated.
    #[arg(long)]
    pub trials: bool,
    /// The column to sort by, the best first; -KEY turns the order round, KEY,KEY sorts by several, plan keeps the order of the experiment
    /// [default: the validation cost, else the training cost].
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show only the first N.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// The columns to show, in this order: trial, tag, note, keys by their full or last names, results as in trials.csv, status, curve; of
    /// settings also n (completed trials), NAME_sd, NAME_lowest and NAME_highest of a result NAME.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Show all columns, however wide the terminal is.
    #[arg(long)]
    pub wide: bool,
    /// Print a JSON object for each row, with every digit.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV, with every digit and the full names of keys.
    #[arg(long)]
    pub csv: bool,
}

/// Arguments of `runner best`.
#[derive(Args, Debug)]
pub struct Best {
    /// The trials.
    #[command(flatten)]
    pub which: Which,
    /// The result that decides, such as validation_accuracy [default: the validation cost, else the training cost].
    #[arg(long, value_name = "KEY")]
    pub by: Option<String>,
    /// Print a JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `runner compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// A results directory, which the other one is compared with.
    pub a: PathBuf,
    /// The other results directory.
    pub b: PathBuf,
    /// The results to compare, the first of which orders the rows [default: the validation cost (the training cost if there is none) and
    /// the test accuracy].
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Only trials of both for which this holds.
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// Show only the first N.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print one JSON object, with every digit.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV, with every digit and the full names of keys.
    #[arg(long)]
    pub csv: bool,
}

/// Arguments of `runner tag`.
#[derive(Args, Debug)]
pub struct Tag {
    /// The trials of --where.
    #[command(flatten)]
    pub which: Which,
    /// Tags to put on, as +TAG; -TAG takes one off.
    #[arg(value_name = "+TAG|-TAG")]
    pub add: Vec<String>,
    /// Take a tag off, as -TAG does; may be given again for others.
    #[arg(long, value_name = "TAG")]
    pub remove: Vec<String>,
    /// A trial, by its id or the beginning of it; may be given again for others.
    #[arg(long, value_name = "ID", conflicts_with = "condition")]
    pub trial: Vec<String>,
    /// A note in place of the one before; an empty one takes that off.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub note: Option<String>,
}

/// Writes `-TAG` among the arguments of `runner tag` as `--remove=TAG`: there, no word with one dash is an option but `-h`, `-q` and `-v`.
pub fn with_removals(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    const OPTIONS: [&str; 4] = ["h", "q", "v", "vv"];
    const WITH_VALUE: [&str; 4] = ["--color", "--note", "--trial", "--where"];
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let word = |argument: &OsString| argument.to_str().unwrap_or_default().to_owned();
    let words: Vec<String> = arguments.iter().map(word).collect();
    let is_value = |index: usize| WITH_VALUE.contains(&&*words[index - 1]);
    let command = (1..words.len()).find(|&index| !words[index].starts_with('-') && !is_value(index));
    if let Some(command) = command.filter(|&index| words[index] == "tag") {
        for index in (command + 1..words.len()).filter(|&index| !is_value(index)) {
            let removed = words[index].strip_prefix('-').filter(|tag| !tag.is_empty() && !tag.starts_with('-'));
            if let Some(tag) = removed.filter(|tag| !OPTIONS.contains(tag)) {
                arguments[index] = format!("--remove={tag}").into();
            }
        }
    }
    arguments
}

/// Arguments of `runner report`.
#[derive(Args, Debug)]
pub struct Report {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// The page; an earlier report there is replaced, another file is not [default: DIR/report.html].
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Open the page with xdg-open, or only write it.
    #[arg(long, action = Set, value_parser = one_of(&OPENED), value_name = "yes|no", default_value = "no")]
    pub open: bool,
}

const OPENED: [Choice<bool>; 2] = [("yes", "Opened", true), ("no", "Only written", false)];

/// Arguments of `runner verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// How many trials to train again: a number, or all.
    #[arg(long, value_name = "N", default_value = "3")]
    pub retrain: Retrain,
    /// The seed that draws these trials.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// The number of trials that are trained again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retrain {
    /// Every one.
    All,
    /// At most this many.
    Some(usize),
}

impl FromStr for Retrain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Retrain::All),
            number => number.parse().map(Retrain::Some).map_err(|_| "must be a number of trials, or all".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_removals;

    #[test]
    fn a_dash_takes_a_tag_off_in_tag_only() {
        let of = |words: &[&str]| with_removals(words.iter().map(|word| (*word).into()));
        assert_eq!(
            of(&["runner", "tag", "d", "-old", "+x", "--note", "y"])[3..],
            ["--remove=old", "+x", "--note", "y"]
        );
        assert_eq!(of(&["runner", "tag", "d", "-h", "-"])[3..], ["-h", "-"]);
        assert_eq!(of(&["runner", "-q", "tag", "d", "-x", "-q"])[3..], ["d", "--remove=x", "-q"]);
        assert_eq!(of(&["runner", "--color", "never", "tag", "-x"])[4..], ["--remove=x"]);
        assert_eq!(of(&["runner", "tag", "d", "--note", "-5", "-5"])[3..], ["--note", "-5", "--remove=5"]);
        assert_eq!(of(&["runner", "show", "tag", "-n"])[2..], ["tag", "-n"]);
        assert_eq!(of(&["runner", "show", "d", "-n"])[3..], ["-n"]);
    }
}
