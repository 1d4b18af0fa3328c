import SeededRandom
import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// However often a deadline is settled, the same fires, with the same dates.
@Suite struct SettlingTests {
    /// What happens to a deadline at random.
    enum Event: CustomStringConvertible {
        case pause, resume, extend, complete

        var description: String {
            switch self {
            case .pause: "pause"
            case .resume: "resume"
            case .extend: "extend"
            case .complete: "complete"
            }
        }
    }

    /// How a run lets time pass between two commands.
    enum Pace: CaseIterable {
        /// Not at all: what fell due is settled by the next command.
        case lazy
        case daily
        /// A second before each instant at which something fires or changes, then, and after it.
        case everyInstant
    }

    struct Script {
        let deadline: Deadline
        var calendars = CalendarTimeline.builtIn
        var events: [(at: Instant, event: Event)] = []
        let end: Instant

        init(using random: inout SeededGenerator) {
            let start = Instant(
                CivilDate("2026-08-20").adding(days: .random(in: 0..<40, using: &random)),
                secondOfDay: .random(in: 0..<86_400, using: &random)
            )
            let amount = Int.random(in: 0...15, using: &random)
            let budget = [
                Budget.workingDays(amount), .naturalDays(amount), .workingMinutes(amount * 200),
            ][Int.random(in: 0...2, using: &random)]
            deadline = Deadline(
                budget,
                RungSet(rawValue: .random(in: 0...31, using: &random)),
                from: start,
                in: calendars
            )
            var position = start
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                position = Self.later(than: position, using: &random)
                let kinds: [Event] = [.pause, .resume, .pause, .resume, .extend, .complete]
                events.append((position, kinds.randomElement(using: &random) ?? .pause))
            }
            position = start
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                position = Self.later(than: position, using: &random)
                let days = (0..<3).map { _ in
                    position.date.adding(days: .random(in: -5...15, using: &random))
                }
                calendars.change(
                    off: [days[0]],
                    work: days[1...].filter { $0 != days[0] },
                    since: position
                )
            }
            end = "2026-12-31T10:00"
        }

        /// Some seconds, or the next 00:00 or 09:00, or days later.
        private static func later(
            than instant: Instant,
            using random: inout SeededGenerator
        ) -> Instant {
            switch Int.random(in: 0...4, using: &random) {
            case 0: instant
            case 1: instant.date.end
            case 2: Instant(instant.date.adding(days: 1), "09:00")
            default: instant.adding(seconds: .random(in: 0...10 * 86_400, using: &random))
            }
        }

        func run(_ pace: Pace) -> (Deadline, [Firing]) {
            var clock = deadline
            var firings: [Firing] = []
            var now = clock.plannedAt
            func settle(_ instant: Instant) {
                guard instant >= now else { return }
                now = instant
                firings += clock.settle(through: instant, in: calendars)
            }
            func pass(to instant: Instant) {
                switch pace {
                case .lazy: break
                case .daily:
                    while now.date.end < instant { settle(now.date.end) }
                case .everyInstant:
                    while true {
                        let change = calendars.entries(after: clock.calendarVersion).first?.since
                        let moments = [clock.next(in: calendars)?.at, change].compactMap { $0 }
                        guard clock.isRunning, let next = moments.min(), next < instant else {
                            break
                        }
                        if next < now {
                            Issue.record("\(next) was due before \(now), and fires only now")
                            break
                        }
                        for second in -1...1 { settle(next.adding(seconds: Int64(second))) }
                    }
                }
                settle(instant)
            }
            for (at, event) in events {
                pass(to: at)
                do throws(DeadlineRefusal) {
                    switch event {
                    case .pause: try clock.pause(at: at, reason: "hearing")
                    case .resume: try clock.resume(at: at)
                    case .extend: try clock.extend(by: 3, at: at, reason: "", in: calendars)
                    case .complete: try clock.complete(at: at)
                    }
                } catch {
                    // A refusal changes nothing, and comes at every pace or at none.
                }
            }
            pass(to: end)
            return (clock, firings)
        }
    }

    @Test(arguments: seeds) func thePaceChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<200 {
            let script = Script(using: &random)
            let (clock, firings) = script.run(.lazy)
            for pace in Pace.allCases.dropFirst() {
                let other = script.run(pace)
                guard other == (clock, firings) else {
                    Issue.record(
                        "seed \(seed), case \(number), \(pace): \(other.1), not \(firings)"
                    )
                    return
                }
            }
            check(clock, firings, "seed \(seed), case \(number)")
        }
    }

    /// What holds of every deadline.
    private func check(_ clock: Deadline, _ firings: [Firing], _ name: Comment) {
        #expect(clock.fired == firings, name)
        #expect(firings == firings.sorted(), name)
        #expect(Set(firings.map(\.rung)).count == firings.count, name)
        #expect(firings.allSatisfy { clock.rungs.contains($0.rung) }, name)
        for pause in clock.ledger.pauses {
            let held = firings.filter { pause.from < $0.at && $0.at < pause.to ?? .latest }
            #expect(held.isEmpty, name)
        }
    }
}
