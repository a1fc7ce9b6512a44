//! The library that multiplies, one for the whole process.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::choose::{Choice, choose};
use super::library::Library;
use super::request::Request;

/// The library in use; null before the first product.
static IN_USE: AtomicPtr<Library> = AtomicPtr::new(ptr::null_mut());

impl Library {
    /// Makes this the library of every product, on every thread, from now on.
    pub fn put_into_use(&'static self) {
        IN_USE.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
    }
}

/// Returns the library that multiplies. If none has been put into use, this puts into use the one that `LAYERCHAIN_BLAS` names, or
/// else the one that the rule of [`choose()`] finds; the environment is then changed, as [`choose()`] says.
///
/// # Panics
/// If none has been put into use and none can be.
#[inline]
pub fn in_use() -> &'static Library {
    // SAFETY: the pointer is null, or to a library that is never freed.
    unsafe { IN_USE.load(Ordering::Acquire).as_ref() }.unwrap_or_else(use_default)
}

#[cold]
fn use_default() -> &'static Library {
    let Choice { library, .. } = choose(&Request::of_environment()).unwrap_or_else(|error| panic!("{error}"));
    library.put_into_use();
    library
}
