//! A small product by loops of our own over AVX2 vectors, which read both operands where they are.
//!
//! OpenBLAS's AVX2 cores first copy both operands into the order of their kernel, which takes as long as a small product itself. Here a
//! tile of C stays in registers while a loop goes over the terms of its sums. The terms of a sum are added in an order that depends on
//! their number alone, whichever part of C a thread makes.

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

/// An element type that our loops multiply.
pub trait Unpacked: Sized {
    /// Computes a product, unless both operands are transposed.
    ///
    /// # Safety
    /// The arguments must be as a gemm function asks, and the processor must have AVX2 and fused multiply-adds.
    unsafe fn unpacked(arguments: GemmArguments<Self>);
}

macro_rules! unpacked {
    ($($type:ty)*) => {$(
        impl Unpacked for $type {
            #[cfg(target_arch = "x86_64")]
            unsafe fn unpacked(arguments: GemmArguments<Self>) {
                // SAFETY: the caller upholds it.
                unsafe {
                    match arguments.b.transpose {
                        crate::cblas::Transpose::No => tiles::product(arguments),
                        crate::cblas::Transpose::Yes => dots::product(arguments),
                    }
                }
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn unpacked(_: GemmArguments<Self>) {
                unreachable!("only x86-64 has AVX2");
            }
        }
    )*};
}

unpacked!(f32 f64);
