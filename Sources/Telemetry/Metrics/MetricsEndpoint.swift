internal import CMicroHTTPD
internal import Glibc

/// Serves a registry's metrics over HTTP, at `/metrics` of a loopback address, on a thread of its own.
///
/// It ends when nobody holds it any more.
package final class MetricsEndpoint: Sendable {
    /// Why metrics can't be served, in a sentence.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// How many scrapers may be connected, for how long one may say nothing, in seconds, and how much
    /// memory each has for its request: what a scraper needs, and no more.
    private static let connectionsMax: UInt32 = 8
    private static let idleSecondsMax: UInt32 = 10
    private static let connectionBytesMax = 32 << 10

    /// `HOST:PORT`, with the port that the system chose when none was given.
    package let address: String
    /// The library's server. The pointer never changes, and after `init` only `deinit` uses it, when
    /// nobody else holds this any more.
    private nonisolated(unsafe) let daemon: OpaquePointer
    /// Held for as long as the server's thread may ask it.
    private let registry: MetricRegistry

    /// Begins to serve.
    ///
    /// - Parameters:
    ///   - host: A loopback address, or a name of one.
    ///   - port: 0 leaves it to the system.
    package init(host: String, port: UInt16, _ registry: MetricRegistry) throws(Failure) {
        self.registry = registry
        let context = Unmanaged.passUnretained(registry).toOpaque()
        var errorNumber: Int32 = 0
        let started = try Self.withLoopback(host, port) { address in
            let daemon = banjie_http_start(
                address,
                answerScrape,
                context,
                Self.connectionsMax,
                Self.idleSecondsMax,
                Self.connectionBytesMax
            )
            errorNumber = errno
            return daemon
        }
        guard let started else {
            let reason = String(cString: strerror(errorNumber))
            throw Failure(description: "metrics can't be served at \(host):\(port): \(reason)")
        }
        daemon = started
        let bound = banjie_http_port(started)
        address = host.contains(":") ? "[\(host)]:\(bound)" : "\(host):\(bound)"
    }

    deinit { MHD_stop_daemon(daemon) }

    /// Resolves a loopback address for the time of `body`.
    private static func withLoopback(
        _ host: String,
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>) -> OpaquePointer?
    ) throws(Failure) -> OpaquePointer? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0, let address = list?.pointee.ai_addr else {
            let reason = String(cString: gai_strerror(status))
            throw Failure(description: "metrics can't be served at \(host):\(port): \(reason)")
        }
        guard isLoopback(address) else {
            throw Failure(description: "metrics are served on loopback only; \(host) isn't")
        }
        return body(address)
    }

    private static func isLoopback(_ address: UnsafePointer<sockaddr>) -> Bool {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            return raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr.bigEndian >> 24 == 127
        case AF_INET6:
            return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) {
                $0.elementsEqual([UInt8](repeating: 0, count: 15) + [1])
            }
        default: return false
        }
    }
}

/// Answers one request; called on the library's thread, with the registry as its context.
private func answerScrape(
    context: UnsafeMutableRawPointer?,
    connection: OpaquePointer?,
    url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?,
    version: UnsafePointer<CChar>?,
    upload: UnsafePointer<CChar>?,
    uploadSize: UnsafeMutablePointer<Int>?,
    request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let url, let method else { return .NO }
    let isRead =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0
    guard isRead else {
        return send("only GET and HEAD are answered\n", 405, on: connection, allow: "GET, HEAD")
    }
    guard strcmp(url, "/metrics") == 0 else {
        return send("the metrics are at /metrics\n", 404, on: connection)
    }
    let registry = Unmanaged<MetricRegistry>.fromOpaque(context).takeUnretainedValue()
    return send(
        registry.exposition(),
        200,
        on: connection,
        type: "text/plain; version=0.0.4; charset=utf-8"
    )
}

private func send(
    _ text: String,
    _ status: UInt32,
    on connection: OpaquePointer?,
    allow: String? = nil
) -> MHD_Result {
    send(Array(text.utf8), status, on: connection, type: "text/plain; charset=utf-8", allow: allow)
}

private func send(
    _ body: [UInt8],
    _ status: UInt32,
    on connection: OpaquePointer?,
    type: String,
    allow: String? = nil
) -> MHD_Result {
    var body = body
    let response = body.withUnsafeMutableBytes {
        MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    MHD_add_response_header(response, "Content-Type", type)
    if let allow { MHD_add_response_header(response, "Allow", allow) }
    return MHD_queue_response(connection, status, response)
}
