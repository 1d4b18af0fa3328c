import Foundation
import Telemetry
import Testing

/// Over real sockets, with requests written by hand.
struct MetricsEndpointTests {
    private func endpoint(_ host: String = "127.0.0.1") throws -> MetricsEndpoint {
        let registry = MetricRegistry()
        registry.addCounter("parcels_sent_total", "Parcels sent.").add(7)
        return try MetricsEndpoint(host: host, port: 0, registry)
    }

    /// What comes back for a request, until the other side closes.
    private func answer(_ endpoint: MetricsEndpoint, _ request: String) throws -> String {
        let port = try #require(endpoint.address.split(separator: ":").last.flatMap { UInt16($0) })
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout.size(ofValue: address))
        let connected = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, size) }
        }
        try #require(connected == 0)
        let bytes = Array(request.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &part, part.count), count > 0 {
            answer += part[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private static let closing = "Host: x\r\nConnection: close\r\n\r\n"

    @Test func servesTheMetrics() throws {
        let text = try answer(try endpoint(), "GET /metrics HTTP/1.1\r\n\(Self.closing)")
        #expect(text.hasPrefix("HTTP/1.1 200 "))
        #expect(text.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(text.hasSuffix("\r\n\r\n\(Self.told)"))
        let head = try answer(try endpoint(), "HEAD /metrics HTTP/1.1\r\n\(Self.closing)")
        #expect(head.contains("Content-Length: \(Self.told.utf8.count)\r\n"))
        #expect(head.hasSuffix("\r\n\r\n"))
    }

    private static let told = """
        # HELP parcels_sent_total Parcels sent.
        # TYPE parcels_sent_total counter
        parcels_sent_total 7

        """

    @Test(arguments: [
        ("GET / HTTP/1.1", "404"), ("GET /metrics/x HTTP/1.1", "404"),
        ("POST /metrics HTTP/1.1\r\nContent-Length: 0", "405"), ("DELETE /metrics HTTP/1.1", "405"),
    ])
    func refusesEverythingElse(_ request: String, _ status: String) throws {
        let text = try answer(try endpoint(), "\(request)\r\n\(Self.closing)")
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(!text.contains("parcels_sent_total 7"))
    }

    @Test func listensOnLoopbackOnly() throws {
        #expect(throws: MetricsEndpoint.Failure.self) { try endpoint("0.0.0.0") }
        #expect(throws: MetricsEndpoint.Failure.self) { try endpoint("no.such.host.invalid") }
        #expect(try endpoint("localhost").address.hasPrefix("localhost:"))
    }

    @Test func saysWhichAddressIsTaken() throws {
        let first = try endpoint()
        let port = try #require(first.address.split(separator: ":").last.flatMap { UInt16($0) })
        let failure = #expect(throws: MetricsEndpoint.Failure.self) {
            try MetricsEndpoint(host: "127.0.0.1", port: port, MetricRegistry())
        }
        #expect(failure?.description.contains("\(first.address): Address already in use") == true)
    }
}
