//! The distributions of initial weights and biases.

use crate::architecture::Architecture;

/// The distribution that the initial parameters of a net are drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Initialisation {
    /// The distribution of each layer's weights and biases.
    pub scheme: Scheme,
    /// The factors on `W[l]` after it has been drawn (biases are left alone): empty for 1, one number for all layers, or one for each
    /// layer.
    pub scales: Vec<f64>,
}

impl From<Scheme> for Initialisation {
    /// Makes an initialisation by this scheme, with scales of 1.
    fn from(scheme: Scheme) -> Self {
        Initialisation { scheme, scales: Vec::new() }
    }
}

impl Initialisation {
    /// Returns the factor on `W[l]`, layer l at index l - 1.
    pub(super) fn scale(&self, i: usize) -> f64 {
        match self.scales[..] {
            [] => 1.0,
            [scale] => scale,
            ref scales => scales[i],
        }
    }

    /// Asserts that it fits to `architecture`.
    #[track_caller]
    pub(super) fn check(&self, architecture: &Architecture) {
        architecture.check();
        assert_ne!(self.scheme, Scheme::MuP { base_width: 0 }, "the base width of muP is at least 1");
        assert!(
            self.scales.len() <= 1 || self.scales.len() == architecture.depth(),
            "an initialisation has no scale, one, or one per layer: found scales {:?} for widths {:?}",
            self.scales,
            architecture.widths
        );
    }
}

/// The distribution of `W[l]` (n_out × n_in) and `b[l]` (n_out). Biases start at zero, except for [`Scheme::PyTorch`].
///
/// `Course` and `ScaledNormal` take NumPy's `RandomState(seed).randn` stream, drawn layer by layer and row by row, so
/// that they give the course's own weights. The others draw each layer's weights, and each layer's biases, from a
/// counter-based stream of their own. Normal distributions are not truncated, unlike those of the same names in Keras and JAX.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    /// randn / √n_in, as the course's L-layer net.
    Course,
    /// randn · factor; the course's 2-layer net uses 0.01.
    ScaledNormal {
        /// The factor.
        factor: f64,
    },
    /// Normal with variance 2 / n_in, made for relu (He et al. 2015, arXiv 1502.01852, eq. 10).
    HeNormal,
    /// Uniform with that variance: within ±√(6 / n_in).
    HeUniform,
    /// Normal with variance 2 / (n_in + n_out), made for tanh (Glorot and Bengio 2010, eq. 12).
    XavierNormal,
    /// Uniform with that variance: within ±√(6 / (n_in + n_out)) (Glorot and Bengio 2010, eq. 16).
    XavierUniform,
    /// Normal with variance 1 / n_in (LeCun et al. 1998, Efficient BackProp, eq. 16).
    LecunNormal,
    /// Uniform with that variance: within ±√(3 / n_in).
    LecunUniform,
    /// `gain` times a matrix with orthonormal rows (or columns, if there are fewer of them), uniform over all such matrices: the Q of a
    /// matrix of normal numbers (Saxe et al. 2013, arXiv 1312.6120; Mezzadri 2007, arXiv math-ph/0609050, for the signs).
    Orthogonal {
        /// The length of the rows (or columns).
        gain: f64,
    },
    /// As `torch.nn.Linear`: weights and biases uniform within ±1 / √n_in, though with other random numbers. (PyTorch calls the
    /// distribution of the weights `kaiming_uniform_(a=√5)`: within √3 · √(2 / (1 + 5)) / √n_in.)
    PyTorch,
    /// Maximal update parametrisation: [`Scheme::HeNormal`] with the output layer's variance divided by
    /// n_in / base_width, to be trained at the rates of [`Initialisation::rates`](super::Initialisation::rates), so that
    /// one learning rate serves every width (Yang, Hu et al. 2022, Tensor Programs V, arXiv 2203.03466, Table 3).
    MuP {
        /// The width of the hidden layers at which it is `HeNormal` with equal learning rates, bit for bit.
        base_width: usize,
    },
    /// Zero weights, with which all units of a layer stay equal.
    Zeros,
}

/// The properties of a layer that the distribution of its parameters depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) n_out: usize,
    pub(super) n_in: usize,
    /// True if its inputs are hidden units and its outputs those of the net: if it is the last layer and not the first.
    pub(super) reads_out: bool,
}

/// A distribution of `W[l]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    Zero,
    /// NumPy's `randn` times `factor`.
    Randn {
        factor: f64,
    },
    Normal {
        deviation: f64,
    },
    /// Uniform between -`bound` and `bound`.
    Uniform {
        bound: f64,
    },
    Orthogonal {
        gain: f64,
    },
}

impl Scheme {
    /// Returns the distribution of the weights of a layer.
    pub(super) fn weight_law(self, Place { n_out, n_in, reads_out }: Place) -> Law {
        let (n_in, both) = (n_in as f64, (n_in + n_out) as f64);
        match self {
            Scheme::Course => Law::Randn { factor: 1.0 / n_in.sqrt() },
            Scheme::ScaledNormal { factor } => Law::Randn { factor },
            Scheme::HeNormal => Law::Normal { deviation: (2.0 / n_in).sqrt() },
            Scheme::HeUniform => Law::Uniform { bound: (6.0 / n_in).sqrt() },
            Scheme::XavierNormal => Law::Normal { deviation: (2.0 / both).sqrt() },
            Scheme::XavierUniform => Law::Uniform { bound: (6.0 / both).sqrt() },
            Scheme::LecunNormal => Law::Normal { deviation: n_in.recip().sqrt() },
            Scheme::LecunUniform => Law::Uniform { bound: (3.0 / n_in).sqrt() },
            Scheme::Orthogonal { gain } => Law::Orthogonal { gain },
            Scheme::PyTorch => Law::Uniform { bound: n_in.sqrt().recip() },
            Scheme::MuP { base_width } => {
                let times_wider = if reads_out { n_in / base_width as f64 } else { 1.0 };
                Law::Normal { deviation: (2.0 / n_in).sqrt() / times_wider.sqrt() }
            }
            Scheme::Zeros => Law::Zero,
        }
    }

    /// Returns the bound of the biases' uniform distribution; `None` if the biases are zero.
    pub(super) fn bias_bound(self, n_in: usize) -> Option<f64> {
        (self == Scheme::PyTorch).then(|| (n_in as f64).sqrt().recip())
    }
}
