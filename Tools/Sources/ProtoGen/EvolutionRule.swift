/// What a change of the schema must keep, so that programs built with the old one still work.
///
/// The numbers are those of `Protocol/EVOLUTION.md`.
package enum EvolutionRule: Int, Hashable, Sendable, CaseIterable {
    case definitionsStay = 1
    case deletionReserves = 2
    case reservationsStay = 3
    case numbersStay = 4
    case typesStay = 5
    case limitsDontNarrow = 6
    case newFieldsMayBeAbsent = 7
    case personalStays = 8
    case methodMessagesStay = 9
    case kindsStay = 10
    case rightsDontNarrow = 11
    case timeoutsDontShorten = 12
    case idempotencyDoesntWeaken = 13
    case reasonsStay = 14

    /// The name in messages and documents, `E1`….
    package var name: String { "E\(rawValue)" }

    /// The rule in a sentence.
    package var sentence: String {
        switch self {
        case .definitionsStay: "a reason, enum, message or service is never deleted or renamed"
        case .deletionReserves:
            "a deleted field, value or method leaves its number and name reserved"
        case .reservationsStay: "what is reserved stays reserved"
        case .numbersStay: "a number and a name that belong together do so for ever"
        case .typesStay: "a field keeps its type, and whether it is optional or a list"
        case .limitsDontNarrow: "limits only widen, and nothing becomes required"
        case .newFieldsMayBeAbsent: "a request's new field accepts its default"
        case .personalStays: "a personal field stays personal"
        case .methodMessagesStay: "a method keeps its request and its reply"
        case .kindsStay: "a method keeps its kind"
        case .rightsDontNarrow: "whoever may call a method still may"
        case .timeoutsDontShorten: "timeouts only grow"
        case .idempotencyDoesntWeaken: "repeating a call never becomes more dangerous"
        case .reasonsStay: "a reason keeps its status, and a refusal keeps its reason"
        }
    }
}

/// A change that breaks a rule of evolution.
package struct EvolutionBreak: Hashable, Sendable, CustomStringConvertible {
    package let rule: EvolutionRule
    package let position: Position
    package let problem: String
    package let remedy: String

    package var description: String {
        "\(position): \(rule.name): \(problem) (\(rule.sentence)); \(remedy)"
    }
}
