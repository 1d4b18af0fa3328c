import BanjieProtocol
import Glibc
import LocalServer
import Wire

/// A hostile peer's connection.
struct Peer {
    let connection: FrameConnection

    /// Connects; shakes hands unless `isSilent`, and signs in as the operator when `isKnown`.
    init(
        to target: Target,
        isSilent: Bool = false,
        isKnown: Bool = false,
        receiveBuffer: Int32? = nil
    ) throws {
        connection = try FrameConnection(
            to: target.address,
            from: Target.source,
            receiveBuffer: receiveBuffer
        )
        guard !isSilent else { return }
        try connection.open(
            as: isKnown ? Credentials(login: "operator", secret: target.secret) : nil
        )
    }

    /// How the connection was ended, once it is.
    func ending() -> String {
        do {
            return try connection.violation()?.code ?? "closed"
        } catch {
            return "open"
        }
    }

    /// Counts how `count` calls end; stops when the connection does, and says how.
    func outcomes(of count: Int) -> Attack.Endings {
        var endings: Attack.Endings = [:]
        var left = count
        while left > 0 {
            guard let frame = try? connection.receive() else {
                endings.count("closed")
                return endings
            }
            switch frame.type {
            case FrameType.end.rawValue:
                left -= 1
                endings.count(frame.field16 == 0 ? "served" : frame.reason)
            case FrameType.pong.rawValue:
                left -= 1
                endings.count("served")
            case FrameType.authenticate.rawValue:
                left -= 1
                endings.count(frame.reason)
            case FrameType.error.rawValue:
                endings.count(frame.code)
                return endings
            default: continue
            }
        }
        return endings
    }

    /// Frames of the connection's or of a call's, as many as `write` appends.
    static func frames(_ write: (inout MessageWriter) -> Void) -> [UInt8] {
        var writer = MessageWriter()
        write(&writer)
        return writer.bytes
    }

    /// The numbers of a client's streams: 1, 3, 5…
    static func stream(_ index: Int) -> UInt32 { UInt32(2 * index + 1) }

    static func echo(_ byteCount: Int, _ index: Int) -> [UInt8] {
        let request = EchoRequest(payload: [UInt8](repeating: 7, count: byteCount))
        return FrameConnection.call(
            DiagnosticsMethods.echo.id,
            request.encoded(),
            stream: stream(index)
        )
    }

    static func arm(_ index: Int) -> [UInt8] {
        FrameConnection.call(
            DeadlinesMethods.arm.id,
            ArmRequest(limit: 9, unit: .working, label: "hostile").encoded(),
            stream: stream(index)
        )
    }

    static func watch(_ index: Int, isHalfClosed: Bool = true) -> [UInt8] {
        FrameConnection.call(
            DeadlinesMethods.watch.id,
            WatchFiredRequest(after: 0).encoded(),
            stream: stream(index),
            flags: isHalfClosed ? [.stream, .halfClose] : .stream
        )
    }

    /// CALL with metadata and the first part of a message of which more is announced.
    static func announcement(of byteCount: UInt64, _ index: Int) -> [UInt8] {
        frames { writer in
            var metadata = MessageWriter()
            metadata.write(byteCount, as: 3)
            let start = writer.beginFrame()
            let method = DiagnosticsMethods.echo.id
            writer.append(withUnsafeBytes(of: method.littleEndian) { [UInt8]($0) })
            writer.append(metadata.bytes)
            writer.endFrame(
                from: start,
                .call,
                stream: stream(index),
                field16: UInt16(metadata.count)
            )
        }
    }

    static func cancel(_ index: Int) -> [UInt8] {
        frames { $0.appendFrame(.cancel, stream: stream(index)) }
    }

    static func ping() -> [UInt8] {
        frames { writer in
            [UInt8](repeating: 1, count: 8).withUnsafeBytes {
                writer.appendFrame(.ping, payload: $0)
            }
        }
    }

    static func window(_ credit: UInt32, stream: UInt32 = 0) -> [UInt8] {
        frames { $0.appendFrame(.window, stream: stream, field32: credit) }
    }

    static func fragment(_ payload: [UInt8], of length: UInt32, _ flags: FrameFlags, _ index: Int)
        -> [UInt8]
    {
        frames { writer in
            payload.withUnsafeBytes {
                writer.appendFrame(
                    .message,
                    flags: flags,
                    stream: stream(index),
                    field32: length,
                    payload: $0
                )
            }
        }
    }
}

extension FrameConnection.Received {
    var reason: String {
        let failure = try? payload.withUnsafeBytes {
            try CallFailure(statusNumber: field16, payload: $0)
        }
        return failure?.reason ?? "unreadable"
    }

    var code: String {
        var farewell = Farewell()
        try? payload.withUnsafeBytes { bytes in
            var reader = MessageReader(bytes)
            try farewell.merge(from: &reader)
        }
        return farewell.code
    }
}

extension Attack.Endings {
    mutating func count(_ ending: String, _ times: Int = 1) { self[ending, default: 0] += times }

    mutating func count(_ others: Self) { merge(others, uniquingKeysWith: +) }

    /// How each of the peers was ended.
    init(of peers: [Peer]) {
        self = [:]
        for peer in peers { count(peer.ending()) }
    }
}
