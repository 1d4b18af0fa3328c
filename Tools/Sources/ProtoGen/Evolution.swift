/// Compares a schema with the one that programs in use were built with.
package enum Evolution {
    /// Every broken rule, in the order of the new schema.
    package static func breaks(from old: Schema, to new: Schema) -> [EvolutionBreak] {
        var comparison = Comparison(old: old, new: new)
        comparison.run()
        return comparison.breaks
    }
}

struct Comparison {
    let old: Schema
    let new: Schema
    private(set) var breaks: [EvolutionBreak] = []

    init(old: Schema, new: Schema) {
        self.old = old
        self.new = new
    }

    mutating func run() {
        compareReasons()
        compareEnums()
        compareMessages()
        compareServices()
    }

    mutating func report(
        _ rule: EvolutionRule,
        _ position: Position,
        _ problem: String,
        remedy: String
    ) {
        breaks.append(
            EvolutionBreak(rule: rule, position: position, problem: problem, remedy: remedy)
        )
    }

    /// Reports a definition that is gone, at the place where the baseline has it.
    private mutating func reportDeleted(_ what: String, _ position: Position) {
        let place = Position(
            file: "baseline/\(position.file)",
            line: position.line,
            column: position.column
        )
        report(.definitionsStay, place, "\(what) is gone", remedy: "bring it back")
    }

    private mutating func compareReasons() {
        let current = Dictionary(new.reasons.map { ($0.name, $0) }) { first, _ in first }
        for earlier in old.reasons {
            guard let reason = current[earlier.name] else {
                reportDeleted("reason \(earlier.name)", earlier.position)
                continue
            }
            if reason.status != earlier.status {
                report(
                    .reasonsStay,
                    reason.position,
                    "reason \(reason.name) had status \(earlier.status)",
                    remedy: "restore the status, or define another reason"
                )
            }
        }
    }

    private mutating func compareEnums() {
        let current = Dictionary(new.enums.map { ($0.name, $0) }) { first, _ in first }
        for earlier in old.enums {
            guard let enumeration = current[earlier.name] else {
                reportDeleted("enum \(earlier.name)", earlier.position)
                continue
            }
            compareMembers(
                of: MemberOwner(
                    name: earlier.name,
                    position: enumeration.position,
                    reserved: enumeration.reserved
                ),
                earlierReserved: earlier.reserved,
                from: earlier.values.map { Member(number: $0.number, name: $0.name, $0.position) },
                to: enumeration.values.map { Member(number: $0.number, name: $0.name, $0.position) }
            )
        }
    }

    private mutating func compareMessages() {
        let current = Dictionary(new.messages.map { ($0.name, $0) }) { first, _ in first }
        let requested = RequestedMessages(new).names
        for earlier in old.messages {
            guard let message = current[earlier.name] else {
                reportDeleted("message \(earlier.name)", earlier.position)
                continue
            }
            compareMembers(
                of: MemberOwner(
                    name: earlier.name,
                    position: message.position,
                    reserved: message.reserved
                ),
                earlierReserved: earlier.reserved,
                from: earlier.fields.map { Member(number: $0.number, name: $0.name, $0.position) },
                to: message.fields.map { Member(number: $0.number, name: $0.name, $0.position) }
            )
            compareFields(of: earlier, with: message, isRequested: requested.contains(message.name))
        }
    }

    private mutating func compareServices() {
        let current = Dictionary(new.services.map { ($0.name, $0) }) { first, _ in first }
        for earlier in old.services {
            guard let service = current[earlier.name] else {
                reportDeleted("service \(earlier.name)", earlier.position)
                continue
            }
            if service.number != earlier.number {
                report(
                    .numbersStay,
                    service.position,
                    "service \(service.name) had the number \(earlier.number)",
                    remedy: "restore it"
                )
            }
            compareMembers(
                of: MemberOwner(
                    name: earlier.name,
                    position: service.position,
                    reserved: service.reserved
                ),
                earlierReserved: earlier.reserved,
                from: earlier.methods.map { Member(number: $0.number, name: $0.name, $0.position) },
                to: service.methods.map { Member(number: $0.number, name: $0.name, $0.position) }
            )
            let methods = Dictionary(service.methods.map { ($0.name, $0) }) { first, _ in first }
            for method in earlier.methods {
                if let now = methods[method.name] { compare(method, with: now, in: service) }
            }
        }
    }
}

// MARK: - Members

extension Comparison {
    struct Member {
        let number: Int64
        let name: String
        let position: Position

        init(number: Int64, name: String, _ position: Position) {
            self.number = number
            self.name = name
            self.position = position
        }
    }

    struct MemberOwner {
        let name: String
        let position: Position
        let reserved: Reservations
    }

    private mutating func compareMembers(
        of owner: MemberOwner,
        earlierReserved: Reservations,
        from earlier: [Member],
        to current: [Member]
    ) {
        for member in earlier {
            let what = "`\(member.name)` of \(owner.name)"
            if let named = current.first(where: { $0.name == member.name }) {
                if named.number != member.number {
                    report(
                        .numbersStay,
                        named.position,
                        "\(what) had the number \(member.number)",
                        remedy: "restore it, or give the new member another name"
                    )
                }
            } else if let numbered = current.first(where: { $0.number == member.number }) {
                report(
                    .numbersStay,
                    numbered.position,
                    "the number \(member.number) belongs to \(what)",
                    remedy: "restore the name, or use the next free number"
                )
            } else if !owner.reserved.numbers.contains(member.number)
                || !owner.reserved.names.contains(member.name)
            {
                report(
                    .deletionReserves,
                    owner.position,
                    "\(what) is gone and not reserved",
                    remedy: "bring it back, or add `reserved \(member.number), \(member.name)`"
                )
            }
        }
        let lost =
            earlierReserved.numbers.subtracting(owner.reserved.numbers).sorted().map(String.init)
            + earlierReserved.names.subtracting(owner.reserved.names).sorted()
        if !lost.isEmpty {
            report(
                .reservationsStay,
                owner.position,
                "\(owner.name) no longer reserves \(lost.joined(separator: ", "))",
                remedy: "add `reserved \(lost.joined(separator: ", "))`"
            )
        }
    }
}

/// The messages that a request is or holds: those whose limits bind callers.
private struct RequestedMessages {
    private(set) var names: Set<String> = []
    private let messages: [String: MessageDefinition]

    init(_ schema: Schema) {
        messages = SchemaNames(schema).messages
        for method in schema.services.flatMap(\.methods) { add(method.request) }
    }

    private mutating func add(_ name: String) {
        guard let message = messages[name], names.insert(name).inserted else { return }
        for field in message.fields { add(field.type.name) }
    }
}
