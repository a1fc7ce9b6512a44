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

/// Says at the end of a sweep that was interrupted how many of the fleets that are left can go on from a checkpoint.
pub(super) fn say_kept(checkpoints: &Checkpoints, left: &[FleetTrials]) {
    checkpoints.tidy();
    let kept: Vec<_> = left.iter().filter(|fleet| checkpoints.iteration(fleet).is_some()).collect();
    let Some(first) = kept.first() else { return };
    let verb = if kept.len() == 1 { "is kept as far as it is" } else { "are kept as far as they are" };
    let (fleets, file) = (count(kept.len(), "fleet"), checkpoints.path(first));
    say(&format!("{fleets} in training {verb}, in {}", folder_of(&file).display()));
}

/// Says at the end of a sweep that was not interrupted which checkpoints are left.
pub(super) fn say_left(checkpoints: &Checkpoints) {
    let left = checkpoints.tidy();
    let Some(first) = left.first() else { return };
    // A fleet may have one of its training and one of the repetition of it.
    let fleets = left.iter().filter_map(|file| file.file_prefix()).collect::<BTreeSet<_>>().len();
    let end = "from which this plan does not go on, to be deleted if nothing else will";
    if fleets == 1 {
        note(&format!("{} is left: a checkpoint {end}", first.display()));
    } else {
        note(&format!("{} is left: checkpoints of {} {end}", folder_of(first).display(), count(fleets, "fleet")));
    }
}
