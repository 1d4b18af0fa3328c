// Names what SQLite declares as macros that Swift can't import.
#pragma once
#include <sqlite3.h>

/// Has SQLite not count the memory that all connections of the process take together: the count has a
/// lock. To be called before anything else of SQLite; SQLITE_MISUSE, and nothing, afterwards.
static inline int banjie_sqlite_leave_memory_uncounted(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// The destructor that tells SQLite to copy a bound value before the call returns.
static inline sqlite3_destructor_type banjie_sqlite_transient(void) { return SQLITE_TRANSIENT; }

/// The destructor that tells SQLite that a bound value outlives the statement's next step.
static inline sqlite3_destructor_type banjie_sqlite_static(void) { return SQLITE_STATIC; }
