//! A trial of a plan.

use net::Engine;
use sha2::{Digest, Sha256};

use crate::spec::trial::TrialConfig;
use crate::text::hex;

/// A trial with its id.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The first 12 hex digits of SHA-256 over the canonical config, engine included, and the data's hash.
    pub id: String,
    /// Its configuration, engine and cost chosen.
    pub config: TrialConfig,
    /// How its first layer is trained.
    pub engine: Engine,
}

/// The id of a trial of this canonical config on these data.
pub fn trial_id(config: &str, data_hash: &str) -> String {
    hex(&Sha256::digest(format!("{config}\n{data_hash}")))[..12].to_owned()
}
