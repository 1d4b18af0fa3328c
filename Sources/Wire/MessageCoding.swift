/// A value with a message encoding: what `MessageReader` and `MessageWriter` need to know of it.
public protocol MessageCoding {
    /// The message with every field at its default.
    init()

    /// Takes the fields that the reader holds: a later value replaces an earlier one, a list grows, a
    /// message within is merged field by field.
    mutating func merge(from reader: inout MessageReader) throws(DecodingError)

    /// Appends the canonical encoding.
    func write(to writer: inout MessageWriter)
}
