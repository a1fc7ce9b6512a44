//! Environment variables of this process, for C libraries that are configured by them.

use std::env;

/// Sets an environment variable for a C library; to be called before the library is loaded or first used, and while no other thread
/// reads the environment except by the functions of [`mod@std::env`]: not by `getenv` of a C library, either.
pub fn set_variable(name: &str, value: &str) {
    // SAFETY: the standard library's own accesses are locked against this, and the C libraries of this program read the
    // environment when they are loaded or first used: a BLAS after this is called for it, HDF5 after the start of `main`.
    unsafe { env::set_var(name, value) };
}
