// Counts what a process allocates: preloaded, it adds one to the first 8 bytes of the file named by
// ALLOCATIONS for each block that malloc and its like give out. The blocks come from the allocator that
// the process would have had without it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic unsigned long *count;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ALLOCATIONS");
    if (!path) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) count = page;
}

// The allocator's own function of a name, looked up at its first use.
static void *next(void *_Atomic *function, const char *name) {
    void *found = atomic_load_explicit(function, memory_order_acquire);
    if (!found) {
        found = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(function, found, memory_order_release);
    }
    return found;
}

#define COUNTED(result, name, parameters, arguments)                                       \
    result name parameters {                                                               \
        static void *_Atomic function;                                                     \
        if (count) atomic_fetch_add_explicit(count, 1, memory_order_relaxed);              \
        return ((result(*) parameters)next(&function, #name))arguments;                    \
    }

COUNTED(void *, malloc, (size_t size), (size))
COUNTED(void *, calloc, (size_t number, size_t size), (number, size))
COUNTED(void *, realloc, (void *block, size_t size), (block, size))
COUNTED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
COUNTED(int, posix_memalign, (void **block, size_t alignment, size_t size), (block, alignment, size))
