import Wire

/// A message that holds others of its own kind, as no message of the protocol does today.
struct Node: MessageCoding, Equatable {
    var label = ""
    var values: [Int64] = []
    var children: [Node] = []
    var unknownFields = UnknownFields()

    mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let number = try reader.nextField() {
            switch number {
            case 1: label = try reader.string()
            case 2: try reader.scalars(into: &values)
            case 3: try reader.message(into: &children)
            default: try reader.keep(in: &unknownFields)
            }
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.write(label, as: 1)
        writer.write(values, as: 2)
        writer.write(children, as: 3)
        writer.write(unknownFields)
    }

    var encoded: [UInt8] {
        var writer = MessageWriter()
        write(to: &writer)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(DecodingError) -> Node {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(DecodingError) in
                var node = Node()
                var reader = MessageReader(buffer)
                try node.merge(from: &reader)
                return node
            }
        }
        return try result.get()
    }

    /// `depth` nodes, each the only child of the one around it.
    static func chain(depth: Int) -> Node {
        (1..<depth).reduce(Node()) { inner, _ in
            var outer = Node()
            outer.children = [inner]
            return outer
        }
    }
}
