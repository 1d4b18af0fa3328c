internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// Durable deadlines for any client. One that a module of the office owns is read-only here.
struct DeadlinesService: DeadlinesCommands, Sendable {
    func arm(
        _ request: ArmRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try validating(request)
        let budget: Budget =
            switch request.unit {
            case .natural: .naturalDays(Int(request.limit))
            case .workingMinutes: .workingMinutes(Int(request.limit))
            default: .workingDays(Int(request.limit))
            }
        var rungs = request.rungs.reduce(into: RungSet()) { rungs, rung in
            if let rung = Deadlines.Rung(rung) { rungs.insert(RungSet(rung)) }
        }
        if rungs.isEmpty { rungs = .expire }
        let key = try context.nextKey(DeadlineRecord.self)
        var record = DeadlineRecord(
            key: key,
            kind: .free,
            owner: .client(login: context.actor.login),
            label: request.label,
            deadline: Deadline(
                ledger: Ledger(budget: budget, start: request.start ?? context.now),
                rungs: rungs,
                at: context.now,
                calendar: context.calendars.current.calendar.version
            ),
            in: context.calendars
        )
        return keep(&record, "DEADLINE_ARMED", in: &context)
    }

    func pause(
        _ request: DeadlineReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try change(request.deadline, request, "DEADLINE_PAUSED", request.reason, in: &context) {
            (deadline, circumstances) throws(DeadlineRefusal) in
            try deadline.pause(at: circumstances.now, reason: request.reason)
        }
    }

    func resume(
        _ request: DeadlineRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try change(request.deadline, request, "DEADLINE_RESUMED", "", in: &context) {
            (deadline, circumstances) throws(DeadlineRefusal) in
            try deadline.resume(at: circumstances.now)
        }
    }

    func extend(
        _ request: ExtendDeadlineRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try change(
            request.deadline,
            request,
            "DEADLINE_EXTENDED",
            "by \(request.amount): \(request.reason)",
            in: &context
        ) { (deadline, circumstances) throws(DeadlineRefusal) in
            try deadline.extend(
                by: Int(request.amount),
                at: circumstances.now,
                reason: request.reason,
                in: circumstances.calendars
            )
        }
    }

    func complete(
        _ request: DeadlineRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try change(request.deadline, request, "DEADLINE_COMPLETED", "", in: &context) {
            (deadline, circumstances) throws(DeadlineRefusal) in
            try deadline.complete(at: circumstances.now)
        }
    }

    func cancel(
        _ request: DeadlineReasonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> DeadlineView {
        try change(request.deadline, request, "DEADLINE_CANCELLED", request.reason, in: &context) {
            (deadline, circumstances) throws(DeadlineRefusal) in
            try deadline.cancel(at: circumstances.now)
        }
    }

    /// Settles a client's own deadline, changes it, and saves it.
    private func change(
        _ number: UInt64,
        _ request: some Message,
        _ audit: String,
        _ detail: String,
        in context: inout CommandContext,
        _ body: (inout Deadline, Circumstances) throws(DeadlineRefusal) -> Void
    ) throws(HandlerFailure) -> DeadlineView {
        var record = try context.openDeadline(number)
        guard record.owner == .client(login: context.actor.login) else {
            throw .refused(.notOwner)
        }
        try validating(request)
        do {
            try body(&record.deadline, context.circumstances)
        } catch {
            throw .refused(Refusal(error))
        }
        return keep(&record, audit, detail, in: &context)
    }

    private func keep(
        _ record: inout DeadlineRecord,
        _ audit: String,
        _ detail: String = "",
        in context: inout CommandContext
    ) -> DeadlineView {
        context.save(&record)
        context.audit(audit, "deadline/\(record.key)", detail)
        return record.view(at: context.now, in: context.calendars)
    }
}

extension DeadlinesService: DeadlinesQueries {
    func get(
        _ request: DeadlineRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> DeadlineView {
        try context.openDeadline(request.deadline).view(at: context.now, in: context.calendars)
    }

    func explain(
        _ request: DeadlineRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> DeadlineExplanation {
        let record = try context.openDeadline(request.deadline)
        let ledger = record.deadline.ledger
        // Day by day, a budget of ten million would make a reply of fifty megabytes.
        let due = record.deadline.due(on: context.now.date, in: context.calendars)
        guard ledger.startDay.days(until: due) <= LimitCalculation.reach else {
            let allowed = "due within \(LimitCalculation.reach) days of its start"
            throw .refused(.outOfRange(field: "deadline", allowed: allowed))
        }
        let days = record.deadline.explanation(on: context.now.date, in: context.calendars)
        return DeadlineExplanation(
            deadline: record.view(at: context.now, in: context.calendars),
            days: days.map(\.message),
            ledger: ledger.pauses.map {
                "paused \($0.from) to \($0.to.map { "\($0)" } ?? "…"): \($0.reason)"
            } + ledger.extensions.map { "extended by \($0.amount) at \($0.at): \($0.reason)" }
        )
    }

    func listDue(
        _ request: ListDueRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListDueReply {
        try validating(request)
        var after: [Value]?
        if let number = request.after {
            let last = try context.load(
                DeadlineRecord.self,
                Int64(clamping: number),
                or: .none(kind: .deadline, name: "\(number)")
            )
            after = [
                .integer(Int64((last.listedDue ?? .earliest).daysSinceEpoch)), .integer(last.key),
            ]
        }
        let page = try context.page(
            DeadlineRecord.self,
            Search(by: DeadlineRecord.byDue, after: after, limit: Int(request.limit))
        )
        var views: [DeadlineView] = []
        for stored in page.records {
            if let until = request.until, let due = stored.listedDue, due > until { break }
            views.append(
                try context.asOfNow(stored).view(at: context.now, in: context.calendars)
            )
        }
        return ListDueReply(
            deadlines: views,
            more: page.isMore && views.count == page.records.count
        )
    }

    func readFired(
        _ request: ReadFiredRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ReadFiredReply {
        try validating(request)
        let reader = context.reader
        let events = try storing { () throws(StoreError) in
            try reader.events(
                after: request.after,
                topics: EventTopic.mask(EventTopic.fired),
                limit: Int(request.limit)
            )
        }
        var firings: [BanjieProtocol.Firing] = []
        for event in events {
            var firing: BanjieProtocol.Firing = try event.decoded()
            firing.sequence = event.sequence
            firings.append(firing)
        }
        return ReadFiredReply(firings: firings, next: events.last?.sequence ?? request.after)
    }
}

extension Deadlines.ExplainedDay {
    var message: BanjieProtocol.ExplainedDay {
        let (what, number): (String, Int32?) =
            switch charge {
            case .start: ("start", nil)
            case .charged(let number): ("charged", Int32(clamping: number))
            case .weekend: ("weekend", nil)
            case .holiday: ("holiday", nil)
            case .paused: ("paused", nil)
            case .moved: ("moved", nil)
            }
        return BanjieProtocol.ExplainedDay(day: day, what: what, number: number)
    }
}
