import SeededRandom
import TLS
import TestCertificates
import Testing

@Suite struct HostileBytesTests {
    private let setting: Setting

    init() throws { setting = try Setting() }

    @Test func plainTextIsToldFromTLS() throws {
        let openings: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
            [0x00, 0x42, 0x41, 0x4E, 0x4A, 0x49, 0x45, 0x01] + [UInt8](repeating: 0, count: 40),
            Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
            [UInt8](repeating: 0xFF, count: 64),
        ]
        for opening in openings {
            let server = Side(accepting: setting.server)
            #expect(throws: TLSError.plainText) { try server.take(opening) }
            let client = Side(connecting: setting.client, to: "localhost")
            #expect(throws: TLSError.plainText) { try client.take(opening) }
            // Byte by byte all the same.
            let slow = Side(accepting: setting.server)
            #expect(throws: TLSError.plainText) {
                for byte in opening { _ = try slow.take([byte]) }
            }
        }
    }

    @Test func afterAFailureNothingIsTaken() throws {
        let server = Side(accepting: setting.server)
        #expect(throws: TLSError.self) { try server.take(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
        _ = server.takePending()
        #expect(try server.take([UInt8](repeating: 22, count: 1_000)).isEmpty)
        #expect(!server.send([1]))
        #expect(server.pendingBytes == 0)
        try server.inputEnded()
    }

    @Test func randomBytesNeverOpenASession() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let session =
                round % 2 == 0
                ? Side(accepting: setting.server)
                : Side(connecting: setting.client, to: "localhost")
            for _ in 0..<4 {
                var bytes = (0..<Int.random(in: 1...600, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                // Begins like a handshake's record.
                if Bool.random(using: &generator) {
                    bytes.insert(contentsOf: [22, 3, 3, 0, UInt8(min(bytes.count, 255)), 1], at: 0)
                }
                do throws(TLSError) { _ = try session.take(bytes) } catch { break }
            }
            #expect(session.state != .open)
        }
    }

    /// Flips each byte of the client's, then of the server's part of a handshake in turn.
    @Test func aChangedHandshakeFails() throws {
        let clean = Pair(setting.server, setting.client)
        let hello = clean.client.takePending()
        _ = try clean.server.take(hello)
        let answer = clean.server.takePending()
        for index in hello.indices {
            var changed = hello
            changed[index] ^= 0x5A
            let pair = Pair(setting.server, setting.client)
            _ = pair.client.takePending()
            do throws(TLSError) { _ = try pair.server.take(changed) } catch {
                pair.serverError = error
            }
            pair.carry()
            #expect(pair.client.state != .open, "byte \(index) of the client's")
        }
        for index in stride(from: 0, to: answer.count, by: 3) {
            let pair = Pair(setting.server, setting.client)
            _ = try pair.server.take(pair.client.takePending())
            var changed = pair.server.takePending()
            guard index < changed.count else { continue }
            changed[index] ^= 0x5A
            do throws(TLSError) { _ = try pair.client.take(changed) } catch {
                pair.clientError = error
            }
            pair.carry()
            #expect(pair.server.state != .open, "byte \(index) of the server's")
        }
    }

    @Test func changedDataIsRefusedAndNotGiven() throws {
        for index in 0..<60 {
            let pair = Pair(setting.server, setting.client)
            pair.carry()
            #expect(pair.client.send([UInt8](repeating: 7, count: 40)))
            var record = pair.client.takePending()
            guard index < record.count else { break }
            record[index] ^= 1
            var given: [UInt8] = []
            do throws(TLSError) {
                // A length that grew waits for more, and finds that it doesn't hold.
                given = try pair.server.take(record)
                given += try pair.server.take([UInt8](repeating: 0, count: 20_000))
                Issue.record("byte \(index) was changed, and nothing was noticed")
            } catch {
                guard case .broken = error else {
                    Issue.record("byte \(index): \(error)")
                    continue
                }
            }
            #expect(given.isEmpty)
            // The alert goes out, and nothing more comes in.
            #expect(pair.server.pendingBytes > 0)
            #expect(!pair.server.send([1]))
        }
    }

    /// What was recorded can't be sent again, nor left out, nor put in another order.
    @Test func recordsHaveTheirOrder() throws {
        for order in [[0, 0], [1, 0], [1]] {
            let pair = Pair(setting.server, setting.client)
            pair.carry()
            #expect(pair.client.send([1]))
            var records = [pair.client.takePending()]
            #expect(pair.client.send([2]))
            records.append(pair.client.takePending())
            #expect(throws: TLSError.self) {
                for index in order { _ = try pair.server.take(records[index]) }
            }
        }
    }

    @Test func aFirstMessageThatAnnouncesTooMuchIsRefusedAtOnce() throws {
        for (length, isTaken) in [(16_384, true), (16_385, false), (0x01_FFFF, false)] {
            let header: [UInt8] = [
                22, 3, 1, 0x40, 0, 1, UInt8(length >> 16), UInt8(length >> 8 & 0xFF),
                UInt8(length & 0xFF),
            ]
            let server = Side(accepting: setting.server)
            #expect(try server.take(Array(header.dropLast())).isEmpty)
            #expect(server.state == .handshake)
            if isTaken {
                #expect(try server.take([header[8]]).isEmpty)
                #expect(server.state == .handshake)
            } else {
                #expect(throws: TLSError.broken("a first message of \(length) bytes")) {
                    try server.take([header[8]])
                }
            }
        }
    }

    @Test func noEarlyEndIsBelieved() throws {
        let server = Side(accepting: setting.server)
        // A close_notify in plain, before anything else.
        _ = try? server.take([21, 3, 3, 0, 2, 1, 0])
        #expect(server.state != .open)
        #expect(!server.send([1]))
    }
}
