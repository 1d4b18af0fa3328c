extension SwiftGenerator {
    func write(_ message: MessageDefinition, to text: inout SourceText) {
        text.line()
        text.documentation(message.documentation)
        text.block("public struct \(message.name): Message {") { text in
            for field in message.fields {
                text.documentation(field.documentation)
                text.line(
                    "public var \(Self.identifier(field.name)): \(swiftType(of: field))"
                        + " = \(swiftDefault(of: field))"
                )
            }
            text.line("/// Fields that this version of the schema doesn't know.")
            text.line("public var unknownFields = UnknownFields()")
            text.line()
            text.line("public init() {}")
            writeInitializer(of: message, to: &text)
            writeDecoding(of: message, to: &text)
            writeEncoding(of: message, to: &text)
            writeValidation(of: message, to: &text)
            writeDescriptor(of: message, to: &text)
        }
    }

    private func writeInitializer(of message: MessageDefinition, to text: inout SourceText) {
        guard !message.fields.isEmpty else { return }
        text.line()
        text.block("public init(", closing: ") {") { text in
            for (index, field) in message.fields.enumerated() {
                text.line(
                    "\(Self.identifier(field.name)): \(swiftType(of: field))"
                        + " = \(swiftDefault(of: field))"
                        + (index == message.fields.count - 1 ? "" : ",")
                )
            }
        }
        text.indented { text in
            for field in message.fields {
                text.line("self.\(Self.member(field.name)) = \(Self.identifier(field.name))")
            }
        }
        text.line("}")
    }

    private func writeDecoding(of message: MessageDefinition, to text: inout SourceText) {
        text.line()
        text.block(
            "public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {"
        ) { text in
            text.block("while let number = try reader.nextField() {") { text in
                text.cases("switch number {") { text in
                    for field in message.fields {
                        text.line("case \(field.number): \(decoding(of: field))")
                    }
                    text.line("default: try reader.keep(in: &unknownFields)")
                }
            }
        }
    }

    private func decoding(of field: FieldDefinition) -> String {
        let name = "self.\(Self.member(field.name))"
        let reading =
            switch form(of: field) {
            case .message: "message"
            case .string: "string"
            case .bytes: "byteString"
            case .varint: field.cardinality == .list ? "scalars" : "scalar"
            }
        if field.cardinality == .list || form(of: field) == .message {
            return "try reader.\(reading)(into: &\(name))"
        }
        return "\(name) = try reader.\(reading)()"
    }

    private func writeEncoding(of message: MessageDefinition, to text: inout SourceText) {
        text.line()
        text.block("public func write(to writer: inout MessageWriter) {") { text in
            for field in message.fields {
                let isPresence =
                    field.cardinality == .optional
                    || (field.cardinality == .single && form(of: field) == .message)
                text.line(
                    "writer.write(\(isPresence ? "ifPresent: " : "")"
                        + "self.\(Self.member(field.name)), as: \(field.number))"
                )
            }
            text.line("writer.write(unknownFields)")
        }
    }

    private func writeDescriptor(of message: MessageDefinition, to text: inout SourceText) {
        text.line()
        text.block("public static let descriptor = MessageDescriptor(", closing: ")") { text in
            text.line("name: \(Self.literal(message.name)),")
            if message.fields.isEmpty {
                text.line("fields: [],")
            } else {
                text.block("fields: [", closing: "],") { text in
                    for field in message.fields { text.line(descriptor(of: field) + ",") }
                }
            }
            text.line("doc: \(Self.literal(message.documentation))")
        }
    }

    private func descriptor(of field: FieldDefinition) -> String {
        let type =
            switch field.type {
            case .scalar(let scalar): ".\(scalar.rawValue)"
            case .named(let name) where names.enums[name] != nil: ".enumeration(\(name).self)"
            case .named(let name): ".message(\(name).self)"
            }
        var parts = ["\(field.number)", Self.literal(field.name), type]
        if field.cardinality == .list { parts.append("isList: true") }
        if field.cardinality == .optional { parts.append("isOptional: true") }
        if field.isPersonal { parts.append("isPersonal: true") }
        if let limits = limitsDescriptor(of: field) { parts.append("limits: \(limits)") }
        parts.append("doc: \(Self.literal(field.documentation))")
        return "FieldDescriptor(\(parts.joined(separator: ", ")))"
    }

    private func limitsDescriptor(of field: FieldDefinition) -> String? {
        var parts: [String] = []
        if field.limits != .none { parts.append("value: Bounds(\(Self.bounds(field.limits)))") }
        if field.countLimits != .none {
            parts.append("count: Bounds(\(Self.bounds(field.countLimits)))")
        }
        if let required = field.required { parts.append("required: .\(Self.member(required))") }
        if let unknown = unknownReason(of: field) {
            parts.append("unknown: .\(Self.member(unknown))")
        }
        return parts.isEmpty ? nil : "FieldLimits(\(parts.joined(separator: ", ")))"
    }
}

// MARK: - Checks

extension SwiftGenerator {
    private func writeValidation(of message: MessageDefinition, to text: inout SourceText) {
        text.line()
        text.block("public func validate() throws(FieldRefusal) {") { text in
            for field in message.fields { writeChecks(of: field, to: &text) }
        }
    }

    private func writeChecks(of field: FieldDefinition, to text: inout SourceText) {
        let value = "self.\(Self.member(field.name))"
        let label = Self.literal(field.name)
        if let required = field.required {
            text.line(
                "try FieldCheck.required(\(presence(of: field, value: value)), \(label),"
                    + " .\(Self.member(required)))"
            )
        }
        if field.countLimits != .none {
            text.line(
                "try FieldCheck.count(\(value).count, \(label), \(Self.bounds(field.countLimits)))"
            )
        }
        if form(of: field) == .message {
            let check = field.cardinality == .list ? "messages" : "message"
            text.line("try FieldCheck.\(check)(\(value), \(label))")
            return
        }
        switch field.cardinality {
        case .single:
            if let check = elementCheck(of: field, value: value) { text.line(check) }
        case .optional:
            if let check = elementCheck(of: field, value: "value") {
                text.line("if let value = \(value) { \(check) }")
            }
        case .list:
            if let check = elementCheck(of: field, value: "value") {
                text.block("try FieldCheck.each(\(value), \(label)) {") { text in
                    text.line("(value: \(elementType(of: field))) throws(FieldRefusal) in")
                    text.line(check)
                }
            }
        }
    }

    /// The check of one value, or nil when all values are allowed.
    private func elementCheck(of field: FieldDefinition, value: String) -> String? {
        let label = Self.literal(field.name)
        if let unknown = unknownReason(of: field) {
            return "try FieldCheck.known(\(value), \(label), .\(Self.member(unknown)))"
        }
        guard field.limits != .none else { return nil }
        let check = form(of: field) == .varint ? "value" : "length"
        return "try FieldCheck.\(check)(\(value), \(label), \(Self.bounds(field.limits)))"
    }

    private func presence(of field: FieldDefinition, value: String) -> String {
        switch (field.cardinality, form(of: field)) {
        case (.list, _), (_, .string), (_, .bytes): "!\(value).isEmpty"
        case (_, .message): "\(value) != nil"
        case (_, .varint): "\(value).varint != 0"
        }
    }

    private func unknownReason(of field: FieldDefinition) -> String? {
        names.enums[field.type.name] == nil ? nil : field.unknown ?? "UNKNOWN_VALUE"
    }

    private static func bounds(_ limits: Limits) -> String {
        let minimum = limits.minimum.map(String.init) ?? "nil"
        let maximum = limits.maximum.map(String.init) ?? "nil"
        return "\(minimum), \(maximum)"
    }
}

// MARK: - Types

extension SwiftGenerator {
    /// How a value is written on the wire.
    private enum Form { case varint, string, bytes, message }

    private func form(of field: FieldDefinition) -> Form {
        switch field.type {
        case .scalar(.string): .string
        case .scalar(.bytes): .bytes
        case .scalar: .varint
        case .named(let name): names.enums[name] == nil ? .message : .varint
        }
    }

    private func elementType(of field: FieldDefinition) -> String {
        switch field.type {
        case .named(let name): name
        case .scalar(let scalar):
            switch scalar {
            case .bool: "Bool"
            case .int32: "Int32"
            case .int64: "Int64"
            case .uint32: "UInt32"
            case .uint64: "UInt64"
            case .string: "String"
            case .bytes: "[UInt8]"
            case .instant: "Instant"
            case .date: "CivilDate"
            }
        }
    }

    private func swiftType(of field: FieldDefinition) -> String {
        let element = elementType(of: field)
        switch field.cardinality {
        case .list: return "[\(element)]"
        case .optional: return "\(element)?"
        case .single: return form(of: field) == .message ? "\(element)?" : element
        }
    }

    private func swiftDefault(of field: FieldDefinition) -> String {
        switch field.cardinality {
        case .list: return "[]"
        case .optional: return "nil"
        case .single: break
        }
        switch field.type {
        case .named(let name):
            return names.enums[name] == nil ? "nil" : "\(name)(rawValue: 0)"
        case .scalar(let scalar):
            switch scalar {
            case .bool: return "false"
            case .int32, .int64, .uint32, .uint64: return "0"
            case .string: return "\"\""
            case .bytes: return "[]"
            case .instant: return "Instant(unixSeconds: 0)"
            case .date: return "CivilDate(daysSinceEpoch: 0)"
            }
        }
    }
}
