#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod catalog;
mod contact_sheet;
pub mod contract;
mod dataset;
pub mod fetch;
pub mod files;
pub mod generate;
pub mod import;
mod inspect;
mod single;
mod split;
#[cfg(test)]
mod tests;
pub mod text;

pub use contact_sheet::ContactSheet;
pub use contract::column_names::{ColumnNames, OtherColumn};
pub use contract::error::Error;
pub use contract::file::HDF5_SIGNATURE;
pub use contract::pin::{Expected, PinSource, Pinned};
pub use contract::problem::{MOST_CLASSES, Problem};
pub use contract::targets::{TargetKind, Targets, TargetsChoice, Task};
pub use dataset::{DEFAULT_MAX_BYTES, DataSet, Files, Names, Source, TestSource};
pub use inspect::{DatasetLine, Inspection, SplitSummary, Statistics, TargetSummary, inspect};
pub use single::{NamedSplit, Unlabelled};
pub use split::Split;
pub use split::features::{FeatureType, Features};
pub use split::holdout::EmptySide;
pub use split::range::BeyondF32;
pub use split::scaling::{Scaling, ScalingChoice, TooWide};
