import Foundation
import TLS
import TestCertificates
import Testing
import Wire

@testable import Transport

/// Limits that are counted over connections, and those on what a call says of itself.
@Suite(.serialized) struct LimitTests {
    @Test("W74: metadata longer than are taken end the call alone")
    func longMetadata() {
        var limits = Limits()
        limits.longestMetadata = 1_024
        let server = ServerHarness(limits)
        // Field 15, which no version knows yet.
        let ofLength = { (length: Int) in
            [UInt8]([0x7A, 0x80 | UInt8((length - 3) & 0x7F), UInt8((length - 3) >> 7)])
                + [UInt8](repeating: 0, count: length - 3)
        }
        for (stream, length) in [(1 as UInt32, 1_024), (3, 1_025), (5, 60_000)] {
            let metadata = length < 16_000 ? ofLength(length) : [UInt8](repeating: 0, count: length)
            server.receive(
                Bytes.frame(
                    .call,
                    stream: stream,
                    field16: UInt16(length),
                    [1, 0, 1, 0] + metadata + [9]
                )
            )
        }
        let replies = server.sent()
        #expect(replies.map(\.field16) == [0, 8, 8])
        #expect(replies.map(\.failure?.reason) == [nil, "METADATA_TOO_LONG", "METADATA_TOO_LONG"])
        #expect(replies.last?.failure?.message.contains("1024") == true)
        #expect(replies.last?.failure?.outcome == .notProcessed)
        #expect(server.happenings == [.call(stream: 1, message: [9])])
    }

    @Test(
        "W51, W73: a connection too many, in all or from its address, is told so",
        arguments: [1, 2]
    )
    func connectionsCounted(reactors: Int) async throws {
        var limits = Limits()
        limits.connections = 5
        limits.connectionsPerAddress = 3
        let test = try TestServer(limits, reactors: reactors)
        var clients: [RawClient] = []
        for source in ["127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"] {
            let client = try RawClient(to: test.endpoint, from: source)
            client.send(Bytes.greeting)
            #expect(client.receive(1).map(\.type) == [.hello])
            clients.append(client)
        }
        let fromAddress = try RawClient(to: test.endpoint, from: "127.0.0.4")
        #expect(fromAddress.receiveAll().map { $0.farewell?.code } == ["TOO_MANY_CONNECTIONS"])
        clients.removeLast()
        await eventually("a connection that is gone counts") { test.handler.closedCount == 2 }
        let again = try RawClient(to: test.endpoint, from: "127.0.0.2")
        let farewell = again.receiveAll().last?.farewell
        #expect(farewell?.code == "TOO_MANY_FROM_ADDRESS" && farewell?.rule == "W73")
        #expect(farewell?.message.contains("3 connections") == true)
        clients.removeFirst()
        await eventually("a connection that is gone counts") { test.handler.closedCount == 4 }
        let admitted = try RawClient(to: test.endpoint, from: "127.0.0.2")
        admitted.send(Bytes.greeting + Bytes.call(1, [7]))
        #expect(admitted.receive(2).last?.payload == [7])
        test.stop()
    }

    @Test(
        "W73: handshakes of TLS that aren't finished count by address, and make room when they are"
    )
    func handshakesCounted() async throws {
        let authority = try TestAuthority()
        var limits = Limits()
        limits.tlsHandshakesPerAddress = 2
        let identity = try TLSServerIdentity(TLSServerFiles(try authority.issueServer()))
        let test = try TestServer(
            limits,
            on: .tls(host: "127.0.0.1", port: 0),
            showing: identity
        )
        let security = try TLSClientIdentity(TLSClientFiles(authorities: authority.certificate))
        var finished: [TestClient] = []
        // One after another: a client begins its handshake when it is made.
        for _ in 0..<4 {
            let client = try TestClient(to: test.endpoint, security: security)
            #expect(await client.call(TestHandler.echo, [1]) == .success([1]))
            finished.append(client)
        }
        var silent = try (0..<2).map { _ in try RawClient(to: test.endpoint) }
        let third = try RawClient(to: test.endpoint)
        #expect(third.receiveAll().isEmpty)
        #expect(test.server.connections == 6)
        let elsewhere = try RawClient(to: test.endpoint, from: "127.0.0.9")
        await eventually("another address isn't held up") { test.server.connections == 7 }
        silent.removeLast()
        await eventually("a connection that is gone counts") { test.server.connections == 6 }
        let client = try TestClient(to: test.endpoint, security: security)
        #expect(await client.call(TestHandler.echo, [2]) == .success([2]))
        withExtendedLifetime((silent, elsewhere, finished)) { test.stop() }
    }

    @Test func `a host counts as one whatever IPv6 address of its network it takes`() {
        let network: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 1]
        let first = PeerNetwork(address: network + [0, 0, 0, 0, 0, 0, 0, 1])
        let second = PeerNetwork(address: network + [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(first == second)
        #expect(first != PeerNetwork(address: network.dropLast() + [2, 0, 0, 0, 0, 0, 0, 0, 1]))
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        #expect(
            PeerNetwork(address: mapped + [192, 0, 2, 1])
                != PeerNetwork(address: mapped + [192, 0, 2, 2])
        )
    }

    @Test func `nothing is kept of an address without connections`() throws {
        let census = ConnectionCensus(Limits())
        var entries: [ConnectionCensus.Entry] = []
        for number in 0..<100 as Range<UInt8> {
            let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, number / 2]
            let admission = census.admit(from: PeerNetwork(address: mapped), isSecured: true)
            guard case .admitted(let entry) = admission else {
                Issue.record("the connection wasn't admitted")
                return
            }
            entries.append(entry)
        }
        #expect(census.networkCount == 50)
        for entry in entries { census.remove(entry) }
        #expect(census.networkCount == 0)
    }
}
