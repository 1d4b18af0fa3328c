#include "CAllocator.h"

#include <jemalloc/jemalloc.h>

// Read by the library when the process starts. What has been free for ten seconds goes back to the
// system even when nobody allocates any more.
const char *malloc_conf = "background_thread:true";
