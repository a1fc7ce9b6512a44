//! Variables of this process's environment, for C libraries that are told by them.

use std::env;

/// Sets a variable for a library that reads it when it is loaded or first used, which must come later.
pub fn set_variable(name: &str, value: &str) {
    // SAFETY: the standard library's own accesses are locked against this, and the C libraries of this program read the
    // environment when they are loaded or first used: a BLAS after this is called for it, HDF5 after the start of `main`.
    unsafe { env::set_var(name, value) };
}
