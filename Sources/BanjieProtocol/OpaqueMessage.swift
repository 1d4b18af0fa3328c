public import Wire

/// A message of which this program knows nothing but the bytes: every field is kept as it came.
public struct OpaqueMessage: Message {
    private var unknownFields = UnknownFields()

    public init() {}

    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while try reader.nextField() != nil { try reader.keep(in: &unknownFields) }
    }

    public func write(to writer: inout MessageWriter) { writer.write(unknownFields) }

    public func validate() throws(FieldRefusal) {}

    public static let descriptor = MessageDescriptor(
        name: "OpaqueMessage",
        fields: [],
        doc: "A message of which nothing is known."
    )
}
