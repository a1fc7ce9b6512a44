/* Stands before a BLAS: counts its gemm calls, and can spoil them, or say that it is something else.
 *
 * BLAS_SHIM_REAL=FILE    the BLAS that multiplies, an OpenBLAS
 * BLAS_SHIM_COUNT=FILE   write the number of column-major calls at exit: training makes those, measurements of speed the others
 * BLAS_SHIM_WRONG=FACTOR multiply the last element of every product by FACTOR
 * BLAS_SHIM_SLOW=SHARE   take that much longer for every product, 0.5 for half as long again
 * BLAS_SHIM_SLOW_FOR=S   only for so many seconds after it was loaded
 * BLAS_SHIM_CASE=0|1|2   only of W.A (NN), of dZ.A' (NT), of W'.dZ (TN)
 * BLAS_SHIM_SIDE=N       only of products with N terms to a sum
 * BLAS_SHIM_CONFIG=TEXT  describe itself like this
 * BLAS_SHIM_THREADS=N    say so of its threads, whatever they are set to
 * BLAS_SHIM_BLIND=1      know no core but Prescott, unless OPENBLAS_CORETYPE names one
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_long calls;
static double factor = 1.0, slow = 0.0, slow_until = 0.0;
static int only = -1, terms = -1;
static void *blas;

static void *function(const char *name) {
    char prefixed[64];
    snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
    void *found = dlsym(blas, name);
    return found ? found : dlsym(blas, prefixed);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

__attribute__((constructor)) static void start(void) {
    const char *wrong = getenv("BLAS_SHIM_WRONG");
    const char *which = getenv("BLAS_SHIM_CASE");
    const char *side = getenv("BLAS_SHIM_SIDE");
    const char *real = getenv("BLAS_SHIM_REAL");
    const char *slower = getenv("BLAS_SHIM_SLOW");
    if (wrong) factor = atof(wrong);
    if (slower) slow = atof(slower);
    const char *seconds = getenv("BLAS_SHIM_SLOW_FOR");
    slow_until = seconds ? now() + atof(seconds) : 1e300;
    if (which) only = atoi(which);
    if (side) terms = atoi(side);
    blas = real ? dlopen(real, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND) : NULL;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("BLAS_SHIM_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&calls));
        fclose(file);
    }
}

const char *openblas_get_config(void) {
    const char *config = getenv("BLAS_SHIM_CONFIG");
    return config ? config : ((const char *(*)(void))function("openblas_get_config"))();
}

const char *openblas_get_corename(void) {
    const char *core = getenv("OPENBLAS_CORETYPE");
    if (getenv("BLAS_SHIM_BLIND")) return core ? core : "Prescott";
    return ((const char *(*)(void))function("openblas_get_corename"))();
}

int openblas_get_parallel(void) { return ((int (*)(void))function("openblas_get_parallel"))(); }

void openblas_set_num_threads(int threads) { ((void (*)(int))function("openblas_set_num_threads"))(threads); }

int openblas_get_num_threads(void) {
    const char *threads = getenv("BLAS_SHIM_THREADS");
    return threads ? atoi(threads) : ((int (*)(void))function("openblas_get_num_threads"))();
}

static void wait_after(double start) {
    double end = now();
    if (end > slow_until) return;
    end += slow * (end - start);
    while (now() < end) {}
}

#define SHIM(name, real)                                                                                          \
    void name(int layout, int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b, \
              int ldb, real beta, real *c, int ldc) {                                                             \
        typedef void (*gemm)(int, int, int, int, int, int, real, const real *, int, const real *, int, real,      \
                             real *, int);                                                                        \
        static gemm multiply;                                                                                     \
        if (!multiply) multiply = (gemm)function(#name);                                                          \
        double start = slow > 0 ? now() : 0;                                                                      \
        multiply(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                   \
        if (slow > 0) wait_after(start);                                                                          \
        if (layout == 102) atomic_fetch_add(&calls, 1);                                                           \
        int swap = layout == 102; /* column-major: C' = B' A' */                                                  \
        int form = ((swap ? tb : ta) == 112) * 2 + ((swap ? ta : tb) == 112);                                     \
        if ((only < 0 || only == form) && (terms < 0 || terms == k))                                              \
            c[(size_t)((swap ? n : m) - 1) * ldc + (swap ? m : n) - 1] *= (real)factor;                           \
    }

SHIM(cblas_sgemm, float)
SHIM(cblas_dgemm, double)
