import TestVectors
import Testing
import Wire

/// Visits the frames in `bytes`, behind a preface if there is one; returns how many bytes are left.
private func eachFrame(
    in bytes: [UInt8],
    longestPayload: UInt32 = 65_536,
    _ visit: (Frame) throws -> Void
) throws -> Int {
    try bytes.withUnsafeBytes { whole in
        var rest = bytes.starts(with: Preface.bytes) ? whole[8...] : whole[...]
        while !rest.isEmpty {
            let search = try Frame.first(
                in: UnsafeRawBufferPointer(rebasing: rest),
                longestPayload: longestPayload
            )
            guard case .found(let frame) = search else { break }
            try visit(frame)
            rest = rest.dropFirst(frame.byteCount)
        }
        return rest.count
    }
}

private func decode<Message: MessageCoding>(_ payload: UnsafeRawBufferPointer) throws -> Message {
    var message = Message()
    var reader = MessageReader(payload)
    try message.merge(from: &reader)
    return message
}

/// Decodes what the frame carries, and appends it encoded anew.
private func reencode(_ frame: Frame, isFromServer: Bool, to writer: inout MessageWriter) throws {
    let header = frame.header
    let type = try #require(FrameType(rawValue: header.type))
    if type == .call {
        let content = try #require(CallContent(frame))
        return writer.appendCall(
            stream: header.stream,
            method: content.method,
            timeoutMilliseconds: header.field32,
            flags: header.flags,
            metadata: try CallMetadata(content.metadata),
            message: content.message
        )
    }
    let start = writer.beginFrame()
    switch type {
    case .hello: try (decode(frame.payload) as Hello).write(to: &writer)
    case .goAway, .error: try (decode(frame.payload) as Farewell).write(to: &writer)
    case .end where header.field16 != 0, .authenticate where header.field16 != 0:
        try CallFailure(statusNumber: header.field16, payload: frame.payload).write(to: &writer)
    case .authenticate where isFromServer:
        try (decode(frame.payload) as SignedIn).write(to: &writer)
    case .authenticate: try (decode(frame.payload) as Credentials).write(to: &writer)
    default: writer.append(frame.payload)
    }
    writer.endFrame(
        from: start,
        type,
        flags: header.flags,
        stream: header.stream,
        field16: header.field16,
        field32: header.field32
    )
}

@Suite struct FrameTests {
    @Test func `the folder of vectors is there`() {
        #expect(Vector.sound.count >= 20)
        #expect(Vector.broken.count >= 15)
    }

    @Test("W1: the vectors decode, and encode to the same bytes", arguments: Vector.sound)
    func vectorsAreReproduced(vector: Vector) throws {
        var writer = MessageWriter()
        if vector.bytes.starts(with: Preface.bytes) { writer.append(Preface.bytes) }
        let left = try eachFrame(in: vector.bytes) { frame in
            guard FrameType(rawValue: frame.header.type) != nil else {
                #expect(FrameType.isIgnorable(frame.header.type))
                return writer.append(vector.bytes)
            }
            try reencode(frame, isFromServer: vector.name == "auth-accepted.hex", to: &writer)
        }
        #expect(left == 0)
        #expect(writer.bytes == vector.bytes)
    }

    @Test("W1: of every strict prefix, more bytes are wanted", arguments: Vector.sound)
    func prefixesWantMore(vector: Vector) throws {
        let frame =
            vector.bytes.starts(with: Preface.bytes) ? vector.bytes[8...] : vector.bytes[...]
        let length = 24 + Int(frame[frame.startIndex]) + Int(frame[frame.startIndex + 1]) << 8
        for count in 0..<length {
            try Array(frame.prefix(count)).withUnsafeBytes { bytes in
                let search = try Frame.first(in: bytes, longestPayload: 65_536)
                guard case .incomplete(let wanted) = search else {
                    Issue.record("\(count) of \(length) bytes were taken for a frame")
                    return
                }
                #expect(wanted == (count < 24 ? 24 : length))
            }
        }
    }

    @Test("W2, W4: every single bit turned over is found", arguments: Vector.sound)
    func flippedBitsAreFound(vector: Vector) throws {
        let start = vector.bytes.starts(with: Preface.bytes) ? 8 : 0
        let length = 24 + Int(vector.bytes[start]) + Int(vector.bytes[start + 1]) << 8
        for bit in 0..<(length * 8) {
            var bytes = Array(vector.bytes[start..<(start + length)])
            bytes[bit / 8] ^= 1 << (bit % 8)
            bytes.withUnsafeBytes { bytes in
                let expected: ProtocolViolation = bit < 24 * 8 ? .headerChecksum : .payloadChecksum
                _ = #expect(throws: expected) {
                    try Frame.first(in: bytes, longestPayload: 65_536)
                }
            }
        }
    }

    @Test("W3: a payload longer than the limit is refused before it has come")
    func tooLong() throws {
        let payload = [UInt8](repeating: 7, count: 100)
        var writer = MessageWriter()
        payload.withUnsafeBytes { writer.appendFrame(.message, stream: 1, payload: $0) }
        try writer.withUnsafeBytes { bytes in
            #expect(throws: ProtocolViolation.frameTooLong(length: 100, limit: 99)) {
                try Frame.first(
                    in: UnsafeRawBufferPointer(rebasing: bytes[..<24]),
                    longestPayload: 99
                )
            }
            guard case .found = try Frame.first(in: bytes, longestPayload: 100) else {
                Issue.record("a payload of exactly the limit is refused")
                return
            }
        }
    }

    @Test func `checksums are those of RFC 3720, B 4`() {
        let zeros = [UInt8](repeating: 0, count: 32)
        let ascending = [UInt8](0..<32)
        #expect(zeros.withUnsafeBytes(Checksum.of) == 0x8A91_36AA)
        #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes(Checksum.of) == 0x62A8_AB43)
        #expect(ascending.withUnsafeBytes(Checksum.of) == 0x46DD_794E)
        #expect([UInt8]("123456789".utf8).withUnsafeBytes(Checksum.of) == 0xE306_9283)
        #expect([UInt8]().withUnsafeBytes(Checksum.of) == 0)
    }
}
