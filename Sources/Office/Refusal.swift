package import CivilTime
package import Deadlines

/// Why the office doesn't do what was asked; nothing has changed then.
///
/// Each case carries what the caller needs to act. Values that break a field's own form are refused
/// by the schema before these rules run.
package enum Refusal: Error, Hashable, Sendable {
    // What was asked.
    case remediesRequired
    case limitExceeded(asked: Int, most: Int)
    case promiseExceedsStatutory(promised: Int, statutory: Int)
    case beyondPromisedLimit(last: CivilDate)
    case outOfRange(field: String, allowed: String)
    case unknownValue(field: String, value: String)
    case badCode(field: String, problem: CodeProblem)
    /// A personal value of another form; what stood there isn't told.
    case malformed(field: String, form: Form)

    case weakPassword(PasswordRule.Weakness)

    // Who asked.
    case wrongPassword
    case headRequired(joint: Bool)
    case notApplicant
    case wrongDepartment(answers: String)
    case notOwner
    /// A module of the office owns the deadline.
    case owned(by: String)

    // What the records say.
    case wrongState(String)
    case noticeOverdue(deemedAt: Instant)
    case correctionOnlyOnce
    case alreadyOverdue(since: Instant)
    case alreadyExtended
    case alreadyPaused
    case notPaused
    case staleVersion(current: Int64)
    case serialsExhausted(item: String, day: CivilDate)
    /// What the office has of a material ends elsewhere.
    case partOutOfOrder(received: Int64)
    case digestMismatch
    /// A co-handler must sign for the matter first.
    case notSigned
    case opinionPending(awaiting: [String])
    /// A licensor's disagreement stands.
    case licensor(department: String)
    case jointRefused
    // Certificates.
    case twoOfficersRequired
    /// The certificates that aren't valid, each with what makes it so.
    case certificateInvalid([String])
    // Reviews.
    case notServed
    case windowClosed
    case alreadyRated
    case followUpRequired
    /// Nobody could run the system afterwards.
    case lastOperator
    case exists(kind: RecordKind, name: String)
    case none(kind: RecordKind, name: String)

    /// What only one module refuses.
    case module(ModuleRefusal)

    /// What a record is, where a refusal names one.
    package enum RecordKind: Hashable, Sendable {
        case department, post, person, item, `case`, deadline, calendar, material, joint, review,
            inquiry, certificate, session
    }

    /// The form of a personal value.
    package enum Form: Hashable, Sendable {
        case citizenID, phone, creditCode
        /// A login, which says nothing of who has it.
        case login
    }

    /// A deadline's refusal in the office's terms.
    package init(_ refusal: DeadlineRefusal) {
        self =
            switch refusal {
            case .stopped: .wrongState("STOPPED")
            case .alreadyPaused: .alreadyPaused
            case .notPaused: .notPaused
            case .alreadyOverdue(let since): .alreadyOverdue(since: since)
            case .tooLong(let limit): .outOfRange(field: "amount", allowed: "1…\(limit)")
            }
    }
}
