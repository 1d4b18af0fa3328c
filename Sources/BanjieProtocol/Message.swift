public import Wire

/// A message of the protocol: a value with a schema, an encoding and limits.
public protocol Message: MessageCoding, Sendable, Equatable {
    /// The schema of the message.
    static var descriptor: MessageDescriptor { get }

    /// Checks the values against the limits that the schema declares, in the order of the fields.
    ///
    /// Decoding doesn't: a caller's rights are judged before the values of the request.
    func validate() throws(FieldRefusal)
}

extension Message {
    /// Decodes a message; the bytes are only read during the call.
    @inlinable public init(decoding bytes: UnsafeRawBufferPointer) throws(DecodingError) {
        self.init()
        var reader = MessageReader(bytes)
        try merge(from: &reader)
    }

    /// Decodes a message.
    @inlinable public init(decoding bytes: [UInt8]) throws(DecodingError) {
        self = try bytes.withUnsafeBufferPointer { (bytes) throws(DecodingError) in
            try Self(decoding: UnsafeRawBufferPointer(bytes))
        }
    }

    /// The canonical encoding.
    @inlinable public func encoded() -> [UInt8] {
        var writer = MessageWriter()
        write(to: &writer)
        return writer.bytes
    }
}

/// A value of a closed list that may grow: a value that this version doesn't know is kept as it is.
public protocol OpenEnum: VarintRepresentable, RawRepresentable, Hashable, Sendable,
    CustomStringConvertible
where RawValue == Int32 {
    init(rawValue: Int32)

    /// The values that this version knows, in the order of their numbers; 0 isn't one.
    static var known: [Self] { get }

    /// The schema of the enum.
    static var descriptor: EnumDescriptor { get }

    /// The name in the schema, such as `RECEIVED`; nil for a value that isn't known here.
    var name: String? { get }
}

extension OpenEnum {
    @inlinable public init?(varint: UInt64) {
        self.init(rawValue: Int32(truncatingIfNeeded: varint))
    }

    @inlinable public var varint: UInt64 { rawValue.varint }

    /// The value of this name, or nil when none is known here.
    public init?(name: String) {
        guard let value = Self.known.first(where: { $0.name == name }) else { return nil }
        self = value
    }

    /// Whether this version knows the value; 0, which stands for none, isn't known.
    public var isKnown: Bool { name != nil }

    /// The name, or the number of a value that isn't known here.
    public var description: String { name ?? String(rawValue) }
}
