import CivilTime
import Deadlines
import RuleTesting
import Testing
import WorkCalendar

@testable import Office

/// From receipt to acceptance: 行政许可法 32, and 容缺受理.
@Suite struct AcceptanceTests {
    // MARK: Receipt

    @Test(
        arguments: [
            ("2026-03-06T00:00:00", "2026-03-06"), ("2026-03-06T08:00:00", "2026-03-06"),
            ("2026-03-06T12:30:00", "2026-03-06"), ("2026-03-06T17:30:00", "2026-03-06"),
            ("2026-03-06T17:30:01", "2026-03-09"), ("2026-03-06T23:59:59", "2026-03-09"),
            ("2026-03-07T10:00:00", "2026-03-09"), ("2026-02-14T17:30:00", "2026-02-14"),
            ("2026-02-14T17:30:01", "2026-02-24"), ("2026-09-30T18:00:00", "2026-10-08"),
            ("2026-12-31T18:00:00", "2027-01-04"),
        ] as [(Instant, CivilDate)]
    )
    func whatArrivesAfterClosingIsReceivedOnTheNextWorkingDay(
        _ arrival: Instant,
        _ receipt: CivilDate
    ) throws {
        let matter = Matter(at: arrival)
        #expect(matter.receipt == receipt)
        #expect(matter.acceptance == nil)
        #expect(matter.running == [.notice])
        let calendar = WorkCalendar.builtIn
        #expect(matter.due(.notice) == calendar.workingDay(5, after: receipt))
    }

    @Test func whatTheOfficeDoesBearsItsDayEvenAfterClosing() throws {
        var matter = Matter(at: "2026-03-06T10:00")
        try matter.accept(at: "2026-03-07T20:00")
        #expect(matter.acceptance == "2026-03-07")
        #expect(matter.due(.promised) == "2026-04-03")
        try matter.decide(.grant, at: "2026-03-08T20:00")
        #expect(matter.due(.delivery) == "2026-03-20")
        try matter.deliver(at: "2026-03-20T23:59:59")
        #expect(matter.result(.delivery, at: "2026-03-21") == .onTime)
        #expect(matter.due(.review) == "2026-03-27")
    }

    @Test func aMatterIsNotReceivedBeforeItsDayOfReceipt() {
        // Received on the 9th: the notice is due five working days later, not four.
        var matter = Matter(at: "2026-03-06T17:30:01")
        #expect(matter.used(.notice, on: "2026-03-06") == 0)
        #expect(matter.used(.notice, on: "2026-03-09") == 0)
        #expect(matter.used(.notice, on: "2026-03-10") == 1)
        matter.pass(to: "2026-03-16T23:59:59")
        #expect(matter.state == "RECEIVED")
        matter.pass(to: "2026-03-17T00:00:00")
        #expect(matter.acceptance == "2026-03-09")
    }

    // MARK: Refusal

    @Test func refusingStopsTheNotice() throws {
        for agency in [nil, "the tax office"] {
            var matter = Matter(isInstant: true, at: "2026-03-06T10:00")
            try matter.refuse(agency: agency, at: "2026-03-09T10:00")
            #expect(
                matter.file.record.state
                    == .notAccepted(reason: "no permit is required", competentAgency: agency)
            )
            #expect(matter.running == [])
            matter.pass(to: "2026-12-31")
            #expect(matter.cards == ["instant red 2026-03-07T00:00:00"])
        }
    }

    // MARK: Deemed acceptance

    @Test func rungsAlreadyPastAreIssuedWithTheDeemedAcceptance() {
        var matter = Matter(promised: 3, at: "2026-03-02T10:00")
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards == [
                "notice red 2026-03-10T00:00:00", "promised remind 2026-03-10T00:00:00",
                "promised yellow 2026-03-10T00:00:00", "promised red 2026-03-10T00:00:00",
                "statutory red 2026-03-31T00:00:00",
            ]
        )
        #expect(matter.result(.promised, at: "2026-03-10") == .overdue)
        #expect(matter.overdueDays(.promised, at: "2026-03-10") == 3)
    }

    @Test func anOverduePromiseAndLawAreBothRedAtOnce() {
        var matter = Matter(statutory: 5, promised: 5, at: "2026-03-02T10:00")
        matter.pass(to: "2026-03-10T00:00:00")
        #expect(
            matter.cards == [
                "notice red 2026-03-10T00:00:00", "promised remind 2026-03-10T00:00:00",
                "promised yellow 2026-03-10T00:00:00", "statutory red 2026-03-10T00:00:00",
                "promised red 2026-03-10T00:00:00",
            ]
        )
    }

    @Test func theNextRungsOfADeemedAcceptanceKeepTheirMoments() {
        var matter = Matter(promised: 7, at: "2026-03-02T10:00")
        matter.pass(to: "2026-03-12T00:00:00")
        #expect(
            matter.cards == [
                "notice red 2026-03-10T00:00:00", "promised remind 2026-03-10T09:00:00",
                "promised yellow 2026-03-11T09:00:00", "promised red 2026-03-12T00:00:00",
            ]
        )
    }

    @Test func whatComesInTheLastSecondIsInTime() throws {
        var accepted = Matter(at: "2026-03-02T10:00")
        try accepted.accept(at: "2026-03-09T23:59:59")
        #expect(accepted.result(.notice, at: "2026-12-31") == .onTime)
        #expect(accepted.acceptance == "2026-03-09")
        #expect(accepted.cards == [])
        var refused = Matter(at: "2026-03-02T10:00")
        try refused.refuse(at: "2026-03-09T23:59:59")
        var noticed = Matter(at: "2026-03-02T10:00")
        try noticed.notifyCorrection(["M1"], at: "2026-03-09T23:59:59")
        #expect(noticed.state == "WAIT_CORRECTION")
    }

    @Test func whatComesAtMidnightIsVoidHoweverLateItIsSettled() {
        var matter = Matter(at: "2026-03-02T10:00")
        let refusal = Refusal.noticeOverdue(deemedAt: "2026-03-10")
        for now: Instant in ["2026-03-10T00:00:00", "2026-03-10T00:00:01", "2026-03-20T10:00"] {
            #expect(throws: refusal) { try matter.accept(at: now) }
            #expect(throws: refusal) { try matter.refuse(at: now) }
            #expect(throws: refusal) { try matter.notifyCorrection(["M1"], at: now) }
            #expect(throws: refusal) { try matter.acceptWithGap(by: now.date, at: now) }
        }
        #expect(matter.state == "ACCEPTED_DEEMED")
        #expect(
            matter.audits == [
                "2026-03-02T10:00:00 CASE_SUBMITTED", "2026-03-10T00:00:00 CARD_ISSUED",
                "2026-03-10T00:00:00 CASE_DEEMED_ACCEPTED",
            ]
        )
    }

    @Test func aLateSecondNoticeIsVoidRatherThanTheSecond() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        try matter.notifyCorrection(["M1"], at: "2026-03-03T10:00")
        try matter.resubmit(at: "2026-03-04T10:00")
        #expect(throws: Refusal.noticeOverdue(deemedAt: "2026-03-12")) {
            try matter.notifyCorrection(["M2"], at: "2026-03-12T10:00")
        }
        #expect(matter.acceptance == "2026-03-04")
    }

    // MARK: Correction

    @Test func aPartialResubmissionLeavesTheMatterWaiting() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        try matter.notifyCorrection(["M1", "M2", "M3"], at: "2026-03-03T10:00")
        try matter.resubmit(missing: ["M2", "M3"], at: "2026-03-04T10:00")
        #expect(matter.file.record.state == .waitCorrection(missing: ["M2", "M3"]))
        try matter.resubmit(missing: ["M3"], at: "2026-03-05T10:00")
        #expect(matter.file.record.state == .waitCorrection(missing: ["M3"]))
        #expect(matter.running == [])
        #expect(matter.receipt == "2026-03-02")
        matter.pass(to: "2026-12-31")
        #expect(matter.state == "WAIT_CORRECTION", "by default nothing lapses")
        #expect(matter.cards == [])
    }

    @Test func anItemThatWasntNoticedIsntMissing() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        let unknown = Refusal.unknownValue(field: "missing", value: "M9")
        #expect(throws: Refusal.wrongState("RECEIVED"), "nothing has been noticed yet") {
            try matter.resubmit(missing: ["M9"], at: "2026-03-02T11:00")
        }
        try matter.notifyCorrection(["M1"], at: "2026-03-03T10:00")
        #expect(throws: unknown) {
            try matter.resubmit(missing: ["M1", "M9"], at: "2026-03-04T10:00")
        }
        try matter.resubmit(at: "2026-03-04T11:00")
        #expect(throws: unknown, "values are judged before states") {
            try matter.resubmit(missing: ["M9"], at: "2026-03-04T12:00")
        }
    }

    @Test func aFullResubmissionAfterClosingIsReceivedOnTheNextWorkingDay() throws {
        var matter = Matter(isInstant: true, at: "2026-03-02T10:00")
        #expect(matter.file.record.instantTarget == "2026-03-02T10:30")
        try matter.notifyCorrection(["M1"], at: "2026-03-02T11:00")
        #expect(matter.running == [])
        try matter.resubmit(at: "2026-03-06T17:45")
        #expect(matter.receipt == "2026-03-09")
        #expect(matter.running == [.notice, .instant])
        #expect(matter.due(.notice) == "2026-03-16")
        #expect(matter.due(.instant) == "2026-03-09")
        #expect(matter.file.record.instantTarget == "2026-03-09T09:30")
    }

    @Test func aMatterLapsesOnlyWhereThePolicySaysSo() throws {
        var policy = Policy()
        policy.correctionLapseDays = 10
        var matter = Matter(at: "2026-03-02T10:00", policy: policy)
        try matter.notifyCorrection(["M1", "M2"], at: "2026-03-03T10:00")
        #expect(matter.running == [.correction])
        #expect(matter.due(.correction) == "2026-03-17")
        try matter.resubmit(missing: ["M2"], at: "2026-03-10T10:00")
        #expect(matter.due(.correction) == "2026-03-17", "a partial one doesn't reset it")
        var supplied = matter
        try supplied.resubmit(at: "2026-03-17T23:59:59")
        #expect(supplied.state == "RECEIVED")
        #expect(supplied.receipt == "2026-03-18")
        matter.pass(to: "2026-03-17T23:59:59")
        #expect(matter.state == "WAIT_CORRECTION")
        matter.pass(to: "2026-03-18T00:00:00")
        #expect(matter.state == "LAPSED")
        #expect(matter.cards == [], "nobody in the office was late")
        #expect(throws: Refusal.wrongState("LAPSED")) {
            try matter.resubmit(at: "2026-03-18T00:00:00")
        }
    }

    // MARK: Instant items

    @Test(
        arguments: [
            ("2026-03-10T10:00", "2026-03-10T10:30", "2026-03-11"),
            ("2026-03-10T11:45", "2026-03-10T13:45", "2026-03-11"),
            ("2026-03-10T17:00", "2026-03-10T17:30", "2026-03-11"),
            ("2026-03-10T17:30:00", "2026-03-11T09:30", "2026-03-11"),
            ("2026-03-10T17:30:01", "2026-03-11T09:30", "2026-03-12"),
            ("2026-03-13T18:00", "2026-03-16T09:30", "2026-03-17"),
        ] as [(Instant, Instant, Instant)]
    )
    func anInstantItemIsRedAfterItsWorkingDay(
        _ arrival: Instant,
        _ target: Instant,
        _ overdue: Instant
    ) throws {
        var matter = Matter(isInstant: true, at: arrival)
        #expect(matter.file.record.instantTarget == target)
        matter.pass(to: overdue.adding(seconds: -1))
        #expect(matter.cards == [])
        var done = matter
        try done.accept(at: overdue.adding(seconds: -1))
        #expect(done.running == [.statutory, .promised, .instant])
        try done.decide(.grant, at: overdue.adding(seconds: -1))
        #expect(done.result(.instant, at: "2026-12-31") == .onTime)
        matter.pass(to: overdue)
        #expect(matter.cards == ["instant red \(overdue)"])
    }

    // MARK: A gap

    @Test func aGapIsPromisedNoLaterThanThePromisedLimit() throws {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        #expect(throws: Refusal.beyondPromisedLimit(last: "2026-03-16")) {
            try matter.acceptWithGap(by: "2026-03-17", at: "2026-03-02T11:00")
        }
        #expect(
            throws: Refusal.outOfRange(field: "supplement_by", allowed: "2026-03-02…2026-03-16")
        ) {
            try matter.acceptWithGap(by: "2026-03-01", at: "2026-03-02T11:00")
        }
        try matter.acceptWithGap(by: "2026-03-16", at: "2026-03-02T11:00")
        #expect(matter.due(.promised) == "2026-03-16")
        #expect(matter.running == [.statutory, .promised, .gap])
    }

    @Test func aGapThatIsntSuppliedTerminatesTheMatter() {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        // A Saturday: the applicant named it, so it neither moves nor waits for a working day.
        #expect(throws: Never.self) {
            try matter.acceptWithGap(by: "2026-03-07", at: "2026-03-02T11:00")
        }
        matter.pass(to: "2026-03-07T23:59:59")
        #expect(matter.state == "ACCEPTED_GAP")
        matter.pass(to: "2026-03-08T00:00:00")
        #expect(matter.state == "TERMINATED")
        #expect(matter.running == [])
        #expect(matter.cards == [], "nobody in the office was late")
        #expect(throws: Refusal.wrongState("TERMINATED")) {
            try matter.supplyGap(at: "2026-03-08T00:00:00")
        }
    }

    @Test func aGapThatEndsWithThePromiseIssuesTheCardFirst() throws {
        var matter = Matter(promised: 1, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-03", at: "2026-03-02T11:00")
        matter.pass(to: "2026-12-31")
        #expect(
            matter.cards == [
                "promised yellow 2026-03-03T09:00:00", "promised red 2026-03-04T00:00:00",
            ]
        )
        #expect(
            matter.audits.suffix(2) == [
                "2026-03-04T00:00:00 CARD_ISSUED", "2026-03-04T00:00:00 CASE_TERMINATED",
            ]
        )
    }

    @Test func aGapSuppliedInItsLastSecondLetsTheMatterGoOn() throws {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-05", at: "2026-03-02T11:00")
        #expect(throws: Refusal.wrongState("ACCEPTED_GAP")) {
            try matter.decide(.grant, at: "2026-03-04T10:00")
        }
        try matter.supplyGap(at: "2026-03-05T23:59:59")
        #expect(matter.state == "ACCEPTED")
        #expect(throws: Refusal.wrongState("ACCEPTED")) {
            try matter.supplyGap(at: "2026-03-06T10:00")
        }
        try matter.decide(.grant, at: "2026-03-06T10:00")
        #expect(matter.running == [.delivery])
    }

    @Test func aGapRunsOnWhileTheMatterIsSuspended() throws {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-10", at: "2026-03-02T11:00")
        try matter.pause(at: "2026-03-04T10:00")
        var supplied = matter
        try supplied.supplyGap(at: "2026-03-10T10:00")
        #expect(supplied.state == "SUSPENDED")
        try supplied.resume(at: "2026-03-11T10:00")
        #expect(supplied.state == "ACCEPTED")
        matter.pass(to: "2026-03-11T00:00:00")
        #expect(matter.state == "TERMINATED")
        #expect(matter.cards == [])
    }

    @Test func aDenialClosesTheGap() throws {
        var matter = Matter(promised: 10, at: "2026-03-02T10:00")
        try matter.acceptWithGap(by: "2026-03-05", at: "2026-03-02T11:00")
        try matter.decide(.deny, at: "2026-03-04T10:00")
        matter.pass(to: "2026-03-10")
        #expect(matter.state == "DECIDED")
    }

    // MARK: Rights

    @Test func onlyTheDepartmentThatAnswersHandlesTheMatter() throws {
        let file = Matter(at: "2026-03-02T10:00").file
        #expect(throws: Never.self) { try file.requireHandler(Matter.clerk) }
        for actor in [
            Actor(login: "clerk-A", roles: [.staff], department: "A"), Matter.head, Matter.zhang,
        ] {
            #expect(throws: Refusal.wrongDepartment(answers: "LEAD")) {
                try file.requireHandler(actor)
            }
        }
        #expect(throws: Never.self) { try file.requireApplicant(Matter.zhang) }
        #expect(throws: Refusal.notApplicant) {
            try file.requireApplicant(Actor(login: "li", roles: [.applicant], department: ""))
        }
    }

    @Test(arguments: [
        (false, Matter.head, true), (false, Matter.mayor, false), (false, Matter.clerk, false),
        (false, Actor(login: "head-A", roles: [.head], department: "A"), false),
        (true, Matter.head, false), (true, Matter.mayor, true),
    ])
    func theHeadOfTheAgencyOrForJointMattersOfTheGovernmentApproves(
        _ isJoint: Bool,
        _ actor: Actor,
        _ mayApprove: Bool
    ) {
        let file = Matter(isJoint: isJoint, at: "2026-03-02T10:00").file
        if mayApprove {
            #expect(throws: Never.self) { try file.requireHead(actor) }
        } else {
            #expect(throws: Refusal.headRequired(joint: isJoint)) { try file.requireHead(actor) }
        }
    }

    @Test func aVersionThatTheCallerSawMustBeCurrent() throws {
        var matter = Matter(at: "2026-03-02T10:00")
        #expect(throws: Never.self) { try matter.file.requireVersion(1) }
        try matter.accept(at: "2026-03-02T11:00")
        #expect(throws: Never.self) { try matter.file.requireVersion(0) }
        #expect(throws: Never.self) { try matter.file.requireVersion(2) }
        for version: UInt64 in [1, 3, .max] {
            #expect(throws: Refusal.staleVersion(current: 2)) {
                try matter.file.requireVersion(version)
            }
        }
    }
}
