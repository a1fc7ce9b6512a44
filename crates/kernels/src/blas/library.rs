//! A loaded BLAS: its description, its gemm functions and its threads.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::{fmt, fs, thread};

use super::family::{Description, Family, ThreadCount};
use super::lapack::Lapack;
use super::release::{Fault, Refused, ThreadLayer, Version, admit, most_callers};
use crate::cblas::{GemmElement, GemmFunction, GemmFunctions};
use crate::simd::Vectors;

/// The way in which a library multiplies small matrices, which decides the plans of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmallProducts {
    /// It reads them where they are, as OpenBLAS's AVX-512 cores do since 0.3.17.
    InPlace,
    /// It does so on a processor of Intel's, where packing pays from a smaller size on than on AMD's.
    InPlaceOnIntel,
    /// It packs them first, as OpenBLAS's AVX2 cores do.
    Packed,
    /// It has not been measured.
    Unknown,
}

/// A BLAS that this process has loaded. It is never unloaded.
pub struct Library {
    pub(super) description: Description,
    pub(super) path: PathBuf,
    /// The core that it picked by itself, if it was loaded with a wider one.
    pub(super) replaced_core: Option<String>,
    /// `None` if it has no functions for its number of threads.
    pub(super) threads: Option<ThreadCount>,
    pub(crate) lapack: Option<Lapack>,
    pub(crate) small_products: SmallProducts,
    pub(super) gemm: GemmFunctions,
}

impl Library {
    /// Makes a library of two functions of this program.
    ///
    /// # Safety
    /// They must do what cblas specifies, may be called from several threads at once, and must not start threads.
    pub unsafe fn of_functions(name: &str, sgemm: GemmFunction<f32>, dgemm: GemmFunction<f64>) -> &'static Library {
        let description = Description { config: name.to_owned(), ..Description::unknown() };
        Box::leak(Box::new(Library {
            description,
            path: name.into(),
            replaced_core: None,
            threads: None,
            lapack: None,
            small_products: SmallProducts::Unknown,
            gemm: GemmFunctions { sgemm, dgemm },
        }))
    }

    /// Picks the function that multiplies matrices of this element type.
    pub(crate) fn gemm<R: GemmElement>(&self) -> GemmFunction<R> {
        R::gemm(&self.gemm)
    }

    /// Returns the family that it belongs to.
    pub fn family(&self) -> Family {
        self.description.family
    }

    /// Returns its release; `None` if it doesn't tell it.
    pub fn version(&self) -> Option<Version> {
        self.description.version
    }

    /// Describes its release.
    pub fn release(&self) -> String {
        self.version().map_or_else(|| "of unknown release".to_owned(), |version| version.to_string())
    }

    /// Returns its own description of how it was built.
    pub fn config(&self) -> &str {
        &self.description.config
    }

    /// Returns the processor family whose kernels it uses, such as `Haswell`.
    pub fn core(&self) -> &str {
        &self.description.core
    }

    /// Returns the vectors that its kernels use; `None` if its core is unknown.
    pub fn vectors(&self) -> Option<Vectors> {
        self.description.vectors
    }

    /// Returns the maker for whose processors this library's products are planned; `None` if they are planned alike on all. Another plan
    /// adds up a product in another order.
    pub fn plans_for(&self) -> Option<&'static str> {
        (self.small_products == SmallProducts::InPlaceOnIntel).then_some("Intel")
    }

    /// Returns the way in which it was built to use threads.
    pub fn thread_layer(&self) -> ThreadLayer {
        self.description.thread_layer
    }

    /// Returns the file that it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the core that it picked by itself, if it was loaded with another one that has wider vectors; else `None`.
    pub fn replaced_core(&self) -> Option<&str> {
        self.replaced_core.as_deref()
    }

    /// Checks that neither its release nor the number of concurrent `callers` is known to give wrong results.
    ///
    /// # Errors
    /// If one of them is: the reason, and a remedy.
    pub fn admit(&self, callers: usize) -> Result<(), Refused> {
        match self.family() {
            Family::OpenBlas => {
                admit(self.version(), self.config(), self.thread_layer(), callers).map_err(|fault| self.refused(fault))
            }
            Family::Mkl | Family::Blis | Family::Other => Ok(()),
        }
    }

    fn refused(&self, fault: Fault) -> Refused {
        Refused { path: self.path.clone(), fault }
    }

    /// Returns the most threads that may call it at once; `None` if it has no bound of its own.
    pub fn most_callers(&self) -> Option<usize> {
        (self.family() == Family::OpenBlas).then(|| most_callers(self.config()))
    }

    /// Sets the library to one thread, process-wide, and verifies it.
    ///
    /// OpenBLAS's own threads, before 0.3.34, can return wrong numbers to several callers (OpenBLAS #5836). OpenMP, and BLIS, keep a number
    /// for each thread, and a library may have no function for it: such a library makes one product on a new thread, which must not start
    /// any other.
    ///
    /// # Errors
    /// If it still uses more: [`Fault::StillThreaded`].
    pub fn use_one_thread(&self) -> Result<(), Refused> {
        let set = self.threads.map_or(1, ThreadCount::set_one);
        let is_process_wide =
            self.threads.is_some() && self.thread_layer() != ThreadLayer::OpenMp && self.family() != Family::Blis;
        let found = if set != 1 || is_process_wide { set } else { 1 + self.threads_started_by_a_product() };
        let still_threaded = || self.refused(Fault::StillThreaded { library: self.to_string(), found });
        if found == 1 { Ok(()) } else { Err(still_threaded()) }
    }

    /// Returns whether it has functions that set and count its threads.
    pub fn counts_threads(&self) -> bool {
        self.threads.is_some()
    }

    /// Reads the number of threads that it may use for a product.
    pub fn threads(&self) -> usize {
        self.threads.map_or(1, ThreadCount::get)
    }

    /// Makes a product on a new thread, large enough for several, and counts the threads that live then and didn't before.
    fn threads_started_by_a_product(&self) -> usize {
        let tasks = || -> BTreeSet<OsString> {
            let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name()).collect()
        };
        let started = || {
            let (mut multiply, before) = (self.square_product::<f64>(), tasks());
            multiply();
            tasks().difference(&before).count()
        };
        thread::scope(|scope| scope.spawn(started).join().unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

impl fmt::Display for Library {
    /// Writes family, release and core: `OpenBLAS 0.3.34 SkylakeX`; the name of the file if the library says nothing of itself.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.family() {
            Family::Other => {
                let name = self.path.file_name().unwrap_or(self.path.as_os_str());
                write!(f, "{} ({})", name.display(), self.family())
            }
            family => write!(f, "{family} {} {}", self.release(), self.core()),
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self} at {}", self.path.display())
    }
}
