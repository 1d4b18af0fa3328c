// The memory of a program that links this is jemalloc's. Nothing need be called.
//
// A server gives out some twenty small blocks for each command on one thread and takes them back on
// another, which the system's own allocator answers with searches and merging: with this one a
// fifteenth more deadlines are armed in a second, and a sixth more fall due (Tools/RESULTS.md).
#pragma once
