package import CivilTime
package import WorkCalendar

/// What a rule needs to know besides the records: the moment, the calendars, the city's policy.
package struct Circumstances: Sendable {
    package var now: Instant
    package var calendars: CalendarTimeline
    package var policy: Policy

    package init(now: Instant, calendars: CalendarTimeline, policy: Policy) {
        self.now = now
        self.calendars = calendars
        self.policy = policy
    }

    /// The civil day of the moment.
    package var today: CivilDate { now.date }
}
