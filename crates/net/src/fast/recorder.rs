//! The records of a net in training: its history and, if it is to get them back, the parameters of its best record.

use kernels::Real;

use crate::fast::arrays::FirstState;
use crate::fast::best::Best;
use crate::layer::Layer;
use crate::progress::{Observation, Progress};
use crate::training::{StopReason, Training};

/// The history of a net in training, and the parameters that it gets back at the end.
pub(crate) struct Recorder<R: 'static> {
    pub(crate) progress: Progress,
    /// `None` unless [`crate::Stopping::restore_best`], and before the first record.
    pub(crate) best: Option<Best<'static, R>>,
}

impl<R: Real> Recorder<R> {
    /// Makes the recorder of a net with this number of `layers`.
    pub(crate) fn new(training: &Training, layers: usize) -> Self {
        Recorder { progress: Progress::new(training, layers), best: None }
    }

    /// Adds a record, and returns the reason to stop if patience has run out. `layers` has a part of the present parameters, and `first`
    /// returns the rest.
    pub(crate) fn record<'f>(
        &mut self,
        training: &Training,
        observation: &Observation,
        layers: &'f [Layer<R>],
        first: impl FnOnce() -> FirstState<'f, R>,
    ) -> Option<StopReason> {
        let record = self.progress.record(observation);
        if training.stopping.restore_best {
            Best::keep(&mut self.best, record, observation.watched, layers, first);
        }
        let is_over = self.progress.is_out_of_patience(&training.stopping, observation.watched);
        is_over.then_some(if observation.validates { StopReason::ValidationPlateau } else { StopReason::Plateau })
    }
}
