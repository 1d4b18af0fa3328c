/// The 24 bytes before a frame's payload (WIRE.md, "The frame").
public struct FrameHeader: Hashable, Sendable {
    /// The length of an encoded header.
    @inlinable public static var byteCount: Int { 24 }
    /// The longest payload that the length field can state: its top byte is 0.
    @inlinable public static var longestPayload: Int { 0xFF_FFFF }

    /// The number of the type, known or not.
    public var type: UInt8
    public var flags: FrameFlags
    /// 0 for the connection itself.
    public var stream: UInt32
    /// The type's 16-bit field: END and AUTH a status, CALL the length of its metadata.
    public var field16: UInt16
    /// The type's 32-bit field: CALL a timeout in milliseconds, MESSAGE the message's whole length,
    /// GOAWAY the last stream accepted, WINDOW a credit in bytes.
    public var field32: UInt32
    /// In bytes, 0…`longestPayload`.
    public var payloadLength: UInt32
    /// CRC-32C of the payload.
    public var payloadChecksum: UInt32

    /// The header of a frame with `payload`.
    @inlinable public init(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0,
        payload: UnsafeRawBufferPointer
    ) {
        precondition(payload.count <= Self.longestPayload, "a payload fits its length field")
        self.type = type.rawValue
        self.flags = flags
        self.stream = stream
        self.field16 = field16
        self.field32 = field32
        payloadLength = UInt32(truncatingIfNeeded: payload.count)
        payloadChecksum = Checksum.of(payload)
    }

    /// The header in the first 24 of `bytes`; nil when its checksum doesn't hold, or when there are
    /// fewer.
    @inlinable public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress,
            Checksum.ofHeader(start)
                == UInt32(littleEndian: start.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
        else { return nil }
        payloadLength = UInt32(littleEndian: start.loadUnaligned(as: UInt32.self))
        stream = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        type = start.load(fromByteOffset: 8, as: UInt8.self)
        flags = FrameFlags(rawValue: start.load(fromByteOffset: 9, as: UInt8.self))
        field16 = UInt16(littleEndian: start.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
        field32 = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        payloadChecksum = UInt32(
            littleEndian: start.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        )
    }

    /// Stores the 24 bytes at `start`, its own checksum computed.
    @inlinable func store(at start: UnsafeMutableRawPointer) {
        start.storeBytes(of: payloadLength.littleEndian, as: UInt32.self)
        start.storeBytes(of: stream.littleEndian, toByteOffset: 4, as: UInt32.self)
        start.storeBytes(of: type, toByteOffset: 8, as: UInt8.self)
        start.storeBytes(of: flags.rawValue, toByteOffset: 9, as: UInt8.self)
        start.storeBytes(of: field16.littleEndian, toByteOffset: 10, as: UInt16.self)
        start.storeBytes(of: field32.littleEndian, toByteOffset: 12, as: UInt32.self)
        start.storeBytes(of: payloadChecksum.littleEndian, toByteOffset: 16, as: UInt32.self)
        start.storeBytes(
            of: Checksum.ofHeader(UnsafeRawPointer(start)).littleEndian,
            toByteOffset: 20,
            as: UInt32.self
        )
    }
}
