//! The learning rate of each step.

use std::f64::consts::PI;

/// The learning rate after the warm-up, as a function of t, the number of steps since its end. η is the rate at t = 0; the steps and the
/// cosine are PyTorch's (`torch.optim.lr_scheduler`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// η.
    Constant,
    /// η γ^⌊t / every⌋: `StepLR`.
    Step {
        /// The number of steps from one decay to the next.
        every: usize,
        /// γ.
        gamma: f64,
    },
    /// η_min + (η - η_min) (1 + cos(π t / over)) / 2: `CosineAnnealingLR`'s closed form (Loshchilov and Hutter, ICLR 2017), which
    /// rises again after `over` steps.
    Cosine {
        /// The number of steps from η to η_min.
        over: usize,
        /// η_min.
        least: f64,
    },
    /// η / (1 + decay t).
    Inverse {
        /// The decay per step.
        decay: f64,
    },
}

/// A schedule of the learning rate: a warm-up, and then a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// η.
    pub learning_rate: f64,
    /// The number of steps over which the rate rises linearly to η (`LinearLR`); 0 for no warm-up.
    pub warmup: usize,
    /// The rate of the first of them, as a share of η.
    pub warmup_start: f64,
    /// The learning rate after the warm-up.
    pub curve: Curve,
}

impl Schedule {
    /// Makes a schedule with one learning rate for every step.
    pub fn constant(learning_rate: f64) -> Self {
        Schedule { learning_rate, warmup: 0, warmup_start: 1.0, curve: Curve::Constant }
    }

    /// Asserts that the constants are numbers and the curve has a length.
    #[track_caller]
    pub(crate) fn check(&self) {
        let is_finite = |what: &str, value: f64| assert!(value.is_finite(), "{what} is {value}: it must be finite");
        is_finite("the learning rate", self.learning_rate);
        is_finite("warmup_start", self.warmup_start);
        match self.curve {
            Curve::Constant => {}
            Curve::Step { every, gamma } => {
                assert!(every > 0, "a learning rate that decays every 0 steps");
                is_finite("gamma", gamma);
            }
            Curve::Cosine { over, least } => {
                assert!(over > 0, "a learning rate that falls over 0 steps");
                is_finite("the least learning rate", least);
            }
            // 1 + decay t must not be 0.
            Curve::Inverse { decay } => {
                assert!(decay >= 0.0 && decay.is_finite(), "a decay of {decay}: it must be finite and at least 0")
            }
        }
    }

    /// Returns the learning rate of step `iteration`, counted from 0.
    ///
    /// # Panics
    /// If the curve decays every 0 steps. One that falls over 0 steps gives NaN.
    pub fn at(&self, iteration: usize) -> f64 {
        let Some(t) = iteration.checked_sub(self.warmup) else {
            let done = iteration as f64 / self.warmup as f64;
            return self.learning_rate * (self.warmup_start + (1.0 - self.warmup_start) * done);
        };
        match self.curve {
            Curve::Constant => self.learning_rate,
            Curve::Step { every, gamma } => self.learning_rate * gamma.powf((t / every) as f64),
            Curve::Cosine { over, least } => {
                let angle = PI * t as f64 / over as f64;
                least + (self.learning_rate - least) * (1.0 + angle.cos()) / 2.0
            }
            Curve::Inverse { decay } => self.learning_rate / (1.0 + decay * t as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, steps: &[usize]) -> Vec<f64> {
        steps.iter().map(|&step| schedule.at(step)).collect()
    }

    #[test]
    fn each_curve_has_the_values_of_its_formula() {
        let of = |curve| Schedule { curve, ..Schedule::constant(0.8) };
        assert_eq!(rates(of(Curve::Constant), &[0, 9]), [0.8, 0.8]);
        assert_eq!(rates(of(Curve::Step { every: 3, gamma: 0.5 }), &[0, 2, 3, 6]), [0.8, 0.8, 0.4, 0.2]);
        let cosine = rates(of(Curve::Cosine { over: 10, least: 0.2 }), &[0, 5, 10, 15, 20]);
        assert_eq!(
            cosine.iter().map(|rate| (rate * 1e12).round() / 1e12).collect::<Vec<_>>(),
            [0.8, 0.5, 0.2, 0.5, 0.8]
        );
        assert_eq!(rates(of(Curve::Inverse { decay: 0.25 }), &[0, 4, 12]), [0.8, 0.4, 0.2]);
    }

    #[test]
    fn a_warm_up_rises_linearly_and_the_curve_begins_after_it() {
        let curve = Curve::Step { every: 2, gamma: 0.5 };
        let schedule = Schedule { learning_rate: 1.0, warmup: 4, warmup_start: 0.5, curve };
        assert_eq!(rates(schedule, &[0, 1, 2, 3, 4, 5, 6]), [0.5, 0.625, 0.75, 0.875, 1.0, 1.0, 0.5]);
    }
}
