//! The two element types, f32 and f64.

use ndarray::NdFloat;

use crate::cblas::GemmElement;
use crate::loops::Loops;
use crate::math::Math;
use crate::peak::MultiplyAdds;
use crate::transpose::TransposeBlock;

/// An element type of the kernels: `f32` or `f64`. Nothing else can implement it.
pub trait Real: NdFloat + Math + MultiplyAdds + TransposeBlock + GemmElement + Loops {
    /// The type's name as experiments write it: `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// Rounds `value` to the nearest value of this type.
    fn from_f64(value: f64) -> Self;

    /// Converts this value to f64, which is exact.
    fn as_f64(self) -> f64;
}

macro_rules! real {
    ($type:ident) => {
        impl Real for $type {
            const NAME: &'static str = stringify!($type);

            #[inline]
            fn from_f64(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn as_f64(self) -> f64 {
                self.into()
            }
        }
    };
}

real!(f32);
real!(f64);
