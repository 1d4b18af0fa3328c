internal import CivilTime
public import Wire

/// Turns JSON into messages and back, by the schema.
///
/// Fields bear their names in the schema. Integers are numbers, `instant` is `YYYY-MM-DDTHH:MM:SS`
/// and `date` `YYYY-MM-DD` (both in Asia/Shanghai), `bytes` is base64 (RFC 4648, section 4), an enum's
/// value is its name, or its number when this version has no name for it.
public enum JSONTranscoder {
    /// The canonical encoding of the message that `json` stands for.
    ///
    /// A missing member and `null` leave the field at its default. Limits aren't checked.
    public static func encode(
        _ json: String,
        as type: any Message.Type
    ) throws(JSONError) -> [UInt8] {
        try encode(json, as: JSONShape(type.descriptor))
    }

    static func encode(_ json: String, as shape: JSONShape) throws(JSONError) -> [UInt8] {
        try encode(JSONParser.parse(json), as: shape)
    }

    /// The message in `bytes` as JSON, on one line or indented.
    ///
    /// Every field is written, defaults included; left out are only what is absent (an `optional`
    /// field, a message, an enum's 0) and fields that the schema doesn't know.
    public static func decode(
        _ bytes: [UInt8],
        as type: any Message.Type,
        isPretty: Bool = false
    ) throws(DecodingError) -> String {
        let canonical = try type.init(decoding: bytes).encoded()
        return try decode(canonical, as: JSONShape(type.descriptor), isPretty: isPretty)
    }

    static func decode(
        _ bytes: [UInt8],
        as shape: JSONShape,
        isPretty: Bool
    ) throws(DecodingError) -> String {
        try value(of: bytes, as: shape, depth: 0).text(isPretty: isPretty)
    }
}

// MARK: - To bytes

extension JSONTranscoder {
    private static func encode(
        _ json: JSONValue,
        as message: JSONShape
    ) throws(JSONError) -> [UInt8] {
        guard case .object(let members) = json else {
            throw JSONError(
                path: "",
                problem: "must be an object (\(message.name)), not \(json.kind)"
            )
        }
        for member in members where !message.fields.contains(where: { $0.name == member.key }) {
            let names = message.fields.map(\.name).joined(separator: ", ")
            throw JSONError(
                path: member.key,
                problem: names.isEmpty
                    ? "\(message.name) has no fields"
                    : "\(message.name) has no such field; it has \(names)"
            )
        }
        var writer = MessageWriter()
        for field in message.fields {
            guard let member = members.first(where: { $0.key == field.name }),
                member.value != .null
            else { continue }
            do {
                try write(member.value, of: field, to: &writer)
            } catch {
                throw error.within(field.name)
            }
        }
        return writer.bytes
    }

    private static func write(
        _ json: JSONValue,
        of field: JSONShape.Field,
        to writer: inout MessageWriter
    ) throws(JSONError) {
        let elements: [JSONValue]
        if field.isList {
            guard case .array(let values) = json else {
                throw JSONError(path: "", problem: "must be an array, not \(json.kind)")
            }
            elements = values
        } else {
            elements = [json]
        }
        var varints: [UInt64] = []
        for (index, element) in elements.enumerated() {
            do {
                switch try encoding(of: element, as: field.type) {
                case .varint(let bits): varints.append(bits)
                case .delimited(let content):
                    let isKept = field.isList || field.isOptional || field.type.isMessage
                    if isKept || !content.isEmpty {
                        writer.write(ifPresent: content, as: field.number)
                    }
                }
            } catch {
                throw field.isList ? error.within("[\(index)]") : error
            }
        }
        if field.isList {
            writer.write(varints, as: field.number)
        } else if let bits = varints.first {
            writer.write(ifPresent: field.isOptional || bits != 0 ? bits : nil, as: field.number)
        }
    }

    private enum Encoding {
        case varint(UInt64)
        case delimited([UInt8])
    }

    private static func encoding(
        of json: JSONValue,
        as type: JSONShape.FieldShape
    ) throws(JSONError) -> Encoding {
        switch (type, json) {
        case (.bool, .bool(let value)): return .varint(value.varint)
        case (.int32, .number(let digits)): return .varint(try integer(digits, Int32.self).varint)
        case (.int64, .number(let digits)): return .varint(try integer(digits, Int64.self).varint)
        case (.uint32, .number(let digits)): return .varint(try integer(digits, UInt32.self).varint)
        case (.uint64, .number(let digits)): return .varint(try integer(digits, UInt64.self).varint)
        case (.string, .string(let text)): return .delimited(Array(text.utf8))
        case (.bytes, .string(let text)):
            guard let content = Base64.decode(text) else {
                throw JSONError(path: "", problem: "must be base64, in groups of four characters")
            }
            return .delimited(content)
        case (.instant, .string(let text)):
            guard let instant = Instant(text) else {
                throw JSONError(path: "", problem: "must be a moment, YYYY-MM-DDTHH:MM:SS")
            }
            return .varint(instant.varint)
        case (.date, .string(let text)):
            guard let date = CivilDate(text) else {
                throw JSONError(path: "", problem: "must be a day that exists, YYYY-MM-DD")
            }
            return .varint(date.varint)
        case (.enumeration, .number(let digits)):
            return .varint(try integer(digits, Int32.self).varint)
        case (.enumeration(let values), .string(let name)):
            guard let value = values.first(where: { $0.name == name }) else {
                let names = values.map(\.name).joined(separator: ", ")
                throw JSONError(path: "", problem: "must be one of \(names), not \(name)")
            }
            return .varint(value.number.varint)
        case (.message(let shape), _): return .delimited(try encode(json, as: shape()))
        default:
            throw JSONError(path: "", problem: "must be \(type.jsonForm), not \(json.kind)")
        }
    }

    private static func integer<Value: FixedWidthInteger>(
        _ digits: String,
        _ type: Value.Type
    ) throws(JSONError) -> Value {
        guard let value = Value(digits) else {
            throw JSONError(
                path: "",
                problem: "must be a whole number in \(Value.min)…\(Value.max), not \(digits)"
            )
        }
        return value
    }
}

// MARK: - To JSON

extension JSONTranscoder {
    private static func value(
        of bytes: [UInt8],
        as message: JSONShape,
        depth: Int
    ) throws(DecodingError) -> JSONValue {
        guard depth <= MessageReader.maximumDepth else { throw DecodingError(.tooDeep, offset: 0) }
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(DecodingError) in
                var found: [UInt32: Found] = [:]
                var reader = MessageReader(bytes)
                while let number = try reader.nextField() {
                    if let field = message.fields.first(where: { $0.number == number }) {
                        try take(field, from: &reader, into: &found[number, default: Found()])
                    } else {
                        try reader.skip()
                    }
                }
                return found
            }
        }
        let found = try result.get()
        var members: [JSONMember] = []
        for field in message.fields {
            let values: [JSONValue]
            do {
                values = try found[field.number]?.values(of: field, depth: depth) ?? []
            } catch {
                throw error.within(field: field.number)
            }
            if field.isList {
                members.append(JSONMember(key: field.name, value: .array(values)))
            } else if let value = values.last ?? (field.isOptional ? nil : field.type.jsonDefault) {
                members.append(JSONMember(key: field.name, value: value))
            }
        }
        return .object(members)
    }

    /// What was read of one field.
    private struct Found {
        var scalars: [JSONValue] = []
        var messages: [[UInt8]] = []

        /// The values in the order in which they came; the parts of a message that isn't a list's are
        /// parts of one.
        func values(
            of field: JSONShape.Field,
            depth: Int
        ) throws(DecodingError) -> [JSONValue] {
            guard case .message(let shape) = field.type else { return scalars }
            let whole = field.isList || messages.isEmpty ? messages : [Array(messages.joined())]
            var values: [JSONValue] = []
            for message in whole {
                values.append(
                    try JSONTranscoder.value(of: message, as: shape(), depth: depth + 1)
                )
            }
            return values
        }
    }

    private static func take(
        _ field: JSONShape.Field,
        from reader: inout MessageReader,
        into found: inout Found
    ) throws(DecodingError) {
        switch field.type {
        case .bool: found.scalars += try scalars(Bool.self, &reader) { .bool($0) }
        case .int32: found.scalars += try scalars(Int32.self, &reader) { .number(String($0)) }
        case .int64: found.scalars += try scalars(Int64.self, &reader) { .number(String($0)) }
        case .uint32: found.scalars += try scalars(UInt32.self, &reader) { .number(String($0)) }
        case .uint64: found.scalars += try scalars(UInt64.self, &reader) { .number(String($0)) }
        case .instant: found.scalars += try scalars(Instant.self, &reader) { .string("\($0)") }
        case .date: found.scalars += try scalars(CivilDate.self, &reader) { .string("\($0)") }
        case .string: found.scalars.append(.string(try reader.string()))
        case .bytes: found.scalars.append(.string(Base64.encode(try reader.byteString())))
        case .enumeration(let known):
            found.scalars += try scalars(Int32.self, &reader) { number in
                known.first { $0.number == number }.map { .string($0.name) }
                    ?? .number(String(number))
            }
        case .message: found.messages.append(try reader.byteString())
        }
    }

    private static func scalars<Value: VarintRepresentable>(
        _ type: Value.Type,
        _ reader: inout MessageReader,
        _ json: (Value) -> JSONValue
    ) throws(DecodingError) -> [JSONValue] {
        var values: [Value] = []
        try reader.scalars(into: &values)
        return values.map(json)
    }
}

extension JSONShape.FieldShape {
    /// What stands for a value of the type, for a sentence.
    fileprivate var jsonForm: String {
        switch self {
        case .bool: "true or false"
        case .int32, .int64, .uint32, .uint64: "a whole number"
        case .string: "a string"
        case .bytes: "a string of base64"
        case .instant: "a string YYYY-MM-DDTHH:MM:SS"
        case .date: "a string YYYY-MM-DD"
        case .enumeration: "a name or a number"
        case .message: "an object"
        }
    }

    /// The type's default; nil for a type whose default stands for absence.
    fileprivate var jsonDefault: JSONValue? {
        switch self {
        case .bool: .bool(false)
        case .int32, .int64, .uint32, .uint64: .number("0")
        case .string, .bytes: .string("")
        case .instant: .string(Instant(unixSeconds: 0).description)
        case .date: .string(CivilDate(daysSinceEpoch: 0).description)
        case .enumeration, .message: nil
        }
    }
}
