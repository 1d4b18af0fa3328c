package import CivilTime
package import Deadlines
package import WorkCalendar

/// A clock of a case. Its key is nil until it is stored for the first time.
package struct CaseClock: Hashable, Sendable {
    package let kind: ClockKind
    package internal(set) var key: Int64?
    package internal(set) var deadline: Deadline

    package init(kind: ClockKind, key: Int64?, deadline: Deadline) {
        self.kind = kind
        self.key = key
        self.deadline = deadline
    }
}

/// What a rule did to a case, for the audit log.
package struct CaseAudit: Hashable, Sendable {
    package let at: Instant
    package let actor: String
    /// The past tense of what happened.
    package let kind: String
    package let detail: String
}

/// A rung of a case's clock that fired.
package struct CaseFiring: Hashable, Sendable {
    /// The clock's place in `CaseFile.clocks`.
    package let clock: Int
    package let firing: Firing
}

/// A case with all its clocks: what the rules of a matter work on (行政许可法 32, 42–48, 82).
///
/// Every command is a mutation of this value or a refusal. The caller settles the file up to the
/// command's moment first, and throws a file away whose command was refused.
package struct CaseFile: Sendable {
    package internal(set) var record: CaseRecord
    /// In the order in which they were started, ended ones included.
    package internal(set) var clocks: [CaseClock]

    /// What happened since the file was loaded: to be written with it.
    package internal(set) var audits: [CaseAudit] = []
    package internal(set) var firings: [CaseFiring] = []
    /// Calendar versions by which a date of a running clock has moved.
    package internal(set) var movedBy: [CalendarVersion] = []
    /// How many clocks each calendar version has re-planned.
    package internal(set) var replanned: [CalendarVersion: Int] = [:]

    /// A file as it was stored.
    package init(record: CaseRecord, clocks: [CaseClock]) {
        self.record = record
        self.clocks = clocks
    }

    /// Gives a clock the key under which it is stored from now on.
    ///
    /// - Precondition: It has none yet.
    package mutating func assign(key: Int64, toClock index: Int) {
        precondition(clocks[index].key == nil)
        clocks[index].key = key
        record.clockKeys.append(key)
    }

    /// Whether anything happened since the file was loaded.
    package var isChanged: Bool { !audits.isEmpty || !firings.isEmpty || !replanned.isEmpty }

    /// The newest clock of a kind, ended or not.
    package func clock(_ kind: ClockKind) -> CaseClock? { clocks.last { $0.kind == kind } }

    /// The clocks that run or are paused, in the order of ties.
    package var runningClocks: [CaseClock] {
        clocks.filter { $0.deadline.isRunning }.sorted { $0.kind < $1.kind }
    }

    func runningIndex(_ kind: ClockKind) -> Int? {
        clocks.lastIndex { $0.kind == kind && $0.deadline.isRunning }
    }
}

// MARK: What the commands are made of

extension CaseFile {
    mutating func note(
        _ kind: String,
        by actor: String,
        at now: Instant,
        _ detail: String = ""
    ) {
        audits.append(CaseAudit(at: now, actor: actor, kind: kind, detail: detail))
        record.lastAudit = kind
        record.version += 1
    }

    /// - Parameter from: what the budget counts from; its civil day is never charged.
    mutating func start(
        _ kind: ClockKind,
        _ budget: Budget,
        from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        precondition(runningIndex(kind) == nil)
        var rungs = kind.cards
        switch kind {
        case .notice, .gap, .review, .correction: rungs.insert(.expire)
        default: break
        }
        clocks.append(
            CaseClock(
                kind: kind,
                key: nil,
                deadline: Deadline(
                    ledger: Ledger(budget: budget, start: from),
                    rungs: rungs,
                    at: now,
                    calendar: circumstances.calendars.entry(at: now).calendar.version
                )
            )
        )
    }

    mutating func stop(_ kinds: [ClockKind], at now: Instant) {
        for index in clocks.indices
        where kinds.contains(clocks[index].kind) && clocks[index].deadline.isRunning {
            do {
                try clocks[index].deadline.complete(at: now)
            } catch {
                preconditionFailure("a running clock can be completed")
            }
        }
    }

    mutating func startMainClocks(
        acceptedOn from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        record.acceptance = from.date
        start(
            .statutory,
            .workingDays(Int(record.statutoryDays)),
            from: from,
            at: now,
            in: circumstances
        )
        start(
            .promised,
            .workingDays(Int(record.promisedDays)),
            from: from,
            at: now,
            in: circumstances
        )
    }

    func wrongState() -> Refusal { .wrongState(record.state.name) }

    static let mainClocks: [ClockKind] = [.statutory, .promised, .instant]
}

// MARK: Who may act

extension CaseFile {
    /// - Throws: `wrongDepartment` unless the actor works for the department that answers.
    package func requireHandler(_ actor: Actor) throws(Refusal) {
        guard actor.has(.staff), actor.department == record.department else {
            throw .wrongDepartment(answers: record.department)
        }
    }

    /// - Throws: `notApplicant`.
    package func requireApplicant(_ actor: Actor) throws(Refusal) {
        guard actor.login == record.applicant else { throw .notApplicant }
    }

    /// - Throws: `headRequired` unless the actor heads the agency that answers, or for joint
    ///   matters the government (行政许可法 42).
    package func requireHead(_ actor: Actor) throws(Refusal) {
        let isHead =
            record.isJoint
            ? actor.has(.governmentHead)
            : actor.has(.head) && actor.department == record.department
        guard isHead else { throw .headRequired(joint: record.isJoint) }
    }

    /// - Throws: `staleVersion` when the caller saw another version; 0 for whichever is current.
    package func requireVersion(_ version: UInt64) throws(Refusal) {
        guard version == 0 || version == UInt64(record.version) else {
            throw .staleVersion(current: record.version)
        }
    }
}
