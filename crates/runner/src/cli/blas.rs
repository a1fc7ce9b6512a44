//! The choice of the BLAS, an option of the commands that multiply.

use clap::Args;
use kernels::blas::Request;

/// The choice of the BLAS.
#[derive(Args, Debug, Default)]
pub struct Blas {
    /// The BLAS to multiply with: bundled, system, mkl, blis, aocl, or the path of a library with cblas; auto is the OpenBLAS
    /// that comes with Layerchain, else the system's newest [default: run.blas, else LAYERCHAIN_BLAS, else auto].
    #[arg(long, value_name = "NAME|PATH", display_order = 900)]
    pub blas: Option<Request>,
}
