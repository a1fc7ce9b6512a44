//! The defaults of a site: a TOML file whose keys are the options of `runner submit`.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind as Mistake;
use clap::{Args, Command, FromArgMatches};
use datasets::files::regular_file;
use toml::de::{DeTable, DeValue};

use crate::cli::cluster::Options;
use crate::spec::error::Place;
use crate::spec::synonyms::nearest;

/// A file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It can't be read.
    #[error("{}: can't read the site's defaults: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// It is not TOML, or a key in it is unknown or has a value that the option does not take.
    #[error("{place}: {problem}")]
    Line {
        /// The line.
        place: Place,
        /// The parser's message, or the key and what is wrong with it.
        problem: String,
    },
}

/// Reads the file that `LAYERCHAIN_CLUSTER` names, or else `layerchain/cluster.toml` in the user's configuration; nothing is set if there
/// is none.
///
/// # Errors
/// If it can't be read, or something in it is wrong: in one line, with the file, the line and the key.
pub fn options() -> Result<Options, Error> {
    if let Some(path) = env::var_os("LAYERCHAIN_CLUSTER").filter(|path| !path.is_empty()) {
        return read(Path::new(&path));
    }
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    let config = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home);
    let Some(path) = config.map(|config| config.join("layerchain/cluster.toml")) else { return Ok(Options::default()) };
    if fs::metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(Options::default());
    }
    read(&path)
}

fn read(path: &Path) -> Result<Options, Error> {
    let text = regular_file::open(path)
        .and_then(io::read_to_string)
        .map_err(|error| Error::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Options, Error> {
    let at = |start: usize| Place::Line(path.to_owned(), 1 + text[..start].matches('\n').count());
    let table = DeTable::parse(text).map_err(|error| Error::Line {
        place: at(error.span().map_or(0, |span| span.start)),
        problem: format!("not valid TOML: {}", error.message().replace('\n', "; ")),
    })?;
    let mut words = Vec::new();
    for (key, value) in table.get_ref() {
        let place = at(key.span().start);
        let own = words_of(key.get_ref(), value.get_ref()).and_then(|own| option_of(&own).map(|_| own));
        words.extend(own.map_err(|problem| Error::Line { place, problem: format!("{}: {problem}", key.get_ref()) })?);
    }
    option_of(&words).map_err(|problem| Error::Line { place: at(0), problem })
}

/// Writes a key as the words of a command line.
fn words_of(key: &str, value: &DeValue) -> Result<Vec<String>, String> {
    let names: Vec<String> = command().get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    if !names.iter().any(|name| name == key) {
        let meant = nearest(key, names.iter().map(String::as_str));
        let suggestion =
            meant.map_or_else(|| format!("known are {}", names.join(", ")), |meant| format!("did you mean {meant}?"));
        return Err(format!("unknown key ({suggestion})"));
    }
    let word = |value: &DeValue| match value {
        DeValue::String(text) => Ok(format!("--{key}={text}")),
        DeValue::Integer(number) => Ok(format!("--{key}={number}")),
        other => Err(format!("must be a text or a number, found {}", other.type_str())),
    };
    match value {
        DeValue::Array(values) => values.iter().map(|value| word(value.get_ref())).collect(),
        one => Ok(vec![word(one)?]),
    }
}

fn command() -> Command {
    Options::augment_args(Command::new("runner submit").no_binary_name(true).disable_help_flag(true))
}

/// Takes words as the command line does.
fn option_of(words: &[String]) -> Result<Options, String> {
    let found = command().try_get_matches_from(words).and_then(|matches| Options::from_arg_matches(&matches));
    found.map_err(|error| match error.kind() {
        Mistake::ArgumentConflict => "is a single value, not a list".to_owned(),
        _ => {
            let said = error.to_string();
            let line = said.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").split_once("': ").map_or(line, |(_, problem)| problem).to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::cluster::Shards;

    fn parsed(text: &str) -> Result<Options, String> {
        parse(Path::new("cluster.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_are_the_options_of_submit() {
        let text = "partition = 'short'\nmax-parallel = 40\ntime = '2h'\nshards = 'auto'\nsetup = ['module load a', 'true']\n\
                    sbatch = '--exclusive'\n";
        let options = parsed(text).unwrap();
        assert_eq!(options.partition.as_deref(), Some("short"));
        assert_eq!((options.max_parallel, options.time), (Some(40), Some(Duration::from_secs(7200))));
        assert_eq!((options.shards, options.setup.len()), (Some(Shards::Auto), 2));
        assert_eq!(options.sbatch, ["--exclusive"]);
        assert_eq!(parsed(""), Ok(Options::default()));
    }

    #[test]
    fn a_mistake_is_one_line_with_file_line_and_key() {
        for (text, expected) in [
            ("\npartion = 'x'", "cluster.toml:2: partion: unknown key (did you mean partition?)"),
            ("cpus = 1\nmem = 'much'", "cluster.toml:2: mem: must be a number with K, M, G or T, such as 2G"),
            ("cpus = 0", "cluster.toml:1: cpus: 0 is not in 1..=65535"),
            ("time = 90", "cluster.toml:1: time: time unit needed, for example 90sec or 90ms"),
            ("time = true", "cluster.toml:1: time: must be a text or a number, found boolean"),
            ("cpus = [1, 2]", "cluster.toml:1: cpus: is a single value, not a list"),
            ("env = ['A=1', '1=A']", "cluster.toml:1: env: must be NAME or NAME=VALUE"),
            ("sbatch = 'exclusive'", "cluster.toml:1: sbatch: must be an option, such as --exclusive"),
        ] {
            assert_eq!(parsed(text).unwrap_err(), expected);
        }
        assert!(parsed("cpus = 1\ncpus =").unwrap_err().starts_with("cluster.toml:2: not valid TOML: "));
        assert!(parsed("xyzzy = 1").unwrap_err().contains("known are shards, max-parallel, "));
    }

    #[test]
    fn what_the_command_line_says_goes_before_the_site_and_lists_have_both() {
        let site = parsed("partition = 'short'\ncpus = 4\nenv = 'A'").unwrap();
        let own = parsed("cpus = 2\nenv = 'B=1'").unwrap();
        let both = own.or(site);
        assert_eq!((both.cpus, both.partition.as_deref()), (Some(2), Some("short")));
        assert_eq!(both.env, ["A", "B=1"]);
    }
}
