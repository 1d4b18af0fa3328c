extension Checks {
    mutating func check(_ service: ServiceDefinition, in file: SchemaFile) {
        if !(1...65_535).contains(service.number) {
            report(
                service.position,
                "the number \(service.number) of \(service.name) is out of range",
                remedy: "use one of 1…65535"
            )
        }
        checkMembers(
            service.methods.map { ($0.number, $0.name, $0.position) },
            of: service.name,
            numbers: 1...65_535,
            reserved: service.reserved
        )
        for method in service.methods { check(method, in: file) }
    }

    private mutating func check(_ method: MethodDefinition, in file: SchemaFile) {
        if !Names.isUpperCamel(method.name) {
            report(
                method.position,
                "the method `\(method.name)` isn't in UpperCamelCase",
                remedy: "begin with a capital, and use letters and digits only"
            )
        }
        for type in [method.request, method.reply] {
            checkVisible(type, from: file, at: method.position)
            if names.enums[type] != nil {
                report(
                    method.position,
                    "`\(type)` is an enum; a method takes and returns messages",
                    remedy: "put a message around it"
                )
            }
        }
        checkRoles(of: method)
        checkTimeouts(of: method)
        let isReading = method.kind == .query || method.kind == .watch
        if isReading != (method.idempotency == .safe) {
            report(
                method.position,
                "a method is `safe` if and only if it is a query or a watch",
                remedy: isReading
                    ? "write `idempotency safe`" : "write `idempotency request-id` or `none`"
            )
        }
        if method.kind.isStream, method.idempotency == .requestID {
            report(
                method.position,
                "a stream isn't carried out once by request id",
                remedy: "write `idempotency none`, and have its messages say what they continue"
            )
        }
        if method.runsInline && method.kind != .query {
            report(
                method.position,
                "only a query can be `inline`: it touches no store",
                remedy: "drop `inline`"
            )
        }
    }

    private mutating func checkRoles(of method: MethodDefinition) {
        guard case .roles(let roles, let refusal) = method.access else { return }
        let known = names.enums["Role"]?.values.map { $0.name.lowercased() } ?? []
        for role in roles where !known.contains(role) {
            report(
                method.position,
                "there is no role `\(role)`",
                remedy: "use `public`, `any` or some of \(known.joined(separator: ", "))"
            )
        }
        if Set(roles).count != roles.count {
            report(method.position, "a role is named twice", remedy: "remove one")
        }
        if let refusal { checkReason(refusal, at: method.position) }
    }

    private mutating func checkTimeouts(of method: MethodDefinition) {
        if method.kind.isStream, method.longestTimeoutMillis == 0 {
            if method.defaultTimeoutMillis <= Int64(UInt32.max) { return }
        }
        let allowed = 1...Int64(UInt32.max)
        if !allowed.contains(method.defaultTimeoutMillis)
            || !allowed.contains(method.longestTimeoutMillis)
        {
            report(
                method.position,
                "a timeout of \(method.name) is out of range",
                remedy: "use 1ms…4294967s"
            )
        } else if method.defaultTimeoutMillis > method.longestTimeoutMillis {
            report(
                method.position,
                "the default timeout of \(method.name) is longer than its longest",
                remedy: "raise `max` or lower the default"
            )
        }
    }
}
