//! A cache of initial first layers: W(0) is drawn and multiplied by X once for all trials that share it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kernels::{Real, WrongSum};
use net::initialise::Draw;
use net::{Examples, InitialFirstWeights, InitialNet};

use crate::plan::memory::FIRST_LAYER_BYTES;
use crate::plan::trial::Trial;
use crate::spec::data::DataShape;
use datasets::Task;

/// An initial first layer, with the draw that the biases and the other layers are taken from.
type DrawnLayer = Result<(Arc<InitialFirstWeights>, Draw), WrongSum>;

/// The most recent initial first layers by their [`Trial::first_layer`], as many as `FIRST_LAYER_BYTES` hold.
#[derive(Default)]
pub struct FirstLayers {
    latest: Mutex<VecDeque<(String, Arc<OnceLock<DrawnLayer>>)>>,
}

impl FirstLayers {
    /// Returns the net of `trial` before its training on `examples`.
    ///
    /// # Errors
    /// If the BLAS computes W(0) X wrongly.
    pub fn initial_net<R: Real>(
        &self,
        trial: &Trial,
        data: DataShape,
        examples: &Examples<R>,
    ) -> Result<InitialNet<R>, WrongSum> {
        let config = &trial.config;
        let architecture = config.architecture(data.features, data.task);
        let (first_weights, draw) = self.of(trial, data.task, examples)?;
        Ok(InitialNet { first_weights, chain: draw.rest(&architecture), training: config.training(data.train) })
    }

    /// Finds or draws a first layer. If several workers ask for the same one at once, one draws it and the others wait.
    fn of<R: Real>(&self, trial: &Trial, task: Task, examples: &Examples<R>) -> DrawnLayer {
        let slot = self.slot(trial.first_layer(task));
        slot.get_or_init(|| {
            let config = &trial.config;
            let rows = config.first_width(task);
            let (w_0, draw) = Draw::first_weights(&config.initialisation, config.seed, rows, examples.features());
            Ok((Arc::new(examples.initial_first_weights(w_0)?), draw))
        })
        .clone()
    }

    fn slot(&self, key: String) -> Arc<OnceLock<DrawnLayer>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = latest.iter().find(|(known, _)| *known == key) {
            return Arc::clone(slot);
        }
        let slot = Arc::new(OnceLock::new());
        latest.push_back((key, Arc::clone(&slot)));
        let bytes = |(_, slot): &(String, Arc<OnceLock<DrawnLayer>>)| match slot.get() {
            Some(Ok((first, draw))) => first.bytes() + size_of_val(draw),
            _ => 0,
        };
        while latest.iter().map(bytes).sum::<usize>() > FIRST_LAYER_BYTES {
            latest.pop_front();
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use net::{Chain, Engine, Initialisation, Scheme, initialise};

    use super::*;
    use crate::spec::trial::TrialConfig;

    #[test]
    fn trials_that_share_a_first_layer_start_as_the_nets_that_are_drawn_whole() {
        let (x, y) = (Array2::<f64>::ones((6, 3)), Array2::zeros((1, 3)));
        let examples = Examples::direct(x.clone(), y.clone(), x, y);
        let first_layers = FirstLayers::default();
        for hidden in [vec![5], vec![5, 4], vec![5, 4, 3], vec![]] {
            for scheme in [Scheme::Course, Scheme::PyTorch, Scheme::MuP { base_width: 2 }] {
                let mut config = TrialConfig::of(&format!("model.hidden = {hidden:?}\nseed = 3"));
                config.initialisation = Initialisation { scheme, scales: vec![0.5] };
                let architecture = config.architecture(6, Task::Classes(2));
                let whole: Chain<f64> = initialise::chain(&architecture, &config.initialisation, 3);
                let trial = Trial { id: String::new(), config, engine: Engine::Direct };
                let data = DataShape { features: 6, train: 3, test: 3, validation: 0, task: Task::Classes(2) };
                let start = first_layers.initial_net(&trial, data, &examples).unwrap();
                let whole = InitialNet::new(&examples, whole, trial.config.training(3)).unwrap();
                assert_eq!(format!("{start:?}"), format!("{whole:?}"));
            }
        }
        let kept = first_layers.latest.lock().unwrap().len();
        assert_eq!(kept, 6, "one for each scheme and width of the first layer");
    }
}
