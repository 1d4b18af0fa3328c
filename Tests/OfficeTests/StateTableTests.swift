import CivilTime
import Deadlines
import RuleTesting
import Testing

@testable import Office

/// Every command in every state: where it leads, or exactly why it is refused.
@Suite struct StateTableTests {
    /// A row for each state, a column for each command. A dot stands for `wrongState` with the
    /// state's own name.
    static let table = """
        in                accept        acceptWithGap supplyGap    refuse        notify          resubmit resubmitPartly  beginReview pause         resume    extend        grant              deny    deliver   withdraw  archive
        RECEIVED          ACCEPTED      ACCEPTED_GAP  .            NOT_ACCEPTED  WAIT_CORRECTION .        .               .           .             notPaused .             .                  .       .         WITHDRAWN .
        RECEIVED_AGAIN    ACCEPTED      ACCEPTED_GAP  .            NOT_ACCEPTED  onlyOnce        .        .               .           .             notPaused .             .                  .       .         WITHDRAWN .
        WAIT_CORRECTION   .             .             .            .             onlyOnce        RECEIVED WAIT_CORRECTION .           .             notPaused .             .                  .       .         WITHDRAWN .
        ACCEPTED          .             .             .            .             .               .        .               IN_REVIEW   SUSPENDED     notPaused ACCEPTED      DECIDED            DECIDED .         WITHDRAWN .
        ACCEPTED_GAP      .             .             ACCEPTED     .             .               .        .               IN_REVIEW   SUSPENDED     notPaused ACCEPTED_GAP  ACCEPTED_GAP!      DECIDED .         WITHDRAWN .
        ACCEPTED_DEEMED   overdue       overdue       .            overdue       overdue         .        .               IN_REVIEW   SUSPENDED     notPaused ACCEPTED_DEEMED DECIDED          DECIDED .         WITHDRAWN .
        IN_REVIEW         .             .             .            .             .               .        .               .           SUSPENDED     notPaused IN_REVIEW     DECIDED            DECIDED .         WITHDRAWN .
        IN_REVIEW_GAP     .             .             IN_REVIEW    .             .               .        .               .           SUSPENDED     notPaused IN_REVIEW     ACCEPTED_GAP!      DECIDED .         WITHDRAWN .
        IN_REVIEW_DEEMED  overdue       overdue       .            overdue       overdue         .        .               .           SUSPENDED     notPaused IN_REVIEW     DECIDED            DECIDED .         WITHDRAWN .
        JOINT             .             .             .            .             .               .        .               .           SUSPENDED     notPaused JOINT         .                  .       .         WITHDRAWN .
        SUSPENDED         .             .             .            .             .               .        .               .           alreadyPaused ACCEPTED  SUSPENDED     .                  .       .         WITHDRAWN .
        SUSPENDED_GAP     .             .             SUSPENDED    .             .               .        .               .           alreadyPaused ACCEPTED_GAP SUSPENDED  .                  .       .         WITHDRAWN .
        SUSPENDED_DEEMED  overdue       overdue       .            overdue       overdue         .        .               .           alreadyPaused ACCEPTED_DEEMED SUSPENDED .                .       .         WITHDRAWN .
        DECIDED           .             .             .            .             .               .        .               .           .             notPaused .             .                  .       DELIVERED .         .
        DELIVERED         .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         ARCHIVED
        ARCHIVED          .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         .
        NOT_ACCEPTED      .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         .
        LAPSED            .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         .
        TERMINATED        .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         .
        WITHDRAWN         .             .             .            .             .               .        .               .           .             notPaused .             .                  .       .         .         .
        """

    struct Entry: CustomTestStringConvertible {
        let state: String
        let command: String
        let outcome: String

        var testDescription: String { "\(command) in \(state)" }
    }

    static let entries: [Entry] = {
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return lines.dropFirst().flatMap { line in
            zip(lines[0], line).dropFirst().map {
                Entry(state: line[0], command: $0, outcome: $1)
            }
        }
    }()

    /// The moment of the command: its limits are far from their ends.
    static let now: Instant = "2026-03-10T15:00"

    @Test func theTableIsComplete() {
        #expect(Self.entries.count == 20 * 16)
        #expect(Set(Self.entries.map(\.state)).count == 20)
        #expect(Set(Self.entries.map(\.command)).count == 16)
    }

    @Test(arguments: entries) func theCommandDoesExactlyThis(_ entry: Entry) throws {
        var matter = try Self.matter(in: entry.state)
        matter.pass(to: Self.now)
        let before = matter.state
        #expect(entry.state.hasPrefix(before))
        let version = matter.file.record.trail.version
        do throws(Refusal) {
            try Self.run(entry.command, on: &matter)
            #expect(matter.state == entry.outcome)
            #expect(matter.file.record.trail.version == version + 1, "one change, one version")
        } catch {
            let expected: Refusal =
                switch entry.outcome {
                case ".": .wrongState(before)
                case "onlyOnce": .correctionOnlyOnce
                case "overdue": .noticeOverdue(deemedAt: "2026-03-10")
                case "alreadyPaused": .alreadyPaused
                case "notPaused": .notPaused
                default: .wrongState(String(entry.outcome.dropLast()))
                }
            #expect(error == expected)
            #expect(matter.state == before)
            #expect(matter.file.record.trail.version == version)
        }
    }

    private static func matter(in state: String) throws -> Matter {
        // From the second working day before `now`; deemed acceptance takes five.
        let start: Instant = "2026-03-06T10:00"
        var matter = Matter(at: state.hasSuffix("DEEMED") ? "2026-03-02T10:00" : start)
        switch state {
        case "RECEIVED": break
        case "RECEIVED_AGAIN":
            try matter.notifyCorrection(["M1", "M2"], at: start)
            try matter.resubmit(at: start)
        case "WAIT_CORRECTION": try matter.notifyCorrection(["M1", "M2"], at: start)
        case "NOT_ACCEPTED": try matter.refuse(at: start)
        case "LAPSED":
            matter.policy.correctionLapseDays = 1
            try matter.notifyCorrection(["M1"], at: start)
        case "TERMINATED": try matter.acceptWithGap(by: "2026-03-09", at: start)
        case "ACCEPTED_DEEMED": break
        case "SUSPENDED_DEEMED": try matter.pause(at: "2026-03-10T10:00")
        case "IN_REVIEW_DEEMED": try matter.beginReview(at: "2026-03-10T10:00")
        case "ACCEPTED_GAP", "IN_REVIEW_GAP", "SUSPENDED_GAP":
            try matter.acceptWithGap(by: "2026-03-20", at: start)
            if state == "IN_REVIEW_GAP" { try matter.beginReview(at: start) }
            if state == "SUSPENDED_GAP" { try matter.pause(at: start) }
        case "WITHDRAWN": try matter.withdraw(at: start)
        default:
            try matter.accept(at: start)
            switch state {
            case "ACCEPTED": break
            case "IN_REVIEW": try matter.beginReview(at: start)
            case "JOINT": matter.replace(state: .active(.joint))
            case "SUSPENDED": try matter.pause(at: start)
            default:
                try matter.decide(.grant, at: start)
                if state == "DECIDED" { break }
                try matter.deliver(at: start)
                if state == "DELIVERED" { break }
                try matter.archive(at: start)
            }
        }
        return matter
    }

    private static func run(_ command: String, on matter: inout Matter) throws(Refusal) {
        switch command {
        case "accept": try matter.accept(at: now)
        case "acceptWithGap": try matter.acceptWithGap(by: "2026-03-20", at: now)
        case "supplyGap": try matter.supplyGap(at: now)
        case "refuse": try matter.refuse(at: now)
        case "notify": try matter.notifyCorrection(["M9"], at: now)
        case "resubmit": try matter.resubmit(at: now)
        case "resubmitPartly": try matter.resubmit(missing: ["M1"], at: now)
        case "beginReview": try matter.beginReview(at: now)
        case "pause": try matter.pause(at: now)
        case "resume": try matter.resume(at: now)
        case "extend": try matter.extend(by: 5, at: now)
        case "grant": try matter.decide(.grant, at: now)
        case "deny": try matter.decide(.deny, at: now)
        case "deliver": try matter.deliver(at: now)
        case "withdraw": try matter.withdraw(at: now)
        case "archive": try matter.archive(at: now)
        default: preconditionFailure("\(command) is no command")
        }
    }
}
