// A bare echo server: one thread, epoll, all that has come in read at once, and all answers of a
// wake-up in one write. It checks and computes the same checksums as banjied, and does nothing
// else. The peer of banjied's Diagnostics.Echo.
//
// usage: echo [PORT]      prints "ready listen=127.0.0.1:PORT"; ends by SIGTERM
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"

enum { buffer_length = 256 * 1024 };

struct connection {
    int descriptor;
    int greeted;  // 0 before the preface, 1 before HELLO, 2 after it
    int waits_for_room;
    size_t in_length, out_from, out_length;
    uint8_t in[buffer_length], out[buffer_length];
};

static int poller;

static void watch(struct connection *connection, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event) < 0) abort();
}

// Writes what is waiting; -1 when the connection is over.
static int flush(struct connection *connection) {
    while (connection->out_from < connection->out_length) {
        ssize_t written = write(connection->descriptor, connection->out + connection->out_from,
                                connection->out_length - connection->out_from);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            if (!connection->waits_for_room) watch(connection, EPOLLOUT);
            connection->waits_for_room = 1;
            return 0;
        }
        if (written < 0) return -1;
        connection->out_from += (size_t)written;
    }
    connection->out_from = connection->out_length = 0;
    if (connection->waits_for_room) watch(connection, EPOLLIN);
    connection->waits_for_room = 0;
    return 0;
}

// Answers the frames that have come; -1 when one breaks the protocol. No answer is longer than its
// call, so the answers to a full input fit an empty output.
static int answer(struct connection *connection) {
    size_t from = 0;
    while (connection->in_length > from) {
        const uint8_t *at = connection->in + from;
        size_t left = connection->in_length - from;
        uint8_t *out = connection->out + connection->out_length;
        if (connection->greeted == 0) {
            if (left < sizeof preface) break;
            if (memcmp(at, preface, sizeof preface)) return -1;
            connection->greeted = 1;
            from += sizeof preface;
            continue;
        }
        struct frame frame;
        int taken = open_frame(at, left, &frame);
        if (taken < 0) return -1;
        if (taken == 0) break;
        if ((connection->greeted == 1) != (frame.type == type_hello)) return -1;
        switch (frame.type) {
        case type_hello:
            connection->greeted = 2;
            connection->out_length = (size_t)(put_hello(out, "banjie", 1024, "echo.c") - connection->out);
            break;
        case type_ping:
            if (frame.length != 8) return -1;
            memcpy(out + header_length, frame.payload, 8);
            seal(out, type_pong, 0, 0, 8);
            connection->out_length += header_length + 8;
            break;
        case type_call: {
            uint32_t prefix = 4u + frame.field16;
            if (frame.length < prefix || get32(frame.payload) != method_echo) return -1;
            memcpy(out + header_length, frame.payload + prefix, frame.length - prefix);
            seal(out, type_end, frame.stream, 0, frame.length - prefix);
            connection->out_length += header_length + frame.length - prefix;
            break;
        }
        default:
            return -1;
        }
        from += (size_t)taken;
    }
    memmove(connection->in, connection->in + from, connection->in_length - from);
    connection->in_length -= from;
    return 0;
}

static int receive(struct connection *connection) {
    ssize_t count = read(connection->descriptor, connection->in + connection->in_length,
                         buffer_length - connection->in_length);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (count == 0) return -1;
    connection->in_length += (size_t)count;
    if (answer(connection) < 0) return -1;
    return flush(connection);
}

int main(int argc, char **argv) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 512) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        die("echo: can't listen: %s", strerror(errno));
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    printf("ready listen=127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(poller, events, 64, -1);
        for (int index = 0; index < count; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!connection) {
                int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (accepted < 0) continue;
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                connection = calloc(1, sizeof *connection);
                if (!connection) abort();
                connection->descriptor = accepted;
                struct epoll_event first = {.events = EPOLLIN, .data.ptr = connection};
                epoll_ctl(poller, EPOLL_CTL_ADD, accepted, &first);
                continue;
            }
            // While answers wait, nothing is read: so there is always room for them.
            int result = connection->waits_for_room ? flush(connection) : receive(connection);
            if (result < 0) {
                close(connection->descriptor);
                free(connection);
            }
        }
    }
}
