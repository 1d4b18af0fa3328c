/// A whole frame that lies in bytes owned by somebody else.
///
/// Both checksums hold. The payload is valid for as long as the bytes in which it was found.
public struct Frame {
    public let header: FrameHeader
    public let payload: UnsafeRawBufferPointer

    @inlinable init(header: FrameHeader, payload: UnsafeRawBufferPointer) {
        self.header = header
        self.payload = payload
    }

    /// Header and payload together, in bytes.
    @inlinable public var byteCount: Int { FrameHeader.byteCount + payload.count }
}

extension Frame {
    /// What lies at the front of received bytes.
    public enum Search {
        /// No whole frame: it takes `byteCount` bytes in all, as far as can be told yet.
        case incomplete(byteCount: Int)
        /// A frame, and its payload behind its header.
        case found(Frame)
    }

    /// Looks for a frame at the front of `bytes`.
    ///
    /// The header's checksum is checked before anything in it is believed, its length before the
    /// payload is waited for (W2, W3).
    ///
    /// - Throws: `headerChecksum`, `frameTooLong` or `payloadChecksum`; then the connection is lost.
    @inlinable public static func first(
        in bytes: UnsafeRawBufferPointer,
        longestPayload: UInt32
    ) throws(ProtocolViolation) -> Search {
        guard bytes.count >= FrameHeader.byteCount else {
            return .incomplete(byteCount: FrameHeader.byteCount)
        }
        guard let header = FrameHeader(bytes) else { throw .headerChecksum }
        guard header.payloadLength <= longestPayload else {
            throw .frameTooLong(length: header.payloadLength, limit: longestPayload)
        }
        let end = FrameHeader.byteCount + Int(header.payloadLength)
        guard bytes.count >= end else { return .incomplete(byteCount: end) }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount..<end])
        guard Checksum.of(payload) == header.payloadChecksum else { throw .payloadChecksum }
        return .found(Frame(header: header, payload: payload))
    }
}

// MARK: - Writing

extension MessageWriter {
    /// Leaves room for a frame's header and returns where the frame begins, for `endFrame`.
    @inlinable public mutating func beginFrame() -> Int {
        reserve(FrameHeader.byteCount)
        let start = count
        advance(FrameHeader.byteCount)
        return start
    }

    /// Makes everything written since `beginFrame` the payload of a frame.
    @inlinable public mutating func endFrame(
        from start: Int,
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0
    ) {
        let payload = UnsafeRawBufferPointer(
            start: base + start + FrameHeader.byteCount,
            count: count - start - FrameHeader.byteCount
        )
        let header = FrameHeader(
            type,
            flags: flags,
            stream: stream,
            field16: field16,
            field32: field32,
            payload: payload
        )
        header.store(at: base + start)
    }

    /// Appends a frame with a copy of `payload`.
    @inlinable public mutating func appendFrame(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0,
        payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        let start = beginFrame()
        append(payload)
        endFrame(
            from: start,
            type,
            flags: flags,
            stream: stream,
            field16: field16,
            field32: field32
        )
    }

    /// Appends a frame whose payload is `message`.
    public mutating func appendFrame(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0,
        message: some MessageCoding
    ) {
        let start = beginFrame()
        message.write(to: &self)
        endFrame(
            from: start,
            type,
            flags: flags,
            stream: stream,
            field16: field16,
            field32: field32
        )
    }
}

extension MessageWriter {
    /// Forgets the first `length` bytes, and moves the rest to the front.
    public mutating func removeFirst(_ length: Int) {
        precondition((0...count).contains(length), "no more is removed than there is")
        let rest = count - length
        base.copyMemory(from: base + length, byteCount: rest)
        truncate(to: rest)
    }

    /// How many bytes the buffer holds without growing.
    public var room: Int { capacity }
}
