// A SQLite file system layer that loses power and fails on command.
//
// A write lies in memory until its file is synced. At a power cut every write that wasn't is kept,
// dropped or torn between two sectors, each by chance and on its own: files don't wait for each
// other. What is in the real files afterwards is what a disk might hold.
//
// For one thread. Deletions are durable at once: the store deletes nothing but a log that it has
// moved into its file and synced.
#pragma once
#include <stdint.h>

/// The layer's name, for sqlite3_open_v2.
#define FAULT_VFS_NAME "banjie-fault"

/// Adds the layer to SQLite; returns a SQLite result code. Further calls do nothing.
int fault_vfs_register(void);

/// Forgets all files, faults and counts; chance begins anew with `seed`.
void fault_vfs_reset(uint64_t seed);

/// The power goes in the middle of the `operation`-th write, truncation or sync from now, counted
/// from 1: it and everything after it fails.
void fault_vfs_cut_at(uint64_t operation);

/// The `operation`-th read, write, truncation or sync from now, counted from 1, fails with the
/// SQLite result `code`, and so do the `further` operations after it.
void fault_vfs_fail_at(uint64_t operation, int code, uint64_t further);

/// Whether the fault that was asked for has come.
int fault_vfs_has_struck(void);

/// Decides over what wasn't synced and writes it to the real files; all connections must be closed.
void fault_vfs_settle(void);

/// How many writes chance kept, dropped and tore since the layer was added.
struct fault_vfs_counts {
    uint64_t kept, dropped, torn;
};
struct fault_vfs_counts fault_vfs_counts(void);
