package import Deadlines
package import CivilTime

/// An assignment with its clock: a department does something by a day, and who told it so judges what was
/// done (交办、督办).
package struct AssignmentFile: OfficeFile {
    package static let kind = FileKind(rawValue: 7)
    package static let name = "assignment"

    package var record: AssignmentRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: AssignmentRecord, clocks: [FileClock]) {
        self.record = record
        self.clocks = clocks
    }

    package var caseSerial: String? { nil }

    package func bearer(of clock: FileClock) -> String { record.department }

    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        preconditionFailure("an assignment stays what it is when its time is over")
    }

    /// The state's name on the wire and in refusals.
    package enum State: String, Hashable, Sendable {
        case issued = "ISSUED"
        case received = "RECEIVED"
        case reported = "REPORTED"
        case returned = "RETURNED"
        case accepted = "ACCEPTED"
        case withdrawn = "WITHDRAWN"
    }

    package var state: State {
        switch record.progress {
        case .issued: .issued
        case .received: .received
        case .reported: .reported
        case .returned: .returned
        case .accepted: .accepted
        case .withdrawn: .withdrawn
        }
    }

    func wrongState() -> Refusal { .wrongState(state.rawValue) }

    private var clockKind: ClockKind { record.sort == .order ? .order : .task }

    private mutating func note(
        _ what: String,
        by actor: Actor,
        in circumstances: Circumstances,
        _ detail: String = ""
    ) {
        let kind = "\(record.sort.rawValue.uppercased())_\(what)"
        note(kind, by: actor.login, at: circumstances.now, detail)
    }
}

// MARK: Who may act

extension AssignmentFile {
    /// - Throws: `none` unless it is of this sort.
    package func requireSort(_ sort: AssignmentRecord.Sort) throws(Refusal) {
        guard record.sort == sort else { throw .noAssignment(record.key) }
    }

    /// - Throws: `wrongDepartment` unless the actor is of the department that does it.
    package func requireDoer(_ actor: Actor) throws(Refusal) {
        guard actor.department == record.department else {
            throw .wrongDepartment(answers: record.department)
        }
    }
}

// MARK: What is done with it

extension AssignmentFile {
    /// 下达: the time counts from the day after.
    package static func issue(
        _ sort: AssignmentRecord.Sort,
        number: Int64,
        to department: String,
        title: String,
        content: String,
        days: Int32,
        by actor: Actor,
        in circumstances: Circumstances
    ) -> AssignmentFile {
        let now = circumstances.now
        var file = AssignmentFile(
            record: AssignmentRecord(
                sort,
                number: number,
                to: department,
                title: title,
                content: content,
                days: days,
                by: actor.login,
                on: now.date
            ),
            clocks: []
        )
        file.startClock(in: circumstances)
        file.note("ISSUED", by: actor, in: circumstances, "to \(department), \(days) days")
        return file
    }

    private mutating func startClock(in circumstances: Circumstances) {
        let now = circumstances.now
        start(
            clockKind,
            .workingDays(Int(record.days)),
            from: now.date.start,
            at: now,
            in: circumstances
        )
    }

    /// 签收.
    ///
    /// - Throws: `wrongState` unless it was just issued.
    package mutating func receive(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .issued = record.progress else { throw wrongState() }
        record.progress = .received
        note("RECEIVED", by: actor, in: circumstances)
    }

    /// 报告: the clock stops.
    ///
    /// - Throws: `wrongState` before it was received, and once it is reported.
    package mutating func report(
        _ text: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.progress {
        case .received, .returned: break
        default: throw wrongState()
        }
        stop([clockKind], at: circumstances.now)
        record.progress = .reported(text)
        note("REPORTED", by: actor, in: circumstances)
    }

    /// 销号.
    ///
    /// - Throws: `wrongState` unless it is reported.
    package mutating func accept(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        guard case .reported(let report) = record.progress else { throw wrongState() }
        record.progress = .accepted(report)
        note("ACCEPTED", by: actor, in: circumstances)
    }

    /// 退回: a fresh limit as long as the first, once; what isn't enough a second time is for another
    /// order, or for a criticism.
    ///
    /// - Throws: `wrongState` unless it is reported; `onceOnly`.
    package mutating func sendBack(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .reported = record.progress else { throw wrongState() }
        guard !record.isReturned else { throw .returnedOnce }
        record.isReturned = true
        record.progress = .returned(reason: reason)
        startClock(in: circumstances)
        note("RETURNED", by: actor, in: circumstances, reason)
    }

    /// 延期, once, before it is overdue.
    ///
    /// - Throws: `wrongState` unless the department has it; `alreadyExtended`; `alreadyOverdue`.
    package mutating func extend(
        by days: Int32,
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard let index = runningIndex(clockKind) else { throw wrongState() }
        guard !record.isExtended else { throw .alreadyExtended }
        do {
            try clocks[index].deadline.extend(
                by: Int(days),
                at: circumstances.now,
                reason: reason,
                in: circumstances.calendars
            )
        } catch {
            throw Refusal(error)
        }
        record.isExtended = true
        note("EXTENDED", by: actor, in: circumstances, "\(days) working days: \(reason)")
    }

    /// 撤销.
    ///
    /// - Throws: `wrongState` once it is over.
    package mutating func withdraw(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard record.isOpen else { throw wrongState() }
        stop([clockKind], at: circumstances.now)
        record.progress = .withdrawn(reason: reason)
        note("WITHDRAWN", by: actor, in: circumstances, reason)
    }
}
