#include "CGatheredLog.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// As much as SQLite's layer for Unix writes at once; of more it takes the length's low 17 bits.
enum { GATHERED_MAX = 0x1ffff };

// MARK: The log

// A handle of the log: SQLite allocates it, with room behind it for that of the layer below.
struct log {
    sqlite3_file base;
    sqlite3_file *below;
    // Where a torn write may spoil what lies beside it, SQLite fills the last sector up, in part behind the
    // sync: nothing is gathered there.
    int is_gathering;
    // What isn't written yet; null before the first write.
    char *gathered;
    int length;
    sqlite3_int64 offset;
};

static struct log *log_of(sqlite3_file *file) { return (struct log *)file; }

// Writes what is gathered, and forgets it even if that fails: then the commit fails too, and nothing
// reads the log beyond the last one.
static int flush(struct log *log) {
    int length = log->length;
    if (!length) return SQLITE_OK;
    log->length = 0;
    return log->below->pMethods->xWrite(log->below, log->gathered, length, log->offset);
}

static int log_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    struct log *log = log_of(file);
    if (!log->is_gathering) return log->below->pMethods->xWrite(log->below, bytes, length, offset);
    if (offset != log->offset + log->length || length > GATHERED_MAX - log->length) {
        int code = flush(log);
        if (code != SQLITE_OK) return code;
        log->offset = offset;
    }
    if (length > GATHERED_MAX) return log->below->pMethods->xWrite(log->below, bytes, length, offset);
    if (!log->gathered && !(log->gathered = malloc(GATHERED_MAX))) return SQLITE_IOERR_NOMEM;
    memcpy(log->gathered + log->length, bytes, (size_t)length);
    log->length += length;
    return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    int code = flush(log_of(file));
    if (code != SQLITE_OK) return code;
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xRead(below, bytes, length, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code = flush(log_of(file));
    if (code != SQLITE_OK) return code;
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xTruncate(below, size);
}

static int log_sync(sqlite3_file *file, int flags) {
    int code = flush(log_of(file));
    if (code != SQLITE_OK) return code;
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xSync(below, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
    int code = flush(log_of(file));
    if (code != SQLITE_OK) return code;
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xFileSize(below, size);
}

static int log_close(sqlite3_file *file) {
    // What no commit has synced is nobody's.
    free(log_of(file)->gathered);
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xClose(below);
}

static int log_lock(sqlite3_file *file, int level) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xLock(below, level);
}

static int log_unlock(sqlite3_file *file, int level) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xUnlock(below, level);
}

static int log_check_reserved(sqlite3_file *file, int *is_reserved) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xCheckReservedLock(below, is_reserved);
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xFileControl(below, operation, argument);
}

static int log_sector_size(sqlite3_file *file) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xSectorSize(below);
}

static int log_characteristics(sqlite3_file *file) {
    sqlite3_file *below = log_of(file)->below;
    return below->pMethods->xDeviceCharacteristics(below);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

// MARK: The layer

// A layer, which is never taken away again.
struct layer {
    sqlite3_vfs base;
    sqlite3_vfs *below;
    char name[];
};

static sqlite3_vfs *below_of(sqlite3_vfs *vfs) { return ((struct layer *)vfs)->below; }

static int layer_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    sqlite3_vfs *below = below_of(vfs);
    if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, path, file, flags, out_flags);
    struct log *log = log_of(file);
    memset(log, 0, sizeof *log);
    log->below = (sqlite3_file *)(log + 1);
    log->below->pMethods = NULL;
    int code = below->xOpen(below, path, log->below, flags, out_flags);
    if (code == SQLITE_OK) {
        int traits = log->below->pMethods->xDeviceCharacteristics(log->below);
        log->is_gathering = (traits & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
    }
    // A handle with methods is closed even if it couldn't be opened.
    if (log->below->pMethods) log->base.pMethods = &log_methods;
    return code;
}

static int layer_delete(sqlite3_vfs *vfs, const char *path, int syncs_directory) {
    return below_of(vfs)->xDelete(below_of(vfs), path, syncs_directory);
}

static int layer_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    return below_of(vfs)->xAccess(below_of(vfs), path, flags, result);
}

static int layer_full_path(sqlite3_vfs *vfs, const char *path, int room, char *result) {
    return below_of(vfs)->xFullPathname(below_of(vfs), path, room, result);
}

static void *layer_load(sqlite3_vfs *vfs, const char *path) {
    return below_of(vfs)->xDlOpen(below_of(vfs), path);
}

static void layer_load_error(sqlite3_vfs *vfs, int room, char *message) {
    below_of(vfs)->xDlError(below_of(vfs), room, message);
}

static void (*layer_symbol(sqlite3_vfs *vfs, void *library, const char *name))(void) {
    return below_of(vfs)->xDlSym(below_of(vfs), library, name);
}

static void layer_unload(sqlite3_vfs *vfs, void *library) {
    below_of(vfs)->xDlClose(below_of(vfs), library);
}

static int layer_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    return below_of(vfs)->xRandomness(below_of(vfs), count, bytes);
}

static int layer_sleep(sqlite3_vfs *vfs, int microseconds) {
    return below_of(vfs)->xSleep(below_of(vfs), microseconds);
}

static int layer_time(sqlite3_vfs *vfs, double *julian_day) {
    return below_of(vfs)->xCurrentTime(below_of(vfs), julian_day);
}

static int layer_last_error(sqlite3_vfs *vfs, int room, char *message) {
    return below_of(vfs)->xGetLastError(below_of(vfs), room, message);
}

const char *gathered_log_layer(const char *below_name) {
    sqlite3_vfs *below = sqlite3_vfs_find(below_name);
    if (!below) return NULL;
    char *name = sqlite3_mprintf("%s-gathered-log", below->zName);
    if (!name) return NULL;

    sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
    sqlite3_mutex_enter(mutex);
    sqlite3_vfs *known = sqlite3_vfs_find(name);
    if (!known) {
        size_t length = strlen(name);
        struct layer *layer = calloc(1, sizeof *layer + length + 1);
        if (layer) {
            memcpy(layer->name, name, length);
            layer->below = below;
            layer->base = (sqlite3_vfs){
                .iVersion = 1,
                .szOsFile = (int)sizeof(struct log) + below->szOsFile,
                .mxPathname = below->mxPathname,
                .zName = layer->name,
                .xOpen = layer_open,
                .xDelete = layer_delete,
                .xAccess = layer_access,
                .xFullPathname = layer_full_path,
                .xDlOpen = layer_load,
                .xDlError = layer_load_error,
                .xDlSym = layer_symbol,
                .xDlClose = layer_unload,
                .xRandomness = layer_randomness,
                .xSleep = layer_sleep,
                .xCurrentTime = layer_time,
                .xGetLastError = layer_last_error,
            };
            if (sqlite3_vfs_register(&layer->base, 0) == SQLITE_OK) known = &layer->base;
            else free(layer);
        }
    }
    sqlite3_mutex_leave(mutex);
    sqlite3_free(name);
    return known ? known->zName : NULL;
}
