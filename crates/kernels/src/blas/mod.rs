//! The BLAS that multiplies: found and loaded at run time, checked, and the same for the whole process.
//!
//! Nothing is linked. [`choose()`] takes the library that is asked for, or by a fixed rule the OpenBLAS that comes with Layerchain,
//! or else the newest admitted one of the system; [`Library::put_into_use`] makes it the one that every product calls. In a program
//! that chooses none, the first product chooses what `LAYERCHAIN_BLAS` names, or else by the rule.

mod choose;
mod cores;
mod family;
mod find;
mod in_use;
mod lapack;
mod library;
mod load;
mod open;
mod outcome;
mod release;
mod request;
mod slow;

pub use self::choose::{Choice, choose};
pub use self::family::Family;
pub use self::find::{Candidate, Source, candidates};
pub use self::in_use::in_use;
pub(crate) use self::lapack::Lapack;
pub use self::library::Library;
pub(crate) use self::library::SmallProducts;
pub use self::open::LoadError;
pub use self::outcome::{Error, Warning};
pub use self::release::{Fault, Refused, ThreadLayer, Version};
pub use self::request::{Request, VARIABLE};
pub use crate::cblas::{COLUMN_MAJOR, GemmFunction, ROW_MAJOR, Transpose};
