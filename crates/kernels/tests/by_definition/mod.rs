//! A BLAS that is made of two functions of a test's own program, which multiply by the definition.

/// Makes `put_into_use()`, after which all products are made by the definition. Each call asks `$added`, of the type `fn(usize) -> f64`,
/// what is added to each element of a product with that many columns.
macro_rules! blas_by_definition {
    ($name:literal, $added:path) => {
        fn put_into_use() {
            blas_by_definition!(sgemm, f32, $added);
            blas_by_definition!(dgemm, f64, $added);
            // SAFETY: they read and write what cblas does, on the thread that calls.
            unsafe { kernels::blas::Library::of_functions($name, sgemm, dgemm) }.put_into_use();
        }
    };
    ($gemm:ident, $type:ty, $added:path) => {
        #[allow(clippy::too_many_arguments)]
        unsafe extern "C" fn $gemm(
            layout: i32,
            transpose_a: kernels::blas::Transpose,
            transpose_b: kernels::blas::Transpose,
            m: i32,
            n: i32,
            k: i32,
            alpha: $type,
            a: *const $type,
            lda: i32,
            b: *const $type,
            ldb: i32,
            beta: $type,
            c: *mut $type,
            ldc: i32,
        ) {
            // Products of row-major matrices are asked for as column-major ones: m is the number of their columns.
            let added = $added(m as usize) as $type;
            assert_eq!(layout, kernels::blas::COLUMN_MAJOR);
            let index = |transpose, row: i32, column: i32, leading: i32| {
                let is_transposed = transpose == kernels::blas::Transpose::Yes;
                let (row, column) = if is_transposed { (row, column) } else { (column, row) };
                assert!(column < leading, "the leading dimension {leading} is shorter than a row");
                (row * leading + column) as usize
            };
            for i in 0..m {
                for j in 0..n {
                    // SAFETY: the caller's matrices have these elements.
                    let term =
                        |p| unsafe { *a.add(index(transpose_a, i, p, lda)) * *b.add(index(transpose_b, p, j, ldb)) };
                    let product: $type = (0..k).map(term).sum();
                    // SAFETY: as above.
                    let c = unsafe { &mut *c.add((j * ldc + i) as usize) };
                    *c = added + alpha * product + if beta == 0.0 { 0.0 } else { beta * *c };
                }
            }
        }
    };
}
