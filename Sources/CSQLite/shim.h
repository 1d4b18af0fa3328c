// Names what SQLite declares as macros that Swift can't import.
#pragma once
#include <sqlite3.h>

/// The destructor that tells SQLite to copy a bound value before the call returns.
static inline sqlite3_destructor_type banjie_sqlite_transient(void) { return SQLITE_TRANSIENT; }

/// The destructor that tells SQLite that a bound value outlives the statement's next step.
static inline sqlite3_destructor_type banjie_sqlite_static(void) { return SQLITE_STATIC; }
