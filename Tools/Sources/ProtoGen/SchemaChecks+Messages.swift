extension Checks {
    mutating func check(_ message: MessageDefinition, in file: SchemaFile) {
        checkMembers(
            message.fields.map { ($0.number, $0.name, $0.position) },
            of: message.name,
            numbers: 1...536_870_911,
            reserved: message.reserved
        )
        for field in message.fields { check(field, of: message, in: file) }
        if let path = cycle(from: message) {
            report(
                message.position,
                "\(message.name) holds itself: \(path.joined(separator: " → "))",
                remedy: "make one of these fields a list"
            )
        }
    }

    private mutating func check(
        _ field: FieldDefinition,
        of message: MessageDefinition,
        in file: SchemaFile
    ) {
        if !Names.isLowerSnake(field.name) {
            report(
                field.position,
                "the field `\(field.name)` isn't in lower_snake_case",
                remedy: "write it in small letters, words joined by `_`"
            )
        }
        if Names.unusableFields.contains(Names.lowerCamel(snake: field.name)) {
            report(
                field.position,
                "a field can't be called `\(field.name)`: generated code uses the name",
                remedy: "use another name"
            )
        }
        if (19_000...19_999).contains(field.number) {
            report(
                field.position,
                "protobuf keeps the numbers 19000…19999 for itself",
                remedy: "use another number"
            )
        }
        if case .named(let type) = field.type {
            checkVisible(type, from: file, at: field.position)
        }
        checkLimits(of: field)
        checkMarks(of: field)
    }

    private mutating func checkLimits(of field: FieldDefinition) {
        if field.limits != .none {
            if let range = Self.limitRange(of: field.type) {
                check(field.limits, within: range, of: field)
            } else {
                report(
                    field.position,
                    "a value of type \(field.type.name) has no limits",
                    remedy: "remove `(…)`; only integers, strings, bytes and lists have limits"
                )
            }
        }
        if field.countLimits != .none {
            check(field.countLimits, within: 0...Int64(Int32.max), of: field)
        }
    }

    private mutating func check(
        _ limits: Limits,
        within range: ClosedRange<Int64>,
        of field: FieldDefinition
    ) {
        for bound in [limits.minimum, limits.maximum].compactMap({ $0 })
        where !range.contains(bound) {
            report(
                field.position,
                "the limit \(bound) of `\(field.name)` lies outside its type",
                remedy: "use \(range.lowerBound)…\(range.upperBound), or leave that end open"
            )
        }
        if let minimum = limits.minimum, let maximum = limits.maximum, minimum > maximum {
            report(
                field.position,
                "the limits of `\(field.name)` allow nothing",
                remedy: "write the smaller bound first"
            )
        }
    }

    /// What the limits of a type may be; nil when it has none.
    private static func limitRange(of type: ValueType) -> ClosedRange<Int64>? {
        guard case .scalar(let scalar) = type else { return nil }
        switch scalar {
        case .int32: return Int64(Int32.min)...Int64(Int32.max)
        case .int64: return Int64.min...Int64.max
        case .uint32: return 0...Int64(UInt32.max)
        case .uint64: return 0...Int64.max
        case .string, .bytes: return 0...Int64(Int32.max)
        case .bool, .instant, .date: return nil
        }
    }

    private mutating func checkMarks(of field: FieldDefinition) {
        if let required = field.required {
            checkReason(required, at: field.position)
            if field.cardinality == .optional {
                report(
                    field.position,
                    "`\(field.name)` is both optional and required",
                    remedy: "drop one of the two"
                )
            }
            if field.type == .scalar(.bool) && field.cardinality == .single {
                report(
                    field.position,
                    "a required bool would always be true",
                    remedy: "drop `required`, or use an enum"
                )
            }
        }
        if let unknown = field.unknown {
            checkReason(unknown, at: field.position)
            if names.enums[field.type.name] == nil {
                report(
                    field.position,
                    "`unknown` stands at `\(field.name)`, which isn't an enum",
                    remedy: "drop it"
                )
            }
        }
        if field.cardinality == .optional && names.messages[field.type.name] != nil {
            report(
                field.position,
                "`optional` stands before a message, which may be absent anyway",
                remedy: "drop it"
            )
        }
    }

    /// The fields by which a message holds itself other than through a list, or nil.
    private func cycle(from message: MessageDefinition) -> [String]? {
        var path: [String] = []
        var visited: Set<String> = []
        func search(_ name: String) -> Bool {
            guard let current = names.messages[name], visited.insert(name).inserted else {
                return false
            }
            for field in current.fields where field.cardinality != .list {
                path.append("\(name).\(field.name)")
                if field.type.name == message.name || search(field.type.name) { return true }
                path.removeLast()
            }
            return false
        }
        return search(message.name) ? path : nil
    }
}
