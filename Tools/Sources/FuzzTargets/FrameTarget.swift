import Wire

enum FrameTarget {
    private static let longestPayload: UInt32 = 65_536

    static func run(_ bytes: UnsafeRawBufferPointer) {
        var script = Script(bytes)
        // The input as it is, or frames made of it, whose checksums hold.
        var stream: [UInt8] = []
        if script.bool() {
            while !script.isAtEnd { stream += script.frame() }
        } else {
            stream = script.rest()
        }
        stream.withUnsafeBytes { read($0) }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let search = try? Frame.first(in: rest, longestPayload: longestPayload) {
            switch search {
            case .incomplete(let byteCount):
                precondition(byteCount > rest.count, "what isn't complete wants more")
                precondition(byteCount <= FrameHeader.byteCount + Int(longestPayload))
                return
            case .found(let frame):
                check(frame, UnsafeRawBufferPointer(rebasing: rest[..<frame.byteCount]))
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
            }
        }
    }

    private static func check(_ frame: Frame, _ bytes: UnsafeRawBufferPointer) {
        let header = frame.header
        guard let type = FrameType(rawValue: header.type) else { return }
        var writer = MessageWriter()
        writer.appendFrame(
            type,
            flags: header.flags,
            stream: header.stream,
            field16: header.field16,
            field32: header.field32,
            payload: frame.payload
        )
        precondition(writer.bytes.elementsEqual(bytes), "a frame has one encoding")
        for length in [0, 1, FrameHeader.byteCount - 1, FrameHeader.byteCount, bytes.count - 1]
        where length < bytes.count {
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<length])
            guard case .incomplete? = try? Frame.first(in: part, longestPayload: longestPayload)
            else { preconditionFailure("the beginning of a frame is incomplete") }
        }
        readPayload(frame, type)
    }

    private static func readPayload(_ frame: Frame, _ type: FrameType) {
        switch type {
        case .hello: roundTrip(Hello.self, frame.payload)
        case .authenticate:
            roundTrip(Credentials.self, frame.payload)
            roundTrip(SignedIn.self, frame.payload)
            readFailure(frame)
        case .goAway, .error: roundTrip(Farewell.self, frame.payload)
        case .call:
            guard let content = CallContent(frame) else { return }
            precondition(content.metadata.count == Int(frame.header.field16))
            readMetadata(content.metadata)
        case .end: readFailure(frame)
        case .ping, .pong, .message, .cancel, .window: break
        }
    }

    private static func roundTrip<Value: MessageCoding & Equatable>(
        _ type: Value.Type,
        _ bytes: UnsafeRawBufferPointer
    ) {
        guard let value = decoded(type, bytes) else { return }
        var writer = MessageWriter()
        value.write(to: &writer)
        let again = writer.bytes.withUnsafeBytes { decoded(type, $0) }
        precondition(again == value, "what was encoded decodes to the same")
    }

    private static func decoded<Value: MessageCoding>(
        _ type: Value.Type,
        _ bytes: UnsafeRawBufferPointer
    ) -> Value? {
        var value = Value()
        var reader = MessageReader(bytes)
        do { try value.merge(from: &reader) } catch { return nil }
        return value
    }

    private static func readFailure(_ frame: Frame) {
        guard
            let failure = try? CallFailure(
                statusNumber: frame.header.field16,
                payload: frame.payload
            )
        else { return }
        var writer = MessageWriter()
        failure.write(to: &writer)
        let again = writer.bytes.withUnsafeBytes {
            try? CallFailure(statusNumber: failure.status.rawValue, payload: $0)
        }
        precondition(again == failure, "a failure decodes to the same")
    }

    private static func readMetadata(_ bytes: UnsafeRawBufferPointer) {
        guard let metadata = try? CallMetadata(bytes) else { return }
        var writer = MessageWriter()
        metadata.write(to: &writer)
        writer.bytes.withUnsafeBytes { encoded in
            guard let again = try? CallMetadata(encoded) else {
                preconditionFailure("metadata decodes again")
            }
            precondition(
                again.totalLength == metadata.totalLength
                    && again.requestID.elementsEqual(metadata.requestID)
                    && again.traceparent.elementsEqual(metadata.traceparent)
            )
        }
    }
}

extension Script {
    /// A frame of any type with any fields, whose checksums hold.
    mutating func frame() -> [UInt8] {
        let types = FrameType.allCases.map(\.rawValue) + [0x03, 0x1F, 0x81]
        let number = types[choice(types.count)]
        let flags = FrameFlags(rawValue: byte())
        let stream = self.number()
        let field16 = UInt16(truncatingIfNeeded: self.number())
        let field32 = self.number()
        let payload = self.payload()
        var writer = MessageWriter()
        payload.withUnsafeBytes { payload in
            writer.appendFrame(
                FrameType(rawValue: number) ?? .ping,
                flags: flags,
                stream: stream,
                field16: field16,
                field32: field32,
                payload: payload
            )
        }
        guard FrameType(rawValue: number) == nil else { return writer.bytes }
        var bytes = writer.bytes
        bytes[8] = number
        let checksum = bytes[..<20].withUnsafeBytes(Checksum.of)
        for index in 0..<4 {
            bytes[20 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
        }
        return bytes
    }
}
