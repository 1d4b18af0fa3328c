// The part of libmicrohttpd that Banjie uses; its functions of variable arguments get fixed ones here.
#pragma once
#include <microhttpd.h>

/// Starts a server on one thread of its own that asks `handler` for every answer; NULL and errno when
/// it can't listen at `address`.
static inline struct MHD_Daemon *banjie_http_start(
    const struct sockaddr *address,
    MHD_AccessHandlerCallback handler,
    void *context,
    unsigned int connections_max,
    unsigned int idle_seconds_max,
    size_t connection_bytes_max)
{
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    if (address->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context,
        MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_CONNECTION_LIMIT, connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes_max,
        MHD_OPTION_END);
}

/// The port at which a server listens; 0 when the library can't tell.
static inline uint16_t banjie_http_port(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
