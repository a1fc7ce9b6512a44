//! Checks of products that a program relies on: of those that it will make, and of finished ones. Products are inspected as they are made
//! by [`crate::inspected`].

mod freivalds;
mod self_check;

pub use freivalds::{ProductCheck, WrongSum};
pub use self_check::self_check;
