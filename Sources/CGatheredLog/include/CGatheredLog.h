#pragma once

/// The name of a file system layer for SQLite's connections that writes the write-ahead log in few large pieces.
///
/// SQLite writes each page of a commit to the log in two pieces, a head of 24 bytes and the page. This layer
/// keeps what follows on the piece before, and writes it once the log is synced, read, cut or asked for its
/// size. Below it a write must leave alone what lies beside it even when the power goes (SQLite's
/// `SQLITE_IOCAP_POWERSAFE_OVERWRITE`), else nothing is gathered. All other files are the layer's below. Other
/// connections may use the layer below on the same file.
///
/// The connection must have `synchronous = FULL` before it commits: others read the pages of a commit as soon as
/// it is done, which is after the sync that each commit then has. What couldn't be written is told by the sync.
///
/// - Parameter below: The layer below by SQLite's name of it; null for the system's own.
/// - Returns: null when there is no layer of that name, or no memory.
const char *gathered_log_layer(const char *below);
