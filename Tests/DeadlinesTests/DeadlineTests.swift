import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// What fires when, and which commands a deadline takes.
///
/// Unless said otherwise a deadline of ten working days runs from Monday 2026-03-02: its reminder
/// is due on the 13th, yellow on the 16th, its last day, and red on the 17th.
@Suite struct DeadlineTests {
    var calendars = CalendarTimeline.builtIn
    var clock = Deadline(.workingDays(10), .all, from: "2026-03-02T10:00", in: .builtIn)

    static let onTime: [Firing] = [
        remind("2026-03-13T09:00"), yellow("2026-03-16T09:00"), red("2026-03-17"),
        expire("2026-03-17"),
    ]

    private mutating func settle(_ now: Instant) -> [Firing] {
        clock.settle(through: now, in: calendars)
    }

    private mutating func pause(_ now: Instant) throws -> [Firing] {
        defer { #expect(clock.next(in: calendars) == nil, "nothing fires while paused") }
        let firings = settle(now)
        try clock.pause(at: now, reason: "hearing")
        return firings
    }

    private mutating func resume(_ now: Instant) throws -> [Firing] {
        let held = settle(now)
        #expect(held == [], "nothing fires while paused")
        try clock.resume(at: now)
        return settle(now)
    }

    private mutating func extend(_ amount: Int, _ now: Instant) throws -> [Firing] {
        let firings = settle(now)
        try clock.extend(by: amount, at: now, reason: "complex", in: calendars)
        return firings
    }

    // MARK: What fires

    @Test mutating func eachRungFiresAtItsInstantAndOnce() {
        #expect(settle("2026-03-13T08:59:59") == [])
        #expect(settle("2026-03-13T09:00:00") == [remind("2026-03-13T09:00")])
        #expect(settle("2026-03-13T09:00:00") == [])
        #expect(settle("2026-03-16T08:59:59") == [])
        #expect(settle("2026-03-16T09:00:00") == [yellow("2026-03-16T09:00")])
        #expect(settle("2026-03-16T23:59:59") == [])
        #expect(settle("2026-03-17T00:00:00") == [red("2026-03-17"), expire("2026-03-17")])
        #expect(clock.state == .expired(at: "2026-03-17"))
        #expect(settle("2026-12-31") == [])
    }

    @Test mutating func aFiringBearsItsInstantHoweverLate() {
        #expect(settle("2026-12-31T12:00") == Self.onTime)
        #expect(clock.fired == Self.onTime)
    }

    @Test mutating func onlyItsRungsFire() {
        clock = Deadline(.workingDays(10), .red, from: "2026-03-02T10:00", in: calendars)
        #expect(settle("2026-12-31") == [red("2026-03-17")])
        #expect(clock.isRunning, "a card doesn't end a clock")
    }

    @Test mutating func aClockThatStartedBeforeItWasMadeIssuesWhatIsPastAtOnce() {
        // As after a deemed acceptance, five working days back.
        clock = Deadline(
            ledger: Ledger(.workingDays(3), from: "2026-03-02"),
            rungs: .cards,
            at: "2026-03-10",
            calendar: .builtIn
        )
        #expect(
            settle("2026-12-31") == [
                remind("2026-03-10"), yellow("2026-03-10"), red("2026-03-10"),
            ]
        )
    }

    @Test mutating func twoRungsMayFallOnOneMorning() {
        clock = Deadline(.workingDays(20), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(
            settle("2026-03-27T09:00") == [remind("2026-03-27T09:00"), yellow("2026-03-27T09:00")]
        )
    }

    @Test(
        arguments: [
            (0, [red("2026-03-03")]),
            (1, [yellow("2026-03-03T09:00"), red("2026-03-04")]),
            (2, [remind("2026-03-03T09:00"), yellow("2026-03-04T09:00"), red("2026-03-05")]),
        ] as [(Int, [Firing])]
    )
    mutating func shortLimitsHaveFewerRungs(_ days: Int, _ firings: [Firing]) {
        clock = Deadline(.workingDays(days), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(settle("2026-12-31") == firings)
    }

    @Test mutating func minutesAreOverdueASecondAfterTheLast() {
        clock = Deadline(.workingMinutes(30), .red, from: "2026-03-13T17:00", in: calendars)
        #expect(settle("2026-03-13T17:30:00") == [])
        #expect(settle("2026-03-13T17:30:01") == [red("2026-03-13T17:30:01")])
    }

    // MARK: Pauses

    @Test mutating func aRungHeldByAPauseIsIssuedAtTheResume() throws {
        #expect(try pause("2026-03-13T08:59:59") == [])
        #expect(try resume("2026-03-18T10:20") == [remind("2026-03-18T10:20")])
        #expect(
            settle("2026-12-31") == [
                yellow("2026-03-19T09:00"), red("2026-03-20"), expire("2026-03-20"),
            ]
        )
    }

    @Test mutating func aPauseAtTheVerySecondOfARungComesAfterIt() throws {
        #expect(try pause("2026-03-13T09:00:00") == [remind("2026-03-13T09:00")])
        #expect(try resume("2026-03-18T10:20") == [])
    }

    @Test mutating func aPauseOverTheOpeningOfOneDayHoldsItsRung() throws {
        #expect(try pause("2026-03-13T08:00") == [])
        #expect(try resume("2026-03-13T09:00:00") == [remind("2026-03-13T09:00")])
        #expect(try pause("2026-03-16T08:00") == [])
        #expect(try resume("2026-03-16T16:00") == [yellow("2026-03-16T16:00")])
        #expect(settle("2026-12-31") == Array(Self.onTime.suffix(2)))
    }

    @Test mutating func aPauseBeforeTheOpeningHoldsNothing() throws {
        #expect(try pause("2026-03-13T07:00") == [])
        #expect(try resume("2026-03-13T08:00") == [])
        #expect(settle("2026-12-31") == Self.onTime)
    }

    @Test mutating func aRungOfTheResumeDayMovesOn() throws {
        // Resumed on the morning of the 13th, which so isn't charged: day 9 becomes the 16th.
        #expect(try pause("2026-03-12T10:00") == [])
        #expect(try resume("2026-03-13T08:00") == [])
        #expect(settle("2026-03-16T09:00") == [remind("2026-03-16T09:00")])
    }

    @Test mutating func rungsHeldTogetherAreIssuedInTheirOrder() throws {
        clock = Deadline(.workingDays(20), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(try pause("2026-03-27T08:00") == [])
        #expect(
            try resume("2026-03-30T08:00") == [
                remind("2026-03-30T08:00"), yellow("2026-03-30T08:00"),
            ]
        )
    }

    @Test mutating func aClockPausedOnItsLastDayIsOverdueAfterTheResumeDay() throws {
        #expect(try pause("2026-03-16T23:59:59") == Array(Self.onTime.prefix(2)))
        #expect(clock.term(on: "2026-04-20", in: calendars).overdueAt == nil)
        #expect(clock.result(at: "2026-04-20T10:00", in: calendars) == nil)
        #expect(try resume("2026-04-20T10:00") == [])
        #expect(settle("2026-04-20T23:59:59") == [])
        #expect(settle("2026-04-21T00:00:00") == [red("2026-04-21"), expire("2026-04-21")])
    }

    @Test mutating func aPauseAtMidnightComesTooLate() throws {
        clock = Deadline(.workingDays(10), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(try pause("2026-03-17T00:00:00") == Array(Self.onTime.prefix(3)))
        #expect(clock.result(at: "2026-03-18", in: calendars) == .overdue)
        #expect(clock.overdueDays(at: "2026-03-25", in: calendars) == 1)
        #expect(try resume("2026-03-25T10:00") == [])
        #expect(clock.overdueDays(at: "2026-03-26", in: calendars) == 2)
    }

    // MARK: Extensions

    @Test mutating func anExtensionMovesWhatIsStillToCome() throws {
        #expect(try extend(10, "2026-03-13T08:00") == [])
        #expect(clock.due(on: "2026-03-13", in: calendars) == "2026-03-30")
        #expect(
            settle("2026-12-31") == [
                remind("2026-03-27T09:00"), yellow("2026-03-27T09:00"), red("2026-03-31"),
                expire("2026-03-31"),
            ]
        )
    }

    @Test mutating func aRungIssuedIsntIssuedAgainAfterAnExtension() throws {
        #expect(try extend(10, "2026-03-16T10:00") == Array(Self.onTime.prefix(2)))
        #expect(settle("2026-12-31") == [red("2026-03-31"), expire("2026-03-31")])
    }

    @Test mutating func anExtensionComesInTimeUntilTheLastDayEnds() throws {
        #expect(try extend(1, "2026-03-16T23:59:59") == Array(Self.onTime.prefix(2)))
        #expect(clock.due(on: "2026-03-16", in: calendars) == "2026-03-17")
        #expect(settle("2026-03-18") == [red("2026-03-18"), expire("2026-03-18")])
    }

    @Test mutating func anExtensionAtMidnightComesTooLate() {
        clock = Deadline(.workingDays(10), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(throws: DeadlineRefusal.alreadyOverdue(since: "2026-03-17")) {
            _ = try extend(1, "2026-03-17T00:00:00")
        }
    }

    @Test mutating func anExtensionWhilePausedOnTheLastDayComesInTime() throws {
        #expect(try pause("2026-03-16T10:00") == Array(Self.onTime.prefix(2)))
        #expect(try extend(2, "2026-04-01T10:00") == [])
        #expect(try resume("2026-04-02T10:00") == [])
        #expect(clock.due(on: "2026-04-02", in: calendars) == "2026-04-07")
        #expect(settle("2026-12-31") == [red("2026-04-08"), expire("2026-04-08")])
    }

    @Test mutating func anExtensionWhilePausedReleasesARungThatThePauseHeld() throws {
        #expect(try pause("2026-03-13T08:00") == [])
        #expect(try extend(10, "2026-03-17T10:00") == [])
        #expect(try resume("2026-03-18T10:00") == [])
        #expect(
            settle("2026-04-01T09:00") == [remind("2026-04-01T09:00"), yellow("2026-04-01T09:00")]
        )
    }

    @Test mutating func aBudgetDoesntGrowWithoutBound() {
        #expect(throws: DeadlineRefusal.tooLong(limit: Deadline.totalMax)) {
            _ = try extend(Deadline.totalMax - 9, "2026-03-03T10:00")
        }
        #expect(throws: Never.self) { _ = try extend(Deadline.totalMax - 10, "2026-03-03T10:00") }
        #expect(clock.due(on: "2026-03-03", in: calendars) == .latest)
    }

    // MARK: Calendar changes

    @Test mutating func aDayOffMovesWhatIsToCome() {
        calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        #expect(
            settle("2026-12-31") == [
                remind("2026-03-16T09:00"), yellow("2026-03-17T09:00"), red("2026-03-18"),
                expire("2026-03-18"),
            ]
        )
        #expect(clock.calendarVersion == CalendarVersion(rawValue: 2))
    }

    @Test mutating func aDayOfWorkMovesWhatIsToComeForward() {
        calendars.change(work: ["2026-03-14"], since: "2026-03-09T20:00")
        #expect(
            settle("2026-12-31") == [
                remind("2026-03-13T09:00"), yellow("2026-03-14T09:00"), red("2026-03-15"),
                expire("2026-03-15"),
            ]
        )
    }

    @Test mutating func whatAChangeMovesIntoThePastBearsTheChange() {
        // Last weekend turns out to have been worked: the 14th was the last day.
        calendars.change(work: ["2026-03-07", "2026-03-08"], since: "2026-03-13T08:00")
        #expect(
            settle("2026-12-31") == [
                remind("2026-03-13T08:00"), yellow("2026-03-13T08:00"), red("2026-03-13T08:00"),
                expire("2026-03-13T08:00"),
            ]
        )
    }

    @Test mutating func aRungIssuedIsntIssuedAgainAfterAChange() {
        #expect(settle("2026-03-13T10:00") == [remind("2026-03-13T09:00")])
        calendars.change(off: ["2026-03-10"], since: "2026-03-13T20:00")
        #expect(settle("2026-12-31").map(\.rung) == [.yellow, .red, .expire])
    }

    @Test mutating func twoChangesInOneDayBothCount() {
        calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        calendars.change(off: ["2026-03-11"], work: ["2026-03-10"], since: "2026-03-09T20:00")
        calendars.change(off: ["2026-03-12"], since: "2026-03-09T21:00")
        #expect(settle("2026-03-09T20:00") == [])
        #expect(clock.calendarVersion == CalendarVersion(rawValue: 3))
        #expect(clock.due(on: "2026-03-09", in: calendars) == "2026-03-17")
        #expect(settle("2026-03-09T21:00") == [])
        #expect(clock.due(on: "2026-03-09", in: calendars) == "2026-03-18")
    }

    @Test mutating func aChangeWhilePausedCountsFromTheResume() throws {
        #expect(try pause("2026-03-05T10:00") == [])
        calendars.change(off: ["2026-03-06", "2026-03-12"], since: "2026-03-09T20:00")
        #expect(try resume("2026-03-10T10:00") == [])
        // The 6th lay in the pause; the 12th is lost.
        #expect(clock.due(on: "2026-03-10", in: calendars) == "2026-03-20")
    }

    @Test mutating func aFinishedClockKeepsItsDates() throws {
        #expect(settle("2026-03-09T10:00") == [])
        try clock.complete(at: "2026-03-09T10:00")
        calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        #expect(settle("2026-12-31") == [])
        #expect(clock.due(on: "2026-12-31", in: calendars) == "2026-03-16")
        #expect(clock.calendarVersion == .builtIn)
    }

    @Test mutating func aChangeAtTheInstantOfARungComesAfterIt() {
        calendars.change(off: ["2026-03-16"], since: "2026-03-17T00:00:00")
        #expect(settle("2026-12-31") == Self.onTime)
    }

    @Test mutating func aDateInAnUnknownYearIsProvisional() {
        #expect(!clock.isProvisional(on: "2026-03-02", in: calendars))
        clock = Deadline(.workingDays(7), .red, from: "2026-12-21T10:00", in: calendars)
        #expect(clock.due(on: "2026-12-21", in: calendars) == "2026-12-30")
        #expect(!clock.isProvisional(on: "2026-12-21", in: calendars))
        clock = Deadline(.workingDays(9), .red, from: "2026-12-21T10:00", in: calendars)
        #expect(clock.due(on: "2026-12-21", in: calendars) == "2027-01-04")
        #expect(clock.isProvisional(on: "2026-12-21", in: calendars))
        calendars.load(
            year: 2027,
            off: ["2027-01-01", "2027-01-04"],
            makeUp: ["2027-01-02"],
            since: "2026-12-22T10:00"
        )
        #expect(settle("2026-12-22T10:00") == [])
        #expect(clock.due(on: "2026-12-22", in: calendars) == "2027-01-02")
        #expect(!clock.isProvisional(on: "2026-12-22", in: calendars))
    }

    // MARK: How it stands

    @Test mutating func aClockIsOverdueFromTheFirstInstant() throws {
        clock = Deadline(.workingDays(10), .cards, from: "2026-03-02T10:00", in: calendars)
        #expect(clock.result(at: "2026-03-16T23:59:59", in: calendars) == nil)
        #expect(clock.overdueDays(at: "2026-03-16T23:59:59", in: calendars) == 0)
        #expect(clock.result(at: "2026-03-17T00:00:00", in: calendars) == .overdue)
        #expect(clock.overdueSince(at: "2026-03-19", in: calendars) == "2026-03-17")
        #expect(clock.overdueDays(at: "2026-03-17T00:00:00", in: calendars) == 1)
        #expect(settle("2026-03-18T10:00") == Array(Self.onTime.prefix(3)))
        try clock.complete(at: "2026-03-18T10:00")
        #expect(clock.result(at: "2026-04-01", in: calendars) == .overdue)
        #expect(clock.overdueDays(at: "2026-04-01", in: calendars) == 2)
        #expect(clock.used(at: "2026-04-01", in: calendars) == 12)
    }

    @Test mutating func aClockStoppedInItsLastSecondIsOnTime() throws {
        #expect(settle("2026-03-16T23:59:59") == Array(Self.onTime.prefix(2)))
        try clock.complete(at: "2026-03-16T23:59:59")
        #expect(clock.result(at: "2026-04-01", in: calendars) == .onTime)
        #expect(clock.overdueDays(at: "2026-04-01", in: calendars) == 0)
        #expect(clock.remaining(at: "2026-04-01", in: calendars) == 0)
    }

    @Test mutating func aPausedClockStoppedKeepsTheDateOfThatDay() throws {
        #expect(try pause("2026-03-05T10:00") == [])
        #expect(clock.used(at: "2026-03-10", in: calendars) == 3)
        #expect(clock.remaining(at: "2026-03-10", in: calendars) == 7)
        #expect(clock.due(on: "2026-03-10", in: calendars) == "2026-03-19")
        try clock.cancel(at: "2026-03-10T10:00")
        #expect(clock.due(on: "2026-12-31", in: calendars) == "2026-03-19")
        #expect(clock.used(at: "2026-12-31", in: calendars) == 3)
        #expect(clock.result(at: "2026-12-31", in: calendars) == .onTime)
    }

    @Test mutating func aClockThatExpiresAtMidnightHasntUsedThatDay() {
        #expect(settle("2026-12-31") == Self.onTime)
        #expect(clock.used(at: "2026-12-31", in: calendars) == 10)
        #expect(clock.remaining(at: "2026-12-31", in: calendars) == 0)
    }

    @Test mutating func minutesAreUsedInMinutes() throws {
        clock = Deadline(.workingMinutes(60), .red, from: "2026-03-10T11:40", in: calendars)
        for (now, used) in [
            ("2026-03-10T11:40", 0), ("2026-03-10T11:40:59", 0), ("2026-03-10T12:30", 20),
            ("2026-03-10T13:40", 30),
        ] as [(Instant, Int)] {
            #expect(clock.used(at: now, in: calendars) == used)
            #expect(clock.remaining(at: now, in: calendars) == 60 - used)
        }
        #expect(try pause("2026-03-10T13:40") == [])
        #expect(clock.used(at: "2026-03-11T10:00", in: calendars) == 30)
        #expect(try resume("2026-03-11T10:00") == [])
        #expect(clock.used(at: "2026-03-11T10:05", in: calendars) == 35)
        try clock.complete(at: "2026-03-11T10:10")
        #expect(clock.used(at: "2026-03-12T10:00", in: calendars) == 40)
    }

    // MARK: Refusals

    enum Command: CaseIterable {
        case pause, resume, extend, complete, cancel

        func run(_ clock: inout Deadline, _ calendars: CalendarTimeline) throws(DeadlineRefusal) {
            let now: Instant = "2026-03-10T10:00"
            switch self {
            case .pause: try clock.pause(at: now, reason: "hearing")
            case .resume: try clock.resume(at: now)
            case .extend: try clock.extend(by: 1, at: now, reason: "complex", in: calendars)
            case .complete: try clock.complete(at: now)
            case .cancel: try clock.cancel(at: now)
            }
        }
    }

    @Test(arguments: Command.allCases)
    func aStoppedClockTakesNoCommand(_ command: Command) throws {
        var completed = clock
        try completed.complete(at: "2026-03-09T10:00")
        var cancelled = clock
        try cancelled.pause(at: "2026-03-09T10:00", reason: "hearing")
        try cancelled.cancel(at: "2026-03-09T11:00")
        var expired = Deadline(.workingDays(1), .all, from: "2026-03-02T10:00", in: calendars)
        _ = expired.settle(through: "2026-03-09", in: calendars)
        for stopped in [completed, cancelled, expired] {
            var clock = stopped
            #expect(throws: DeadlineRefusal.stopped) { try command.run(&clock, calendars) }
            #expect(clock == stopped)
        }
    }

    @Test(arguments: zip(Command.allCases, [nil, .notPaused, nil, nil, nil] as [DeadlineRefusal?]))
    func aRunningClockTakesAllButAResume(_ command: Command, _ refusal: DeadlineRefusal?) {
        check(command, on: clock, refusal)
    }

    @Test(
        arguments: zip(
            Command.allCases,
            [.alreadyPaused, nil, nil, nil, nil] as [DeadlineRefusal?]
        )
    )
    func aPausedClockTakesAllButAPause(_ command: Command, _ refusal: DeadlineRefusal?) throws {
        var paused = clock
        try paused.pause(at: "2026-03-09T10:00", reason: "hearing")
        check(command, on: paused, refusal)
    }

    private func check(_ command: Command, on clock: Deadline, _ expected: DeadlineRefusal?) {
        var changed = clock
        do throws(DeadlineRefusal) {
            try command.run(&changed, calendars)
            #expect(expected == nil && changed != clock)
        } catch {
            #expect(error == expected && changed == clock)
        }
    }
}
