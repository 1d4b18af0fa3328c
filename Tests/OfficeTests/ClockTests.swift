import CivilTime
import Deadlines
import RuleTesting
import Testing
import WorkCalendar

@testable import Office

/// The clocks of an accepted matter: 行政许可法 42, 44, 45, 82.
@Suite struct ClockTests {
    // MARK: Two clocks

    @Test func theTwoClocksRunApart() throws {
        var matter = try Matter.accepted(statutory: 20, promised: 10, at: "2026-03-02T10:00")
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards == [
                "promised remind 2026-03-13T09:00:00", "promised yellow 2026-03-16T09:00:00",
                "promised red 2026-03-17T00:00:00", "statutory red 2026-03-31T00:00:00",
            ]
        )
        #expect(matter.running == [.statutory, .promised])
    }

    @Test func cardsOfOneInstantComeInTheOrderOfTheClocks() throws {
        var matter = try Matter.accepted(statutory: 2, promised: 2, at: "2026-03-02T10:00")
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards == [
                "promised remind 2026-03-03T09:00:00", "promised yellow 2026-03-04T09:00:00",
                "statutory red 2026-03-05T00:00:00", "promised red 2026-03-05T00:00:00",
            ]
        )
    }

    @Test func aMatterDecidedInItsLastSecondIsOnTime() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.decide(.grant, at: "2026-03-16T23:59:59")
        #expect(matter.result(.promised, at: "2026-03-16T23:59:59") == .onTime)
        #expect(matter.overdueDays(.promised, at: "2026-12-31") == 0)
        var late = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        #expect(late.result(.promised, at: "2026-03-16T23:59:59") == nil)
        try late.decide(.grant, at: "2026-03-17T00:00:00")
        #expect(late.result(.promised, at: "2026-12-31") == .overdue)
        #expect(late.overdueDays(.promised, at: "2026-12-31") == 1)
        #expect(late.result(.statutory, at: "2026-12-31") == .onTime)
        #expect(late.cards.last == "promised red 2026-03-17T00:00:00")
    }

    // MARK: Extension

    @Test func anExtensionAddsItsDaysToBothClocksAndToN() throws {
        var matter = try Matter.accepted(statutory: 20, promised: 10, at: "2026-03-02T10:00")
        try matter.extend(by: 10, at: "2026-03-12T10:00")
        #expect(matter.due(.statutory) == "2026-04-14")
        #expect(matter.due(.promised) == "2026-03-30")
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards == [
                "promised remind 2026-03-27T09:00:00", "promised yellow 2026-03-27T09:00:00",
                "promised red 2026-03-31T00:00:00", "statutory red 2026-04-15T00:00:00",
            ]
        )
    }

    @Test func anExtensionLeavesAnOverduePromiseAlone() throws {
        var matter = try Matter.accepted(statutory: 20, promised: 10, at: "2026-03-02T10:00")
        try matter.extend(by: 10, at: "2026-03-17T00:00:00")
        #expect(matter.due(.statutory) == "2026-04-14")
        #expect(matter.due(.promised) == "2026-03-16")
        #expect(matter.result(.promised, at: "2026-03-17") == .overdue)
        #expect(throws: Refusal.alreadyExtended) { try matter.extend(by: 1, at: "2026-03-18") }
    }

    @Test func anExtensionComesInTimeOnTheLastDayOfTheLaw() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        var late = matter
        try matter.extend(by: 10, at: "2026-03-30T23:59:59")
        #expect(matter.due(.statutory) == "2026-04-14")
        #expect(matter.due(.promised) == "2026-04-14")
        #expect(throws: Refusal.alreadyOverdue(since: "2026-03-31")) {
            try late.extend(by: 10, at: "2026-03-31T00:00:00")
        }
        #expect(!late.file.record.applicantNotified)
    }

    @Test(arguments: ["2026-03-16T10:00", "2026-03-19T10:00", "2026-03-24T10:00"] as [Instant])
    func anExtensionBeforeWhileOrAfterAPauseGivesTheSameDates(_ extended: Instant) throws {
        var matter = try Matter.accepted(promised: 15, at: "2026-03-02T10:00")
        let steps: [(at: Instant, run: (inout Matter, Instant) throws -> Void)] = [
            ("2026-03-17T10:00", { try $0.pause(at: $1) }),
            ("2026-03-23T10:00", { try $0.resume(at: $1) }),
            (extended, { try $0.extend(by: 5, at: $1) }),
        ]
        for step in steps.sorted(by: { $0.at < $1.at }) { try step.run(&matter, step.at) }
        #expect(matter.due(.statutory) == "2026-04-13")
        #expect(matter.due(.promised) == "2026-04-03")
    }

    @Test func anExtensionWhilePausedOnTheLastDayComesInTime() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-30T10:00")
        try matter.extend(by: 1, at: "2026-05-20T10:00")
        try matter.resume(at: "2026-05-20T11:00")
        #expect(matter.due(.statutory) == "2026-05-21")
        matter.pass(to: "2026-05-22")
        #expect(
            matter.cards.suffix(2) == [
                "statutory red 2026-05-22T00:00:00", "promised red 2026-05-22T00:00:00",
            ]
        )
    }

    @Test func theWorstReasonIsTheValueThenTheState() {
        var matter = Matter(at: "2026-03-02T10:00")
        #expect(throws: Refusal.limitExceeded(asked: 11, most: 10)) {
            try matter.extend(by: 11, at: "2026-03-02T11:00")
        }
        #expect(throws: Refusal.wrongState("RECEIVED")) {
            try matter.extend(by: 10, at: "2026-03-02T11:00")
        }
        #expect(throws: Refusal.remediesRequired) {
            try Decision(.deny, reason: "as the law says", remedies: "")
        }
    }

    // MARK: Pause

    @Test(arguments: PauseReason.allCases) func theLawNamesWhatPauses(_ reason: PauseReason) throws
    {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.pause(for: reason, at: "2026-03-03T10:00")
        #expect(
            matter.file.record.state == .suspended(reason, plannedDays: 10, from: .accepted)
        )
        try matter.resume(at: "2026-03-05T10:00")
        #expect(matter.due(.statutory) == "2026-04-01")
    }

    @Test func whilePausedTheDueDateIsShownAsIfResumedToday() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-05T10:00")
        for (today, due) in [
            ("2026-03-05", "2026-03-16"), ("2026-03-08", "2026-03-17"),
            ("2026-03-10", "2026-03-19"),
        ] as [(CivilDate, CivilDate)] {
            matter.pass(to: today.start)
            #expect(matter.due(.promised, on: today) == due)
            #expect(matter.used(.promised, on: today) == 3)
        }
    }

    @Test func noCardIsIssuedWhilePaused() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-13T08:59:59")
        matter.pass(to: "2026-06-01")
        #expect(matter.cards == [])
        try matter.resume(at: "2026-06-01T10:00")
        matter.pass(to: "2026-06-03T00:00:00")
        #expect(
            matter.cards == [
                "promised remind 2026-06-01T10:00:00", "promised yellow 2026-06-02T09:00:00",
                "promised red 2026-06-03T00:00:00",
            ]
        )
    }

    @Test func aHeldCardIsIssuedWithTheResumeItself() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-13T08:59:59")
        try matter.resume(at: "2026-03-18T10:20")
        #expect(matter.cards == ["promised remind 2026-03-18T10:20:00"])
        #expect(
            matter.audits.suffix(2) == [
                "2026-03-18T10:20:00 CASE_RESUMED", "2026-03-18T10:20:00 CARD_ISSUED",
            ]
        )
    }

    @Test func aPauseOnTheLastDayPutsOffTheRedCard() throws {
        var matter = try Matter.accepted(statutory: 10, promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-16T23:59:59")
        try matter.resume(at: "2026-03-20T10:00")
        matter.pass(to: "2026-03-20T23:59:59")
        #expect(matter.result(.promised, at: "2026-03-20T23:59:59") == nil)
        matter.pass(to: "2026-03-24T10:00")
        #expect(
            matter.cards.suffix(2) == [
                "statutory red 2026-03-21T00:00:00", "promised red 2026-03-21T00:00:00",
            ]
        )
        // Saturday and Sunday aren't working days; the pause isn't counted either.
        #expect(matter.overdueDays(.promised, at: "2026-03-24T10:00") == 2)
    }

    @Test func aPauseOnceOverdueChangesNoDateAndCountsNoDays() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-17T10:00")
        #expect(matter.due(.promised, on: "2026-03-25") == "2026-03-16")
        #expect(matter.result(.promised, at: "2026-03-25") == .overdue)
        #expect(matter.overdueDays(.promised, at: "2026-03-25") == 1)
        try matter.resume(at: "2026-03-25T10:00")
        #expect(matter.overdueDays(.promised, at: "2026-03-26") == 2)
        #expect(matter.due(.statutory) == "2026-04-08")
    }

    @Test func otherClocksDontPause() throws {
        var matter = Matter(promised: 10, isInstant: true, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-16", at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-02T11:00")
        let paused = matter.file.runningClocks.filter(\.deadline.isPaused).map(\.kind)
        #expect(paused == [.statutory, .promised, .instant])
        #expect(matter.running == [.statutory, .promised, .instant, .gap])
    }

    // MARK: Delivery and review

    @Test func aDecisionDeliveredLateIsRed() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.decide(.deny, at: "2026-03-03T10:00")
        #expect(matter.due(.delivery) == "2026-03-17")
        matter.pass(to: "2026-03-17T23:59:59")
        #expect(matter.cards == [])
        matter.pass(to: "2026-03-18T00:00:00")
        #expect(matter.cards == ["delivery red 2026-03-18T00:00:00"])
        try matter.deliver(at: "2026-03-18T10:00")
        #expect(matter.result(.delivery, at: "2026-12-31") == .overdue)
        #expect(matter.due(.review) == "2026-03-25")
    }

    @Test func theReviewWindowEndsWithoutACard() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.decide(.grant, at: "2026-03-03T10:00")
        try matter.deliver(at: "2026-03-03T10:00")
        try matter.archive(at: "2026-03-04T10:00")
        #expect(matter.running == [.review])
        matter.pass(to: "2026-03-10T23:59:59")
        #expect(matter.running == [.review])
        matter.pass(to: "2026-03-11T00:00:00")
        #expect(matter.running == [])
        #expect(matter.cards == [])
        #expect(matter.audits.last == "2026-03-11T00:00:00 REVIEW_WINDOW_CLOSED")
        #expect(matter.state == "ARCHIVED")
    }

    // MARK: Withdrawal

    @Test func aWithdrawalStopsEveryClock() throws {
        var received = Matter(isInstant: true, at: "2026-03-02T10:00")
        var waiting = received
        try waiting.notifyCorrection(["M1"], at: "2026-03-02T11:00")
        var accepted = received
        try accepted.acceptWithGap(by: "2026-03-10", at: "2026-03-02T11:00")
        var suspended = accepted
        try suspended.pause(at: "2026-03-02T11:00")
        for index in 0..<4 {
            var matter = [received, waiting, accepted, suspended][index]
            try matter.withdraw(at: "2026-03-02T12:00")
            #expect(matter.state == "WITHDRAWN")
            #expect(matter.running == [])
            matter.pass(to: "2026-12-31")
            #expect(matter.cards == [])
        }
        received.pass(to: "2026-03-10")
        #expect(received.state == "ACCEPTED_DEEMED")
        try received.withdraw(at: "2026-03-10T10:00")
        #expect(received.running == [])
    }

    @Test func aMatterIsWithdrawnBeforeTheDecisionAlone() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.decide(.grant, at: "2026-03-03T10:00")
        #expect(throws: Refusal.wrongState("DECIDED")) {
            try matter.withdraw(at: "2026-03-03T10:00")
        }
    }
}
