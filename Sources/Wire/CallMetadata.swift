/// What accompanies a call's message in CALL.
///
/// Read from a frame, it points into the frame's bytes and is valid for as long as they are.
public struct CallMetadata {
    /// 1…32 bytes that make a retry recognizable; empty without one.
    public var requestID: UnsafeRawBufferPointer
    /// The caller's trace context (W3C Trace Context, `traceparent`); empty without one.
    public var traceparent: UnsafeRawBufferPointer
    /// The length of the whole message when it comes in fragments; 0 when CALL holds all of it.
    public var totalLength: UInt64

    /// The longest request id, in bytes.
    @inlinable public static var longestRequestID: Int { 32 }

    @inlinable public init(
        requestID: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        traceparent: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        totalLength: UInt64 = 0
    ) {
        self.requestID = requestID
        self.traceparent = traceparent
        self.totalLength = totalLength
    }

    /// The metadata in `bytes`.
    @inlinable public init(_ bytes: UnsafeRawBufferPointer) throws(DecodingError) {
        self.init()
        guard bytes.count > 0 else { return }
        var reader = MessageReader(bytes)
        while let field = try reader.nextField() {
            switch field {
            case 1: requestID = try reader.byteSlice()
            case 2: traceparent = try reader.byteSlice()
            case 3: totalLength = try reader.scalar()
            default: try reader.skip()
            }
        }
    }

    /// Appends the encoding; nothing when there is nothing to say.
    @inlinable public func write(to writer: inout MessageWriter) {
        if requestID.count > 0 { writer.writeSlice(requestID, as: 1) }
        if traceparent.count > 0 { writer.writeSlice(traceparent, as: 2) }
        writer.write(totalLength, as: 3)
    }
}

extension MessageReader {
    /// The bytes of the field where they lie.
    @inlinable public mutating func byteSlice() throws(DecodingError) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[try delimited()])
    }

    /// Passes over the field.
    public mutating func skip() throws(DecodingError) {
        switch wireType {
        case .varint: _ = try rawVarint()
        case .lengthDelimited: _ = try delimited()
        case .fixed32, .fixed64:
            let length = wireType == .fixed32 ? 4 : 8
            guard end - position >= length else { throw failure(.truncated) }
            position += length
        case .groupStart, .groupEnd: throw failure(.group)
        }
    }
}

extension MessageWriter {
    @inlinable mutating func writeSlice(_ content: UnsafeRawBufferPointer, as field: UInt32) {
        appendTag(field, .lengthDelimited)
        append(varint: UInt64(content.count))
        append(content)
    }
}

/// The content of a CALL frame, where it lies.
public struct CallContent {
    /// The service's number in the upper 16 bits, the method's in the lower.
    public let method: UInt32
    public let metadata: UnsafeRawBufferPointer
    /// The message, or its first fragment.
    public let message: UnsafeRawBufferPointer

    /// Takes a CALL's payload apart; nil when it is shorter than its parts.
    @inlinable public init?(_ frame: Frame) {
        let payload = frame.payload
        let metadataEnd = 4 + Int(frame.header.field16)
        guard payload.count >= metadataEnd, let start = payload.baseAddress else { return nil }
        method = UInt32(littleEndian: start.loadUnaligned(as: UInt32.self))
        metadata = UnsafeRawBufferPointer(rebasing: payload[4..<metadataEnd])
        message = UnsafeRawBufferPointer(rebasing: payload[metadataEnd...])
    }
}

extension MessageWriter {
    /// Appends a CALL frame.
    ///
    /// - Precondition: the metadata is shorter than 64 KiB; method, metadata and message together
    ///   fit the receiver's longest payload.
    public mutating func appendCall(
        stream: UInt32,
        method: UInt32,
        timeoutMilliseconds: UInt32,
        flags: FrameFlags = [],
        metadata: CallMetadata,
        message: UnsafeRawBufferPointer
    ) {
        let start = beginFrame()
        append(littleEndian: method)
        let metadataStart = count
        metadata.write(to: &self)
        let metadataLength = count - metadataStart
        precondition(metadataLength <= Int(UInt16.max), "metadata fits its length field")
        append(message)
        endFrame(
            from: start,
            .call,
            flags: flags,
            stream: stream,
            field16: UInt16(metadataLength),
            field32: timeoutMilliseconds
        )
    }

    @usableFromInline mutating func append(littleEndian value: UInt32) {
        reserve(4)
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt32.self)
        advance(4)
    }
}
