import Testing
import Wire

/// A frame as it was sent, apart from its checksums.
struct SentFrame: Equatable, CustomStringConvertible {
    var type: FrameType
    var flags: FrameFlags = []
    var stream: UInt32 = 0
    var field16: UInt16 = 0
    var field32: UInt32 = 0
    var payload: [UInt8] = []

    var description: String {
        "\(type.name) \(stream) \(flags.rawValue) \(field16) \(field32) \(payload.count) bytes"
    }

    /// The frames in `bytes`, which must be whole and sound.
    static func all(in bytes: [UInt8]) -> [SentFrame] {
        var frames: [SentFrame] = []
        bytes.withUnsafeBytes { whole in
            var rest = whole[...]
            while !rest.isEmpty {
                let search = try? Frame.first(
                    in: UnsafeRawBufferPointer(rebasing: rest),
                    longestPayload: 0xFF_FFFF
                )
                guard case .found(let frame)? = search,
                    let type = FrameType(rawValue: frame.header.type)
                else {
                    Issue.record("what was sent isn't a sequence of frames")
                    return
                }
                frames.append(
                    SentFrame(
                        type: type,
                        flags: frame.header.flags,
                        stream: frame.header.stream,
                        field16: frame.header.field16,
                        field32: frame.header.field32,
                        payload: [UInt8](frame.payload)
                    )
                )
                rest = rest.dropFirst(frame.byteCount)
            }
        }
        return frames
    }

    /// How many bytes the first frame takes; nil when it isn't whole.
    static func lengthOfFirst(in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 24 else { return nil }
        let start = bytes.startIndex
        let length =
            24 + Int(bytes[start]) + Int(bytes[start + 1]) << 8 + Int(bytes[start + 2]) << 16
        return bytes.count >= length ? length : nil
    }

    /// The frame's bytes.
    var bytes: [UInt8] {
        var writer = MessageWriter()
        payload.withUnsafeBytes {
            writer.appendFrame(
                type,
                flags: flags,
                stream: stream,
                field16: field16,
                field32: field32,
                payload: $0
            )
        }
        return writer.bytes
    }

    /// The failure that an END or AUTH states.
    var failure: CallFailure? {
        guard field16 != 0 else { return nil }
        return payload.withUnsafeBytes { try? CallFailure(statusNumber: field16, payload: $0) }
    }

    /// What an ERROR or GOAWAY says.
    var farewell: Farewell? { decoded() }

    func decoded<Message: MessageCoding>(as type: Message.Type = Message.self) -> Message? {
        payload.withUnsafeBytes { bytes in
            var message = Message()
            var reader = MessageReader(bytes)
            return (try? message.merge(from: &reader)) == nil ? nil : message
        }
    }
}

/// Bytes as a client or server writes them.
enum Bytes {
    static func frame(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        SentFrame(
            type: type,
            flags: flags,
            stream: stream,
            field16: field16,
            field32: field32,
            payload: payload
        ).bytes
    }

    static func frame(
        _ type: FrameType,
        stream: UInt32 = 0,
        field32: UInt32 = 0,
        _ message: some MessageCoding
    ) -> [UInt8] {
        var writer = MessageWriter()
        writer.appendFrame(type, stream: stream, field32: field32, message: message)
        return writer.bytes
    }

    /// A frame of a type that may have no name.
    static func frame(type number: UInt8, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var bytes = frame(.ping, stream: stream, payload)
        bytes[8] = number
        let checksum = bytes[..<20].withUnsafeBytes(Checksum.of)
        for index in 0..<4 {
            bytes[20 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index))
        }
        return bytes
    }

    static func hello(
        realm: String = "test",
        versions: ClosedRange<UInt32> = 1...1,
        longestPayload: UInt32 = 65_536,
        longestMessage: UInt32 = 4 << 20,
        calls: UInt32 = 0,
        windows: (stream: UInt32, connection: UInt32) = (0, 0),
        product: String = ""
    ) -> [UInt8] {
        var hello = Hello()
        hello.minimumVersion = versions.lowerBound
        hello.maximumVersion = versions.upperBound
        hello.realm = realm
        hello.longestPayload = longestPayload
        hello.longestMessage = longestMessage
        hello.callsInFlight = calls
        hello.streamWindow = windows.stream
        hello.connectionWindow = windows.connection
        hello.product = product
        return frame(.hello, hello)
    }

    /// A client's preface and HELLO.
    static var greeting: [UInt8] { Preface.bytes + hello() }

    static func call(
        _ stream: UInt32,
        method: UInt32 = 0x1_0001,
        timeout: UInt32 = 0,
        flags: FrameFlags = [],
        requestID: [UInt8] = [],
        totalLength: UInt64 = 0,
        _ message: [UInt8] = []
    ) -> [UInt8] {
        var writer = MessageWriter()
        requestID.withUnsafeBytes { requestID in
            message.withUnsafeBytes { message in
                writer.appendCall(
                    stream: stream,
                    method: method,
                    timeoutMilliseconds: timeout,
                    flags: flags,
                    metadata: CallMetadata(requestID: requestID, totalLength: totalLength),
                    message: message
                )
            }
        }
        return writer.bytes
    }

    static func fragment(
        _ stream: UInt32,
        of totalLength: Int,
        isLast: Bool = false,
        _ content: [UInt8]
    ) -> [UInt8] {
        frame(
            .message,
            flags: isLast ? .last : [],
            stream: stream,
            field32: UInt32(totalLength),
            content
        )
    }

    /// A whole message on a stream, in one frame.
    static func message(_ stream: UInt32, _ content: [UInt8], isFinal: Bool = false) -> [UInt8] {
        frame(
            .message,
            flags: isFinal ? [.first, .last, .halfClose] : [.first, .last],
            stream: stream,
            field32: UInt32(content.count),
            content
        )
    }

    static func window(_ credit: UInt32, stream: UInt32 = 0) -> [UInt8] {
        frame(.window, stream: stream, field32: credit)
    }

    /// `message` as a CALL and MESSAGE frames, in parts of `length`.
    static func callInFragments(_ stream: UInt32, _ message: [UInt8], each length: Int) -> [UInt8] {
        var bytes = call(
            stream,
            totalLength: UInt64(message.count),
            Array(message.prefix(length))
        )
        var position = length
        while position < message.count {
            let part = Array(message[position..<min(position + length, message.count)])
            position += part.count
            bytes += fragment(
                stream,
                of: message.count,
                isLast: position == message.count,
                part
            )
        }
        return bytes
    }

    /// `count` bytes that differ from place to place.
    static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }
}
