//! Checks of products before they are trusted: those that are about to be made, and finished ones. [`crate::gemm`] itself inspects
//! products as they are made.

mod freivalds;
mod self_check;

pub use freivalds::{ProductCheck, WrongSum};
pub use self_check::self_check;
