// The C that Swift can't say: hardware checksums and Linux calls whose types don't import well.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli) of `length` bytes at `bytes`, continuing from `seed` (0 to begin).
uint32_t banjie_crc32c(uint32_t seed, const void *bytes, size_t length);

/// The CRC-32C of the 20 bytes at `bytes`: a frame header's own.
uint32_t banjie_crc32c_20(const void *bytes);

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

/// A stream socket of `family`, non-blocking and closed on exec; -1 and errno on failure.
int banjie_socket(int family);

/// Accepts a connection, non-blocking and closed on exec; -1 and errno on failure.
int banjie_accept(int listener);

/// An epoll instance and an event counter, closed on exec; -1 and errno on failure.
int banjie_epoll(void);
int banjie_eventfd(void);

/// Adds, changes (`operation` EPOLL_CTL_ADD, EPOLL_CTL_MOD) what is wanted of a descriptor.
int banjie_epoll_set(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);

/// What happened to the descriptor that was added with `token`.
struct banjie_event {
    uint64_t token;
    uint32_t events;
};

/// Waits for at most `timeout` milliseconds (-1: for ever) and returns how many events there are; 0
/// also when a signal came.
int banjie_epoll_wait(int epoll, struct banjie_event *events, int capacity, int timeout);

enum {
    BANJIE_READABLE = EPOLLIN,
    BANJIE_WRITABLE = EPOLLOUT,
    BANJIE_EXCLUSIVE = EPOLLEXCLUSIVE,
    BANJIE_FAILED = EPOLLERR | EPOLLHUP,
};

/// Names the calling thread, for the system's tools; at most 15 bytes of `name` are shown.
void banjie_name_thread(const char *name);

#include <spawn.h>

/// Has a process that is spawned close every descriptor from `first` on.
int banjie_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// A descriptor that becomes readable when the process has ended; -1 and errno on failure.
int banjie_process_descriptor(pid_t process);
