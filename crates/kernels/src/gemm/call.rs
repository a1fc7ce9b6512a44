//! The three products and the ways in which training calls them, by which they are checked; the error of a wrong product.

use std::cmp::Ordering;
use std::fmt;

/// The treatment of the values that the output buffer holds before a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accumulate {
    /// Overwrite them. They are not read: NaN in the old buffer doesn't matter.
    Replace,
    /// Add the product to them.
    Add,
}

/// The shape of a layer, which fixes the sides of its three products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerShape {
    /// The number of rows of W.
    pub n_out: usize,
    /// The number of columns of W.
    pub n_in: usize,
    /// The number of columns of A and dZ.
    pub examples: usize,
}

impl fmt::Display for LayerShape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "n_out {} n_in {} examples {}", self.n_out, self.n_in, self.examples)
    }
}

/// One of the three products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// W·A, the product of [`forward`](crate::forward).
    Forward,
    /// dZ·Aᵀ, the product of [`backward_weights`](crate::backward_weights).
    BackwardWeights,
    /// Wᵀ·dZ, the product of [`backward_data`](crate::backward_data).
    BackwardData,
}

impl Product {
    /// Returns m, n and k of this product of a layer: it has m × n elements of k terms each.
    pub fn sides(self, LayerShape { n_out, n_in, examples }: LayerShape) -> [usize; 3] {
        match self {
            Product::Forward => [n_out, examples, n_in],
            Product::BackwardWeights => [n_out, n_in, examples],
            Product::BackwardData => [n_in, examples, n_out],
        }
    }

    /// Returns the shape of the layer whose product this is, if it has m × n elements of k terms each.
    pub fn layer(self, [m, n, k]: [usize; 3]) -> LayerShape {
        match self {
            Product::Forward => LayerShape { n_out: m, examples: n, n_in: k },
            Product::BackwardWeights => LayerShape { n_out: m, n_in: n, examples: k },
            Product::BackwardData => LayerShape { n_in: m, examples: n, n_out: k },
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Product::Forward => "W·A",
            Product::BackwardWeights => "dZ·Aᵀ",
            Product::BackwardData => "Wᵀ·dZ",
        })
    }
}

/// One of the ways in which training calls one of the three products. A BLAS may have a kernel of its own for each.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The product.
    pub product: Product,
    /// The effect on the values of C: replaced by the product, or added to.
    pub accumulate: Accumulate,
    /// The factor on dZ·Aᵀ; 1 for the other products.
    pub scale: f64,
    /// True if A is column-major, as mini-batches are: the features of an example are adjacent.
    pub column_major: bool,
}

impl Call {
    /// Describes the call of z = W A, or z += W A.
    pub const fn forward(accumulate: Accumulate) -> Self {
        Call { product: Product::Forward, accumulate, scale: 1.0, column_major: false }
    }

    /// Describes the call of dW = scale · dZ Aᵀ, or W += scale · dZ Aᵀ.
    pub const fn backward_weights(scale: f64, accumulate: Accumulate) -> Self {
        Call { product: Product::BackwardWeights, accumulate, scale, column_major: false }
    }

    /// Describes the call of dA = Wᵀ dZ.
    pub const fn backward_data() -> Self {
        Call { product: Product::BackwardData, accumulate: Accumulate::Replace, scale: 1.0, column_major: false }
    }

    /// Returns the same call with A column-major if `column_major`, else row-major.
    pub const fn with_inputs(self, column_major: bool) -> Self {
        Call { column_major, ..self }
    }

    /// Every way in which a training calls a product, each with one example of a scale.
    pub const ALL: [Call; 9] = {
        let replaced = (Call::forward(Accumulate::Replace), Call::backward_weights(1.0, Accumulate::Replace));
        let added = (Call::forward(Accumulate::Add), Call::backward_weights(-0.01, Accumulate::Add));
        [
            replaced.0,
            replaced.0.with_inputs(true),
            replaced.1,
            replaced.1.with_inputs(true),
            Call::backward_data(),
            added.0,
            added.0.with_inputs(true),
            added.1,
            added.1.with_inputs(true),
        ]
    };

    fn key(&self) -> (Product, bool, u64, bool) {
        (self.product, self.accumulate == Accumulate::Add, self.scale.to_bits(), self.column_major)
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Call {}

impl PartialOrd for Call {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Call {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Call {
    /// Writes such as `dZ·Aᵀ times -1e-2 added to C, A by columns,`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.product)?;
        if self.scale != 1.0 {
            write!(f, " times {:e}", self.scale)?;
        }
        if self.accumulate == Accumulate::Add {
            f.write_str(" added to C")?;
        }
        f.write_str(if self.column_major { ", A by columns," } else { "" })
    }
}

/// The error of a BLAS that has returned a wrong product.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{library} computes {call} wrongly ({dtype}, {shape}): element [{row}, {column}] is {found}, \
     must be {expected} within {bound:e}"
)]
pub struct WrongProduct {
    /// The library, or our loops in its place.
    pub library: String,
    /// The product, and how it was called.
    pub call: Call,
    /// The shape of the layer.
    pub shape: LayerShape,
    /// The element type.
    pub dtype: &'static str,
    /// The row of the first wrong element.
    pub row: usize,
    /// The column of the first wrong element.
    pub column: usize,
    /// The library's value there.
    pub found: f64,
    /// The value that [`crate::reference`] computes.
    pub expected: f64,
    /// The largest difference that rounding can explain.
    pub bound: f64,
}
