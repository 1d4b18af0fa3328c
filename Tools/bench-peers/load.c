// Keeps a number of calls in flight on each of a number of connections, for a while, and tells how
// many were answered and how long that took. Drives banjied and echo.c alike.
//
// usage: load [-r RATE] HOST:PORT echo|arm CONNECTIONS IN_FLIGHT PAYLOAD SECONDS
//             [LOGIN SECRET_FILE] [PID]
//
// PAYLOAD is the length of what echo carries; arm's own label ignores it. A tenth of the time, and
// at most a second, passes before counting begins. With the server's PID, its processor time for
// one call is told too. A wrong answer ends the program with exit code 1.
//
// With RATE, so many calls begin in a second whatever becomes of them, as long as IN_FLIGHT allows; a
// call's time counts from when it was to begin. What is refused for want of room is counted apart.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

enum { buffer_length = 1024 * 1024, calls_remembered = 65536, octaves = 40, steps = 256 };

struct call {
    uint32_t stream;  // 0 when there is none
    int64_t sent;
};

struct connection {
    int descriptor;
    int waits_for_room;
    uint32_t next_stream;
    int in_flight;
    size_t in_from, in_length, out_from, out_length;
    uint8_t in[buffer_length], out[buffer_length];
    struct call calls[calls_remembered];
};

static int poller;
static uint32_t method;
static size_t payload_length;
static uint8_t payload[max_frame];
static uint64_t run, sequence, answered, refused;
static uint64_t histogram[octaves * steps];

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

// Buckets of 1/256 of an octave.
static void record(int64_t value) {
    uint64_t ticks = value < 1 ? 1 : (uint64_t)value;
    int octave = 63 - __builtin_clzll(ticks);
    uint64_t step = octave >= 8 ? ticks >> (octave - 8) & 255 : ticks << (8 - octave) & 255;
    if (octave >= octaves) die("load: a call took longer than this program counts");
    histogram[octave * steps + (int)step]++;
}

static double percentile(double part) {
    uint64_t wanted = (uint64_t)(part * (double)answered), seen = 0;
    for (int bucket = 0; bucket < octaves * steps; bucket++)
        if ((seen += histogram[bucket]) > wanted)
            return (double)(1ull << bucket / steps) * (1 + (bucket % steps + 0.5) / steps) / 1000;
    return 0;
}

static double processor_seconds(int pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) die("load: there is no process %d", pid);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    fclose(file);
    unsigned long user, kernel;
    char *after_name = strrchr(text, ')');
    if (!after_name || sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                              &user, &kernel) != 2)
        die("load: %s can't be read", path);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void append_call(struct connection *connection, int64_t now) {
    if (connection->out_length + header_length + payload_length + 256 > buffer_length) {
        memmove(connection->out, connection->out + connection->out_from,
                connection->out_length - connection->out_from);
        connection->out_length -= connection->out_from;
        connection->out_from = 0;
    }
    uint32_t stream = connection->next_stream;
    if (stream > 0x7FFFFFFF) die("load: a connection has no stream numbers left");
    connection->next_stream += 2;
    uint8_t *at = connection->out + connection->out_length;
    uint8_t *end = at + header_length;
    put32(end, method);
    end += 4;
    uint16_t metadata = 0;
    if (method == method_arm) {
        // Request ids that grow with time, as the server's storage likes them.
        uint8_t id[16];
        for (int byte = 0; byte < 8; byte++) {
            id[byte] = (uint8_t)(run >> (56 - 8 * byte));
            id[8 + byte] = (uint8_t)(sequence >> (56 - 8 * byte));
        }
        uint8_t *message = put_bytes(end, 1, id, sizeof id);
        metadata = (uint16_t)(message - end);
        char label[32];
        int length = snprintf(label, sizeof label, "load-%012llu", (unsigned long long)sequence);
        // Twenty working days from now, EXPIRE alone.
        end = put_number(put_number(message, 1, 20), 2, 1);
        end = put_bytes(end, 5, label, (size_t)length);
    } else {
        end = put_bytes(end, 1, payload, payload_length);
    }
    sequence++;
    seal(at, type_call, stream, metadata, (uint32_t)(end - at - header_length));
    connection->out_length = (size_t)(end - connection->out);
    struct call *call = &connection->calls[stream / 2 % calls_remembered];
    if (call->stream) die("load: the call on stream %u was overtaken by too many", call->stream);
    *call = (struct call){stream, now};
    connection->in_flight++;
}

static void flush(struct connection *connection) {
    while (connection->out_from < connection->out_length) {
        ssize_t written = write(connection->descriptor, connection->out + connection->out_from,
                                connection->out_length - connection->out_from);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) break;
        if (written < 0) die("load: the server is gone: %s", strerror(errno));
        connection->out_from += (size_t)written;
    }
    int waits = connection->out_from < connection->out_length;
    if (!waits) connection->out_from = connection->out_length = 0;
    if (waits == connection->waits_for_room) return;
    connection->waits_for_room = waits;
    struct epoll_event event = {.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event);
}

// Returns whether the call was carried out.
static int check_end(const struct frame *frame, int may_be_refused) {
    if (may_be_refused && frame->field16 == status_resource_exhausted) return 0;
    if (frame->field16 != 0)
        die("load: a call ended with status %u: %.*s", frame->field16, (int)frame->length,
            (const char *)frame->payload);
    if (method != method_echo) return 1;
    uint8_t head[8];
    size_t head_length = (size_t)(put_varint(put_varint(head, 1 << 3 | 2), payload_length) - head);
    if (frame->length != head_length + payload_length || memcmp(frame->payload, head, head_length) ||
        memcmp(frame->payload + head_length, payload, payload_length))
        die("load: an echo differs from what was sent");
    return 1;
}

// In a closed loop every answer is followed by the next call.
static void receive(struct connection *connection, int counting, int is_closed_loop) {
    if (connection->in_from) {
        memmove(connection->in, connection->in + connection->in_from,
                connection->in_length - connection->in_from);
        connection->in_length -= connection->in_from;
        connection->in_from = 0;
    }
    ssize_t count = read(connection->descriptor, connection->in + connection->in_length,
                         buffer_length - connection->in_length);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) die("load: the server closed the connection");
    connection->in_length += (size_t)count;
    int64_t now = nanoseconds();
    for (;;) {
        struct frame frame;
        int taken = open_frame(connection->in + connection->in_from,
                               connection->in_length - connection->in_from, &frame);
        if (taken < 0) die("load: a frame's checksum is wrong");
        if (taken == 0) break;
        connection->in_from += (size_t)taken;
        if (frame.type == type_ping) {
            uint8_t *at = connection->out + connection->out_length;
            memcpy(at + header_length, frame.payload, 8);
            seal(at, type_pong, 0, 0, 8);
            connection->out_length += header_length + 8;
            continue;
        }
        if (frame.type != type_end) die("load: a frame of type %u: %.*s", frame.type,
                                        (int)frame.length, (const char *)frame.payload);
        struct call *call = &connection->calls[frame.stream / 2 % calls_remembered];
        if (call->stream != frame.stream) die("load: stream %u wasn't open", frame.stream);
        call->stream = 0;
        connection->in_flight--;
        int was_done = check_end(&frame, !is_closed_loop);
        if (counting && was_done) {
            answered++;
            record(now - call->sent);
        } else if (counting) {
            refused++;
        }
        if (is_closed_loop) append_call(connection, now);
    }
    flush(connection);
}

// Reads one whole frame, waiting for it.
static void await_frame(struct connection *connection, struct frame *frame) {
    for (;;) {
        int taken = open_frame(connection->in + connection->in_from,
                               connection->in_length - connection->in_from, frame);
        if (taken < 0) die("load: a frame's checksum is wrong");
        connection->in_from += (size_t)taken;
        if (taken > 0) return;
        ssize_t count = read(connection->descriptor, connection->in + connection->in_length,
                             buffer_length - connection->in_length);
        if (count <= 0) die("load: the server closed the connection during the handshake");
        connection->in_length += (size_t)count;
    }
}

static struct connection *connect_to(const struct sockaddr_in *address, const char *login,
                                     const char *secret) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) abort();
    connection->next_stream = 1;
    connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection->descriptor, (const struct sockaddr *)address, sizeof *address) < 0)
        die("load: can't connect: %s", strerror(errno));
    uint8_t greeting[1024];
    memcpy(greeting, preface, sizeof preface);
    uint8_t *end = put_hello(greeting + sizeof preface, "banjie", 0, "load.c");
    if (login) {
        uint8_t *at = end;
        end = put_bytes(end + header_length, 1, login, strlen(login));
        end = put_bytes(end, 2, secret, strlen(secret));
        seal(at, type_auth, 0, 0, (uint32_t)(end - at - header_length));
    }
    if (write(connection->descriptor, greeting, (size_t)(end - greeting)) != end - greeting)
        die("load: can't write: %s", strerror(errno));
    struct frame frame;
    await_frame(connection, &frame);
    if (frame.type != type_hello) die("load: the server didn't answer HELLO: %.*s",
                                      (int)frame.length, (const char *)frame.payload);
    if (login) {
        await_frame(connection, &frame);
        if (frame.type != type_auth || frame.field16 != 0)
            die("load: %s can't sign in: %.*s", login, (int)frame.length,
                (const char *)frame.payload);
    }
    return connection;
}

// Begins the calls of an open loop that are due, on the connections in turn; returns how many have begun
// in all.
static uint64_t begin_due(struct connection **all, int connections, int in_flight, double rate,
                          int64_t start, uint64_t begun, int64_t now) {
    static int turn;
    int full = 0;
    while (full < connections) {
        int64_t moment = start + (int64_t)((double)begun / rate * 1e9);
        if (moment > now) break;
        struct connection *connection = all[turn];
        turn = (turn + 1) % connections;
        if (connection->in_flight >= in_flight) {
            full++;
            continue;
        }
        full = 0;
        append_call(connection, moment);
        begun++;
    }
    for (int index = 0; index < connections; index++) flush(all[index]);
    return begun;
}

int main(int argc, char **argv) {
    char host[64];
    double rate = 0;
    if (argc > 2 && strcmp(argv[1], "-r") == 0) {
        rate = atof(argv[2]);
        if (rate <= 0) die("load: a rate is above 0");
        argc -= 2;
        argv += 2;
    }
    int port = 0;
    if (argc < 7 || argc > 10 || sscanf(argv[1], "%63[^:]:%d", host, &port) != 2)
        die("usage: load [-r RATE] HOST:PORT echo|arm CONNECTIONS IN_FLIGHT PAYLOAD SECONDS "
            "[LOGIN SECRET_FILE] [PID]");
    method = strcmp(argv[2], "arm") == 0 ? method_arm : method_echo;
    int connections = atoi(argv[3]), in_flight = atoi(argv[4]);
    payload_length = (size_t)atol(argv[5]);
    double seconds = atof(argv[6]);
    if (connections < 1 || connections > 1024 || in_flight < 1 || in_flight > 1024 ||
        payload_length > 60000 || seconds <= 0 ||
        (payload_length + 256) * (size_t)in_flight > buffer_length)
        die("load: a number is out of range");
    for (size_t index = 0; index < payload_length; index++) payload[index] = (uint8_t)(index * 31);
    const char *login = argc >= 9 ? argv[7] : NULL;
    char secret[256] = "";
    if (login) {
        FILE *file = fopen(argv[8], "r");
        if (!file || !fgets(secret, sizeof secret, file)) die("load: %s can't be read", argv[8]);
        secret[strcspn(secret, "\n")] = 0;
        fclose(file);
    }
    int pid = argc == 8 || argc == 10 ? atoi(argv[argc - 1]) : 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("load: %s isn't an address", host);
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    run = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec;

    poller = epoll_create1(0);
    struct connection *all[1024];
    for (int index = 0; index < connections; index++) {
        all[index] = connect_to(&address, login, secret);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = all[index]};
        epoll_ctl(poller, EPOLL_CTL_ADD, all[index]->descriptor, &event);
    }
    int64_t began = nanoseconds();
    double warming = seconds / 10 < 1 ? seconds / 10 : 1;
    int64_t counting_from = began + (int64_t)(warming * 1e9);
    int64_t until = counting_from + (int64_t)(seconds * 1e9);
    // From here on reads and writes don't wait.
    for (int index = 0; index < connections; index++) {
        int descriptor = all[index]->descriptor;
        if (fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0) die("load: %s", strerror(errno));
        for (int call = 0; rate == 0 && call < in_flight; call++)
            append_call(all[index], nanoseconds());
        flush(all[index]);
    }
    int counting = 0;
    double processor = 0;
    int64_t counted_from = 0, now = began;
    uint64_t begun = 0;
    // An open loop looks at what is due once a millisecond.
    struct timespec patience = rate > 0 ? (struct timespec){0, 1000000} : (struct timespec){1, 0};
    while (now < until) {
        if (!counting && now >= counting_from) {
            counting = 1;
            counted_from = now;
            if (pid) processor = processor_seconds(pid);
        }
        struct epoll_event events[64];
        int count = epoll_pwait2(poller, events, 64, &patience, NULL);
        for (int index = 0; index < count; index++) {
            struct connection *connection = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) flush(connection);
            if (events[index].events & ~(uint32_t)EPOLLOUT) receive(connection, counting, rate == 0);
        }
        now = nanoseconds();
        if (rate > 0) begun = begin_due(all, connections, in_flight, rate, began, begun, now);
    }
    double took = (double)(now - counted_from) / 1e9;
    if (pid) processor = processor_seconds(pid) - processor;
    printf("{\"calls\":%llu,\"seconds\":%.3f,\"perSecond\":%.0f,\"p50Us\":%.1f,\"p99Us\":%.1f",
           (unsigned long long)answered, took, (double)answered / took, percentile(0.5),
           percentile(0.99));
    if (rate > 0)
        printf(",\"refusedPerSecond\":%.0f,\"begunPerSecond\":%.0f", (double)refused / took,
               (double)begun / ((double)(now - began) / 1e9));
    if (pid) printf(",\"serverCpuUs\":%.3f", processor * 1e6 / (double)answered);
    printf("}\n");
    return 0;
}
