//! The trials of a record as people ask for them: a table with a column for every key and every result, conditions on it, its
//! settings with their statistics, and the one rule by which one of them is the best.

pub mod claim;
pub mod column;
pub mod condition;
mod lexer;
pub mod pairs;
pub mod quantity;
pub mod ranking;
pub mod row;
pub mod setting;
pub mod shared;
pub mod statistic;
pub mod trials;
