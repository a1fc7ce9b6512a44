//! Threads that share products and passes: [`team`] keeps them, [`parts`] divides the work among them.
//!
//! The BLAS itself always uses one thread: OpenBLAS's own threads, before 0.3.34, can return wrong numbers to several callers
//! (OpenBLAS #5836), and would know nothing of the passes between the products.

mod parts;
mod team;

pub(crate) use self::parts::{in_parts, longest_part};
pub use self::team::{Team, threads};
