import CivilTime
import Deadlines
import RuleTesting
import Testing
import WorkCalendar

@testable import Office

/// Scenarios of the working calendar and the law's limits, told on a case.
@Suite struct ScenarioTests {
    // MARK: Calendar

    @Test func twentyWorkingDaysWithoutAHoliday() throws {
        let matter = try Matter.accepted(promised: 7, at: "2026-03-02T10:00")
        #expect(matter.acceptance == "2026-03-02")
        #expect(matter.due(.statutory) == "2026-03-30")
        #expect(matter.due(.promised) == "2026-03-11")
    }

    @Test func acrossTheSpringFestivalWithTwoMakeUpSaturdays() throws {
        let matter = try Matter.accepted(promised: 10, at: "2026-02-09T10:00")
        #expect(matter.due(.statutory) == "2026-03-13")
        #expect(matter.due(.promised) == "2026-02-28")
    }

    @Test func acceptedOnAMakeUpSaturday() throws {
        let matter = try Matter.accepted(promised: 5, at: "2026-02-14T10:00")
        #expect(matter.acceptance == "2026-02-14")
        #expect(matter.due(.promised) == "2026-02-28")
    }

    @Test func midAutumnFridayWithoutAMakeUpDay() throws {
        let matter = try Matter.accepted(promised: 5, at: "2026-09-21T10:00")
        #expect(matter.due(.promised) == "2026-09-29")
    }

    @Test func acrossNationalDay() throws {
        let matter = try Matter.accepted(promised: 10, at: "2026-09-28T10:00")
        let clock = try #require(matter.file.clock(.promised))
        let counted = clock.deadline.explanation(on: "2026-09-28", in: .builtIn).filter {
            if case .charged = $0.charge { true } else { false }
        }
        let expected: [CivilDate] = [
            "2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12",
            "2026-10-13", "2026-10-14", "2026-10-15", "2026-10-16",
        ]
        #expect(counted.map(\.day) == expected)
    }

    @Test func theSpringFestivalOf2025WithAMakeUpSunday() throws {
        let matter = try Matter.accepted(promised: 5, at: "2025-01-24T10:00")
        #expect(matter.due(.promised) == "2025-02-07")
    }

    // MARK: Receipt

    @Test func submittedOnAFridayAfterClosing() {
        let matter = Matter(at: "2026-03-06T18:05")
        #expect(matter.state == "RECEIVED")
        #expect(matter.receipt == "2026-03-09")
        #expect(matter.due(.notice) == "2026-03-16")
    }

    @Test func submittedOnAMakeUpSaturday() {
        let matter = Matter(at: "2026-05-09T10:00")
        #expect(matter.receipt == "2026-05-09")
        #expect(matter.due(.notice) == "2026-05-15")
    }

    // MARK: Acceptance

    @Test func silenceIsDeemedAcceptanceDatedBackToReceipt() {
        var matter = Matter(at: "2026-04-27T09:00")
        #expect(matter.due(.notice) == "2026-05-07")
        matter.pass(to: "2026-05-07T23:59:59")
        #expect(matter.state == "RECEIVED")
        matter.pass(to: "2026-05-08T00:00:00")
        #expect(matter.state == "ACCEPTED_DEEMED")
        #expect(matter.acceptance == "2026-04-27")
        #expect(matter.due(.statutory) == "2026-05-27")
        #expect(matter.cards == ["notice red 2026-05-08T00:00:00"])
    }

    @Test func correctedOnTheLastDayAndRefiledInFull() throws {
        var matter = Matter(at: "2026-04-27T10:00")
        try matter.notifyCorrection(["M1", "M2"], at: "2026-05-07T16:00")
        #expect(matter.state == "WAIT_CORRECTION")
        #expect(matter.running == [])
        try matter.resubmit(at: "2026-05-20T11:00")
        #expect(matter.state == "RECEIVED")
        #expect(matter.receipt == "2026-05-20")
        try matter.accept(at: "2026-05-20T11:30")
        #expect(matter.acceptance == "2026-05-20")
        #expect(matter.due(.statutory) == "2026-06-17")
    }

    @Test func aSecondCorrectionNotice() throws {
        var matter = Matter(at: "2026-04-27T10:00")
        try matter.notifyCorrection(["M1"], at: "2026-04-28T10:00")
        try matter.resubmit(at: "2026-04-29T10:00")
        #expect(throws: Refusal.correctionOnlyOnce) {
            try matter.notifyCorrection(["M9"], at: "2026-04-29T11:00")
        }
        #expect(matter.state == "RECEIVED")
    }

    // MARK: Instant items

    @Test(
        arguments: [
            ("2026-03-10T10:00", "2026-03-10"), ("2026-03-10T17:40", "2026-03-11"),
            ("2026-03-15T10:00", "2026-03-16"),
        ] as [(Instant, CivilDate)]
    )
    func anInstantItemIsDueOnItsDayOfReceipt(_ submitted: Instant, _ due: CivilDate) {
        #expect(Matter(isInstant: true, at: submitted).due(.instant) == due)
    }

    // MARK: Extension

    @Test func extendedOneDayBeforeTheDueDate() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        #expect(matter.due(.statutory) == "2026-03-30")
        try matter.extend(by: 10, at: "2026-03-29T10:00")
        #expect(matter.due(.statutory) == "2026-04-14")
        #expect(matter.file.record.applicantNotified)
    }

    @Test func extendedTooLongByTheWrongApproverAndTwice() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        #expect(throws: Refusal.limitExceeded(asked: 11, most: 10)) {
            try matter.extend(by: 11, at: "2026-03-10T10:00")
        }
        #expect(throws: Refusal.headRequired(joint: false)) {
            try matter.extend(by: 10, approver: Matter.clerk, at: "2026-03-10T10:00")
        }
        try matter.extend(by: 5, at: "2026-03-10T10:00")
        #expect(matter.due(.statutory) == "2026-04-07")
        #expect(throws: Refusal.alreadyExtended) {
            try matter.extend(by: 5, at: "2026-03-11T10:00")
        }
    }

    @Test func aJointLimitIsExtendedByTheGovernmentsHead() throws {
        var matter = try Matter.accepted(
            statutory: 45,
            promised: 45,
            isJoint: true,
            at: "2026-08-03T10:00"
        )
        #expect(matter.due(.statutory) == "2026-10-10")
        #expect(throws: Refusal.headRequired(joint: true)) {
            try matter.extend(by: 15, approver: Matter.head, at: "2026-09-01T10:00")
        }
        #expect(throws: Refusal.limitExceeded(asked: 16, most: 15)) {
            try matter.extend(by: 16, approver: Matter.mayor, at: "2026-09-01T10:00")
        }
        try matter.extend(by: 15, approver: Matter.mayor, at: "2026-09-01T10:00")
        #expect(matter.due(.statutory) == "2026-10-30")
    }

    // MARK: Pause

    @Test func aHearingAcrossNationalDay() throws {
        var matter = try Matter.accepted(at: "2026-09-07T10:00")
        #expect(matter.due(.statutory) == "2026-10-10")
        try matter.pause(at: "2026-09-16T10:00")
        #expect(matter.state == "SUSPENDED")
        #expect(matter.used(.statutory, on: "2026-09-16") == 7)
        #expect(matter.remaining(.statutory, on: "2026-09-16") == 13)
        try matter.resume(at: "2026-10-09T10:00")
        #expect(matter.due(.statutory) == "2026-10-27")
    }

    @Test func pausedAndResumedOnOneDay() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-11T09:00")
        try matter.resume(at: "2026-03-11T16:00")
        #expect(matter.due(.statutory) == "2026-03-30")
    }

    @Test func pausedTwiceAndAfterTheDecision() throws {
        var matter = try Matter.accepted(at: "2026-03-02T10:00")
        try matter.pause(at: "2026-03-03T10:00")
        #expect(throws: Refusal.alreadyPaused) { try matter.pause(at: "2026-03-04T10:00") }
        try matter.resume(at: "2026-03-05T10:00")
        try matter.decide(.grant, at: "2026-03-06T10:00")
        #expect(throws: Refusal.wrongState("DECIDED")) { try matter.pause(at: "2026-03-09T10:00") }
    }

    // MARK: Cards

    @Test func reminderYellowRed() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-03-02T10:00")
        #expect(matter.due(.promised) == "2026-03-16")
        matter.pass(to: "2026-03-13T08:59:59")
        #expect(matter.cards == [])
        matter.pass(to: "2026-03-13T09:00:00")
        #expect(matter.cards == ["promised remind 2026-03-13T09:00:00"])
        matter.pass(to: "2026-03-17T00:00:00")
        #expect(
            matter.cards == [
                "promised remind 2026-03-13T09:00:00", "promised yellow 2026-03-16T09:00:00",
                "promised red 2026-03-17T00:00:00",
            ]
        )
    }

    // MARK: Calendar changes

    @Test func anEmergencyClosureInMidCase() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-06-01T10:00")
        #expect(matter.due(.promised) == "2026-06-15")
        matter.calendars.change(off: ["2026-06-08"], since: "2026-06-07T20:00")
        matter.pass(to: "2026-06-07T20:01")
        #expect(matter.due(.promised) == "2026-06-16")
        #expect(matter.due(.statutory) == "2026-07-01")
        #expect(matter.file.record.trail.lastAudit == "CALENDAR_CHANGED")
        #expect(matter.file.history.movedBy == [CalendarVersion(rawValue: 2)])
    }

    @Test func aFinishedClockNeverMovesTheOneThatRunsDoes() throws {
        var matter = try Matter.accepted(promised: 10, at: "2026-06-01T10:00")
        try matter.decide(.grant, at: "2026-06-05T10:00")
        #expect(matter.due(.promised) == "2026-06-15")
        matter.calendars.change(off: ["2026-06-08"], since: "2026-06-07T10:00")
        matter.pass(to: "2026-06-07T11:00")
        #expect(matter.due(.promised) == "2026-06-15")
        #expect(matter.result(.promised, at: "2026-06-07T11:00") == .onTime)
        #expect(matter.due(.delivery) == "2026-06-23")
        #expect(matter.file.history.movedBy == [CalendarVersion(rawValue: 2)])
    }

    @Test func intoAYearWhoseArrangementIsntKnown() throws {
        let matter = try Matter.accepted(at: "2026-12-21T10:00")
        #expect(matter.due(.statutory) == "2027-01-19")
        #expect(matter.isProvisional(on: "2026-12-21"))
    }

    // MARK: Delivery

    @Test func theDecisionIsDeliveredWithinTenWorkingDays() throws {
        var matter = try Matter.accepted(at: "2026-02-10T10:00")
        try matter.decide(.grant, at: "2026-02-11T10:00")
        #expect(matter.state == "DECIDED")
        #expect(matter.due(.delivery) == "2026-03-03")
    }

    @Test func theReviewWindowOverLabourDay() throws {
        var matter = try Matter.accepted(at: "2026-04-28T10:00")
        try matter.decide(.grant, at: "2026-04-30T15:00")
        try matter.deliver(at: "2026-04-30T15:00")
        #expect(matter.due(.review) == "2026-05-11")
    }
}
