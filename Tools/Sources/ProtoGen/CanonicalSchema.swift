/// What two programs must agree on to understand each other: numbers, names, types, limits and rights,
/// without documentation and without the order of files.
enum CanonicalSchema {
    /// The 64-bit FNV-1a hash (Fowler, Noll, Vo) of the canonical text.
    static func fingerprint(of schema: Schema) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text(of: schema).utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return hash
    }

    /// One line for each member, sorted.
    static func text(of schema: Schema) -> String {
        var lines: [String] = []
        for reason in schema.reasons { lines.append("reason \(reason.name) \(reason.status)") }
        for enumeration in schema.enums {
            for value in enumeration.values {
                lines.append("enum \(enumeration.name) \(value.number) \(value.name)")
            }
        }
        for message in schema.messages {
            lines.append("message \(message.name)")
            for field in message.fields {
                lines.append("message \(message.name) \(line(of: field))")
            }
        }
        for service in schema.services {
            lines.append("service \(service.number) \(service.name)")
            for method in service.methods {
                lines.append("service \(service.number) \(line(of: method))")
            }
        }
        return lines.sorted().joined(separator: "\n") + "\n"
    }

    private static func line(of field: FieldDefinition) -> String {
        [
            "\(field.number)", field.name, "\(field.cardinality)", field.type.name,
            text(of: field.limits), text(of: field.countLimits),
            field.isPersonal ? "personal" : "-",
            field.required ?? "-", field.unknown ?? "-",
        ].joined(separator: " ")
    }

    private static func line(of method: MethodDefinition) -> String {
        let access =
            switch method.access {
            case .everybody: "public"
            case .signedIn: "any"
            case .roles(let roles, let refusal):
                "\(roles.sorted().joined(separator: ",")) \(refusal ?? "-")"
            }
        return [
            "\(method.number)", method.name, method.request, method.reply, method.kind.rawValue,
            method.runsInline ? "inline" : "-", access, "\(method.defaultTimeoutMillis)",
            "\(method.longestTimeoutMillis)", method.idempotency.rawValue,
        ].joined(separator: " ")
    }

    private static func text(of limits: Limits) -> String {
        "\(limits.minimum.map(String.init) ?? "")..\(limits.maximum.map(String.init) ?? "")"
    }
}
