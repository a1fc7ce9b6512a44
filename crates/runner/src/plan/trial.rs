//! A trial of a plan.

use datasets::Task;
use datasets::files::hexadecimal;
use net::Engine;
use sha2::{Digest, Sha256};

use crate::spec::trial::TrialConfig;

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

impl Trial {
    /// Describes everything that its initial first layer depends on: trials with equal descriptions start with the same one.
    pub fn first_layer(&self, task: Task) -> String {
        let Trial { config, engine, .. } = self;
        format!("{engine:?} {:?} {} {}", config.initialisation, config.seed, config.first_width(task))
    }
}

/// Computes the id of a trial from its canonical configuration and the description of its data.
pub fn trial_id(config: &str, data_hash: &str) -> String {
    hexadecimal(&Sha256::digest(format!("{config}\n{data_hash}")))[..12].to_owned()
}
