#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int banjie_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int banjie_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int banjie_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int banjie_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int banjie_epoll_set(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int banjie_epoll_wait(int epoll, struct banjie_event *events, int capacity, int timeout) {
    enum { most = 256 };
    struct epoll_event raw[most];
    int count = epoll_wait(epoll, raw, capacity < most ? capacity : most, timeout);
    if (count < 0) return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        events[i].token = raw[i].data.u64;
        events[i].events = raw[i].events;
    }
    return count;
}

void banjie_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
