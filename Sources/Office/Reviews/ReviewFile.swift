package import CivilTime
package import Deadlines
import WorkCalendar

/// A review (好差评) with its clocks: what follows from what an applicant says of a service.
package struct ReviewFile: OfficeFile {
    package static let kind = FileKind(rawValue: 3)
    package static let name = "review"

    package var record: ReviewRecord
    package var clocks: [FileClock]
    package var history = FileHistory()

    /// A file as it was stored.
    package init(record: ReviewRecord, clocks: [FileClock]) {
        self.record = record
        self.clocks = clocks
    }

    package var caseSerial: String? { record.key }

    package func bearer(of clock: FileClock) -> String { record.department }

    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        preconditionFailure("no clock of a review changes it by running out")
    }

    /// The state's name on the wire and in refusals.
    package enum State: String, Hashable, Sendable {
        case invited = "INVITED"
        case rated = "RATED"
        case closedUnrated = "CLOSED_UNRATED"
        case negative = "NEGATIVE"
        case rectifying = "RECTIFYING"
        case explained = "EXPLAINED"
        case appealed = "APPEALED"
        case excluded = "EXCLUDED"
        case followUp = "FOLLOW_UP"
        case closed = "CLOSED"
        case supervised = "SUPERVISED"
    }

    package var state: State {
        switch record.progress {
        case .invited: .invited
        case .unrated: .closedUnrated
        case .satisfied: .rated
        case .appealed: .appealed
        case .excluded: .excluded
        case .negative(_, .reported): .negative
        case .negative(_, .rectifying): .rectifying
        case .negative(_, .answered(_, true, _, _)): .explained
        case .negative(_, .answered), .negative(_, .satisfied): .followUp
        case .negative(_, .closed): .closed
        case .negative(_, .supervised): .supervised
        }
    }

    func wrongState() -> Refusal { .wrongState(state.rawValue) }

    /// The bad review and how far it has come.
    ///
    /// - Throws: `wrongState` when it isn't one, or is being appealed against.
    private func requireNegative() throws(Refusal) -> (Rating, ReviewRecord.Handling) {
        guard case .negative(let rating, let handling) = record.progress else { throw wrongState() }
        return (rating, handling)
    }
}

// MARK: Who may act

extension ReviewFile {
    /// - Throws: `notApplicant`, also for an applicant who handled the matter: nobody reviews themselves.
    package func requireApplicant(_ actor: Actor) throws(Refusal) {
        guard actor.login == record.applicant, actor.login != record.handler else {
            throw .notApplicant
        }
    }

    /// - Throws: `wrongDepartment` unless the actor works for the department that is reviewed.
    package func requireReviewed(_ actor: Actor) throws(Refusal) {
        guard actor.has(.staff), actor.department == record.department else {
            throw .wrongDepartment(answers: record.department)
        }
    }

    /// Whether somebody may see who gave the review, and what it says: the applicant and supervision, and
    /// nobody who is reviewed.
    package func mayIdentify(_ actor: Actor) -> Bool {
        actor.login == record.applicant || actor.has(.supervisor) || actor.has(.office)
    }
}

// MARK: The applicant

extension ReviewFile {
    /// 邀评: the service was delivered; the applicant is invited.
    package static func invite(
        of matter: CaseFile,
        by handler: String,
        from post: String,
        at now: Instant
    ) -> ReviewFile {
        var file = ReviewFile(
            record: ReviewRecord(
                of: matter.record,
                deliveredBy: handler,
                from: post,
                on: now.date
            ),
            clocks: []
        )
        file.note("REVIEW_INVITED", by: "system", at: now)
        return file
    }

    /// The window has closed, and nothing was said: silence is never praise.
    package mutating func closeWindow(at now: Instant) {
        guard case .invited = record.progress else { return }
        record.progress = .unrated
        note("REVIEW_CLOSED_UNRATED", by: "system", at: now)
    }

    /// 评价: once, within the window, which is judged by the real instant.
    ///
    /// - Throws: `alreadyRated`, `windowClosed`.
    package mutating func rate(
        _ grade: Int32,
        text: String,
        isAnonymous: Bool,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.progress {
        case .invited: break
        case .unrated: throw .windowClosed
        case .satisfied, .negative, .appealed, .excluded: throw .alreadyRated
        }
        let now = circumstances.now
        let rating = Rating(
            grade: grade,
            text: text,
            isAnonymous: isAnonymous,
            received: circumstances.calendars.current.calendar.receiptDay(of: now)
        )
        if rating.isNegative {
            record.progress = .negative(rating, .reported)
            start(
                .verify,
                .workingDays(circumstances.policy.verifyDays),
                from: rating.received.start,
                at: now,
                in: circumstances
            )
        } else {
            record.progress = .satisfied(rating)
        }
        // The log says what was said, not by whom.
        note("REVIEW_RATED", by: "applicant", at: now, "grade \(grade)")
    }

    /// 追评: once, within the window.
    ///
    /// - Throws: `windowClosed`, `wrongState` before the review and after a supplement.
    package mutating func supplement(
        _ text: String,
        windowIsOpen: Bool,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard var rating = record.rating else {
            throw record.progress == .unrated ? .windowClosed : wrongState()
        }
        guard rating.supplement == nil else { throw .alreadyRated }
        guard windowIsOpen else { throw .windowClosed }
        rating.supplement = text
        switch record.progress {
        case .invited, .unrated: throw wrongState()
        case .satisfied: record.progress = .satisfied(rating)
        case .negative(_, let handling): record.progress = .negative(rating, handling)
        case .appealed(_, let handling, let reason):
            record.progress = .appealed(rating, handling, reason: reason)
        case .excluded: record.progress = .excluded(rating)
        }
        note("REVIEW_SUPPLEMENTED", by: "applicant", at: circumstances.now)
    }
}

// MARK: The department

extension ReviewFile {
    /// 核实: what is said was looked into; its rectification is due, counted from the day of the review.
    ///
    /// - Throws: `wrongState`.
    package mutating func verify(
        isComplex: Bool,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let (rating, handling) = try requireNegative()
        guard case .reported = handling else { throw wrongState() }
        let now = circumstances.now
        stop([.verify], at: now)
        beginRectifying(isComplex, from: rating.received.start, at: now, in: circumstances)
        record.progress = .negative(rating, .rectifying(isComplex: isComplex, isSecond: false))
        note("REVIEW_VERIFIED", by: actor.login, at: now, isComplex ? "complex" : "")
    }

    /// 整改: what was done about it; or, as an explanation, why there was nothing to be done.
    ///
    /// - Throws: `wrongState`.
    package mutating func answer(
        _ measures: String,
        isExplanation: Bool,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let (rating, handling) = try requireNegative()
        guard case .rectifying(let isComplex, let isSecond) = handling else { throw wrongState() }
        let now = circumstances.now
        stop([.rectify], at: now)
        record.progress = .negative(
            rating,
            .answered(
                measures,
                isExplanation: isExplanation,
                isComplex: isComplex,
                isSecond: isSecond
            )
        )
        note(isExplanation ? "REVIEW_EXPLAINED" : "REVIEW_RECTIFIED", by: actor.login, at: now)
    }

    /// 回访: satisfied, it may be closed; not satisfied, it goes back once with a fresh limit and no new
    /// verification, and then to supervision.
    ///
    /// - Throws: `wrongState`.
    package mutating func followUp(
        isSatisfied: Bool,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let (rating, handling) = try requireNegative()
        guard case .answered(let measures, _, let isComplex, let isSecond) = handling else {
            throw wrongState()
        }
        let now = circumstances.now
        if isSatisfied {
            record.progress = .negative(rating, .satisfied(measures))
        } else if isSecond {
            record.progress = .negative(rating, .supervised(measures))
        } else {
            beginRectifying(isComplex, from: now, at: now, in: circumstances)
            record.progress = .negative(rating, .rectifying(isComplex: isComplex, isSecond: true))
        }
        note(
            "REVIEW_FOLLOWED_UP",
            by: actor.login,
            at: now,
            isSatisfied ? "satisfied" : "not satisfied"
        )
    }

    /// 办结: after the follow-up; without one only where nobody gave a name.
    ///
    /// - Throws: `followUpRequired`, `wrongState`.
    package mutating func close(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        let (rating, handling) = try requireNegative()
        switch handling {
        case .satisfied(let measures):
            record.progress = .negative(rating, .closed(measures, followedUp: true))
            note("REVIEW_CLOSED", by: actor.login, at: circumstances.now)
        case .answered(let measures, _, _, _) where rating.isAnonymous:
            record.progress = .negative(rating, .closed(measures, followedUp: false))
            note(
                "REVIEW_CLOSED",
                by: actor.login,
                at: circumstances.now,
                "anonymous, without a follow-up"
            )
        case .reported, .rectifying, .answered: throw .followUpRequired
        case .closed, .supervised: throw wrongState()
        }
    }

    /// 申诉: against a review that the department holds to be malicious or not about it; clocks stand still
    /// meanwhile.
    ///
    /// - Throws: `wrongState`.
    package mutating func appeal(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let (rating, handling) = try requireNegative()
        switch handling {
        case .closed, .supervised: throw wrongState()
        case .reported, .rectifying, .answered, .satisfied: break
        }
        pause([.verify, .rectify], at: circumstances.now, reason: "appeal")
        record.progress = .appealed(rating, handling, reason: reason)
        note("REVIEW_APPEALED", by: actor.login, at: circumstances.now)
    }

    /// 申诉裁定, by supervision: left out of all figures, or on where it was.
    ///
    /// - Throws: `wrongState`.
    package mutating func judgeAppeal(
        excludes: Bool,
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .appealed(let rating, let handling, _) = record.progress else {
            throw wrongState()
        }
        let now = circumstances.now
        if excludes {
            stop([.verify, .rectify], at: now)
            record.progress = .excluded(rating)
            note("REVIEW_EXCLUDED", by: actor.login, at: now, reason)
        } else {
            resumeClocks(at: now)
            record.progress = .negative(rating, handling)
            note("REVIEW_APPEAL_DISMISSED", by: actor.login, at: now, reason)
            fire(through: now, in: circumstances)
        }
    }

    private mutating func beginRectifying(
        _ isComplex: Bool,
        from start: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        let policy = circumstances.policy
        self.start(
            .rectify,
            .workingDays(isComplex ? policy.complexRectifyDays : policy.rectifyDays),
            from: start,
            at: now,
            in: circumstances
        )
    }
}
