//! Values that f64 holds and f32 does not.

use ndarray::Array2;

use crate::contract::targets::Targets;
use crate::split::Split;
use crate::split::features::Features;
use crate::split::scaling::Scaling;

/// A value that would be infinite in f32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BeyondF32 {
    /// An input of a net: a scaled feature.
    Input(f64),
    /// A target.
    Target(f64),
}

impl Split {
    /// Finds a scaled feature or a target that would be infinite in f32.
    ///
    /// # Panics
    /// If `scaling` was fitted on other features.
    #[track_caller]
    pub fn beyond_f32(&self, scaling: &Scaling) -> Option<BeyondF32> {
        let input = match &self.x {
            // Bytes are near one another, however they are scaled.
            Features::U8(_) => None,
            Features::F32(rows) => scaled_beyond(rows, scaling),
            Features::F64(rows) => scaled_beyond(rows, scaling),
        };
        let target = || match &self.targets {
            Targets::Classes(_) => None,
            Targets::Values(values) => values.iter().copied().find(|value| is_beyond(*value)),
        };
        input.map(BeyondF32::Input).or_else(|| target().map(BeyondF32::Target))
    }
}

#[track_caller]
fn scaled_beyond<T: Copy + Into<f64>>(rows: &Array2<T>, scaling: &Scaling) -> Option<f64> {
    let mut values = rows.indexed_iter().map(|((_, feature), &value)| (feature, value.into()));
    let scaled = |(feature, value): (usize, f64)| match scaling {
        Scaling::None => value,
        Scaling::Divide255 => value / 255.0,
        Scaling::Standardize { mean, std } => (value - mean[feature]) / std[feature],
    };
    values.find_map(|place| Some(scaled(place)).filter(|value| is_beyond(*value)))
}

fn is_beyond(value: f64) -> bool {
    (value as f32).is_infinite()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, arr2};

    use super::*;

    fn split(x: Features, targets: &[f64]) -> Split {
        let targets = Targets::Values(Array2::from_shape_vec((1, targets.len()), targets.to_vec()).unwrap());
        Split { x, image_shape: None, rows: (0..targets.examples()).collect(), targets, sha256: String::new() }
    }

    #[test]
    fn a_value_that_f32_makes_infinite_is_found_where_the_net_sees_it() {
        let within = Features::F64(arr2(&[[3.4e38], [-3.4e38]]));
        assert_eq!(split(within.clone(), &[1e38, -1e-300]).beyond_f32(&Scaling::None), None);
        let target = split(within, &[1.0, -1e39]).beyond_f32(&Scaling::None);
        assert_eq!(target, Some(BeyondF32::Target(-1e39)));

        let wide = split(Features::F64(arr2(&[[1.0, 2e39], [1.0, 4e39]])), &[0.0; 2]);
        assert_eq!(wide.beyond_f32(&Scaling::None), Some(BeyondF32::Input(2e39)));
        assert_eq!(wide.beyond_f32(&Scaling::Divide255), None);
        let scaling = Scaling::Standardize { mean: vec![0.0; 2], std: vec![1.0, 1e3] };
        assert_eq!(wide.beyond_f32(&scaling), None);

        let narrow = split(Features::F32(arr2(&[[1e30], [2e30]])), &[0.0; 2]);
        let scaling = Scaling::Standardize { mean: vec![0.0], std: vec![1e-10] };
        assert!(matches!(narrow.beyond_f32(&scaling), Some(BeyondF32::Input(value)) if value > 9e39));
        assert_eq!(split(Features::U8(arr2(&[[7]])), &[0.0]).beyond_f32(&Scaling::None), None);
    }
}
