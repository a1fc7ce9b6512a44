//! The contract of a data set, checked from the files' metadata before anything of a declared size is allocated.
//!
//! | dataset | shape | elements |
//! |---|---|---|
//! | pictures | `[m, h, w, c]`, or grey `[m, h, w]` | any integer, float or boolean |
//! | features | `[m, features]` | any integer, float or boolean; integers within ±2^53 |
//! | labels | `[m]`, `[1, m]` or `[m, 1]` | any integer or boolean; 0 to K - 1, K up to 65,536 |
//! | one-hot labels | `[m, K]`, K > 1 | any integer or boolean: a single 1 a row, else 0 |
//! | values | `[m]`, `[1, m]`, `[m, 1]` or `[m, n]` | any float; integers of several columns, or with an attribute `regression` |
//! | names of classes, features or values (optional) | `[K]`, `[features]`, `[n]` | text of fixed length, UTF-8 |
//!
//! Integers have 8 to 64 bits, floats 16 to 64, of either byte order; booleans are h5py's. Labels or values are the targets
//! (see [`TargetKind`](crate::TargetKind)). Their declared kind, if there is one, overrules the kind that they look like.

pub(crate) mod agreement;
pub mod attribute;
pub(crate) mod checked_split;
pub mod class_names;
pub mod column_names;
pub mod element_type;
pub mod error;
pub mod file;
pub(crate) mod hashed;
pub mod pin;
pub mod problem;
pub mod storage;
pub(crate) mod target_matrix;
pub(crate) mod targets;
