//! Check, then trust: the products that are about to be made, those that are being made, and those that
//! stand for good.

mod call;
mod finished;
mod inspect;
mod self_check;

pub use call::{Call, LayerShape, Product, WrongProduct};
pub use finished::{ProductCheck, WrongSum};
pub use inspect::inspected;
pub(crate) use inspect::{is_inspected, verify};
pub use self_check::self_check;
