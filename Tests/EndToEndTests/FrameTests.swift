import SeededRandom
import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Testing
import Wire

/// Broken frames, against a real server: ERROR, a close, and nothing changed.
@Suite struct FrameTests {
    private struct Trial {
        let what: String
        let bytes: [UInt8]
        /// The code of the ERROR; nil when the server just closes.
        let code: String?
    }

    private static let status = FrameConnection.call(DiagnosticsMethods.status.id, [], stream: 1)

    private static var trials: [Trial] {
        let greeting = FrameConnection.greeting()
        let arm = FrameConnection.call(
            DeadlinesMethods.arm.id,
            ArmRequest(limit: 1, unit: .working).encoded(),
            stream: 3
        )
        func changed(_ frame: [UInt8], at index: Int) -> [UInt8] {
            var changed = frame
            changed[index] ^= 0x10
            return changed
        }
        func frame(
            _ type: FrameType,
            stream: UInt32 = 0,
            _ payload: [UInt8] = []
        ) -> [UInt8] {
            var writer = MessageWriter()
            payload.withUnsafeBytes { writer.appendFrame(type, stream: stream, payload: $0) }
            return writer.bytes
        }
        var unknown = MessageWriter()
        let tooLong = [UInt8](repeating: 0, count: 70_000)
        tooLong.withUnsafeBytes { unknown.appendFrame(.call, stream: 3, payload: $0) }
        return [
            Trial(what: "HTTP", bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8), code: "BAD_PREFACE"),
            Trial(
                what: "another realm",
                bytes: FrameConnection.greeting(realm: "elsewhere"),
                code: "WRONG_REALM"
            ),
            Trial(what: "no HELLO", bytes: Preface.bytes + status, code: "UNEXPECTED_FRAME"),
            Trial(
                what: "a header of another checksum",
                bytes: greeting + changed(arm, at: 4),
                code: "BAD_HEADER_CHECKSUM"
            ),
            Trial(
                what: "a payload of another checksum",
                bytes: greeting + changed(arm, at: 30),
                code: "BAD_PAYLOAD_CHECKSUM"
            ),
            Trial(
                what: "a frame too long",
                bytes: greeting + unknown.bytes,
                code: "FRAME_TOO_LONG"
            ),
            Trial(
                what: "a server's frame",
                bytes: greeting + frame(.end, stream: 3),
                code: "UNEXPECTED_FRAME"
            ),
            Trial(
                what: "a call on stream 0",
                bytes: greeting + frame(.call, [1, 0, 1, 0]),
                code: "MALFORMED_FRAME"
            ),
            Trial(
                what: "a call on an even stream",
                bytes: greeting + frame(.call, stream: 2, [1, 0, 1, 0]),
                code: "STREAM_ORDER"
            ),
            Trial(
                what: "a fragment of no call",
                bytes: greeting + frame(.message, stream: 3, [1]),
                code: "STREAM_NEVER_OPENED"
            ),
            Trial(
                what: "a call without a method",
                bytes: greeting + frame(.call, stream: 1, [1]),
                code: "MALFORMED_FRAME"
            ),
            Trial(what: "half a preface", bytes: Array(Preface.bytes.prefix(4)), code: nil),
            Trial(what: "half a frame", bytes: greeting + Array(arm.dropLast()), code: nil),
        ]
    }

    @Test func brokenFramesEndTheConnection() async throws {
        let office = try await TestOffice()
        let head = try await office.auditHead()
        for trial in Self.trials {
            let connection = try FrameConnection(to: office.server.address)
            connection.send(trial.bytes)
            connection.finishSending()
            let farewell = try connection.violation()
            #expect(farewell?.code == trial.code, "\(trial.what): \(farewell?.message ?? "")")
            #expect(try await office.auditHead() == head, "\(trial.what)")
        }
        #expect(try office.frames().status().writable)
    }

    /// A conversation with some of its bytes changed, cut out or doubled, many times.
    @Test func damagedConversationsHarmNobody() async throws {
        let office = try await TestOffice()
        let seed = UInt64.random(in: 0 ... .max)
        print("damaged conversations: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let head = try await office.auditHead()
        let conversation =
            FrameConnection.greeting()
            + FrameConnection.call(
                CalendarMethods.due.id,
                DueRequest(
                    from: TestOffice.morning.date,
                    days: 20,
                    unit: .working
                ).encoded(),
                stream: 1,
                requestID: [1, 2, 3]
            )
            + FrameConnection.call(
                DiagnosticsMethods.echo.id,
                Array(repeating: 7, count: 300),
                stream: 3
            )
            + Self.status
        for _ in 0..<300 {
            var damaged = conversation
            for _ in 0...Int.random(in: 0..<3, using: &generator) where !damaged.isEmpty {
                let index = Int.random(in: damaged.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: damaged.removeSubrange(index..<min(index + 9, damaged.count))
                default: damaged.insert(contentsOf: damaged.suffix(20), at: index)
                }
            }
            let connection = try FrameConnection(to: office.server.address)
            connection.send(damaged)
            connection.finishSending()
            while try connection.receive() != nil {}
        }
        #expect(try await office.auditHead() == head, "seed \(seed)")
        #expect(try office.frames().status().connections >= 1, "seed \(seed)")
    }
}
