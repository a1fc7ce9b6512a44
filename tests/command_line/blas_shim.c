/* Stands before a BLAS: counts its gemm calls, and can spoil them, or say that it is something else.
 *
 * BLAS_SHIM_REAL=FILE    the BLAS that multiplies, an OpenBLAS
 * BLAS_SHIM_COUNT=FILE   write the number of column-major calls at exit: training makes those, measurements of speed the others
 * BLAS_SHIM_WRONG=FACTOR multiply the last element of every product by FACTOR
 * BLAS_SHIM_AT=ROW,COLUMN  ... or that element in place of the last, of every product that has it
 * BLAS_SHIM_CASE=0|1|2   only of W.A (NN), of dZ.A' (NT), of W'.dZ (TN)
 * BLAS_SHIM_SIDE=N       only of products with N terms to a sum
 * BLAS_SHIM_FORM=FORM    only of calls of that form, as the log has it: s|d transpose transpose m n k alpha beta
 * BLAS_SHIM_AFTER=N      only after that many column-major calls
 * BLAS_SHIM_EVERY=N      only one call of that many
 * BLAS_SHIM_ONCE=1       only one call of all
 * BLAS_SHIM_LOG=FILE     write every form of a column-major call at exit, and how often it was called before and after
 * BLAS_SHIM_UNTIL=PATH   ... this file existed
 * BLAS_SHIM_CONFIG=TEXT  describe itself like this
 * BLAS_SHIM_THREADS=N    say so of its threads, whatever they are set to
 * BLAS_SHIM_BLIND=1      know no core but Prescott, unless OPENBLAS_CORETYPE names one
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;
static double factor = 1.0;
static int only = -1, terms = -1, once = 0, at_row = -1, at_column = -1;
static long after = 0, every = 1;
static atomic_long spoilt;
static void *blas;

typedef struct {
    char type;
    int ta, tb, m, n, k;
    double alpha, beta;
} Form;

enum { FORMS = 1 << 14 };
static struct {
    Form form;
    long before, after;
} forms[FORMS];
static pthread_mutex_t forms_lock = PTHREAD_MUTEX_INITIALIZER;
static Form wanted;
static const char *log_path, *until;
static int is_after = 0;

static int same(const Form *a, const Form *b) {
    return a->type == b->type && a->ta == b->ta && a->tb == b->tb && a->m == b->m && a->n == b->n && a->k == b->k &&
           a->alpha == b->alpha && a->beta == b->beta;
}

static void note(Form form) {
    unsigned long place = form.ta * 3 + form.tb + form.m * 31L + form.n * 1009L + form.k * 40503L + form.type;
    place += (unsigned long)(form.alpha * 1e12) * 7919UL + (form.beta != 0) * 13;
    pthread_mutex_lock(&forms_lock);
    if (until && !is_after) is_after = access(until, F_OK) == 0;
    for (place %= FORMS; forms[place].form.type && !same(&forms[place].form, &form); place = (place + 1) % FORMS) {}
    forms[place].form = form;
    if (is_after) forms[place].after++;
    else forms[place].before++;
    pthread_mutex_unlock(&forms_lock);
}

static void *function(const char *name) {
    char prefixed[64];
    snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
    void *found = dlsym(blas, name);
    return found ? found : dlsym(blas, prefixed);
}

__attribute__((constructor)) static void start(void) {
    const char *wrong = getenv("BLAS_SHIM_WRONG");
    const char *which = getenv("BLAS_SHIM_CASE");
    const char *side = getenv("BLAS_SHIM_SIDE");
    const char *real = getenv("BLAS_SHIM_REAL");
    const char *at = getenv("BLAS_SHIM_AT");
    if (wrong) factor = atof(wrong);
    if (at && sscanf(at, "%d,%d", &at_row, &at_column) != 2) abort();
    if (which) only = atoi(which);
    const char *form = getenv("BLAS_SHIM_FORM");
    if (form && sscanf(form, "%c %d %d %d %d %d %la %la", &wanted.type, &wanted.ta, &wanted.tb, &wanted.m, &wanted.n,
                       &wanted.k, &wanted.alpha, &wanted.beta) != 8)
        abort();
    if (getenv("BLAS_SHIM_AFTER")) after = atol(getenv("BLAS_SHIM_AFTER"));
    if (getenv("BLAS_SHIM_EVERY")) every = atol(getenv("BLAS_SHIM_EVERY"));
    once = getenv("BLAS_SHIM_ONCE") != NULL;
    log_path = getenv("BLAS_SHIM_LOG");
    until = getenv("BLAS_SHIM_UNTIL");
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
    file = log_path ? fopen(log_path, "w") : NULL;
    for (int place = 0; file && place < FORMS; place++) {
        Form f = forms[place].form;
        if (f.type)
            fprintf(file, "%c %d %d %d %d %d %a %a,%ld,%ld\n", f.type, f.ta, f.tb, f.m, f.n, f.k, f.alpha, f.beta,
                    forms[place].before, forms[place].after);
    }
    if (file) fclose(file);
}

const char *openblas_get_config(void) {
    const char *config = getenv("BLAS_SHIM_CONFIG");
    return config ? config : ((const char *(*)(void))function("openblas_get_config"))();
}

const char *openblas_get_corename(void) {
    const char *core = getenv("OPENBLAS_CORETYPE");
    if (getenv("BLAS_SHIM_BLIND")) return core ? core : "Prescott";
    const char *real = ((const char *(*)(void))function("openblas_get_corename"))();
    /* Small and medium products don't come to an OpenBLAS that is known to have an AVX2 core. All must come here. */
    return strcmp(real, "Haswell") && strcmp(real, "Zen") ? real : "Unknown";
}

int openblas_get_parallel(void) { return ((int (*)(void))function("openblas_get_parallel"))(); }

void openblas_set_num_threads(int threads) { ((void (*)(int))function("openblas_set_num_threads"))(threads); }

int openblas_get_num_threads(void) {
    const char *threads = getenv("BLAS_SHIM_THREADS");
    return threads ? atoi(threads) : ((int (*)(void))function("openblas_get_num_threads"))();
}

#define SHIM(name, real)                                                                                          \
    void name(int layout, int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b, \
              int ldb, real beta, real *c, int ldc) {                                                             \
        typedef void (*gemm)(int, int, int, int, int, int, real, const real *, int, const real *, int, real,      \
                             real *, int);                                                                        \
        static gemm multiply;                                                                                     \
        if (!multiply) multiply = (gemm)function(#name);                                                          \
        multiply(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                   \
        long call = layout == 102 ? atomic_fetch_add(&calls, 1) : -1;                                             \
        Form called = {#name[6], ta, tb, m, n, k, alpha, beta};                                                   \
        if (log_path && call >= 0) note(called);                                                                  \
        int swap = layout == 102; /* column-major: C' = B' A' */                                                  \
        int form = ((swap ? tb : ta) == 112) * 2 + ((swap ? ta : tb) == 112);                                     \
        if (call < after && after > 0) return;                                                                    \
        if (wanted.type && !same(&wanted, &called)) return;                                                       \
        if ((every > 1 && call % every != 0) || (once && atomic_fetch_add(&spoilt, 1) > 0)) return;               \
        int rows = swap ? n : m, columns = swap ? m : n;                                                          \
        int row = at_row < 0 ? rows - 1 : at_row, column = at_row < 0 ? columns - 1 : at_column;                  \
        if ((only < 0 || only == form) && (terms < 0 || terms == k) && row < rows && column < columns)            \
            c[(size_t)row * ldc + column] *= (real)factor;                                                        \
    }

SHIM(cblas_sgemm, float)
SHIM(cblas_dgemm, double)
