// Keeps a number of puts in flight on each of a number of connections to beanstalkd, each job due in a day, for a
// while, and tells how many were acknowledged: the peer of durable Arm that is a queue.
//
// usage: beanstalk_put HOST:PORT CONNECTIONS IN_FLIGHT SECONDS
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { connections_most = 64 };

static const char put[] = "put 0 86400 60 64\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n";

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void send_puts(int descriptor, int count) {
    for (; count > 0; count--) {
        for (size_t sent = 0; sent < sizeof put - 1;) {
            ssize_t written = write(descriptor, put + sent, sizeof put - 1 - sent);
            if (written <= 0) fail("write");
            sent += (size_t)written;
        }
    }
}

int main(int count, char **arguments) {
    char *colon = count == 5 ? strrchr(arguments[1], ':') : NULL;
    int connections = colon ? atoi(arguments[2]) : 0, in_flight = colon ? atoi(arguments[3]) : 0;
    if (connections < 1 || connections > connections_most || in_flight < 1) {
        fprintf(stderr, "usage: beanstalk_put HOST:PORT CONNECTIONS IN_FLIGHT SECONDS\n");
        return 2;
    }
    *colon = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) fail("address");
    struct pollfd polled[connections_most];
    for (int number = 0; number < connections; number++) {
        int descriptor = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        polled[number] = (struct pollfd){.fd = descriptor, .events = POLLIN};
        send_puts(descriptor, in_flight);
    }
    double begun = seconds_now(), end = begun + atoi(arguments[4]);
    uint64_t answered = 0;
    while (seconds_now() < end) {
        if (poll(polled, (nfds_t)connections, 100) < 0) fail("poll");
        for (int number = 0; number < connections; number++) {
            if (!polled[number].revents) continue;
            char answers[65536];
            ssize_t length = read(polled[number].fd, answers, sizeof answers);
            if (length <= 0) fail("read");
            // Each answer is a line; a put that failed says another word.
            int lines = 0;
            for (ssize_t at = 0; at < length; at++) {
                lines += answers[at] == '\n';
                if (answers[at] == '_') {
                    fprintf(stderr, "beanstalk_put: %.*s\n", (int)length, answers);
                    return 1;
                }
            }
            answered += (uint64_t)lines;
            send_puts(polled[number].fd, lines);
        }
    }
    printf("{\"perSecond\": %.1f}\n", (double)answered / (seconds_now() - begun));
    return 0;
}
