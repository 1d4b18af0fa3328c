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
        try encode(JSONParser.parse(json), as: type.descriptor)
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
        return try value(of: canonical, as: type.descriptor).text(isPretty: isPretty)
    }
}

// MARK: - To bytes

extension JSONTranscoder {
    private static func encode(
        _ json: JSONValue,
        as message: MessageDescriptor
    ) throws(JSONError) -> [UInt8] {
        guard case .object(let members) = json else {
            throw JSONError(
                path: "",
                problem: "must be an object (\(message.name)), not \(json.kind)"
            )
        }
        for member in members where message.field(named: member.key) == nil {
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
        of field: FieldDescriptor,
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
        as type: FieldType
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
        case (.enumeration(let type), .string(let name)):
            guard let bits = bits(ofValue: name, in: type) else {
                let names = names(in: type).joined(separator: ", ")
                throw JSONError(path: "", problem: "must be one of \(names), not \(name)")
            }
            return .varint(bits)
        case (.message(let type), _): return .delimited(try encode(json, as: type.descriptor))
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

    private static func bits<Value: OpenEnum>(
        ofValue name: String,
        in type: Value.Type
    ) -> UInt64? {
        Value(name: name)?.varint
    }

    private static func names<Value: OpenEnum>(in type: Value.Type) -> [String] {
        Value.known.map(\.description)
    }
}

// MARK: - To JSON

extension JSONTranscoder {
    /// `canonical` holds the fields in ascending order, each list packed or in one run.
    private static func value(
        of canonical: [UInt8],
        as message: MessageDescriptor
    ) throws(DecodingError) -> JSONValue {
        let result = canonical.withUnsafeBytes { bytes in
            Result { () throws(DecodingError) in
                var found: [UInt32: [JSONValue]] = [:]
                var reader = MessageReader(bytes)
                var unknown = UnknownFields()
                while let number = try reader.nextField() {
                    if let field = message.field(numbered: number) {
                        found[number, default: []] += try elements(of: field, from: &reader)
                    } else {
                        try reader.keep(in: &unknown)
                    }
                }
                return found
            }
        }
        let found = try result.get()
        return .object(
            message.fields.compactMap { field in
                let values = found[field.number] ?? []
                if field.isList { return JSONMember(key: field.name, value: .array(values)) }
                guard let value = values.last ?? (field.isOptional ? nil : field.type.jsonDefault)
                else { return nil }
                return JSONMember(key: field.name, value: value)
            }
        )
    }

    private static func elements(
        of field: FieldDescriptor,
        from reader: inout MessageReader
    ) throws(DecodingError) -> [JSONValue] {
        switch field.type {
        case .bool: return try scalars(Bool.self, &reader) { .bool($0) }
        case .int32: return try scalars(Int32.self, &reader) { .number(String($0)) }
        case .int64: return try scalars(Int64.self, &reader) { .number(String($0)) }
        case .uint32: return try scalars(UInt32.self, &reader) { .number(String($0)) }
        case .uint64: return try scalars(UInt64.self, &reader) { .number(String($0)) }
        case .instant: return try scalars(Instant.self, &reader) { .string($0.description) }
        case .date: return try scalars(CivilDate.self, &reader) { .string($0.description) }
        case .string: return [.string(try reader.string())]
        case .bytes: return [.string(Base64.encode(try reader.byteString()))]
        case .enumeration(let type): return try enumerated(type, &reader)
        case .message(let type):
            return [try value(of: reader.byteString(), as: type.descriptor)]
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

    private static func enumerated<Value: OpenEnum>(
        _ type: Value.Type,
        _ reader: inout MessageReader
    ) throws(DecodingError) -> [JSONValue] {
        try scalars(type, &reader) { value in
            value.name.map(JSONValue.string) ?? .number(String(value.rawValue))
        }
    }
}

extension FieldType {
    fileprivate var isMessage: Bool {
        if case .message = self { true } else { false }
    }

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
