/// Judges whether a parsed schema makes sense as a whole.
package enum SchemaChecks {
    /// Every error, in the order of the files; empty when the schema is sound.
    package static func errors(in schema: Schema) -> [SchemaError] {
        var checks = Checks(schema)
        checks.run()
        return checks.errors
    }
}

/// The checks, with what they have found.
struct Checks {
    let schema: Schema
    let names: SchemaNames
    private(set) var errors: [SchemaError] = []

    init(_ schema: Schema) {
        self.schema = schema
        names = SchemaNames(schema)
    }

    mutating func run() {
        checkDefinitionsAreUnique()
        for file in schema.files {
            checkImports(of: file)
            for reason in file.reasons { check(reason) }
            for enumeration in file.enums { check(enumeration) }
            for message in file.messages { check(message, in: file) }
            for service in file.services { check(service, in: file) }
        }
        checkReasonsOfTheRuntime()
    }

    mutating func report(_ position: Position, _ problem: String, remedy: String) {
        errors.append(SchemaError(position, problem, remedy: remedy))
    }

    /// Reports the second of two members that share a number or a name, and numbers out of order.
    mutating func checkMembers(
        _ members: [(number: Int64, name: String, position: Position)],
        of owner: String,
        numbers: ClosedRange<Int64>,
        reserved: Reservations
    ) {
        var seenNumbers: Set<Int64> = []
        var seenNames: Set<String> = []
        var last = Int64.min
        for member in members {
            let what = "`\(member.name)` of \(owner)"
            if !numbers.contains(member.number) {
                report(
                    member.position,
                    "the number \(member.number) of \(what) is out of range",
                    remedy: "use one of \(numbers.lowerBound)…\(numbers.upperBound)"
                )
            } else if !seenNumbers.insert(member.number).inserted {
                report(
                    member.position,
                    "the number \(member.number) of \(what) is taken",
                    remedy: "use the next free number"
                )
            } else if member.number < last {
                report(
                    member.position,
                    "the number \(member.number) of \(what) comes after \(last)",
                    remedy: "put the members into the order of their numbers"
                )
            }
            if !seenNames.insert(member.name).inserted {
                report(
                    member.position,
                    "the name of \(what) is taken",
                    remedy: "use another name"
                )
            }
            if reserved.numbers.contains(member.number) {
                report(
                    member.position,
                    "the number \(member.number) of \(what) is reserved",
                    remedy: "use the next free number: a deleted member's is never used again"
                )
            }
            if reserved.names.contains(member.name) {
                report(
                    member.position,
                    "the name of \(what) is reserved",
                    remedy: "use another name: a deleted member's is never used again"
                )
            }
            last = max(last, member.number)
        }
    }

    mutating func checkReason(_ name: String, at position: Position) {
        if names.reasons[name] == nil {
            report(
                position,
                "there is no reason `\(name)`",
                remedy: "define it with `reason \(name): STATUS`"
            )
        }
    }

    /// Reports a type that `file` neither defines nor imports.
    mutating func checkVisible(_ type: String, from file: SchemaFile, at position: Position) {
        guard let home = names.files[type] else {
            report(
                position,
                "there is no type `\(type)`",
                remedy: "define a message or an enum of this name"
            )
            return
        }
        if home != file.name && !file.imports.contains(where: { $0.file == home }) {
            report(
                position,
                "the type `\(type)` is defined in \(home)",
                remedy: "add `import \"\(home)\"` at the head of the file"
            )
        }
    }
}

// MARK: - Files and small definitions

extension Checks {
    private mutating func checkDefinitionsAreUnique() {
        let generated: [(String, Position)] =
            schema.enums.map { ($0.name, $0.position) }
            + schema.messages.map { ($0.name, $0.position) }
            + schema.services.flatMap { service in
                ["Methods", "Client", "Commands", "Queries"].map {
                    (service.name + $0, service.position)
                }
            }
        var seen: [String: Position] = [:]
        for (name, position) in generated {
            if let earlier = seen[name] {
                report(
                    position,
                    "the name `\(name)` is taken by a definition at \(earlier)",
                    remedy: "use another name"
                )
            } else if SchemaNames.ofTheRuntime.contains(name) {
                report(
                    position,
                    "the name `\(name)` is taken by the runtime of the messages",
                    remedy: "use another name"
                )
            } else if !Names.isUpperCamel(name) {
                report(
                    position,
                    "the name `\(name)` isn't in UpperCamelCase",
                    remedy: "begin with a capital, and use letters and digits only"
                )
            }
            seen[name] = seen[name] ?? position
        }
        var seenReasons: [String: Position] = [:]
        for reason in schema.reasons {
            if let earlier = seenReasons.updateValue(reason.position, forKey: reason.name) {
                report(
                    reason.position,
                    "the reason `\(reason.name)` is defined at \(earlier) too",
                    remedy: "remove one"
                )
            }
        }
        var seenServices: [Int64: ServiceDefinition] = [:]
        for service in schema.services {
            if let earlier = seenServices.updateValue(service, forKey: service.number) {
                report(
                    service.position,
                    "the number \(service.number) is the service \(earlier.name)'s",
                    remedy: "use the next free number"
                )
            }
        }
    }

    private mutating func checkImports(of file: SchemaFile) {
        let known = Set(schema.files.map(\.name))
        for declaration in file.imports where !known.contains(declaration.file) {
            report(
                declaration.position,
                "there is no schema file `\(declaration.file)`",
                remedy: "name a file of the same directory"
            )
        }
    }

    private mutating func check(_ reason: ReasonDefinition) {
        if !Names.isUpperSnake(reason.name) {
            report(
                reason.position,
                "the reason `\(reason.name)` isn't in UPPER_SNAKE_CASE",
                remedy: "write it in capitals"
            )
        }
        if !SchemaNames.statuses.contains(reason.status) {
            let statuses = SchemaNames.statuses.joined(separator: ", ")
            report(
                reason.position,
                "`\(reason.status)` isn't a status of gRPC for a failure",
                remedy: "use one of \(statuses)"
            )
        }
    }

    private mutating func check(_ enumeration: EnumDefinition) {
        checkMembers(
            enumeration.values.map { ($0.number, $0.name, $0.position) },
            of: enumeration.name,
            numbers: 1...Int64(Int32.max),
            reserved: enumeration.reserved
        )
        for value in enumeration.values where !Names.isUpperSnake(value.name) {
            report(
                value.position,
                "the value `\(value.name)` isn't in UPPER_SNAKE_CASE",
                remedy: "write it in capitals"
            )
        }
        if enumeration.values.contains(where: { $0.name == "UNSPECIFIED" }) {
            report(
                enumeration.position,
                "`UNSPECIFIED` is the name of 0 in every enum",
                remedy: "remove the value"
            )
        }
        if enumeration.values.isEmpty {
            report(
                enumeration.position,
                "the enum \(enumeration.name) has no value",
                remedy: "add one"
            )
        }
    }

    /// The reasons that generated checks use without the schema naming them.
    private mutating func checkReasonsOfTheRuntime() {
        guard let position = schema.messages.first?.position else { return }
        let needed = ["OUT_OF_RANGE", "UNKNOWN_VALUE", "ROLE_REQUIRED", "UNDECODABLE"]
        for name in needed { checkReason(name, at: position) }
    }
}

/// Where the names of a schema are defined.
struct SchemaNames {
    let messages: [String: MessageDefinition]
    let enums: [String: EnumDefinition]
    let reasons: [String: ReasonDefinition]
    /// The file of each message and enum.
    let files: [String: String]

    init(_ schema: Schema) {
        messages = Dictionary(schema.messages.map { ($0.name, $0) }) { first, _ in first }
        enums = Dictionary(schema.enums.map { ($0.name, $0) }) { first, _ in first }
        reasons = Dictionary(schema.reasons.map { ($0.name, $0) }) { first, _ in first }
        files = Dictionary(
            schema.files.flatMap { file in
                (file.messages.map(\.name) + file.enums.map(\.name)).map { ($0, file.name) }
            }
        ) { first, _ in first }
    }

    /// The names of failing statuses, in gRPC's order.
    static let statuses = [
        "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    /// Types that generated code uses and a schema therefore can't define.
    static let ofTheRuntime: Set<String> = [
        "Array", "BanjieProtocolSchema", "Bool", "Bounds", "CallChannel", "CallDetail", "CallError",
        "CallOptions", "CallReply", "CivilDate", "DecodingError", "Dispatch", "DispatchFailure",
        "FieldCheck", "FieldDescriptor", "FieldLimits", "FieldRefusal", "FieldType", "Idempotency",
        "Instant", "Int32", "Int64", "Message", "MessageDescriptor", "MessageReader",
        "MessageWriter", "MethodAccess", "MethodDescriptor", "MethodKind", "OpenEnum", "Optional",
        "Outcome", "Origin", "Reason", "ServiceDescriptor", "Status", "String", "UInt16", "UInt32",
        "UInt64", "UInt8", "UnknownFields",
    ]
}
