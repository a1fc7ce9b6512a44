//! The learning rate of each step.

use std::f64::consts::PI;

/// The learning rate after the warm-up, as a function of the t steps since. The steps and the cosine are PyTorch's (`torch.optim.lr_scheduler`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// η.
    Constant,
    /// η γ^⌊t / every⌋: `StepLR`.
    Step {
        /// The steps between two falls.
        every: usize,
        /// γ.
        gamma: f64,
    },
    /// η_min + (η - η_min) (1 + cos(π t / over)) / 2: `CosineAnnealingLR`'s closed form (Loshchilov and Hutter, ICLR 2017), which
    /// rises again after `over` steps.
    Cosine {
        /// The steps from η to η_min.
        over: usize,
        /// η_min.
        least: f64,
    },
    /// η / (1 + decay t).
    Inverse {
        /// The decay for each step.
        decay: f64,
    },
}

/// A learning rate and its course over the steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// η.
    pub rate: f64,
    /// The steps over which the rate rises linearly to η (`LinearLR`); 0 for none.
    pub warmup: usize,
    /// The share of η at the first of them.
    pub warmup_start: f64,
    /// The rate after the warm-up.
    pub curve: Curve,
}

impl Schedule {
    /// Makes a schedule with η at every step.
    pub fn constant(rate: f64) -> Self {
        Schedule { rate, warmup: 0, warmup_start: 1.0, curve: Curve::Constant }
    }

    /// Returns the learning rate of step `iteration`, counted from 0.
    pub fn at(&self, iteration: usize) -> f64 {
        let Some(t) = iteration.checked_sub(self.warmup) else {
            let done = iteration as f64 / self.warmup as f64;
            return self.rate * (self.warmup_start + (1.0 - self.warmup_start) * done);
        };
        match self.curve {
            Curve::Constant => self.rate,
            Curve::Step { every, gamma } => self.rate * gamma.powf((t / every) as f64),
            Curve::Cosine { over, least } => {
                let angle = PI * t as f64 / over as f64;
                least + (self.rate - least) * (1.0 + angle.cos()) / 2.0
            }
            Curve::Inverse { decay } => self.rate / (1.0 + decay * t as f64),
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
        let schedule = Schedule { rate: 1.0, warmup: 4, warmup_start: 0.5, curve };
        assert_eq!(rates(schedule, &[0, 1, 2, 3, 4, 5, 6]), [0.5, 0.625, 0.75, 0.875, 1.0, 1.0, 0.5]);
    }
}
