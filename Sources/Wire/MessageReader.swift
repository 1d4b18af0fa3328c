/// Reads the fields of one message from bytes that stay where they are.
///
/// Takes every valid protobuf encoding, canonical or not, and refuses everything else with a typed
/// error. It never traps and never believes a length that it hasn't seen the bytes of.
///
/// Call `nextField()`, then exactly one of the reading methods for the field that it named, until it
/// returns nil. The bytes must stay valid for as long as the reader is used.
public struct MessageReader {
    /// How deep messages may lie within each other, as in protobuf's own readers.
    public static let maximumDepth = 100

    /// The bytes of the outermost message.
    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// Invariant: 0 ≤ position ≤ end ≤ bytes.count.
    @usableFromInline var position: Int
    @usableFromInline let end: Int
    @usableFromInline let depth: Int
    @usableFromInline var current: UInt32
    @usableFromInline var layout: WireType

    /// The number of the field that `nextField` found.
    @inlinable public var field: UInt32 { current }
    /// How the value of that field is laid out.
    @inlinable public var wireType: WireType { layout }

    /// A reader of one outermost message.
    @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, from: 0, to: bytes.count, depth: 0)
    }

    @inlinable init(
        _ bytes: UnsafeRawBufferPointer,
        from position: Int,
        to end: Int,
        depth: Int
    ) {
        self.bytes = bytes
        self.position = position
        self.end = end
        self.depth = depth
        current = 0
        layout = .varint
    }

    /// Moves to the next field and returns its number, 1…536 870 911; nil at the end.
    @inlinable public mutating func nextField() throws(DecodingError) -> UInt32? {
        guard position < end else { return nil }
        let start = position
        let tag = bytes[position]
        if tag >= 0x08 && tag < 0x80, let type = WireType(rawValue: tag & 7), type != .groupStart,
            type != .groupEnd
        {
            position += 1
            return found(UInt32(tag) >> 3, type)
        }
        return try longTag(from: start)
    }

    @usableFromInline mutating func longTag(from start: Int) throws(DecodingError) -> UInt32 {
        let tag: UInt64
        do { tag = try rawVarint() } catch { throw DecodingError(error.problem, offset: start) }
        guard tag <= UInt64(UInt32.max), tag >> 3 != 0,
            let type = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7))
        else { throw DecodingError(.illegalTag, offset: start) }
        let number = UInt32(truncatingIfNeeded: tag >> 3)
        if type == .groupStart || type == .groupEnd {
            throw DecodingError(.group, offset: start, path: [number])
        }
        return found(number, type)
    }

    @inlinable mutating func found(_ number: UInt32, _ type: WireType) -> UInt32 {
        current = number
        layout = type
        return number
    }
}

// MARK: - Values

extension MessageReader {
    /// The scalar of the field.
    @inlinable public mutating func scalar<Value: VarintRepresentable>(
        as type: Value.Type = Value.self
    ) throws(DecodingError) -> Value {
        guard wireType == .varint else { throw failure(.wrongWireType(wireType)) }
        return try element()
    }

    /// Appends the scalars of the field, packed or not.
    @inlinable public mutating func scalars<Value: VarintRepresentable>(
        into list: inout [Value]
    ) throws(DecodingError) {
        guard wireType == .lengthDelimited else { return list.append(try scalar()) }
        let range = try delimited()
        var elements = MessageReader(
            bytes,
            from: range.lowerBound,
            to: range.upperBound,
            depth: depth
        )
        _ = elements.found(field, .varint)
        if list.isEmpty {
            // A varint ends with the byte whose high bit is clear. Later parts of the list leave its
            // growth to `append`, whose doubling keeps many small parts linear.
            list.reserveCapacity(bytes[range].reduce(0) { $0 + ($1 < 0x80 ? 1 : 0) })
        }
        while elements.position < elements.end { list.append(try elements.element()) }
    }

    /// The string of the field.
    @inlinable public mutating func string() throws(DecodingError) -> String {
        let start = position
        let content = UnsafeRawBufferPointer(rebasing: bytes[try delimited()])
        // ASCII, the common case, needs no further validation.
        if content.allSatisfy({ $0 < 0x80 }) { return String(decoding: content, as: UTF8.self) }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw DecodingError(.illegalUTF8, offset: start, path: [field])
        }
        return text
    }

    /// Appends the string of the field.
    @inlinable public mutating func string(into list: inout [String]) throws(DecodingError) {
        list.append(try string())
    }

    /// A copy of the bytes of the field.
    @inlinable public mutating func byteString() throws(DecodingError) -> [UInt8] {
        let content = UnsafeRawBufferPointer(rebasing: bytes[try delimited()])
        return [UInt8](unsafeUninitializedCapacity: content.count) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: content)
            count = content.count
        }
    }

    /// Appends a copy of the bytes of the field.
    @inlinable public mutating func byteString(into list: inout [[UInt8]]) throws(DecodingError) {
        list.append(try byteString())
    }

    /// Merges the message of the field into `message`, which is made when absent.
    @inlinable public mutating func message<Value: MessageCoding>(
        into message: inout Value?
    ) throws(DecodingError) {
        var value = message.take() ?? Value()
        try merge(into: &value)
        message = value
    }

    /// Appends the message of the field.
    @inlinable public mutating func message<Value: MessageCoding>(
        into list: inout [Value]
    ) throws(DecodingError) {
        var value = Value()
        try merge(into: &value)
        list.append(value)
    }

    @inlinable mutating func merge(into message: inout some MessageCoding) throws(DecodingError) {
        let range = try delimited()
        guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
        var inner = MessageReader(
            bytes,
            from: range.lowerBound,
            to: range.upperBound,
            depth: depth + 1
        )
        do { try message.merge(from: &inner) } catch { throw error.within(field: field) }
    }

    /// Keeps the field, which the schema doesn't know, in `unknown`.
    public mutating func keep(in unknown: inout UnknownFields) throws(DecodingError) {
        let start = position
        switch wireType {
        case .varint:
            let value = try rawVarint()
            unknown.append(field, wireType)
            unknown.append(varint: value)
            return
        case .lengthDelimited:
            let range = try delimited()
            unknown.append(field, wireType)
            unknown.append(varint: UInt64(range.count))
            unknown.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
            return
        case .fixed32, .fixed64:
            let length = wireType == .fixed32 ? 4 : 8
            guard end - position >= length else { throw failure(.truncated) }
            position += length
        case .groupStart, .groupEnd:
            throw failure(.group)
        }
        unknown.append(field, wireType)
        unknown.append(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }
}

// MARK: - Parts

extension MessageReader {
    /// An error at the field that is being read.
    @usableFromInline func failure(_ problem: DecodingError.Problem) -> DecodingError {
        DecodingError(problem, offset: position, path: [field])
    }

    @inlinable mutating func element<Value: VarintRepresentable>() throws(DecodingError) -> Value {
        let start = position
        guard let value = Value(varint: try rawVarint()) else {
            throw DecodingError(.unrepresentable, offset: start, path: [field])
        }
        return value
    }

    /// Reads a length and passes over as many bytes, whose range it returns.
    @inlinable mutating func delimited() throws(DecodingError) -> Range<Int> {
        guard wireType == .lengthDelimited else { throw failure(.wrongWireType(wireType)) }
        let length = try rawVarint()
        guard length <= UInt64(end - position) else { throw failure(.truncated) }
        let start = position
        position += Int(length)
        return start..<position
    }

    /// Reads a varint of at most ten bytes and 64 bits; longer forms than needed are taken.
    @inlinable mutating func rawVarint() throws(DecodingError) -> UInt64 {
        if position < end {
            let first = bytes[position]
            if first < 0x80 {
                position += 1
                return UInt64(first)
            }
        }
        return try longVarint()
    }

    @usableFromInline mutating func longVarint() throws(DecodingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = position
        while index < end {
            let byte = bytes[index]
            if shift == 63 && byte > 1 { throw failure(.overlongVarint) }
            value |= UInt64(byte & 0x7F) << shift
            index += 1
            if byte < 0x80 {
                position = index
                return value
            }
            shift += 7
        }
        throw failure(.truncated)
    }
}
