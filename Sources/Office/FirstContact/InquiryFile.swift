package import CivilTime
package import Deadlines
import WorkCalendar

/// An inquiry with its clock: whoever was asked first answers for it to its end (首问负责制).
package struct InquiryFile: OfficeFile {
    package typealias Person = InquiryRecord.Person

    package static let kind = FileKind(rawValue: 4)
    package static let name = "inquiry"

    package var record: InquiryRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: InquiryRecord, clocks: [FileClock]) {
        self.record = record
        self.clocks = clocks
    }

    package var caseSerial: String? { nil }

    /// The department of whoever answers for it at the moment.
    package func bearer(of clock: FileClock) -> String { record.owner.department }

    package func worker(on clock: FileClock) -> String? { record.owner.login }

    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        preconditionFailure("the clock of a reply changes nothing by running out")
    }

    /// The state's name on the wire and in refusals.
    package enum State: String, Hashable, Sendable {
        case registered = "REGISTERED"
        case answered = "ANSWERED"
        case deferred = "DEFERRED"
        case offered = "OFFERED"
        case handedOver = "HANDED_OVER"
        case referredOut = "REFERRED_OUT"
        case unclear = "UNCLEAR"
        case assigned = "OFFICE_ASSIGNED"
        case closed = "CLOSED"
    }

    package var state: State {
        switch record.progress {
        case .registered: .registered
        case .deferred: .deferred
        case .offered: .offered
        case .handedOver: .handedOver
        case .unclear: .unclear
        case .assigned: .assigned
        case .answered: .answered
        case .referredOut: .referredOut
        case .closed: .closed
        }
    }

    func wrongState() -> Refusal { .wrongState(state.rawValue) }

    private func requireOpen() throws(Refusal) {
        guard record.isOpen else { throw wrongState() }
    }
}

// MARK: Who may act

extension InquiryFile {
    /// - Throws: `notOwner` unless the actor answers for it.
    package func requireOwner(_ actor: Actor) throws(Refusal) {
        guard actor.login == record.owner.login else { throw .notOwner }
    }

    /// - Throws: `notOwner` unless it is offered to the actor.
    package func requireOffered(_ actor: Actor) throws(Refusal) {
        guard case .offered(let person) = record.progress else {
            guard record.isOpen else { return }
            // Whoever has it already needn't take it; others weren't asked.
            throw .notOwner
        }
        guard person.login == actor.login else { throw .notOwner }
    }
}

// MARK: What is done with it

extension InquiryFile {
    /// Somebody who was asked, with the rank of the post.
    package struct Asked: Hashable, Sendable {
        package let person: Person
        package let rank: Int32

        package init(_ person: Person, rank: Int32) {
            self.person = person
            self.rank = rank
        }
    }

    /// 登记: of several asked together the one of the highest post answers, the first named among equals.
    ///
    /// - Precondition: somebody was asked.
    package static func register(
        number: Int64,
        asked: [Asked],
        replyDays: Int32,
        question: String,
        inquirer: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) -> InquiryFile {
        guard let highest = asked.map(\.rank).max(),
            let owner = asked.first(where: { $0.rank == highest })?.person
        else { preconditionFailure("somebody was asked") }
        let now = circumstances.now
        let received = circumstances.calendars.current.calendar.receiptDay(of: now)
        var file = InquiryFile(
            record: InquiryRecord(
                number: number,
                question: question,
                inquirer: inquirer,
                owner: owner,
                received: received
            ),
            clocks: []
        )
        file.start(
            .reply,
            .workingDays(Int(replyDays)),
            from: received.start,
            at: now,
            in: circumstances
        )
        file.note("INQUIRY_REGISTERED", by: actor.login, at: now, "owner \(owner.login)")
        return file
    }

    /// 移交: responsibility stays until the other takes it. Offered back to somebody who has had it, the
    /// duty is unclear, and the coordinating office's to settle.
    ///
    /// - Throws: `outOfRange` when it is offered to whoever has it; `wrongState` once it is answered, or
    ///   before the office.
    package mutating func offer(
        to person: Person,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard person.login != record.owner.login else {
            throw .outOfRange(field: "to", allowed: "somebody else than its owner")
        }
        try requireOpen()
        if case .unclear = record.progress { throw wrongState() }
        let now = circumstances.now
        if record.owners.contains(person.login) {
            let reason = "offered back to \(person.login)"
            record.progress = .unclear(reason: reason)
            note("INQUIRY_UNCLEAR", by: actor.login, at: now, reason)
        } else {
            record.progress = .offered(to: person)
            note("INQUIRY_OFFERED", by: actor.login, at: now, person.login)
        }
    }

    /// 接收: responsibility moves; the time for the reply runs on.
    ///
    /// - Throws: `wrongState` unless it is offered.
    package mutating func take(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        guard case .offered(let person) = record.progress else { throw wrongState() }
        setOwner(person)
        record.progress = .handedOver
        note("INQUIRY_TAKEN", by: actor.login, at: circumstances.now)
    }

    /// 拒收: not their duty either, so that it is unclear whose it is.
    ///
    /// - Throws: `wrongState` unless it is offered.
    package mutating func decline(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .offered = record.progress else { throw wrongState() }
        record.progress = .unclear(reason: reason)
        note("INQUIRY_UNCLEAR", by: actor.login, at: circumstances.now, reason)
    }

    /// 指定, by the coordinating office.
    ///
    /// - Throws: `wrongState` unless it is unclear.
    package mutating func assign(
        to person: Person,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .unclear = record.progress else { throw wrongState() }
        setOwner(person)
        record.progress = .assigned
        note("INQUIRY_ASSIGNED", by: actor.login, at: circumstances.now, person.login)
    }

    /// 答复.
    ///
    /// - Throws: `wrongState` once it is answered.
    package mutating func answer(
        _ answer: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireOpen()
        stop([.reply], at: circumstances.now)
        record.progress = .answered(answer)
        note("INQUIRY_ANSWERED", by: actor.login, at: circumstances.now)
    }

    /// 延期: no later than the time for the reply, which runs on.
    ///
    /// - Throws: `outOfRange` for a day before today or after the reply is due; `wrongState`.
    package mutating func `defer`(
        until day: CivilDate,
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let today = circumstances.now.date
        let due = clock(.reply)?.deadline.due(on: today, in: circumstances.calendars) ?? today
        guard day >= today, day <= due else {
            throw .outOfRange(field: "until", allowed: "\(today)…\(due)")
        }
        try requireOpen()
        switch record.progress {
        case .offered, .unclear: throw wrongState()
        default: break
        }
        record.progress = .deferred(reason: reason, until: day)
        note("INQUIRY_DEFERRED", by: actor.login, at: circumstances.now, "until \(day)")
    }

    /// 指引: it is another agency's, which is named with the way there.
    ///
    /// - Throws: `wrongState`.
    package mutating func referOut(
        to agency: String,
        route: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireOpen()
        stop([.reply], at: circumstances.now)
        record.progress = .referredOut(agency: agency, route: route)
        note("INQUIRY_REFERRED_OUT", by: actor.login, at: circumstances.now, agency)
    }

    /// 办结.
    ///
    /// - Throws: `wrongState` unless it was answered or referred.
    package mutating func close(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        switch record.progress {
        case .answered(let answer): record.progress = .closed(answer)
        case .referredOut(let agency, let route):
            record.progress = .closed("\(agency): \(route)")
        default: throw wrongState()
        }
        note("INQUIRY_CLOSED", by: actor.login, at: circumstances.now)
    }

    private mutating func setOwner(_ person: Person) {
        record.owner = person
        record.owners.append(person.login)
    }
}
