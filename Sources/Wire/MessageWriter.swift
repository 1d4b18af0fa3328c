/// Appends messages in their canonical encoding to a buffer that it owns and grows.
///
/// Canonical: the caller writes fields in ascending order, and the writer gives varints and lengths
/// in their shortest form and leaves defaults out. The buffer is kept by `removeAll`, so that a writer
/// used again allocates nothing.
///
/// It is `Sendable` because it is the only owner of its buffer, can't be copied, and changes it only
/// through exclusive access.
public struct MessageWriter: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var used: Int

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        precondition(capacity >= 0, "a capacity isn't negative")
        self.capacity = max(capacity, 16)
        base = .allocate(byteCount: self.capacity, alignment: 16)
        used = 0
    }

    deinit { base.deallocate() }

    /// How many bytes have been written.
    @inlinable public var count: Int { used }

    /// Forgets what was written and keeps the buffer.
    @inlinable public mutating func removeAll() { used = 0 }

    /// Forgets everything after the first `length` bytes.
    public mutating func truncate(to length: Int) {
        precondition(
            (0...count).contains(length),
            "a writer can't be truncated to more than it holds"
        )
        used = length
    }

    /// Gives the bytes written so far; they are valid until `body` returns.
    @inlinable public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Gives the bytes written so far for change in place, such as a header whose space was left
    /// with `appendZeros`; they are valid until `body` returns.
    @inlinable public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(start: base, count: count))
    }

    /// A copy of the bytes written so far.
    public var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: count)) }

    /// Makes room for `additional` bytes more.
    @inlinable mutating func reserve(_ additional: Int) {
        if capacity - count < additional { grow(additional) }
    }

    @usableFromInline mutating func grow(_ additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}

// MARK: - Bytes

extension MessageWriter {
    /// Appends `length` zero bytes.
    public mutating func appendZeros(_ length: Int) {
        precondition(length >= 0, "a length isn't negative")
        reserve(length)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: length)
        advance(length)
    }

    /// Appends bytes as they are.
    @inlinable public mutating func append(_ content: UnsafeRawBufferPointer) {
        guard let start = content.baseAddress, content.count > 0 else { return }
        reserve(content.count)
        (base + count).copyMemory(from: start, byteCount: content.count)
        advance(content.count)
    }

    /// Appends bytes as they are.
    @inlinable public mutating func append(_ content: [UInt8]) {
        content.withUnsafeBytes { append($0) }
    }

    /// Appends a varint in its shortest form.
    @inlinable public mutating func append(varint value: UInt64) {
        reserve(10)
        guard value < 0x80 else { return appendLong(value) }
        base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: count, as: UInt8.self)
        advance(1)
    }

    /// Appends a varint of two to ten bytes, for which there is room.
    @usableFromInline mutating func appendLong(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            let group = UInt8(truncatingIfNeeded: rest) | 0x80
            base.storeBytes(of: group, toByteOffset: count, as: UInt8.self)
            advance(1)
            rest >>= 7
        }
        base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        advance(1)
    }

    @inlinable mutating func advance(_ additional: Int) { used += additional }

    @inlinable mutating func appendTag(_ field: UInt32, _ wireType: WireType) {
        append(varint: UInt64(field) << 3 | UInt64(wireType.rawValue))
    }
}

// MARK: - Fields

extension MessageWriter {
    /// Writes a scalar, or nothing when it is its type's default.
    @inlinable public mutating func write(_ value: some VarintRepresentable, as field: UInt32) {
        let bits = value.varint
        guard bits != 0 else { return }
        appendTag(field, .varint)
        append(varint: bits)
    }

    /// Writes a scalar that is present, its default included.
    @inlinable public mutating func write<Value: VarintRepresentable>(
        ifPresent value: Value?,
        as field: UInt32
    ) {
        guard let value else { return }
        appendTag(field, .varint)
        append(varint: value.varint)
    }

    /// Writes a list of scalars, packed.
    @inlinable public mutating func write(_ values: [some VarintRepresentable], as field: UInt32) {
        guard !values.isEmpty else { return }
        appendTag(field, .lengthDelimited)
        let start = beginLength()
        for value in values { append(varint: value.varint) }
        endLength(from: start)
    }

    /// Writes a string, or nothing when it is empty.
    @inlinable public mutating func write(_ text: String, as field: UInt32) {
        if !text.isEmpty { writeElement(text, as: field) }
    }

    /// Writes a string that is present, an empty one included.
    @inlinable public mutating func write(ifPresent text: String?, as field: UInt32) {
        if let text { writeElement(text, as: field) }
    }

    /// Writes a list of strings.
    @inlinable public mutating func write(_ texts: [String], as field: UInt32) {
        for text in texts { writeElement(text, as: field) }
    }

    @usableFromInline mutating func writeElement(_ text: String, as field: UInt32) {
        appendTag(field, .lengthDelimited)
        let written: Void? = text.utf8.withContiguousStorageIfAvailable { content in
            append(varint: UInt64(content.count))
            append(UnsafeRawBufferPointer(content))
        }
        if written == nil {
            append(varint: UInt64(text.utf8.count))
            append([UInt8](text.utf8))
        }
    }

    /// Writes bytes, or nothing when there are none.
    @inlinable public mutating func write(_ content: [UInt8], as field: UInt32) {
        if !content.isEmpty { writeElement(content, as: field) }
    }

    /// Writes bytes that are present, none at all included.
    @inlinable public mutating func write(ifPresent content: [UInt8]?, as field: UInt32) {
        if let content { writeElement(content, as: field) }
    }

    /// Writes a list of bytes.
    @inlinable public mutating func write(_ contents: [[UInt8]], as field: UInt32) {
        for content in contents { writeElement(content, as: field) }
    }

    @inlinable mutating func writeElement(_ content: [UInt8], as field: UInt32) {
        appendTag(field, .lengthDelimited)
        append(varint: UInt64(content.count))
        append(content)
    }

    /// Writes a message that is present, an empty one included.
    @inlinable public mutating func write<Message: MessageCoding>(
        ifPresent message: Message?,
        as field: UInt32
    ) {
        if let message { writeElement(message, as: field) }
    }

    /// Writes a list of messages.
    @inlinable public mutating func write(_ messages: [some MessageCoding], as field: UInt32) {
        for message in messages { writeElement(message, as: field) }
    }

    @inlinable mutating func writeElement(_ message: some MessageCoding, as field: UInt32) {
        appendTag(field, .lengthDelimited)
        let start = beginLength()
        message.write(to: &self)
        endLength(from: start)
    }

    /// Writes fields that this version of the schema doesn't know.
    @inlinable public mutating func write(_ unknown: UnknownFields) {
        if !unknown.isEmpty { append(unknown.bytes) }
    }
}

// MARK: - Lengths that are known afterwards

extension MessageWriter {
    /// Leaves one byte for the length of what is written until `endLength(from:)`.
    @inlinable mutating func beginLength() -> Int {
        reserve(1)
        advance(1)
        return count
    }

    /// Puts the length of what was written since `start` before it, moving it when that takes more
    /// than one byte.
    @usableFromInline mutating func endLength(from start: Int) {
        let content = count - start
        guard content >= 0x80 else {
            base.storeBytes(of: UInt8(content), toByteOffset: start - 1, as: UInt8.self)
            return
        }
        let extra = (UInt64.bitWidth - UInt64(content).leadingZeroBitCount + 6) / 7 - 1
        reserve(extra)
        (base + start + extra).copyMemory(from: base + start, byteCount: content)
        used = start - 1
        append(varint: UInt64(content))
        advance(content)
    }
}
