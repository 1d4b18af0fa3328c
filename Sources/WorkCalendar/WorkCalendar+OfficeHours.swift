package import CivilTime

extension WorkCalendar {
    /// The day on which what arrives at `instant` counts as received.
    ///
    /// That day itself when it is a working day and not after 17:30:00, however early; else the
    /// next working day.
    package func receiptDay(of instant: Instant) -> CivilDate {
        let date = instant.date
        if isWorkingDay(date), instant.secondOfDay <= OfficeHours.closing { return date }
        return workingDay(after: date)
    }

    /// When a limit of `workingMinutes` that begins at `start` is used up; see
    /// `instant(workingSeconds:after:)`.
    ///
    /// - Precondition: `workingMinutes >= 0`.
    package func instant(workingMinutes: Int, after start: Instant) -> Instant {
        let (seconds, overflows) = workingMinutes.multipliedReportingOverflow(by: 60)
        return instant(workingSeconds: overflows ? .max : seconds, after: start)
    }

    /// When a limit of `workingSeconds` that begins at `start` is used up: the earliest moment in
    /// office hours, closings included, by which that many seconds of office hours have passed.
    ///
    /// So a limit used up exactly at 12:00 or 17:30 ends then, and no seconds at all end at `start`
    /// in office hours, else at the next opening. `Instant.latest` when no time is left.
    ///
    /// - Precondition: `workingSeconds >= 0`.
    package func instant(workingSeconds: Int, after start: Instant) -> Instant {
        precondition(workingSeconds >= 0, "a limit is never negative")
        let date = start.date
        let works = isWorkingDay(date)
        if workingSeconds == 0 {
            return works && OfficeHours.contains(start.secondOfDay) ? start : opening(after: start)
        }
        // Whole days first, so that no number of seconds overflows.
        var days = workingSeconds / OfficeHours.secondsPerDay
        var seconds = workingSeconds % OfficeHours.secondsPerDay
        // Count from the opening of `date`, or from its end when it is a day off.
        if works { seconds += OfficeHours.elapsed(by: start.secondOfDay) }
        days += seconds / OfficeHours.secondsPerDay
        seconds %= OfficeHours.secondsPerDay
        // Used up exactly at a closing: the last day's own.
        if seconds == 0 { (days, seconds) = (days - 1, OfficeHours.secondsPerDay) }
        guard let last = existingWorkingDay(works ? days : days + 1, after: date) else {
            return .latest
        }
        return Instant(last, secondOfDay: OfficeHours.second(after: seconds))
    }

    /// How many seconds of office hours lie between two moments; 0 when `end <= start`.
    package func workingSeconds(from start: Instant, to end: Instant) -> Int {
        guard start < end else { return 0 }
        return workingSeconds(before: end) - workingSeconds(before: start)
    }

    /// The first opening after `instant`, which lies outside office hours.
    private func opening(after instant: Instant) -> Instant {
        let date = instant.date
        if isWorkingDay(date) {
            if instant.secondOfDay < OfficeHours.opening {
                return Instant(date, secondOfDay: OfficeHours.opening)
            }
            if instant.secondOfDay < OfficeHours.afternoonOpening {
                return Instant(date, secondOfDay: OfficeHours.afternoonOpening)
            }
        }
        guard let next = existingWorkingDay(1, after: date) else { return .latest }
        return Instant(next, secondOfDay: OfficeHours.opening)
    }

    /// How many seconds of office hours lie before `instant`, counted from 0001-01-01.
    private func workingSeconds(before instant: Instant) -> Int {
        let date = instant.date
        let days = workingDays(through: date)
        guard isWorkingDay(date) else { return days * OfficeHours.secondsPerDay }
        return (days - 1) * OfficeHours.secondsPerDay
            + OfficeHours.elapsed(by: instant.secondOfDay)
    }
}
