import SeededRandom
import CivilTime
import Deadlines
import RuleTesting
import Testing
import WorkCalendar

@testable import Office

/// However often a case is settled, the same happens to it, with the same dates.
@Suite struct CaseSettlingTests {
    enum Pace: CaseIterable {
        /// Only by commands.
        case lazy
        case daily
        /// A second before each instant at which something fires or the calendar changes, then, and
        /// a second later.
        case everyInstant
    }

    enum Command: CaseIterable {
        case accept, acceptWithGap, notifyCorrection, resubmitPartly, resubmit, supplyGap
        case beginReview, pause, resume, extend, grant, deliver

        func run(on matter: inout Matter, at now: Instant, amount: Int) throws(Refusal) {
            switch self {
            case .accept: try matter.accept(at: now)
            case .acceptWithGap:
                try matter.acceptWithGap(by: now.date.adding(days: amount), at: now)
            case .notifyCorrection: try matter.notifyCorrection(["M1", "M2"], at: now)
            case .resubmitPartly: try matter.resubmit(missing: ["M2"], at: now)
            case .resubmit: try matter.resubmit(at: now)
            case .supplyGap: try matter.supplyGap(at: now)
            case .beginReview: try matter.beginReview(at: now)
            case .pause: try matter.pause(at: now)
            case .resume: try matter.resume(at: now)
            case .extend: try matter.extend(by: Int32(amount), at: now)
            case .grant: try matter.decide(.grant, at: now)
            case .deliver: try matter.deliver(at: now)
            }
        }
    }

    /// A matter at random, with what is asked of it: much of it will be refused.
    struct Script {
        let submitted: Instant
        let limits: (statutory: Int32, promised: Int32)
        let isInstant: Bool
        var policy = Policy()
        var calendars = CalendarTimeline.builtIn
        var steps: [(at: Instant, command: Command, amount: Int)] = []

        init(using random: inout SeededGenerator) {
            submitted = Instant(
                CivilDate("2026-01-20").adding(days: .random(in: 0..<250, using: &random)),
                secondOfDay: .random(in: 0..<86_400, using: &random)
            )
            let statutory = Int32.random(in: 1...20, using: &random)
            limits = (statutory, .random(in: 1...statutory, using: &random))
            isInstant = Bool.random(using: &random)
            policy.correctionLapseDays = Bool.random(using: &random) ? 8 : nil
            // Pauses are most of what can go wrong.
            let commands = Command.allCases + [.accept, .pause, .resume, .pause, .resume]
            var position = submitted
            for _ in 0..<Int.random(in: 0...9, using: &random) {
                position = Self.later(than: position, using: &random)
                let command = commands.randomElement(using: &random) ?? .accept
                steps.append((position, command, .random(in: 1...10, using: &random)))
            }
            position = submitted
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                position = Self.later(than: position, using: &random)
                let day = position.date.adding(days: .random(in: -6...20, using: &random))
                let other = position.date.adding(days: .random(in: -6...20, using: &random))
                calendars.change(off: [day], work: day == other ? [] : [other], since: position)
            }
        }

        /// The same second, the next 00:00 or 09:00, or some days later.
        private static func later(
            than instant: Instant,
            using random: inout SeededGenerator
        ) -> Instant {
            switch Int.random(in: 0...5, using: &random) {
            case 0: instant
            case 1: instant.date.end
            case 2: Instant(instant.date.adding(days: 1), "09:00")
            default: instant.adding(seconds: .random(in: 0...8 * 86_400, using: &random))
            }
        }

        func run(_ pace: Pace) -> (CaseFile, refusals: [Refusal?]) {
            var matter = Matter(
                statutory: limits.statutory,
                promised: limits.promised,
                isInstant: isInstant,
                at: submitted,
                calendars: known(at: submitted),
                policy: policy
            )
            var now = submitted
            var refusals: [Refusal?] = []
            for (at, command, amount) in steps {
                pass(from: &now, to: at, matter: &matter, pace)
                matter.calendars = known(at: at)
                do throws(Refusal) {
                    try command.run(on: &matter, at: at, amount: amount)
                    refusals.append(nil)
                } catch {
                    refusals.append(error)
                }
            }
            let end: Instant = "2026-12-31T12:00"
            pass(from: &now, to: end, matter: &matter, pace)
            settle(&matter, at: end)
            return (matter.file, refusals)
        }

        /// The calendars in force by `instant`, none of those to come.
        private func known(at instant: Instant) -> CalendarTimeline {
            var known = CalendarTimeline.builtIn
            for entry in calendars.entries(after: .builtIn) where entry.since <= instant {
                known.append(entry.calendar, since: entry.since, reason: entry.reason)
            }
            return known
        }

        private func settle(_ matter: inout Matter, at now: Instant) {
            matter.calendars = known(at: now)
            matter.pass(to: now)
        }

        private func pass(
            from now: inout Instant,
            to instant: Instant,
            matter: inout Matter,
            _ pace: Pace
        ) {
            switch pace {
            case .lazy: break
            case .daily:
                while now.date.end < instant {
                    now = now.date.end
                    settle(&matter, at: now)
                }
            case .everyInstant:
                while true {
                    let position = now
                    let changes = calendars.entries(after: .builtIn).map(\.since)
                    let moments =
                        changes.filter { $0 > position }
                        + [matter.file.next(in: calendars)].compactMap { $0 }
                    guard let next = moments.min(), next < instant else { break }
                    if next < now {
                        Issue.record("\(next) was due before \(now), and fires only now")
                        break
                    }
                    for second in -1...1 {
                        let moment = next.adding(seconds: Int64(second))
                        guard moment >= now, moment <= instant else { continue }
                        now = moment
                        settle(&matter, at: now)
                    }
                }
            }
            now = instant
        }
    }

    @Test(arguments: seeds) func thePaceChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<25 {
            let script = Script(using: &random)
            let (file, refusals) = script.run(.lazy)
            for pace in Pace.allCases.dropFirst() {
                let (other, otherRefusals) = script.run(pace)
                let isEqual =
                    other.record == file.record && other.clocks == file.clocks
                    && other.history == file.history
                    && otherRefusals == refusals
                guard isEqual else {
                    let differing = zip(other.history.audits, file.history.audits).first {
                        $0 != $1
                    }
                    Issue.record(
                        "seed \(seed), case \(number), \(pace): \(differing as Any)"
                    )
                    return
                }
            }
            check(file, "seed \(seed), case \(number)")
        }
    }

    /// What holds of every case.
    private func check(_ file: CaseFile, _ name: Comment) {
        let cards = file.history.firings.filter { $0.firing.rung != .expire }
        #expect(
            Set(file.history.firings.map { [$0.clock, $0.firing.rung.rawValue] }).count
                == file.history.firings.count,
            name
        )
        #expect(file.history.audits.map(\.at) == file.history.audits.map(\.at).sorted(), name)
        #expect(
            cards.map(\.firing.at)
                == file.history.audits.filter { $0.kind == "CARD_ISSUED" }.map(\.at),
            name
        )
        #expect(file.record.trail.version == Int64(file.history.audits.count), name)
        #expect(file.record.trail.lastAudit == file.history.audits.last?.kind, name)
        // Both main clocks or neither, and whatever is over runs no clock of the office.
        let running = Set(file.runningClocks.map(\.kind))
        #expect(running.contains(.statutory) == running.contains(.promised), name)
        switch file.record.state {
        case .received: #expect(running.isSubset(of: [.notice, .instant]), name)
        case .waitCorrection: #expect(running.isSubset(of: [.correction]), name)
        case .active, .suspended: #expect(running.contains(.promised), name)
        case .decided: #expect(running == [.delivery], name)
        case .delivered, .archived: #expect(running.isSubset(of: [.review]), name)
        case .notAccepted, .lapsed, .terminated, .withdrawn: #expect(running.isEmpty, name)
        }
        if case .suspended = file.record.state {
            #expect(file.clocks.filter(\.deadline.isPaused).count >= 2, name)
        } else {
            #expect(!file.clocks.contains { $0.deadline.isPaused }, name)
        }
    }
}
