//! The first layers that nets start with: drawn and multiplied by X once for all trials that share them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kernels::{Real, WrongSum};
use net::initialise::Draw;
use net::{Engine, Examples, Initialisation, Origin};

use super::plan::Trial;

/// What the origins that are kept for the next trials may take together.
pub const MOST_BYTES: usize = 16 << 20;

/// What an origin depends on.
#[derive(Clone, PartialEq)]
struct Key {
    engine: Engine,
    initialisation: Initialisation,
    seed: u32,
    rows: usize,
}

/// An origin, and the draw behind it, from which the biases and the other layers are drawn.
type Drawn = Result<(Arc<Origin>, Draw), WrongSum>;

/// The latest origins, as many as [`MOST_BYTES`] hold.
#[derive(Default)]
pub struct Origins {
    latest: Mutex<VecDeque<(Key, Arc<OnceLock<Drawn>>)>>,
}

impl Origins {
    /// Where `trial` starts on `examples`. Of several workers that ask for the same at once, one draws and the others
    /// wait for it.
    ///
    /// # Errors
    /// If OpenBLAS computes W(0) X wrongly.
    pub fn of<R: Real>(&self, trial: &Trial, examples: &Examples<R>) -> Drawn {
        let Trial { config, engine, .. } = trial;
        let rows = config.first_width();
        let initialisation = config.initialisation.clone();
        let key = Key { engine: *engine, initialisation, seed: config.seed, rows };
        let place = self.place(&key);
        place
            .get_or_init(|| {
                let (w_0, draw) = Draw::first_weights(&key.initialisation, key.seed, rows, examples.features());
                Ok((Arc::new(examples.origin(w_0)?), draw))
            })
            .clone()
    }

    fn place(&self, key: &Key) -> Arc<OnceLock<Drawn>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = latest.iter().find(|(known, _)| known == key) {
            return Arc::clone(place);
        }
        let place = Arc::new(OnceLock::new());
        latest.push_back((key.clone(), Arc::clone(&place)));
        let bytes = |(_, place): &(Key, Arc<OnceLock<Drawn>>)| match place.get() {
            Some(Ok((origin, draw))) => origin.bytes() + size_of_val(draw),
            _ => 0,
        };
        while latest.iter().map(bytes).sum::<usize>() > MOST_BYTES {
            latest.pop_front();
        }
        place
    }
}
