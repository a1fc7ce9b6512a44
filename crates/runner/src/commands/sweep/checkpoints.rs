//! The checkpoints of a sweep, in words.

use std::collections::BTreeSet;

use crate::run::checkpoint::checkpoints::Checkpoints;
use crate::run::execute::FleetTrials;
use crate::terminal::{note, say};
use datasets::files::folder_of;
use datasets::text::count;

/// Says how many of `fleets` go on from a checkpoint.
pub(super) fn say_resumed(checkpoints: &Checkpoints, fleets: &[FleetTrials]) {
    let resumed = fleets.iter().filter(|fleet| checkpoints.iteration(fleet).is_some()).count();
    if resumed > 0 {
        let verb = if resumed == 1 { "goes on from its checkpoint" } else { "go on from their checkpoints" };
        say(&format!("{} {verb}", count(resumed, "fleet")));
    }
}

/// Says at the end of a sweep what its checkpoints are good for.
pub(super) fn say_left(checkpoints: &Checkpoints, is_interrupted: bool) {
    let left = checkpoints.tidy();
    let Some(first) = left.first() else { return };
    // A fleet may have one of its training and one of the repetition of it.
    let fleets = left.iter().filter_map(|file| file.file_prefix()).collect::<BTreeSet<_>>().len();
    let (in_words, file, folder) = (count(fleets, "fleet"), first.display(), folder_of(first).display());
    match (is_interrupted, fleets) {
        (true, 1) => say(&format!("{in_words} in training is kept as far as it is, in {folder}")),
        (true, _) => say(&format!("{in_words} in training are kept as far as they are, in {folder}")),
        (false, 1) => note(&format!(
            "{file} is left: a checkpoint of a fleet that this plan does not have, to be deleted if it never will"
        )),
        (false, _) => note(&format!(
            "{folder} is left: checkpoints of {in_words} that this plan does not have, to be deleted if it never will"
        )),
    }
}
