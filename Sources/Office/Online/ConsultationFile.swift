package import CivilTime
package import Deadlines
import WorkCalendar

/// A consultation (咨询) with its reply clock.
package struct ConsultationFile: OfficeFile {
    package static let kind = FileKind(rawValue: 6)
    package static let name = "consultation"

    package var record: ConsultationRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: ConsultationRecord, clocks: [FileClock]) {
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
        preconditionFailure("a consultation waits for its answer however late it is")
    }

    /// The state's name on the wire and in refusals.
    package enum State: String, Hashable, Sendable {
        case asked = "ASKED"
        case answered = "ANSWERED"
        case published = "PUBLISHED"
    }

    package var state: State {
        switch record.progress {
        case .asked: .asked
        case .answered: .answered
        case .published: .published
        }
    }

    private func wrongState() -> Refusal { .wrongState(state.rawValue) }

    // MARK: Who may act

    /// - Throws: `wrongDepartment` unless the actor is of the department that answers.
    package func requireAnswerer(_ actor: Actor) throws(Refusal) {
        guard actor.department == record.department else {
            throw .wrongDepartment(answers: record.department)
        }
    }

    /// Whether somebody may read question and answer as they were written.
    package func mayRead(_ actor: Actor) -> Bool {
        actor.login == record.asker || actor.has(.office) || actor.has(.supervisor)
            || (!actor.department.isEmpty && actor.department == record.department)
    }

    // MARK: What is done with it

    /// 提问: received today, or on the next working day after closing.
    package static func ask(
        number: Int64,
        _ question: String,
        of department: String,
        about item: String?,
        by actor: Actor,
        in circumstances: Circumstances
    ) -> ConsultationFile {
        let now = circumstances.now
        let received = circumstances.calendars.current.calendar.receiptDay(of: now)
        var file = ConsultationFile(
            record: ConsultationRecord(
                number: number,
                by: actor.login,
                to: department,
                about: item,
                question: question,
                received: received
            ),
            clocks: []
        )
        file.start(
            .reply,
            .workingDays(circumstances.policy.consultationDays),
            from: received.start,
            at: now,
            in: circumstances
        )
        file.note("CONSULTATION_ASKED", by: actor.login, at: now, "of \(department)")
        return file
    }

    /// 转办: to the department whose matter it is, once; the clock runs on.
    ///
    /// - Throws: `wrongState` once it is answered; `onceOnly`.
    package mutating func refer(
        to department: String,
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard record.isOpen else { throw wrongState() }
        guard record.referral == nil else { throw .referredOnce }
        record.department = department
        record.referral = reason
        note(
            "CONSULTATION_REFERRED",
            by: actor.login,
            at: circumstances.now,
            "to \(department): \(reason)"
        )
    }

    /// 答复: the clock stops.
    ///
    /// - Throws: `wrongState` once it is answered.
    package mutating func answer(
        _ text: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard record.isOpen else { throw wrongState() }
        let now = circumstances.now
        stop([.reply], at: now)
        record.progress = .answered(.init(text: text, by: actor.login, at: now))
        note("CONSULTATION_ANSWERED", by: actor.login, at: now)
    }

    /// 公开: everybody reads the answer, with a question that names nobody.
    ///
    /// - Throws: `wrongState` unless it is answered and not public; `outOfRange` for a question, or when the
    ///   answer is one, with somebody's ID or telephone number in it.
    package mutating func publish(
        question: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard Masking.scrubbed(question) == question else {
            throw .outOfRange(field: "question", allowed: "without ID and telephone numbers")
        }
        guard case .answered(let answer) = record.progress else { throw wrongState() }
        guard Masking.scrubbed(answer.text) == answer.text else {
            throw .outOfRange(
                field: "number",
                allowed: "an answer without ID and telephone numbers"
            )
        }
        record.progress = .published(answer, question: question)
        note("CONSULTATION_PUBLISHED", by: actor.login, at: circumstances.now)
    }
}

extension Refusal {
    package static func noConsultation(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_CONSULTATION",
            zh: "没有第 \(number) 号咨询。",
            en: "There is no consultation \(number)."
        )
    }

    static let referredOnce = Refusal.module(
        "ONCE_ONLY",
        zh: "咨询只能转办一次。",
        en: "A consultation is referred to another department once."
    )
}
