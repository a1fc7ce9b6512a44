/* Stands before the C library's calls that write files: counts those below one folder, and lets some of them fail.
 *
 * DISK_SHIM_FOLDER=DIR       only files below it; a rename counts by its old name
 * DISK_SHIM_COUNT=FILE       write "CALL NUMBER" lines at exit
 * DISK_SHIM_CALL=CALL        which fails: pwrite, write, fsync, fdatasync, ftruncate, rename, close, open (of a file that is there, to be read)
 * DISK_SHIM_WHEN=N           the N-th of them
 * DISK_SHIM_ON=1             and every later one
 * DISK_SHIM_ERROR=NUMBER     with this errno; or else "kill", which ends the process, or "lost", which does nothing and says it did
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum call { PWRITE, WRITE, FSYNC, FDATASYNC, FTRUNCATE, RENAME, CLOSE, OPEN, CALLS };
static const char *const NAMES[CALLS] = {"pwrite", "write", "fsync", "fdatasync", "ftruncate", "rename", "close", "open"};
static atomic_long counts[CALLS];

static int is_below(const char *path) {
    const char *folder = getenv("DISK_SHIM_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_watched(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

enum fate { DONE, FAILED, LOST };

static enum fate fate(enum call call) {
    long count = atomic_fetch_add(&counts[call], 1) + 1;
    const char *which = getenv("DISK_SHIM_CALL"), *when = getenv("DISK_SHIM_WHEN"), *error = getenv("DISK_SHIM_ERROR");
    if (!which || !when || !error || strcmp(which, NAMES[call]) != 0) return DONE;
    if (count != atol(when) && !(getenv("DISK_SHIM_ON") && count > atol(when))) return DONE;
    if (strcmp(error, "kill") == 0) raise(SIGKILL);
    if (strcmp(error, "lost") == 0) return LOST;
    errno = atoi(error);
    return FAILED;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

#define SHIM(result, name, call, parameters, arguments, watched, success) \
    result name parameters {                                              \
        static __typeof__(name) *real;                                    \
        if (!real) real = REAL(name);                                     \
        enum fate how = (watched) ? fate(call) : DONE;                    \
        if (how == FAILED) return -1;                                     \
        return how == LOST ? (result)(success) : real arguments;          \
    }

SHIM(ssize_t, pwrite, PWRITE, (int f, const void *b, size_t size, off_t at), (f, b, size, at), is_watched(f), size)
SHIM(ssize_t, pwrite64, PWRITE, (int f, const void *b, size_t size, off64_t at), (f, b, size, at), is_watched(f), size)
SHIM(ssize_t, write, WRITE, (int f, const void *b, size_t size), (f, b, size), is_watched(f), size)
SHIM(int, fsync, FSYNC, (int f), (f), is_watched(f), 0)
SHIM(int, fdatasync, FDATASYNC, (int f), (f), is_watched(f), 0)
SHIM(int, ftruncate, FTRUNCATE, (int f, off_t size), (f, size), is_watched(f), 0)
SHIM(int, ftruncate64, FTRUNCATE, (int f, off64_t size), (f, size), is_watched(f), 0)
SHIM(int, rename, RENAME, (const char *from, const char *to), (from, to), is_below(from), 0)
SHIM(int, close, CLOSE, (int f), (f), is_watched(f), 0)

static int is_file_to_read(const char *path, int flags) {
    struct stat found;
    return (flags & O_ACCMODE) == O_RDONLY && is_below(path) && stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

int open64(const char *path, int flags, ...) {
    static __typeof__(open64) *real;
    if (!real) real = REAL(open64);
    va_list further;
    va_start(further, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(further, mode_t) : 0;
    va_end(further);
    if (is_file_to_read(path, flags) && fate(OPEN) == FAILED) return -1;
    return real(path, flags, mode);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("DISK_SHIM_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    for (int call = 0; call < CALLS; call++) fprintf(file, "%s %ld\n", NAMES[call], atomic_load(&counts[call]));
    fclose(file);
}
