//! The memory and the cores that work needs, and those that are here.

use anyhow::{Result, bail};
use datasets::text::count;

use crate::machine;
use crate::text::bytes;

/// Refuses work that needs more bytes than are free. The message begins with `what` and its verb, and ends with the
/// `remedy`.
pub(super) fn enough_memory(needed: f64, what: &str, remedy: &str) -> Result<()> {
    match machine::available_bytes() {
        Some(available) if needed > available => {
            bail!(
                "{what} {}, and {} are free here (in the machine, its control group and ulimit -v); {remedy}",
                bytes(needed),
                bytes(available)
            )
        }
        _ => Ok(()),
    }
}

/// Refuses a net of these widths that does not fit into memory in f64 with its gradients, a changed copy of both, and z, a and dz of the
/// examples, twice.
pub(super) fn enough_for_net(widths: &[usize], examples: usize) -> Result<()> {
    let parameters: f64 = widths.windows(2).map(|n| (n[0] as f64 + 1.0) * n[1] as f64).sum();
    let units: f64 = widths[1..].iter().map(|&n| n as f64).sum();
    let needed = 8.0 * (4.0 * parameters + 6.0 * units * examples as f64);
    enough_memory(needed, "this net in f64 needs", "use a smaller one, or fewer --examples")
}

/// Refuses more threads than there are cores; `asked` is the key or the option that asks for them.
pub(super) fn enough_cores(asked: &str, threads: usize) -> Result<()> {
    let cores = machine::cores();
    if threads > cores {
        bail!("{asked}: {} are more than the {} here", count(threads, "thread"), count(cores, "core"));
    }
    Ok(())
}
