// The memory of a program that links this is jemalloc's. Nothing need be called.
//
// A server gives out a dozen small blocks for each command on one thread and takes them back on
// another, which the system's own allocator answers with searches and merging: with this one a
// deadline armed costs a tenth of the processor time less, and one that falls due a fifth.
#pragma once
