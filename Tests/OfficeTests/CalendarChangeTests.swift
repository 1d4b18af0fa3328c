import CivilTime
import Deadlines
import RuleTesting
import Testing
import WorkCalendar

@testable import Office

/// What a new version of the calendar does to the clocks of a case.
@Suite struct CalendarChangeTests {
    private func moves(_ matter: Matter) -> [String] {
        matter.file.history.audits.filter { $0.kind == "CALENDAR_CHANGED" }.map {
            "\($0.at) \($0.detail)"
        }
    }

    private func version(_ number: UInt32) -> CalendarVersion { CalendarVersion(rawValue: number) }

    @Test func everyMovedDateSaysWhy() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-03-09T20:00")
        #expect(
            moves(matter) == [
                "2026-03-09T20:00:00 off [2026-03-10], work []: "
                    + "statutory 2026-03-30 to 2026-03-31, promised 2026-03-16 to 2026-03-17"
            ]
        )
        #expect(matter.file.history.replanned == [version(2): 2])
    }

    @Test func aChangeThatMovesNothingIsntNoted() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.calendars.change(off: ["2026-06-01"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-03-09T20:00")
        #expect(moves(matter) == [])
        #expect(matter.file.history.movedBy == [])
        #expect(
            matter.file.history.replanned == [version(2): 2],
            "it is planned by the newest all the same"
        )
    }

    @Test func aDayOfWorkMovesADateForward() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.calendars.change(work: ["2026-03-14"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-12-31")
        #expect(matter.due(.promised) == "2026-03-14")
        #expect(
            matter.cards.prefix(3) == [
                "promised remind 2026-03-13T09:00:00", "promised yellow 2026-03-14T09:00:00",
                "promised red 2026-03-15T00:00:00",
            ]
        )
    }

    @Test func aDateMovedIntoThePastIsRedAtTheChange() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.calendars.change(
            work: ["2026-03-07", "2026-03-08", "2026-03-14"],
            since: "2026-03-15T10:00"
        )
        matter.pass(to: "2026-03-15T10:00")
        #expect(matter.due(.promised) == "2026-03-12")
        #expect(
            matter.cards == [
                "promised remind 2026-03-13T09:00:00", "promised yellow 2026-03-15T10:00:00",
                "promised red 2026-03-15T10:00:00",
            ]
        )
        #expect(matter.result(.promised, at: "2026-03-15T10:00") == .overdue)
    }

    @Test func aNoticeMovedIntoThePastDeemsTheMatterAcceptedAtTheChange() {
        var matter = Matter(at: "2026-03-02T10:00")
        matter.calendars.change(work: ["2026-03-07"], since: "2026-03-07T20:00")
        matter.pass(to: "2026-03-09T10:00")
        #expect(matter.state == "ACCEPTED_DEEMED", "the 7th was the fifth day")
        #expect(matter.cards == ["notice red 2026-03-08T00:00:00"])
        var late = Matter(at: "2026-03-02T10:00")
        late.calendars.change(
            work: ["2026-03-07", "2026-03-08"],
            since: "2026-03-09T09:30"
        )
        late.pass(to: "2026-03-09T10:00")
        #expect(late.cards == ["notice red 2026-03-09T09:30:00"])
        #expect(late.acceptance == "2026-03-02")
        #expect(late.file.clock(.promised)?.deadline.calendarVersion == version(2))
    }

    @Test func twoChangesInOneDayCountOneAfterTheOther() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        matter.calendars.change(work: ["2026-03-10"], since: "2026-03-09T20:00")
        matter.calendars.change(off: ["2026-03-11"], since: "2026-03-09T21:00")
        matter.pass(to: "2026-03-10T10:00")
        #expect(matter.due(.promised) == "2026-03-17")
        #expect(moves(matter).count == 3)
        #expect(matter.file.history.movedBy == [version(2), version(3), version(4)])
        #expect(
            matter.file.history.replanned == [version(2): 2, version(3): 2, version(4): 2]
        )
    }

    @Test func aChangeWhilePausedMovesWhatIsShown() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-05T10:00")
        matter.calendars.change(off: ["2026-03-06", "2026-03-12"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-03-09T20:00")
        #expect(
            moves(matter) == [
                "2026-03-09T20:00:00 off [2026-03-06, 2026-03-12], work []: "
                    + "statutory 2026-04-01 to 2026-04-02, promised 2026-03-18 to 2026-03-19"
            ]
        )
        try matter.resume(at: "2026-03-10T10:00")
        #expect(matter.due(.promised) == "2026-03-20")
    }

    @Test func anOverdueClockThatRunsIsReplannedButItsCardStands() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        matter.pass(to: "2026-03-17T10:00")
        matter.calendars.change(off: ["2026-03-10"], since: "2026-03-17T20:00")
        matter.pass(to: "2026-03-17T23:59:59")
        #expect(matter.due(.promised) == "2026-03-17")
        #expect(matter.result(.promised, at: "2026-03-17T23:59:59") == nil)
        matter.pass(to: "2026-03-20")
        #expect(matter.result(.promised, at: "2026-03-18T00:00:00") == .overdue)
        #expect(matter.cards.count == 3, "each card once for good")
    }

    @Test func aNamedDayStays() throws {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-16", at: "2026-03-02T10:00")
        matter.calendars.change(off: ["2026-03-16"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-03-10")
        #expect(matter.due(.gap) == "2026-03-16")
        #expect(matter.due(.promised) == "2026-03-17")
    }

    @Test func aChangeAtMidnightComesAfterWhatMidnightForbids() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        matter.calendars.change(off: ["2026-03-09"], since: "2026-03-10T00:00:00")
        matter.pass(to: "2026-03-10T00:00:00")
        #expect(matter.state == "ACCEPTED_DEEMED")
        #expect(matter.file.clock(.notice)?.deadline.calendarVersion == .builtIn)
        #expect(matter.due(.promised) == "2026-03-31")
    }

    @Test func loadingAYearMovesItsProvisionalDates() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-12-21T10:00")
        #expect(matter.due(.promised, on: "2026-12-21") == "2027-01-05")
        #expect(matter.isProvisional(on: "2026-12-21"))
        matter.calendars.load(
            year: 2027,
            off: ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"],
            makeUp: ["2027-01-09"],
            since: "2026-12-22T10:00"
        )
        matter.pass(to: "2026-12-22T10:00")
        #expect(matter.due(.promised, on: "2026-12-22") == "2027-01-06")
        #expect(!matter.isProvisional(on: "2026-12-22"))
        #expect(
            moves(matter) == [
                "2026-12-22T10:00:00 arrangement of 2027: promised 2027-01-05 to 2027-01-06"
            ]
        )
    }

    @Test func aMatterStillToBeReceivedIsReceivedByTheNewCalendar() {
        // From Friday evening; on Sunday a typhoon closes the office on Monday.
        var matter = Matter(isInstant: true, at: "2026-03-06T18:05")
        #expect(matter.receipt == "2026-03-09")
        matter.calendars.change(off: ["2026-03-09"], since: "2026-03-08T20:00")
        matter.pass(to: "2026-03-08T20:00")
        #expect(matter.receipt == "2026-03-10")
        #expect(matter.due(.notice) == "2026-03-17")
        #expect(matter.due(.instant) == "2026-03-10")
        #expect(matter.file.record.instantTarget == "2026-03-10T09:30")
        #expect(
            moves(matter) == [
                "2026-03-08T20:00:00 off [2026-03-09], work []: receipt 2026-03-09 to 2026-03-10, "
                    + "notice 2026-03-16 to 2026-03-17, instant 2026-03-09 to 2026-03-10"
            ]
        )
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards.prefix(2) == [
                "instant red 2026-03-11T00:00:00", "notice red 2026-03-18T00:00:00",
            ]
        )
        #expect(matter.acceptance == "2026-03-10")
    }

    @Test func aMatterStillToBeReceivedMayBeReceivedEarlier() {
        var matter = Matter(at: "2026-03-06T18:05")
        matter.calendars.change(work: ["2026-03-07"], since: "2026-03-06T20:00")
        matter.pass(to: "2026-03-06T20:00")
        #expect(matter.receipt == "2026-03-07")
        #expect(matter.due(.notice) == "2026-03-13")
    }

    @Test func aMatterThatHasBeenReceivedStaysSo() throws {
        var matter = Matter(at: "2026-03-06T18:05")
        matter.calendars.change(off: ["2026-03-09"], since: "2026-03-09T00:00:00")
        matter.pass(to: "2026-03-09T07:00")
        #expect(matter.receipt == "2026-03-09")
        #expect(matter.due(.notice) == "2026-03-16")
        var accepted = Matter(at: "2026-03-06T18:05")
        try accepted.accept(at: "2026-03-07T10:00")
        accepted.calendars.change(off: ["2026-03-09"], since: "2026-03-08T20:00")
        accepted.pass(to: "2026-03-10")
        #expect(accepted.receipt == "2026-03-09")
        #expect(accepted.acceptance == "2026-03-07")
    }

    @Test func aProvisionalDayOfReceiptMovesWhenTheYearIsLoaded() throws {
        var matter = Matter(at: "2026-12-01T10:00")
        try matter.notifyCorrection(["M1"], at: "2026-12-02T10:00")
        try matter.resubmit(at: "2026-12-31T18:00")
        #expect(matter.receipt == "2027-01-04")
        #expect(matter.isProvisional(on: "2026-12-31"))
        matter.calendars.load(
            year: 2027,
            off: ["2027-01-01", "2027-01-02", "2027-01-04"],
            makeUp: ["2027-01-03"],
            since: "2026-12-31T20:00"
        )
        matter.pass(to: "2026-12-31T20:00")
        #expect(matter.receipt == "2027-01-03")
        #expect(!matter.isProvisional(on: "2026-12-31"))
    }

    @Test func aMatterWithoutRunningClocksIsLeftAlone() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        try matter.withdraw(at: "2026-03-02T10:00")
        let version = matter.file.record.trail.version
        matter.calendars.change(off: ["2026-03-10"], since: "2026-03-09T20:00")
        matter.pass(to: "2026-12-31")
        #expect(matter.file.record.trail.version == version)
        #expect(matter.file.history.replanned == [:])
    }
}
