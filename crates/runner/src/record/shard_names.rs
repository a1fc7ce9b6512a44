//! The names of the directories of a sweep's shards, and the command that trains one.

use std::path::{Path, PathBuf};

use super::names::EXPERIMENT;
use crate::plan::shard::Shard;
use crate::shell_words::quoted;

/// The ending of the directory that holds the shards of the sweep in a results directory.
const ENDING: &str = ".shards";

/// Names the directory that holds the shards of the sweep whose results directory is `results`.
pub fn shards_of(results: &Path) -> PathBuf {
    let mut name = results.as_os_str().to_owned();
    name.push(ENDING);
    name.into()
}

/// Names the results directory of the sweep whose shards are in `shards`; `None` if that is not the name of such a
/// directory.
pub fn results_of(shards: &Path) -> Option<PathBuf> {
    let name = shards.file_name()?.to_str()?.strip_suffix(ENDING)?;
    (!name.is_empty()).then(|| shards.with_file_name(name))
}

/// Names the results directory of a shard of the sweep whose results directory is `results`.
pub fn shard_folder(results: &Path, shard: Shard) -> PathBuf {
    shards_of(results).join(folder_name(shard))
}

/// Names the results directory of a shard among those of the others, such as `3-of-8`.
pub(super) fn folder_name(shard: Shard) -> String {
    format!("{}-of-{}", shard.number(), shard.count())
}

/// Reads which shard the name of a directory stands for, such as `3-of-8`.
pub fn shard_in(folder: &Path) -> Option<Shard> {
    let (number, count) = folder.file_name()?.to_str()?.split_once("-of-")?;
    Shard::new(number.parse().ok()?, count.parse().ok()?)
}

/// Returns the command that trains the shard of a submitted sweep whose results are in `folder`; `None` if that was not submitted. The file
/// that was given to `runner submit` lacks the hashes of the data, so that its shards are of another experiment.
pub fn command_of(folder: &Path) -> Option<String> {
    let (shard, shards) = (shard_in(folder)?, folder.parent()?);
    let experiment = shards.join(EXPERIMENT);
    let (file, out) = (experiment.display().to_string(), results_of(shards)?.display().to_string());
    let words = ["runner", "sweep", &file, "--out", &out, "--shard", &shard.to_string()].map(str::to_owned);
    experiment.exists().then(|| quoted(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_beside_the_results_of_its_sweep() {
        let shard = "3/8".parse().unwrap();
        assert_eq!(shard_folder(Path::new("results/depth"), shard), Path::new("results/depth.shards/3-of-8"));
        assert_eq!(results_of(Path::new("results/depth.shards")), Some("results/depth".into()));
        assert_eq!(results_of(Path::new("depth.shards")), Some("depth".into()));
        assert_eq!(results_of(Path::new("results/depth")), None);
        assert_eq!(results_of(Path::new("results/.shards")), None);
    }
}
