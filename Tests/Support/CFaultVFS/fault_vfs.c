#include "fault_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512 };

// A write or truncation that wasn't synced yet.
struct change {
    struct change *next;
    sqlite3_int64 offset;
    int length;  // -1 for a truncation to `offset`
    unsigned char bytes[];
};

// What is known of a path, open or not.
struct file {
    struct file *next;
    char *path;
    unsigned char *bytes;  // what readers see
    sqlite3_int64 size, room;
    struct change *first, **end;
};

// A handle: SQLite allocates it, with room for the system's own behind it.
struct handle {
    sqlite3_file base;
    struct file *file;
    sqlite3_file *real;
};

static sqlite3_vfs *host;
static struct file *files;
static uint64_t chance;
static uint64_t cut_countdown, fail_countdown, fail_further;
static int fail_code, is_cut, has_struck;
static struct fault_vfs_counts counts;

static uint64_t draw(void) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

// MARK: Faults

// Counts an operation that changes the disk or waits for it. `cuts` says that the power goes in it.
static int strike(int is_read, int *cuts) {
    *cuts = 0;
    if (is_cut) return SQLITE_IOERR;
    if (!is_read && cut_countdown && --cut_countdown == 0) {
        is_cut = has_struck = *cuts = 1;
        return SQLITE_IOERR;
    }
    // No read ever finds a disk full.
    if (fail_countdown && !(is_read && fail_code == SQLITE_FULL)) {
        if (--fail_countdown) return SQLITE_OK;
        has_struck = 1;
        if (fail_further) {
            fail_further--;
            fail_countdown = 1;
        }
        return fail_code;
    }
    return SQLITE_OK;
}

void fault_vfs_cut_at(uint64_t operation) { cut_countdown = operation; }

void fault_vfs_fail_at(uint64_t operation, int code, uint64_t further) {
    fail_countdown = operation;
    fail_code = code;
    fail_further = further;
}

int fault_vfs_has_struck(void) { return has_struck; }

struct fault_vfs_counts fault_vfs_counts(void) { return counts; }

// MARK: What readers see

static int resize(struct file *file, sqlite3_int64 size) {
    if (size > file->room) {
        sqlite3_int64 room = size * 2;
        unsigned char *bytes = realloc(file->bytes, (size_t)room);
        if (!bytes) return SQLITE_NOMEM;
        file->bytes = bytes;
        file->room = room;
    }
    if (size > file->size) memset(file->bytes + file->size, 0, (size_t)(size - file->size));
    file->size = size;
    return SQLITE_OK;
}

static int note(struct file *file, sqlite3_int64 offset, int length, const void *bytes) {
    size_t count = length > 0 ? (size_t)length : 0;
    struct change *change = malloc(sizeof *change + count);
    if (!change) return SQLITE_NOMEM;
    change->next = NULL;
    change->offset = offset;
    change->length = length;
    if (count) memcpy(change->bytes, bytes, count);
    *file->end = change;
    file->end = &change->next;
    return SQLITE_OK;
}

static void forget_changes(struct file *file) {
    for (struct change *change = file->first; change;) {
        struct change *next = change->next;
        free(change);
        change = next;
    }
    file->first = NULL;
    file->end = &file->first;
}

static void forget_file(struct file *file) {
    forget_changes(file);
    free(file->bytes);
    free(file->path);
    free(file);
}

static struct file *find_file(const char *path) {
    for (struct file *file = files; file; file = file->next)
        if (strcmp(file->path, path) == 0) return file;
    return NULL;
}

// The file of a path, with the real file's bytes when it wasn't known.
static struct file *know_file(const char *path, sqlite3_file *real) {
    struct file *file = find_file(path);
    if (file) return file;
    file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->end = &file->first;
    file->path = strdup(path);
    sqlite3_int64 size = 0;
    if (!file->path || real->pMethods->xFileSize(real, &size) != SQLITE_OK ||
        resize(file, size) != SQLITE_OK ||
        (size && real->pMethods->xRead(real, file->bytes, (int)size, 0) != SQLITE_OK)) {
        forget_file(file);
        return NULL;
    }
    file->next = files;
    files = file;
    return file;
}

// MARK: What the disk holds

// Writes a change to the real file, or, of a write, its first `sectors` sectors.
static void apply(int descriptor, const struct change *change, sqlite3_int64 sectors) {
    if (change->length < 0) {
        if (ftruncate(descriptor, change->offset) != 0) abort();
        return;
    }
    sqlite3_int64 end = (change->offset / SECTOR + sectors) * SECTOR;
    sqlite3_int64 whole = change->offset + change->length;
    size_t length = (size_t)((end < whole ? end : whole) - change->offset);
    if (pwrite(descriptor, change->bytes, length, change->offset) != (ssize_t)length) abort();
}

static sqlite3_int64 sectors_of(const struct change *change) {
    sqlite3_int64 last = change->offset + (change->length > 0 ? change->length : 1) - 1;
    return last / SECTOR - change->offset / SECTOR + 1;
}

static void apply_all(struct file *file) {
    int descriptor = open(file->path, O_WRONLY | O_CREAT, 0644);
    if (descriptor < 0) abort();
    for (struct change *change = file->first; change; change = change->next)
        apply(descriptor, change, sectors_of(change));
    close(descriptor);
    forget_changes(file);
}

static void apply_by_chance(struct file *file) {
    int descriptor = open(file->path, O_WRONLY | O_CREAT, 0644);
    if (descriptor < 0) abort();
    // At some cuts nothing or all of a file has got to the disk, at others a part of it.
    uint64_t mood = draw() % 4;
    for (struct change *change = file->first; change; change = change->next) {
        sqlite3_int64 sectors = sectors_of(change);
        uint64_t fate = mood == 0 ? 0 : mood == 1 ? 1 : draw() % 3;
        if (fate == 0) {
            counts.dropped++;
        } else if (fate == 1 || sectors == 1) {
            counts.kept++;
            apply(descriptor, change, sectors);
        } else {
            counts.torn++;
            apply(descriptor, change, 1 + (sqlite3_int64)(draw() % (uint64_t)(sectors - 1)));
        }
    }
    close(descriptor);
}

static void forget_files(void) {
    while (files) {
        struct file *next = files->next;
        forget_file(files);
        files = next;
    }
}

void fault_vfs_settle(void) {
    for (struct file *file = files; file; file = file->next)
        if (file->first) apply_by_chance(file);
    forget_files();
}

void fault_vfs_reset(uint64_t seed) {
    forget_files();
    chance = seed ? seed : 1;
    cut_countdown = fail_countdown = fail_further = 0;
    is_cut = has_struck = 0;
}

// MARK: SQLite's file methods

static int close_file(sqlite3_file *base) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xClose(real);
}

static int read_file(sqlite3_file *base, void *target, int count, sqlite3_int64 offset) {
    struct file *file = ((struct handle *)base)->file;
    int cuts, code = strike(1, &cuts);
    if (code != SQLITE_OK) return code == SQLITE_IOERR ? SQLITE_IOERR_READ : code;
    sqlite3_int64 there = file->size > offset ? file->size - offset : 0;
    if (there >= count) {
        memcpy(target, file->bytes + offset, (size_t)count);
        return SQLITE_OK;
    }
    if (there) memcpy(target, file->bytes + offset, (size_t)there);
    memset((char *)target + there, 0, (size_t)(count - there));
    return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *source, int count, sqlite3_int64 offset) {
    struct file *file = ((struct handle *)base)->file;
    int cuts, code = strike(0, &cuts);
    if (code != SQLITE_OK && !cuts) return code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : code;
    // What was being written when the power went may have got to the disk, too.
    if (note(file, offset, count, source) != SQLITE_OK) return SQLITE_NOMEM;
    if (offset + count > file->size && resize(file, offset + count) != SQLITE_OK)
        return SQLITE_NOMEM;
    memcpy(file->bytes + offset, source, (size_t)count);
    return cuts ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    struct file *file = ((struct handle *)base)->file;
    int cuts, code = strike(0, &cuts);
    if (code != SQLITE_OK && !cuts) return code == SQLITE_IOERR ? SQLITE_IOERR_TRUNCATE : code;
    if (note(file, size, -1, NULL) != SQLITE_OK || resize(file, size) != SQLITE_OK)
        return SQLITE_NOMEM;
    return cuts ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int sync_file(sqlite3_file *base, int flags) {
    (void)flags;
    int cuts, code = strike(0, &cuts);
    if (code != SQLITE_OK) return code == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : code;
    apply_all(((struct handle *)base)->file);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    *size = ((struct handle *)base)->file->size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *base, int level) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xLock(real, level);
}

static int unlock_file(sqlite3_file *base, int level) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xUnlock(real, level);
}

static int check_reserved_lock(sqlite3_file *base, int *is_reserved) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xCheckReservedLock(real, is_reserved);
}

static int control_file(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xSectorSize(real);
}

static int characteristics(sqlite3_file *base) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static int map_shared(sqlite3_file *base, int page, int size, int extend, void volatile **memory) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xShmMap(real, page, size, extend, memory);
}

static int lock_shared(sqlite3_file *base, int offset, int count, int flags) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void fence_shared(sqlite3_file *base) {
    sqlite3_file *real = ((struct handle *)base)->real;
    real->pMethods->xShmBarrier(real);
}

static int unmap_shared(sqlite3_file *base, int deletes) {
    sqlite3_file *real = ((struct handle *)base)->real;
    return real->pMethods->xShmUnmap(real, deletes);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = fence_shared,
    .xShmUnmap = unmap_shared,
};

// MARK: The layer's methods

static int open_file(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *flags_out) {
    (void)vfs;
    struct handle *handle = (struct handle *)base;
    handle->base.pMethods = NULL;
    if (is_cut) return SQLITE_CANTOPEN;
    handle->real = (sqlite3_file *)(handle + 1);
    int code = host->xOpen(host, path, handle->real, flags, flags_out);
    if (code != SQLITE_OK) return code;
    // A temporary file has no name and outlives nothing: the system's own methods will do, but
    // SQLite must not see them, for they'd be given our handle. The store keeps such in memory.
    handle->file = path ? know_file(path, handle->real) : NULL;
    if (!handle->file) {
        handle->real->pMethods->xClose(handle->real);
        return SQLITE_NOMEM;
    }
    handle->base.pMethods = &methods;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int syncs_directory) {
    (void)vfs;
    if (is_cut) return SQLITE_IOERR_DELETE;
    for (struct file **link = &files; *link; link = &(*link)->next) {
        if (strcmp((*link)->path, path) != 0) continue;
        struct file *file = *link;
        *link = file->next;
        forget_file(file);
        break;
    }
    return host->xDelete(host, path, syncs_directory);
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    struct file *file = find_file(path);
    if (flags == SQLITE_ACCESS_EXISTS && file) {
        *result = file->size > 0;
        return SQLITE_OK;
    }
    return host->xAccess(host, path, flags, result);
}

static int full_path(sqlite3_vfs *vfs, const char *path, int count, char *target) {
    (void)vfs;
    return host->xFullPathname(host, path, count, target);
}

static int random_bytes(sqlite3_vfs *vfs, int count, char *target) {
    (void)vfs;
    return host->xRandomness(host, count, target);
}

static int sleep_microseconds(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return host->xSleep(host, microseconds);
}

static int current_time(sqlite3_vfs *vfs, double *time) {
    (void)vfs;
    return host->xCurrentTime(host, time);
}

static int last_error(sqlite3_vfs *vfs, int count, char *target) {
    (void)vfs;
    return host->xGetLastError(host, count, target);
}

int fault_vfs_register(void) {
    static sqlite3_vfs layer;
    if (host) return SQLITE_OK;
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system) return SQLITE_ERROR;
    host = system;
    layer = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct handle) + host->szOsFile,
        .mxPathname = host->mxPathname,
        .zName = FAULT_VFS_NAME,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_path,
        .xRandomness = random_bytes,
        .xSleep = sleep_microseconds,
        .xCurrentTime = current_time,
        .xGetLastError = last_error,
    };
    return sqlite3_vfs_register(&layer, 0);
}
