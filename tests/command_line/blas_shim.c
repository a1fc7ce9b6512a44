/* Stands between the runner and OpenBLAS (LD_PRELOAD): counts gemm calls, and can make one element wrong.
 *
 * BLAS_SHIM_COUNT=FILE   write the number of calls at exit
 * BLAS_SHIM_WRONG=FACTOR multiply the last element of every product by FACTOR
 * BLAS_SHIM_CASE=0|1|2   only of W.A (NN), of dZ.A' (NT), of W'.dZ (TN)
 * BLAS_SHIM_SIDE=N       only of products with N terms to a sum
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long calls;
static double factor = 1.0;
static int only = -1, terms = -1;

__attribute__((constructor)) static void start(void) {
    const char *wrong = getenv("BLAS_SHIM_WRONG");
    const char *which = getenv("BLAS_SHIM_CASE");
    if (wrong) factor = atof(wrong);
    if (which) only = atoi(which);
    const char *side = getenv("BLAS_SHIM_SIDE");
    if (side) terms = atoi(side);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("BLAS_SHIM_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&calls));
        fclose(file);
    }
}

#define SHIM(name, real)                                                                                          \
    void name(int layout, int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b, \
              int ldb, real beta, real *c, int ldc) {                                                             \
        typedef void (*gemm)(int, int, int, int, int, int, real, const real *, int, const real *, int, real,      \
                             real *, int);                                                                        \
        ((gemm)dlsym(RTLD_NEXT, #name))(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);            \
        atomic_fetch_add(&calls, 1);                                                                              \
        if ((only < 0 || only == (ta == 112) * 2 + (tb == 112)) && (terms < 0 || terms == k))                     \
            c[(size_t)(m - 1) * ldc + n - 1] *= (real)factor;                                                     \
    }

SHIM(cblas_sgemm, float)
SHIM(cblas_dgemm, double)
