//! A product by loops of our own over AVX2 vectors: a tile of C stays in registers while a loop goes over the terms of its sums. The terms
//! of a sum are added in the same order in every tile; the plan of a thread's part of a product may differ from that of the whole.
//!
//! OpenBLAS's AVX2 cores first copy both operands into the order of their kernel, which takes as long as a small product itself. Our
//! loops read both where they are, or B from the copy of a panel that is as wide as a tile.

#![allow(clippy::needless_range_loop, reason = "the loops go over rows and columns of matrices")]

#[cfg(target_arch = "x86_64")]
mod dots;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
#[cfg(target_arch = "x86_64")]
mod tiles;
#[cfg(target_arch = "x86_64")]
mod vector;

use crate::cblas::GemmArguments;
#[cfg(target_arch = "x86_64")]
use crate::cblas::Transpose;

/// An element type of matrices that our loops multiply.
pub trait Loops: Sized {
    /// Computes a product.
    ///
    /// # Safety
    /// The arguments must be as a gemm function asks, with at least one term, beta 0 or 1, and A or B not transposed. The processor must
    /// have AVX2 and fused multiply-adds.
    unsafe fn multiply_by_loops(arguments: GemmArguments<Self>);
}

macro_rules! loops {
    ($type:ty) => {
        // A generic implementation would be compiled again in each crate that multiplies.
        impl Loops for $type {
            #[cfg(target_arch = "x86_64")]
            unsafe fn multiply_by_loops(arguments: GemmArguments<$type>) {
                // SAFETY: the caller upholds it.
                unsafe {
                    match arguments.b.transpose {
                        Transpose::No => tiles::product(arguments),
                        Transpose::Yes => dots::product(arguments),
                    }
                }
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn multiply_by_loops(_: GemmArguments<$type>) {
                unreachable!("only x86-64 has AVX2");
            }
        }
    };
}

loops!(f32);
loops!(f64);
