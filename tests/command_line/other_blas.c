/* A library that describes itself as an MKL or a BLIS, without LAPACK, and multiplies by the OpenBLAS in OTHER_BLAS_REAL.
 *
 * -DMKL, -DBLIS or neither  what it describes itself as
 * OTHER_BLAS_CBWR=N         the branch of MKL's conditional numerical reproducibility
 * OTHER_BLAS_CORE=NAME      the core whose kernels BLIS takes
 * OTHER_BLAS_WIDE=1         take 64-bit integers
 * OTHER_BLAS_THREADS=1      start a thread for a product that isn't made on the main thread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *blas;
static int initialised;

static int is(const char *name, const char *value) { return getenv(name) && !strcmp(getenv(name), value); }

__attribute__((constructor)) static void start(void) {
    blas = dlopen(getenv("OTHER_BLAS_REAL"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

static void *function(const char *name) {
    char prefixed[64];
    snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
    void *found = dlsym(blas, name);
    return found ? found : dlsym(blas, prefixed);
}

static void *asleep(void *unused) {
    for (;;) pause();
    return unused;
}

/* A thread more, as of a library that was told to use several. */
static void start_a_thread(void) {
    const char *ways = getenv("BLIS_JC_NT");
    pthread_t thread;
    if ((is("OTHER_BLAS_THREADS", "1") && getpid() != gettid()) || (ways && atoi(ways) > 1))
        pthread_create(&thread, NULL, asleep, NULL);
}

#define GEMM(name, real)                                                                                          \
    void name(int layout, int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b, \
              int ldb, real beta, real *c, int ldc) {                                                             \
        typedef void (*gemm)(int, int, int, int, int, int, real, const real *, int, const real *, int, real,      \
                             real *, int);                                                                        \
        start_a_thread();                                                                                         \
        ((gemm)function(#name))(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                    \
    }

GEMM(cblas_sgemm, float)
GEMM(cblas_dgemm, double)

double cblas_ddot(int64_t n, const double *x, int64_t x_step, const double *y, int64_t y_step) {
    (void)x_step, (void)y_step;
    return (getenv("OTHER_BLAS_WIDE") ? n : (int64_t)(int32_t)n) == 1 ? *x * *y : 0;
}

#ifdef MKL
typedef struct {
    int major, minor, update;
    const char *status, *build, *processor, *platform;
} Version;

void MKL_Get_Version(Version *version) {
    *version = (Version){2026, 0, 2, "Product", "20260915", "Intel(R) Architecture processors", "Intel(R) 64 architecture"};
}
int MKL_Set_Threading_Layer(int layer) { return layer; }
void MKL_Set_Num_Threads(int threads) { (void)threads; }
int MKL_Get_Max_Threads(void) { return 1; }
int MKL_CBWR_Get(int option) {
    (void)option;
    return getenv("OTHER_BLAS_CBWR") ? atoi(getenv("OTHER_BLAS_CBWR")) : 1;
}
#endif

#ifdef BLIS
void bli_init(void) { initialised = 1; }
const char *bli_info_get_version_str(void) { return "0.9.0"; }
int bli_arch_query_id(void) {
    if (!initialised) abort();
    return 3;
}
const char *bli_arch_string(int id) {
    const char *core = getenv("OTHER_BLAS_CORE");
    return id != 3 ? "?" : core ? core : "generic";
}
intptr_t bli_info_get_enable_pthreads(void) { return 1; }
void bli_thread_set_num_threads(intptr_t threads) { (void)threads; }
intptr_t bli_thread_get_num_threads(void) { return 1; }
#endif
