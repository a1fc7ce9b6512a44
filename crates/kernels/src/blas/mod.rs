//! The BLAS that multiplies: found and loaded when the program runs, checked, and the same for the whole process.
//!
//! Nothing is linked. [`choose()`] takes the library that is asked for, or by a rule the OpenBLAS that comes with Layerchain, else
//! the newest admitted one of the system; [`Library::put_into_use`] makes it the one that every product calls. A program that
//! chooses nothing gets what `LAYERCHAIN_BLAS` or else the rule says, with the first product.

mod choose;
mod cure;
mod family;
mod find;
mod lapack;
mod library;
mod release;
mod slow;

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

pub use self::choose::{Choice, Error, Request, VARIABLE, Warning, choose};
pub use self::family::Family;
pub use self::find::{Candidate, Source, candidates};
pub(crate) use self::lapack::{Lapack, lapack};
pub use self::library::{COLUMN_MAJOR, GemmFunction, Library, LoadError, ROW_MAJOR, Transpose};
pub use self::release::{Refused, ThreadLayer, Version};

/// The library in use, or null before the first product.
static IN_USE: AtomicPtr<Library> = AtomicPtr::new(ptr::null_mut());

impl Library {
    /// Makes this the library of every product from now on, on every thread.
    pub fn put_into_use(&'static self) {
        IN_USE.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
    }
}

/// The library that multiplies. If none has been put into use, what `LAYERCHAIN_BLAS` names, or else the rule, is.
///
/// # Panics
/// If none has been put into use and there is none to be used.
#[inline]
pub fn in_use() -> &'static Library {
    // SAFETY: null, or a library that is never freed.
    unsafe { IN_USE.load(Ordering::Acquire).as_ref() }.unwrap_or_else(use_default)
}

#[cold]
fn use_default() -> &'static Library {
    let Choice { library, .. } = choose(&Request::of_environment()).unwrap_or_else(|error| panic!("{error}"));
    library.put_into_use();
    library
}
