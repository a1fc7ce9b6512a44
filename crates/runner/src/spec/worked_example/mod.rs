//! A worked example: a net whose inputs and parameters stand in the file, as in a lecture or an exercise.
//!
//! What the file gives is taken as it is, and everything else follows from it. So an exercise that hands a function caches of its own
//! (the course's tests of the way back do) can be written down like any other net.

pub mod example;
pub mod expected;
mod read;
pub mod tensor;

#[cfg(test)]
mod tests;
