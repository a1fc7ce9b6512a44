//! The configuration of weight decay.

/// Weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// λ, the course's λ/m; 0 for none. J is computed without the penalty λ/2 |w|².
    pub lambda: f64,
    /// True if a step takes η λ w from w (AdamW), instead of adding λ w to g (L2).
    pub decoupled: bool,
    /// True if biases decay too (PyTorch's way); else weights decay alone (scikit-learn's way).
    pub biases: bool,
}

impl Decay {
    /// No decay.
    pub const NONE: Decay = Decay { lambda: 0.0, decoupled: false, biases: true };
}
