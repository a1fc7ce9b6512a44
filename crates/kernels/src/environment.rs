//! Environment variables of this process, for C libraries that are configured by them.

use std::env;

/// Sets an environment variable for a C library; to be called before the library is loaded or first used.
///
/// # Safety
/// No other thread may be reading or changing the environment except by the functions of [`mod@std::env`], which are locked against this one: not
/// by `getenv` of a C library, either.
pub unsafe fn set_variable(name: &str, value: &str) {
    // SAFETY: the caller upholds it.
    unsafe { env::set_var(name, value) };
}
