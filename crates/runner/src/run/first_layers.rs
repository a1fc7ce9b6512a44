//! The first layers that nets start with: drawn and multiplied by X once for all trials that share them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kernels::{Real, WrongSum};
use net::initialise::Draw;
use net::{Engine, Examples, InitialFirstWeights, InitialNet, Initialisation};

use crate::plan::memory::MOST_BYTES;
use crate::plan::trial::Trial;
use crate::spec::data::DataShape;

/// The key of a first layer: all that it depends on.
#[derive(Clone, PartialEq)]
struct Key {
    engine: Engine,
    initialisation: Initialisation,
    seed: u32,
    rows: usize,
}

/// An origin, and the draw behind it, from which the biases and the other layers are drawn.
type Drawn = Result<(Arc<InitialFirstWeights>, Draw), WrongSum>;

/// The latest first layers, as many as `MOST_BYTES` hold.
#[derive(Default)]
pub struct Origins {
    latest: Mutex<VecDeque<(Key, Arc<OnceLock<Drawn>>)>>,
}

impl Origins {
    /// The net of `trial` before its training on `examples`.
    ///
    /// # Errors
    /// If the BLAS computes W(0) X wrongly.
    pub fn start<R: Real>(
        &self,
        trial: &Trial,
        data: DataShape,
        examples: &Examples<R>,
    ) -> Result<InitialNet<R>, WrongSum> {
        let config = &trial.config;
        let architecture = config.architecture(data.features, data.task);
        let (origin, draw) = self.of(trial, architecture.widths[1], examples)?;
        let (first_biases, upper) = (draw.first_biases().mapv(R::from_f64), draw.upper_layers(&architecture));
        let rates = config.initialisation.rates(&architecture);
        let training = config.training(data.train);
        let first_activation = architecture.activations[0];
        Ok(InitialNet { first_weights: origin, first_biases, first_activation, upper, rates, training })
    }

    /// Finds or draws a first layer. If several workers ask for the same one at once, one draws and the others wait for it.
    fn of<R: Real>(&self, trial: &Trial, rows: usize, examples: &Examples<R>) -> Drawn {
        let Trial { config, engine, .. } = trial;
        let initialisation = config.initialisation.clone();
        let key = Key { engine: *engine, initialisation, seed: config.seed, rows };
        let place = self.place(&key);
        place
            .get_or_init(|| {
                let (w_0, draw) = Draw::first_weights(&key.initialisation, key.seed, rows, examples.features());
                Ok((Arc::new(examples.initial_first_weights(w_0)?), draw))
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

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use net::{Chain, Scheme, initialise};

    use super::*;
    use crate::spec::trial::TrialConfig;
    use datasets::Task;

    #[test]
    fn trials_that_share_a_first_layer_start_as_the_nets_that_are_drawn_whole() {
        let (x, y) = (Array2::<f64>::ones((6, 3)), Array2::zeros((1, 3)));
        let examples = Examples::direct(x.clone(), y.clone(), x, y);
        let origins = Origins::default();
        for hidden in [vec![5], vec![5, 4], vec![5, 4, 3], vec![]] {
            for scheme in [Scheme::Course, Scheme::PyTorch, Scheme::MuP { base_width: 2 }] {
                let mut config = TrialConfig::of(&format!("model.hidden = {hidden:?}\nseed = 3"));
                config.initialisation = Initialisation { scheme, scales: vec![0.5] };
                let architecture = config.architecture(6, Task::Classes(2));
                let whole: Chain<f64> = initialise::chain(&architecture, &config.initialisation, 3);
                let trial = Trial { id: String::new(), config, engine: Engine::Direct };
                let data = DataShape { features: 6, train: 3, test: 3, validation: 0, task: Task::Classes(2) };
                let start = origins.start(&trial, data, &examples).unwrap();
                let whole = InitialNet::new(&examples, whole, trial.config.training(3)).unwrap();
                assert_eq!(format!("{start:?}"), format!("{whole:?}"));
            }
        }
        let kept = origins.latest.lock().unwrap().len();
        assert_eq!(kept, 6, "one for each scheme and width of the first layer");
    }
}
