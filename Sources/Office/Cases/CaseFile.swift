import CivilTime
package import Deadlines

/// A case with all its clocks: what the rules of a matter work on (行政许可法 32, 42–48, 82).
package struct CaseFile: OfficeFile {
    package static let kind = FileKind(rawValue: 1)
    package static let name = "case"

    package var record: CaseRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: CaseRecord, clocks: [FileClock]) {
        self.record = record
        self.clocks = clocks
    }

    package var caseSerial: String? { record.key }

    package func bearer(of clock: FileClock) -> String { record.department }
}

// MARK: What the commands are made of

extension CaseFile {
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
}
