extension Comparison {
    mutating func compare(
        _ before: MethodDefinition,
        with method: MethodDefinition,
        in service: ServiceDefinition
    ) {
        let what = "\(service.name)/\(method.name)"
        if before.request != method.request || before.reply != method.reply {
            report(
                .methodMessagesStay,
                method.position,
                "\(what) was (\(before.request)) -> \(before.reply)",
                remedy: "restore the messages, or add a method with another number"
            )
        }
        if before.kind != method.kind {
            report(
                .kindsStay,
                method.position,
                "\(what) was a \(before.kind.rawValue)",
                remedy: "restore the kind, or add a method with another number"
            )
        }
        compareAccess(before, with: method, what)
        if Self.isShorter(method.defaultTimeoutMillis, than: before.defaultTimeoutMillis)
            || Self.isShorter(method.longestTimeoutMillis, than: before.longestTimeoutMillis)
        {
            report(
                .timeoutsDontShorten,
                method.position,
                "\(what) had \(Wording.timeouts(of: before))",
                remedy: "restore the timeouts"
            )
        }
        if Self.strength(method.idempotency) < Self.strength(before.idempotency) {
            report(
                .idempotencyDoesntWeaken,
                method.position,
                "\(what) had idempotency \(before.idempotency.rawValue)",
                remedy: "restore it, or add a method with another number"
            )
        }
    }

    private mutating func compareAccess(
        _ before: MethodDefinition,
        with method: MethodDefinition,
        _ what: String
    ) {
        let isNarrower: Bool
        switch (before.access, method.access) {
        case (_, .everybody), (.signedIn, .signedIn), (.roles, .signedIn): isNarrower = false
        case (.everybody, _), (.signedIn, .roles): isNarrower = true
        case (.roles(let earlier, let refusalBefore), .roles(let roles, let refusal)):
            isNarrower = !Set(earlier).isSubset(of: roles)
            if (refusalBefore ?? "ROLE_REQUIRED") != (refusal ?? "ROLE_REQUIRED") {
                report(
                    .reasonsStay,
                    method.position,
                    "\(what) was refused with \(refusalBefore ?? "ROLE_REQUIRED")",
                    remedy: "restore the reason"
                )
            }
        }
        if isNarrower {
            report(
                .rightsDontNarrow,
                method.position,
                "\(what) was open to \(Self.callers(of: before))",
                remedy: "restore the roles, or add a method with another number"
            )
        }
    }

    private static func callers(of method: MethodDefinition) -> String {
        switch method.access {
        case .everybody: "anybody"
        case .signedIn: "anybody who has signed in"
        case .roles(let roles, _): roles.joined(separator: ", ")
        }
    }

    /// Whether a timeout is shorter than before; 0 stands for none.
    private static func isShorter(_ timeout: Int64, than before: Int64) -> Bool {
        timeout != 0 && (before == 0 || timeout < before)
    }

    private static func strength(_ idempotency: IdempotencyRule) -> Int {
        switch idempotency {
        case .none: 0
        case .requestID: 1
        case .safe: 2
        }
    }
}
