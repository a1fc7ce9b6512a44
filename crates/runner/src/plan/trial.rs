//! A trial of a plan.

use net::Engine;
use sha2::{Digest, Sha256};

use crate::spec::trial::TrialConfig;
use crate::text::hex;

/// A trial with its id.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The first 12 hexadecimal digits of SHA-256 over the canonical configuration, engine included, and the
    /// description of the data.
    pub id: String,
    /// Its configuration, with engine and cost chosen.
    pub config: TrialConfig,
    /// The engine of its first layer.
    pub engine: Engine,
}

/// Computes the id of a trial from its canonical configuration and the description of its data.
pub fn trial_id(config: &str, data_hash: &str) -> String {
    hex(&Sha256::digest(format!("{config}\n{data_hash}")))[..12].to_owned()
}
