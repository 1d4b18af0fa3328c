internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store
internal import WorkCalendar

/// Dates by the calendar in force, and changes to it.
struct CalendarService: CalendarCommands, Sendable {
    func change(
        _ request: ChangeCalendarRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CalendarVersionView {
        try validating(request)
        // A version like the one before it would re-plan every clock for nothing.
        guard !request.off.isEmpty || !request.work.isEmpty else {
            throw .refused(.outOfRange(field: "off", allowed: "a day in off or work"))
        }
        return try publish(
            .days(off: request.off, work: request.work),
            reason: request.reason,
            in: &context
        )
    }

    func loadYear(
        _ request: LoadYearRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CalendarVersionView {
        try validating(request)
        let source = request.source.isEmpty ? "arrangement of \(request.year)" : request.source
        return try publish(
            .year(Int(request.year), off: request.off, makeUp: request.makeUp),
            reason: source,
            in: &context
        )
    }

    private func publish(
        _ change: CalendarRecord.Change,
        reason: String,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CalendarVersionView {
        var timeline = context.calendarsAfterwards
        let previous = timeline.current.calendar
        let version = CalendarVersion(rawValue: previous.version.rawValue + 1)
        // A clock that was wrong and has been confirmed may lie before the newest version.
        let since = max(context.now, timeline.current.since)
        let record = CalendarRecord(
            version: version,
            since: since,
            reason: reason,
            change: change
        )
        let calendar: WorkCalendar
        do {
            calendar = try record.calendar(after: previous)
        } catch {
            throw .calendar(error)
        }
        timeline.append(calendar, since: since, reason: reason)
        context.newCalendars = timeline
        context.unit.save(record)
        context.audit("CALENDAR_PUBLISHED", "calendar/\(version.rawValue)", reason)
        return record.view(calendar: calendar)
    }
}

extension CalendarService: CalendarQueries {
    func due(
        _ request: DueRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> DueReply {
        try validating(request)
        let calendar = context.calendars.current.calendar
        let explained: LimitExplanation
        do {
            explained = try LimitCalculation.due(
                from: request.from,
                days: Int(request.days),
                unit: request.unit == .natural ? .natural : .working,
                pauses: request.pauses.map { PauseSpan(pause: $0.pause, resume: $0.resume) },
                in: calendar,
                today: context.now.date
            )
        } catch {
            throw .limit(error)
        }
        return DueReply(
            due: explained.due,
            counted: explained.counted,
            skipped: explained.skipped.map { SkippedDay(day: $0.day, why: $0.why.rawValue) },
            provisional: explained.provisional,
            calendarVersion: calendar.version.rawValue
        )
    }

    func minutes(
        _ request: MinutesRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> MinutesReply {
        try validating(request)
        let calendar = context.calendars.current.calendar
        let due = calendar.instant(workingMinutes: Int(request.minutes), after: request.from)
        return MinutesReply(
            due: due,
            provisional: calendar.isProvisional(from: request.from.date, through: due.date)
        )
    }

    func getVersion(
        _ request: CalendarVersionRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> CalendarVersionView {
        let version =
            request.version == 0
            ? context.calendars.current.calendar.version
            : CalendarVersion(rawValue: request.version)
        guard let entry = context.calendars.entry(version: version) else {
            throw .refused(.none(kind: .calendar, name: "\(request.version)"))
        }
        guard version > .builtIn else {
            return CalendarVersionView(
                version: version.rawValue,
                since: entry.since,
                replanned: true,
                knownYears: entry.calendar.knownYears.map(Int32.init)
            )
        }
        return try context.load(
            CalendarRecord.self,
            Int64(version.rawValue),
            or: .none(kind: .calendar, name: "\(request.version)")
        ).view(calendar: entry.calendar)
    }
}

extension CalendarRecord {
    fileprivate func view(calendar: WorkCalendar) -> CalendarVersionView {
        CalendarVersionView(
            version: version.rawValue,
            since: since,
            reason: reason,
            replanned: isReplanned,
            movedCases: UInt64(movedCases),
            clocks: UInt64(replannedClocks),
            knownYears: calendar.knownYears.map(Int32.init)
        )
    }
}
