extension JSON {
    /// The value on one line.
    var serialized: String {
        var output = OutputBuffer()
        output.append(self)
        return String(decoding: output.bytes, as: UTF8.self)
    }
}

extension OutputBuffer {
    /// Appends a JSON value on one line.
    mutating func append(_ value: JSON) {
        switch value {
        case .null: append("null")
        case .boolean(let value): append(value ? "true" : "false")
        case .number(let spelling): append(spelling)
        case .string(let text): append(quoting: text)
        case .array(let elements): append(list: elements) { $0.append($1) }
        case .object(let members):
            append("{")
            for index in members.indices {
                if index > 0 { append(",") }
                append(quoting: members[index].key)
                append(":")
                append(members[index].value)
            }
            append("}")
        }
    }
}
