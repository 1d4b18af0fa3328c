internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office

// The office's values as messages.

extension Office.CaseState {
    var message: BanjieProtocol.CaseState {
        switch self {
        case .received: .received
        case .waitCorrection: .waitCorrection
        case .active(.accepted): .accepted
        case .active(.acceptedWithGap): .acceptedGap
        case .active(.deemedAccepted): .acceptedDeemed
        case .active(.inReview): .inReview
        case .active(.joint): .joint
        case .suspended: .suspended
        case .decided: .decided
        case .delivered: .delivered
        case .archived: .archived
        case .notAccepted: .notAccepted
        case .lapsed: .lapsed
        case .terminated: .terminated
        case .withdrawn: .withdrawn
        }
    }
}

extension CaseRecord {
    /// What watchers are told of its newest change.
    func change(at now: Instant) -> CaseChange {
        CaseChange(
            case: key,
            version: UInt64(trail.version),
            state: state.message,
            department: department,
            what: trail.lastAudit,
            at: now
        )
    }
}

extension RecordContext {
    /// A case as it stands, with what runs for its review; it must have been settled in these
    /// circumstances.
    func view(_ file: CaseFile) throws(HandlerFailure) -> CaseView {
        var clocks = file.clocks
        if file.clock(.review) != nil {
            clocks += try openIfPresent(ReviewFile.self, file.record.key)?.clocks ?? []
        }
        return file.view(with: clocks, try cards(of: clocks, of: file), in: circumstances)
    }

    /// The cards of the department that answers, in order of time, ties by rung and clock: those that no
    /// command has saved yet, too.
    private func cards(
        of clocks: [FileClock],
        of file: CaseFile
    ) throws(HandlerFailure) -> [CardView] {
        var issued: [(clock: FileClock, firing: Deadlines.Firing)] = []
        for clock in clocks {
            for firing in clock.deadline.fired where firing.rung != .expire {
                issued.append((clock, firing))
            }
        }
        issued.sort {
            ($0.firing.at, $0.firing.rung, $0.clock.kind)
                < ($1.firing.at, $1.firing.rung, $1.clock.kind)
        }
        var cards: [CardView] = []
        for (clock, firing) in issued {
            var card = CardView(
                clock: clock.kind.message,
                kind: firing.rung.message,
                at: firing.at,
                department: file.record.department,
                case: file.record.key
            )
            if let deadline = clock.key {
                let key = CardRecord.key(deadline: deadline, rung: firing.rung)
                let stored = try loadIfPresent(CardRecord.self, key)
                card.revoked = stored?.revocation?.reason
            }
            cards.append(card)
        }
        return cards
    }
}

extension CaseFile {
    fileprivate func view(
        with clocks: [FileClock],
        _ cards: [CardView],
        in circumstances: Circumstances
    ) -> CaseView {
        let (now, calendars) = (circumstances.now, circumstances.calendars)
        let running = clocks.filter { $0.deadline.isRunning }.sorted { $0.kind < $1.kind }
        var missing = record.jointCorrections
        if case .waitCorrection(let items) = record.state { missing = items }
        return CaseView(
            case: record.key,
            version: UInt64(record.trail.version),
            state: record.state.message,
            item: record.item.code,
            itemVersion: UInt32(clamping: record.item.version),
            department: record.department,
            applicant: record.applicant,
            channel: BanjieProtocol.Channel(rawValue: record.channel.rawValue),
            submitted: record.submitted,
            effectiveReceipt: record.receipt,
            acceptanceDate: record.acceptance,
            clocks: clocks.map { clock in
                let deadline = clock.deadline
                return ClockView(
                    clock: clock.kind.message,
                    deadline: UInt64(clock.key ?? 0),
                    due: deadline.due(on: now.date, in: calendars),
                    running: deadline.isRunning,
                    paused: deadline.isPaused,
                    used: Int32(clamping: deadline.used(at: now, in: calendars)),
                    remaining: Int32(clamping: deadline.remaining(at: now, in: calendars)),
                    result: deadline.result(at: now, in: calendars)?.message,
                    overdueDays: Int32(clamping: deadline.overdueDays(at: now, in: calendars)),
                    provisional: deadline.isProvisional(on: now.date, in: calendars)
                )
            },
            runningClocks: running.map(\.kind.message),
            cards: cards,
            missing: missing,
            applicantNotified: record.applicantNotified,
            decision: record.state.decision.map {
                BanjieProtocol.Decision(rawValue: $0.result.rawValue)
            },
            lastAudit: record.trail.lastAudit,
            provisional: running.contains {
                $0.deadline.isProvisional(on: now.date, in: calendars)
            },
            instantTarget: record.instantTarget
        )
    }
}

extension CardRecord {
    var view: CardView {
        CardView(
            clock: clock.message,
            kind: rung.message,
            at: at,
            department: department,
            case: subject,
            revoked: revocation?.reason
        )
    }
}
