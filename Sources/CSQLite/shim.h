// Names what SQLite declares as macros that Swift can't import.
#pragma once
#include <sqlite3.h>

/// Has no connection locked, each of which one thread uses at a time, and the memory that all of them
/// take together not counted: the count has a lock. To be called before anything else of SQLite; does
/// nothing afterwards.
static inline void banjie_sqlite_set_up(void) {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// The destructor that tells SQLite to copy a bound value before the call returns.
static inline sqlite3_destructor_type banjie_sqlite_transient(void) { return SQLITE_TRANSIENT; }

/// The destructor that tells SQLite that a bound value outlives the statement's next step.
static inline sqlite3_destructor_type banjie_sqlite_static(void) { return SQLITE_STATIC; }
