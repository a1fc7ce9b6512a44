//! A worked example: a net whose inputs and parameters stand in the file, as in a lecture or an exercise.
//!
//! A matrix that the file gives takes the place of the computed one, and the rest is computed from it. This is how an exercise is written
//! that calls a function with made-up caches, as the course's tests of backpropagation do.

pub mod example;
mod read;
mod training;

#[cfg(test)]
mod tests;
