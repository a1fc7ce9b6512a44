//! The machines of the shards, which must multiply alike.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::source::Source;
use crate::machine::{Machine, OTHER_ARITHMETIC};
use crate::terminal::warn;
use datasets::text::count;

/// Refuses shards that were trained with different libraries, cores or numbers of threads, unless that is allowed.
pub(super) fn refuse_mixed(shards: &[Source], is_allowed: bool) -> Result<()> {
    // The trials, and the first shard, of each kind of machine.
    let mut kinds: BTreeMap<String, (usize, &Source)> = BTreeMap::new();
    for shard in shards {
        for (toml, trials) in &shard.machines {
            let Some(machine) = Machine::from_toml(toml) else { continue };
            kinds.entry(machine.arithmetic()).or_insert((0, shard)).0 += trials;
        }
    }
    if kinds.len() < 2 {
        return Ok(());
    }
    let each = kinds.iter().map(|(kind, (trials, shard))| {
        format!("{} on {kind} (first in {})", count(*trials, "trial"), shard.folder.display())
    });
    let each = each.collect::<Vec<_>>().join(", ");
    if is_allowed {
        warn(&format!("{each}: {OTHER_ARITHMETIC} (column machine of trials.csv and runner show)"));
        return Ok(());
    }
    bail!("{each}: {OTHER_ARITHMETIC}; --mix joins them all the same")
}
