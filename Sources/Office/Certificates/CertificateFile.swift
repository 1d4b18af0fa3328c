package import CivilTime
package import Deadlines
import WorkCalendar

/// An officer's certificate with its clocks: its last day, and its annual checks (持证上岗).
package struct CertificateFile: OfficeFile {
    package static let kind = FileKind(rawValue: 5)
    package static let name = "certificate"

    package var record: CertificateRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: CertificateRecord, clocks: [FileClock]) {
        self.record = record
        self.clocks = clocks
    }

    package var caseSerial: String? { nil }

    package func bearer(of clock: FileClock) -> String { record.department }

    /// The state of a certificate, or what makes it invalid; the order is the one in which these are told.
    package enum State: Int32, Hashable, Sendable {
        case active = 3
        case unchecked = 4
        case suspended = 5
        case lost = 6
        case expired = 7
        case revoked = 8
        case surrendered = 9
        /// Of a matter that it doesn't cover; no state of one.
        case outOfScope = 10

        package var name: String {
            switch self {
            case .active: "ACTIVE"
            case .unchecked: "UNCHECKED"
            case .suspended: "SUSPENDED"
            case .lost: "LOST"
            case .expired: "EXPIRED"
            case .revoked: "REVOKED"
            case .surrendered: "SURRENDERED"
            case .outOfScope: "OUT_OF_SCOPE"
            }
        }
    }

    /// The gravest of what is the matter with it; active when nothing is.
    package var state: State { invalidity(for: nil).last ?? .active }

    /// All that makes it invalid, for a matter if one is named; nothing when it is valid.
    package func invalidity(for scope: String?) -> [State] {
        var all: [State] = []
        if record.isUnchecked { all.append(.unchecked) }
        switch record.custody {
        case .held, .revoked, .surrendered: break
        case .suspended: all.append(.suspended)
        case .lost: all.append(.lost)
        }
        if record.isExpired { all.append(.expired) }
        switch record.custody {
        case .revoked: all.append(.revoked)
        case .surrendered: all.append(.surrendered)
        case .held, .suspended, .lost: break
        }
        if let scope, !record.scope.contains(scope) { all.append(.outOfScope) }
        return all
    }

    func wrongState() -> Refusal { .wrongState(state.name) }

    private func requireCurrent() throws(Refusal) {
        guard !record.isOver else { throw wrongState() }
    }

    /// - Throws: `wrongDepartment` unless the actor issues certificates, or works where the holder does.
    package func requireReporter(_ actor: Actor) throws(Refusal) {
        guard actor.has(.office) || actor.has(.operator) || actor.department == record.department
        else { throw .wrongDepartment(answers: record.department) }
    }
}

// MARK: What becomes of one

extension CertificateFile {
    /// 发证: valid to the end of its last day; the check of a year is due by 31 March of the next.
    ///
    /// - Throws: `outOfRange` when its last day is over.
    package static func issue(
        number: String,
        to holder: String,
        of department: String,
        scope: [String],
        validTo: CivilDate,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) -> CertificateFile {
        let now = circumstances.now
        guard validTo >= now.date else {
            throw .outOfRange(field: "valid_to", allowed: "\(now.date)…")
        }
        var file = CertificateFile(
            record: CertificateRecord(
                number: number,
                holder: holder,
                department: department,
                scope: scope,
                validTo: validTo,
                issued: now
            ),
            clocks: []
        )
        file.start(.certificate, .through(validTo), from: now, at: now, in: circumstances)
        file.awaitCheck(at: now, in: circumstances)
        file.note("CERTIFICATE_ISSUED", by: actor.login, at: now)
        return file
    }

    /// 暂扣.
    ///
    /// - Throws: `wrongState` unless it is in its holder's hands.
    package mutating func suspend(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireCurrent()
        guard case .held = record.custody else { throw wrongState() }
        record.custody = .suspended(reason: reason)
        note("CERTIFICATE_SUSPENDED", by: actor.login, at: circumstances.now)
    }

    /// 恢复.
    ///
    /// - Throws: `wrongState` unless it is suspended.
    package mutating func reinstate(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireCurrent()
        guard case .suspended = record.custody else { throw wrongState() }
        record.custody = .held
        note("CERTIFICATE_REINSTATED", by: actor.login, at: circumstances.now)
    }

    /// 挂失.
    ///
    /// - Throws: `wrongState` unless it is in its holder's hands.
    package mutating func reportLost(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireCurrent()
        guard case .held = record.custody else { throw wrongState() }
        record.custody = .lost
        note("CERTIFICATE_LOST", by: actor.login, at: circumstances.now)
    }

    /// 补证, under the same number.
    ///
    /// - Throws: `wrongState` unless it was lost.
    package mutating func replace(by actor: Actor, in circumstances: Circumstances) throws(Refusal)
    {
        try requireCurrent()
        guard case .lost = record.custody else { throw wrongState() }
        record.custody = .held
        record.replaced += 1
        note("CERTIFICATE_REPLACED", by: actor.login, at: circumstances.now)
    }

    /// 年审: of a year, by default the last one that is due. Earlier ones that were missed count as made up for.
    ///
    /// - Throws: `outOfRange` for a year that was checked, or is to come; `wrongState`.
    package mutating func recordCheck(
        ofYear year: Int32?,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let now = circumstances.now
        let thisYear = Int32(now.date.year)
        let checked = year ?? max(record.nextCheck, thisYear - 1)
        guard checked >= record.nextCheck, checked <= thisYear else {
            throw .outOfRange(field: "year", allowed: "\(record.nextCheck)…\(thisYear)")
        }
        try requireCurrent()
        stop([.annualCheck], at: now)
        record.nextCheck = checked + 1
        record.isUnchecked = CertificateRecord.checkDue(ofYear: record.nextCheck) < now.date
        if !record.isUnchecked { awaitCheck(at: now, in: circumstances) }
        note("CERTIFICATE_CHECKED", by: actor.login, at: now, "\(checked)")
    }

    /// 换证: in the last six months, on the hours and an exam since it was issued or renewed last; the new
    /// time runs on from the old one's end.
    ///
    /// - Throws: `outOfRange` for a day that isn't later; `tooEarly`; `notQualified`; `wrongState` unless it is
    ///   in its holder's hands and checked.
    package mutating func renew(
        to day: CivilDate,
        by qualification: Qualification,
        _ actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let now = circumstances.now
        guard day > record.validTo else {
            throw .outOfRange(field: "valid_to", allowed: "later than \(record.validTo)")
        }
        guard state == .active else { throw wrongState() }
        let first = CertificateRecord.renewable(beforeEnd: record.validTo)
        guard now.date >= first else { throw .tooEarly(from: first) }
        try qualification.require(by: circumstances.policy, since: record.renewed)
        stop([.certificate], at: now)
        record.validTo = day
        record.renewed = now
        start(.certificate, .through(day), from: now, at: now, in: circumstances)
        note("CERTIFICATE_RENEWED", by: actor.login, at: now, "to \(day)")
    }

    /// 吊销.
    ///
    /// - Throws: `wrongState` when it is revoked or surrendered already.
    package mutating func revoke(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try end(.revoked(reason: reason), "CERTIFICATE_REVOKED", by: actor, in: circumstances)
    }

    /// 注销, when an officer leaves.
    ///
    /// - Throws: as `revoke`.
    package mutating func surrender(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try end(
            .surrendered(reason: reason),
            "CERTIFICATE_SURRENDERED",
            by: actor,
            in: circumstances
        )
    }

    private mutating func end(
        _ custody: CertificateRecord.Custody,
        _ what: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.custody {
        case .revoked, .surrendered: throw wrongState()
        case .held, .suspended, .lost: break
        }
        stop(ClockKind.allCases, at: circumstances.now)
        record.custody = custody
        note(what, by: actor.login, at: circumstances.now)
    }

    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        switch clocks[index].kind {
        case .certificate:
            record.isExpired = true
            stop([.annualCheck], at: instant)
            note("CERTIFICATE_EXPIRED", by: "system", at: instant)
        case .annualCheck:
            record.isUnchecked = true
            note("CERTIFICATE_UNCHECKED", by: "system", at: instant, "\(record.nextCheck)")
        default: preconditionFailure("a certificate has no other clocks")
        }
    }

    private mutating func awaitCheck(at now: Instant, in circumstances: Circumstances) {
        start(
            .annualCheck,
            .through(CertificateRecord.checkDue(ofYear: record.nextCheck)),
            from: now,
            at: now,
            in: circumstances
        )
    }
}
