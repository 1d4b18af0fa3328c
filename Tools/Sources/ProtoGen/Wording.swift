/// How definitions are put into words, the same in every generated text.
enum Wording {
    /// The type as the schema notation writes it, without limits.
    static func type(of field: FieldDefinition) -> String {
        switch field.cardinality {
        case .single: field.type.name
        case .optional: "optional \(field.type.name)"
        case .list: "list<\(field.type.name)>"
        }
    }

    /// `1…64`, `at least 1`, `at most 64` or `exactly 32`; nil when there is no limit.
    static func range(_ limits: Limits) -> String? {
        switch (limits.minimum, limits.maximum) {
        case (nil, nil): nil
        case (let minimum?, nil): "at least \(minimum)"
        case (nil, let maximum?): "at most \(maximum)"
        case (let minimum?, let maximum?):
            minimum == maximum ? "exactly \(minimum)" : "\(minimum)…\(maximum)"
        }
    }

    /// Everything that restricts a field's values, or that they are personal.
    static func limits(of field: FieldDefinition, isEnum: Bool) -> [String] {
        var parts: [String] = []
        if let range = range(field.countLimits) { parts.append("\(range) elements") }
        if let range = range(field.limits) {
            let unit =
                switch field.type {
                case .scalar(.string): " bytes of UTF-8"
                case .scalar(.bytes): " bytes"
                default: ""
                }
            parts.append((field.cardinality == .list ? "each " : "") + range + unit)
        }
        if let required = field.required { parts.append("required, else \(required)") }
        if isEnum { parts.append("a known value, else \(field.unknown ?? "UNKNOWN_VALUE")") }
        if field.isPersonal { parts.append("personal data") }
        return parts
    }

    /// Who may call a method.
    static func access(of method: MethodDefinition) -> String {
        switch method.access {
        case .everybody: return "anybody, signed in or not"
        case .signedIn: return "anybody who has signed in"
        case .roles(let roles, let refusal):
            return "\(roles.joined(separator: ", ")); others are refused with"
                + " \(refusal ?? "ROLE_REQUIRED")"
        }
    }

    /// `5 s` or `500 ms`.
    static func duration(_ milliseconds: Int64) -> String {
        milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }

    /// The default timeout and the longest one.
    static func timeouts(of method: MethodDefinition) -> String {
        let usual = method.defaultTimeoutMillis
        let longest = method.longestTimeoutMillis
        guard longest == 0 else { return "\(duration(usual)), at most \(duration(longest))" }
        return usual == 0 ? "none, until it is ended" : "\(duration(usual)), or any other"
    }

    /// What a kind of method is, in a word or two.
    static func kind(of method: MethodDefinition) -> String {
        switch method.kind {
        case .command: "command"
        case .query: method.runsInline ? "query, answered where it is read" : "query"
        case .watch: "watch, a stream of replies"
        case .upload: "upload, a stream of requests"
        case .session: "session, a stream both ways"
        }
    }

    static func idempotency(of method: MethodDefinition) -> String {
        switch method.idempotency {
        case .safe: "safe: it changes nothing"
        case .requestID: "by request id: the same id and content is carried out once"
        case .none: "none: it is carried out again each time"
        }
    }
}
