//! Scaling of features before a net sees them: fitted on training examples, applied to all.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::split::Split;
use crate::split::features::Features;

/// The scalings that an experiment can ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScalingChoice {
    /// [`Self::Divide255`] for u8, else [`Self::None`].
    #[default]
    Auto,
    /// `v / 255`.
    Divide255,
    /// `(v - mean) / std`, each feature by itself.
    Standardize,
    /// `v`.
    None,
}

impl ScalingChoice {
    /// Every choice with its name in an experiment, in the order of the documentation.
    pub const ALL: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("divide-255", Self::Divide255),
        ("standardize", Self::Standardize),
        ("none", Self::None),
    ];

    /// Returns its name in an experiment.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, choice)| *choice == self).map_or("", |(name, _)| name)
    }
}

/// A scaling with its parameters, as a trained net keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Scaling {
    /// `v`.
    None,
    /// `v / 255`.
    #[serde(rename = "divide-255")]
    Divide255,
    /// `(v - mean[j]) / std[j]` for a value v of feature j.
    Standardize {
        /// The mean of each feature over the training examples.
        mean: Vec<f64>,
        /// The standard deviation of each feature over the m training examples, with 1/m; 1 if a feature is constant.
        std: Vec<f64>,
    },
}

/// Features that lie too far apart to be standardised in f64.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("feature {feature} spreads beyond the range of f64; it cannot be standardized")]
pub struct TooWide {
    /// The feature, from 0.
    pub feature: usize,
}

impl Scaling {
    /// Fits the scaling `choice` to the training examples.
    ///
    /// Standardised as scikit-learn's `StandardScaler` does: std² = (1/m) Σ (v - mean)², and std = 1 for a feature that is
    /// constant up to the rounding of its mean, std² <= m ε std² + (m ε mean)². In f64 and two passes, the second of which
    /// takes back the rounding of the first mean (Chan, Golub and LeVeque, 1983: Algorithms for computing the sample
    /// variance, equation 1.7).
    ///
    /// # Errors
    /// If a feature's spread overflows f64.
    pub fn fit(choice: ScalingChoice, train: &Split) -> Result<Self, TooWide> {
        match (choice, &train.x) {
            (ScalingChoice::None, _) => Ok(Self::None),
            (ScalingChoice::Divide255, _) => Ok(Self::Divide255),
            (ScalingChoice::Auto, pixels) => Ok(Self::auto(pixels)),
            (ScalingChoice::Standardize, Features::U8(rows)) => standardize(rows),
            (ScalingChoice::Standardize, Features::F32(rows)) => standardize(rows),
            (ScalingChoice::Standardize, Features::F64(rows)) => standardize(rows),
        }
    }

    /// Returns the scaling of [`ScalingChoice::Auto`]: bytes are divided by 255, everything else is left as it is.
    pub fn auto(pixels: &Features) -> Self {
        match pixels {
            Features::U8(_) => Self::Divide255,
            Features::F32(_) | Features::F64(_) => Self::None,
        }
    }

    /// Describes what is lost if bytes whose greatest value is `most` are divided by 255; `None` if they are likely to be pixels.
    pub fn faint_bytes(most: u8) -> Option<String> {
        const FAINT: u8 = 15;
        (most <= FAINT).then(|| {
            let scaled = f64::from(most) / 255.0;
            format!(
                "bytes up to {most}, divided by 255, are at most {scaled:.3}: data.scale = \"none\" or \"standardize\" keeps them larger"
            )
        })
    }

    /// Returns the name of the [`ScalingChoice`] that it came from.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => ScalingChoice::None.name(),
            Self::Divide255 => ScalingChoice::Divide255.name(),
            Self::Standardize { .. } => ScalingChoice::Standardize.name(),
        }
    }
}

fn standardize<T: Copy + Into<f64>>(rows: &Array2<T>) -> Result<Scaling, TooWide> {
    let (examples, features) = rows.dim();
    let m = examples as f64;
    let mut mean = vec![0.0; features];
    for row in rows.rows() {
        // The quotients are added up, because the sum of finite values may overflow.
        mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += value.into() / m);
    }
    let (mut off, mut squares) = (vec![0.0; features], vec![0.0; features]);
    for row in rows.rows() {
        for (((off, square), mean), &value) in off.iter_mut().zip(&mut squares).zip(&mean).zip(row) {
            let deviation = value.into() - mean;
            *off += deviation;
            *square += deviation * deviation;
        }
    }
    let mut std = Vec::with_capacity(features);
    for (feature, ((mean, off), square)) in mean.iter_mut().zip(off).zip(squares).enumerate() {
        *mean += off / m;
        let variance = (square - off * off / m) / m;
        let column = rows.column(feature);
        let variance = match variance.is_finite() {
            true => variance.max(0.0),
            // The rounding of a mean near the range of f64 alone may overflow when it is squared.
            false if column.iter().all(|&value| value.into() == column[0].into()) => 0.0,
            false => return Err(TooWide { feature }),
        };
        let rounding = m * f64::EPSILON;
        let constant = variance <= rounding * variance + (rounding * *mean).powi(2);
        std.push(if constant { 1.0 } else { variance.sqrt() });
    }
    Ok(Scaling::Standardize { mean, std })
}
