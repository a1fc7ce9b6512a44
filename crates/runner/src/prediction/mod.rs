//! The prediction of a sweep's time from the speed of its fleets' steps, measured for a moment.

pub mod seconds;
pub mod speeds;
