//! The choice of the BLAS, an option of the commands that multiply.

use std::convert::Infallible;

use clap::Args;
use kernels::blas::Request;

/// The choice of the BLAS.
#[derive(Args, Debug, Default)]
pub struct Blas {
    /// The BLAS to multiply with: bundled, system, mkl, blis, aocl, or the path of a library with cblas; auto is the OpenBLAS
    /// that comes with Layerchain, else the system's newest [default: the experiment's run.blas, else LAYERCHAIN_BLAS, else auto].
    #[arg(long, value_name = "NAME|PATH", display_order = 900, value_parser = request)]
    pub blas: Option<Request>,
}

/// Reads a BLAS that is asked for.
pub(super) fn request(text: &str) -> Result<Request, String> {
    if text.is_empty() {
        return Err("a BLAS has a name or a path".to_owned());
    }
    text.parse().map_err(|never: Infallible| match never {})
}
