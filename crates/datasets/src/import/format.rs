//! The formats of sources: how they are recognised, and what they take.

use std::path::Path;

use super::error::Error;
use super::open::{open, read_up_to};
use super::request::{Categorical, Format, Missing, Request};
use super::source::Rules;
use super::{csv_table, idx, npy, npz, pictures};
use crate::contract::targets::TargetsChoice;

impl Format {
    const ALL: [Self; 5] = [Self::Idx, Self::Csv, Self::Npy, Self::Npz, Self::Pictures];

    pub(super) fn rules(self) -> &'static Rules {
        match self {
            Self::Idx => &idx::RULES,
            Self::Csv => &csv_table::RULES,
            Self::Npy => &npy::RULES,
            Self::Npz => &npz::RULES,
            Self::Pictures => &pictures::RULES,
        }
    }

    /// Recognises the format of what is at `path`, by its first bytes and else by its name.
    pub(super) fn detect(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Ok(Self::Pictures);
        }
        let start = read_up_to(&mut open(path)?, 4).map_err(|reason| Error::read(path, &reason))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let by_bytes = Self::ALL.into_iter().find(|format| (format.rules().begins)(&start));
        let is_called = |format: &Self| format.rules().endings.iter().any(|end| name.ends_with(end));
        by_bytes.or_else(|| Self::ALL.into_iter().find(is_called)).ok_or_else(|| {
            let [others @ .., last] = Self::ALL.map(|format| format.rules().name);
            Error::file(path, format!("neither {} nor {last}; --format says which it is", others.join(", ")))
        })
    }

    /// Refuses paths and options that don't apply to this format.
    pub(super) fn check(self, request: &Request) -> Result<(), Error> {
        let refuse = |problem: String| Err(Error::Request(problem));
        for (given, option) in [
            (request.label.is_some(), "--label"),
            (!request.targets.is_empty(), "--target"),
            (request.target_kind != TargetsChoice::Auto, "--targets"),
            (request.features.is_some(), "--features"),
            (request.header.is_some(), "--header"),
            (request.delimiter.is_some(), "--delimiter"),
            (request.missing != Missing::Refuse, "--missing"),
            (request.categorical != Categorical::Refuse, "--categorical"),
            (!request.ignored.is_empty(), "--ignore"),
            (request.size.is_some(), "--side (or --height and --width)"),
            (request.grey, "--grey"),
        ] {
            if given && !self.rules().options.contains(&option) {
                let (found, name) = (request.train[0].display(), self.rules().name);
                let takes = Self::ALL.into_iter().map(Self::rules).filter(|rules| rules.options.contains(&option));
                let takes: Vec<_> = takes.map(|rules| rules.name).collect();
                return refuse(format!("{option} is for {}; {found} is {name}", takes.join(" and ")));
            }
        }
        for paths in [&request.train, &request.test].into_iter().filter(|paths| !paths.is_empty()) {
            let (wanted, found) = (self.rules().paths, paths.len());
            if found != wanted {
                let what = if wanted == 2 { "a file of examples and a file of labels" } else { "one path" };
                let problem = format!("its format takes {what} for each of training and test, found {found}");
                return Err(Error::file(&paths[0], problem));
            }
        }
        if request.test.is_empty() && request.test_share.is_none() && !self.rules().holds_both {
            return refuse("no test examples: give --test FILE, or --test-share 0.2 to set some aside".to_owned());
        }
        Ok(())
    }
}
