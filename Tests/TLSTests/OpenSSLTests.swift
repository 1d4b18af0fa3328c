import Foundation
import Glibc
import TLS
import TestCertificates
import Testing

/// OpenSSL's own tools as the other side.
@Suite struct OpenSSLTests {
    private let setting: Setting

    init() throws { setting = try Setting() }

    // MARK: - Its client and our server

    @Test func itsClientIsServed() throws {
        let result = try connect(to: setting.server, with: ["-alpn", "other,banjie/1"])
        #expect(result.received == Array("from the client\n".utf8))
        #expect(result.output.contains("New, TLSv1.3"))
        #expect(result.output.contains("ALPN protocol: banjie/1"))
        #expect(result.output.contains("Verification: OK"))
        #expect(result.output.contains("from the server"))
        #expect(result.output.contains("Compression: NONE"))
        #expect(!result.output.contains("New Session Ticket"))
    }

    @Test("W68: older versions are refused") func olderVersionsAreRefused() throws {
        for version in ["-tls1_2", "-no_tls1_3"] {
            let result = try connect(to: setting.server, with: ["-alpn", "banjie/1", version])
            #expect(result.error == .noCommonVersion)
            #expect(result.output.contains("alert protocol version"))
        }
    }

    @Test("W68: other protocols are refused") func otherProtocolsAreRefused() throws {
        let other = try connect(to: setting.server, with: ["-alpn", "h2,banjie/2"])
        #expect(other.error == .noCommonProtocol)
        #expect(other.output.contains("no application protocol"))
        let none = try connect(to: setting.server, with: [])
        #expect(none.error == .noCommonProtocol)
        #expect(!none.output.contains("from the server"))
    }

    @Test func itsClientShowsACertificate() throws {
        let identity = try setting.authority.issue(
            "daemon",
            for: .client,
            names: "URI:banjie:daemon"
        )
        let server = try setting.server(mustHave: true)
        let shown = try connect(
            to: server,
            with: ["-alpn", "banjie/1", "-cert", identity.certificate, "-key", identity.key]
        )
        #expect(shown.peer?.uris == ["banjie:daemon"])
        #expect(shown.output.contains("CN = Test Authority"))
        let none = try connect(to: server, with: ["-alpn", "banjie/1"])
        #expect(none.error == .noCertificate)
        #expect(none.output.contains("alert certificate required"))
    }

    /// `K` has the client change its keys and ask for ours.
    @Test func newKeysAreTakenAsOftenAsThereIsReasonFor() throws {
        let arguments = ["-alpn", "banjie/1"]
        let some = try connect(
            to: setting.server,
            with: arguments,
            writing: String(repeating: "K\n", count: 20) + "from the client\n"
        )
        #expect(some.error == nil)
        #expect(some.received == Array("from the client\n".utf8))
        #expect(some.output.contains("from the server"))
        let flood = try connect(
            to: setting.server,
            with: arguments,
            writing: String(repeating: "K\n", count: 100) + "from the client\n"
        )
        guard case .broken(let problem)? = flood.error else {
            Issue.record("the flood is taken: \(flood)")
            return
        }
        #expect(problem.contains("new keys"))
        #expect(flood.received.isEmpty)
    }

    private struct Served {
        var received: [UInt8] = []
        var error: TLSError?
        var peer: PeerCertificate?
        /// What the client printed.
        var output = ""
    }

    /// Has `openssl s_client` send a line to a session of ours, and prints one back.
    private func connect(
        to context: TLSServerContext,
        with arguments: [String],
        writing text: String = "from the client\n"
    ) throws -> Served {
        let (listener, port) = try Loopback.listen()
        defer { close(listener) }
        let client = try ToolProcess(
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost",
                "-CAfile", setting.authority.certificate, "-verify_return_error",
            ] + arguments
        )
        let socket = Loopback.accept(listener)
        defer { close(socket) }
        let session = Side(accepting: context)
        var result = Served()
        var isWritten = false
        do throws(TLSError) {
            while result.received.last != UInt8(ascii: "\n"), let bytes = Loopback.receive(socket) {
                result.received += try session.take(bytes)
                Loopback.send(session.takePending(), to: socket)
                // One at a time: the command takes a read for a line.
                if session.state == .open, !isWritten {
                    isWritten = true
                    for line in text.split(separator: "\n") {
                        client.write("\(line)\n")
                        if line == "K" { _ = client.line { $0.hasPrefix("KEYUPDATE") } }
                    }
                }
            }
            if session.state == .open { _ = session.send(Array("from the server\n".utf8)) }
        } catch {
            result.error = error
        }
        result.peer = session.peer
        session.end()
        Loopback.send(session.takePending(), to: socket)
        shutdown(socket, Int32(SHUT_WR))
        client.finishWriting()
        result.output = client.output()
        return result
    }

    // MARK: - Its server and our client

    /// Takes what the server sends byte by byte, and tries to send in between at each: behind client
    /// certificates and with the smallest fragments, its tickets come in several records.
    @Test func itsServerIsCalledAtEveryBoundary() throws {
        let identity = try setting.authority.issue("daemon", for: .client)
        let server = try serve([
            "-Verify", "2", "-CAfile", setting.authority.certificate, "-max_send_frag", "512",
            "-rev",
        ])
        defer { server.process.stop() }
        let socket = try Loopback.connect(to: server.port)
        defer { close(socket) }
        let client = Side(connecting: try setting.client(identity), to: "localhost")
        Loopback.send(client.takePending(), to: socket)
        var asked: [UInt8] = []
        var refusals = 0
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n"), let bytes = Loopback.receive(socket) {
            for byte in bytes {
                answer += try client.take([byte])
                guard client.state == .open, asked.last != UInt8(ascii: "\n") else { continue }
                let next =
                    refusals > 0 ? "\n" : Character(UnicodeScalar(97 + UInt8(asked.count % 26)))
                let letters = Array(String(next).utf8)
                if client.send(letters) {
                    asked += letters
                } else {
                    #expect(client.isWaitingForPeer)
                    refusals += 1
                }
            }
            Loopback.send(client.takePending(), to: socket)
        }
        #expect(refusals > 0, "no ticket came in parts: the test shows nothing")
        #expect(answer == asked.dropLast().reversed() + [UInt8(ascii: "\n")])
    }

    @Test func itsOlderServerIsRefused() throws {
        let server = try serve(["-tls1_2"])
        defer { server.process.stop() }
        #expect(try call(server.port) == .noCommonVersion)
    }

    @Test func aServerOfAnotherProtocolIsRefused() throws {
        let server = try serve(["-alpn", "h2"], alpn: false)
        defer { server.process.stop() }
        #expect(try call(server.port) == .noCommonProtocol)
        // One that ignores ALPN: the handshake would succeed.
        let ignorant = try serve([], alpn: false)
        defer { ignorant.process.stop() }
        #expect(try call(ignorant.port) == .noCommonProtocol)
    }

    /// What ends a client's handshake with the server at `port`.
    private func call(_ port: UInt16) throws -> TLSError? {
        let socket = try Loopback.connect(to: port)
        defer { close(socket) }
        let client = Side(connecting: setting.client, to: "localhost")
        do throws(TLSError) {
            Loopback.send(client.takePending(), to: socket)
            while client.state == .handshake, let bytes = Loopback.receive(socket) {
                _ = try client.take(bytes)
                Loopback.send(client.takePending(), to: socket)
            }
            return nil
        } catch {
            return error
        }
    }

    private func serve(
        _ arguments: [String],
        alpn: Bool = true
    ) throws -> (process: ToolProcess, port: UInt16) {
        let files = try setting.authority.issueServer()
        let process = try ToolProcess(
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", files.certificate,
                "-key", files.key,
            ] + (alpn ? ["-alpn", "banjie/1"] : []) + arguments
        )
        let line = try #require(process.line { $0.hasPrefix("ACCEPT ") })
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        return (process, port)
    }
}
