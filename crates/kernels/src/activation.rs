//! The activations.

/// g in a = g(z), applied to each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// max(0, z); its derivative at 0 is 0.
    Relu,
    /// z where z ≥ 0, else 0.01 z (PyTorch's default slope); its derivative at 0 is 0.01.
    LeakyRelu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + e⁻ᶻ), from whichever side doesn't overflow.
    Sigmoid,
    /// z itself.
    Identity,
    /// z where z > 0, else eᶻ - 1 (α = 1, so that its derivative is continuous).
    Elu,
    /// log(1 + eᶻ), without a threshold from which it would be z.
    Softplus,
    /// z Φ(z) with the normal distribution function Φ.
    Gelu,
    /// z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2: PyTorch's `approximate="tanh"` of gelu.
    GeluTanh,
    /// z, but at least -1 and at most 1; its derivative at -1 and 1 is 0.
    HardTanh,
    /// z / (1 + e⁻ᶻ).
    Silu,
    /// eᶻ / (sum of eᶻ over the units of the example): the one activation that is not elementwise, for output layers.
    Softmax,
}

impl Activation {
    /// Every activation of hidden layers with its name in experiments.
    pub const ALL: [(&'static str, Activation); 11] = [
        ("relu", Activation::Relu),
        ("leaky-relu", Activation::LeakyRelu),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("identity", Activation::Identity),
        ("elu", Activation::Elu),
        ("softplus", Activation::Softplus),
        ("gelu", Activation::Gelu),
        ("gelu-tanh", Activation::GeluTanh),
        ("hard-tanh", Activation::HardTanh),
        ("silu", Activation::Silu),
    ];

    /// The z at which g' jumps, or g'' (elu's), in rising order: a finite difference across one of them is not what it is
    /// between them.
    pub fn kinks(self) -> &'static [f64] {
        match self {
            Activation::Relu | Activation::LeakyRelu | Activation::Elu => &[0.0],
            Activation::HardTanh => &[-1.0, 1.0],
            _ => &[],
        }
    }
}
