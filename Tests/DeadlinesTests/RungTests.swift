import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// When the rungs of a ledger fall due.
@Suite struct RungTests {
    let calendar = WorkCalendar.builtIn

    struct Cards: CustomTestStringConvertible {
        let budget: Budget
        let remind: Instant?
        let yellow: Instant?
        let red: Instant?

        var testDescription: String { "\(budget)" }
    }

    /// From Monday 2026-03-02: its charged days are 03–06, 09–13, 16–20, 23–27, 30….
    static let cards: [Cards] = [
        Cards(budget: .workingDays(0), remind: nil, yellow: nil, red: "2026-03-03"),
        Cards(
            budget: .workingDays(1),
            remind: nil,
            yellow: "2026-03-03T09:00",
            red: "2026-03-04"
        ),
        Cards(
            budget: .workingDays(2),
            remind: "2026-03-03T09:00",
            yellow: "2026-03-04T09:00",
            red: "2026-03-05"
        ),
        Cards(
            budget: .workingDays(9),
            remind: "2026-03-12T09:00",
            yellow: "2026-03-13T09:00",
            red: "2026-03-14"
        ),
        Cards(
            budget: .workingDays(10),
            remind: "2026-03-13T09:00",
            yellow: "2026-03-16T09:00",
            red: "2026-03-17"
        ),
        Cards(
            budget: .workingDays(11),
            remind: "2026-03-16T09:00",
            yellow: "2026-03-16T09:00",
            red: "2026-03-18"
        ),
        Cards(
            budget: .workingDays(20),
            remind: "2026-03-27T09:00",
            yellow: "2026-03-27T09:00",
            red: "2026-03-31"
        ),
        Cards(
            budget: .workingDays(30),
            remind: "2026-04-13T09:00",
            yellow: "2026-04-10T09:00",
            red: "2026-04-15"
        ),
        Cards(
            budget: .naturalDays(10),
            remind: "2026-03-11T09:00",
            yellow: "2026-03-12T09:00",
            red: "2026-03-13"
        ),
        Cards(
            budget: .workingMinutes(30),
            remind: nil,
            yellow: nil,
            red: "2026-03-02T10:30:01"
        ),
        Cards(budget: .through("2026-03-12"), remind: nil, yellow: nil, red: "2026-03-13"),
    ]

    @Test(arguments: cards) func eachRungHasItsMoment(_ cards: Cards) {
        let ledger = Ledger(cards.budget, from: "2026-03-02T10:00")
        func moment(_ rung: Rung) -> Instant? {
            ledger.moment(of: rung, in: calendar, on: "2026-03-02")
        }
        #expect(moment(.remind) == cards.remind)
        #expect(moment(.yellow) == cards.yellow)
        #expect(moment(.red) == cards.red)
        #expect(moment(.expire) == cards.red, "it expires when it is overdue")
    }

    @Test func anExtensionCountsTowardsN() {
        let ledger = Ledger(.workingDays(10), from: "2026-03-02T10:00", extended: [10])
        #expect(
            ledger.moment(of: .yellow, in: calendar, on: "2026-03-02") == "2026-03-27T09:00"
        )
    }

    @Test func aRungOnTheDayOfThePauseKeepsItsMoment() {
        // Charged day 9 is the 13th, the day of the pause; day 10 comes after the resume.
        let ledger = Ledger(
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-13T08:00", "2026-03-18T10:00")]
        )
        #expect(
            ledger.moment(of: .remind, in: calendar, on: "2026-03-18") == "2026-03-13T09:00"
        )
        #expect(
            ledger.moment(of: .yellow, in: calendar, on: "2026-03-18") == "2026-03-19T09:00"
        )
    }

    @Test func rungsOfOneInstantFireFromTheReminderToTheExpiry() {
        #expect(Rung.allCases == [.remind, .yellow, .red, .expire])
        #expect(Rung.allCases.sorted() == Rung.allCases)
        #expect(red("2026-03-02") < expire("2026-03-02"))
        #expect(expire("2026-03-02") < remind("2026-03-03"))
    }

    @Test func aSetOfRungsHoldsWhatItWasGiven() {
        for rung in Rung.allCases {
            #expect(RungSet(rung).contains(rung))
            #expect(!RungSet([]).contains(rung))
            #expect(RungSet.cards.contains(rung) == (rung != .expire))
        }
    }

    @Test(arguments: ClockKind.allCases)
    func aClockBearsTheCardsOfItsKind(_ kind: ClockKind) {
        switch kind {
        case .promised: #expect(kind.cards == [.remind, .yellow, .red])
        case .gap, .review, .correction, .free: #expect(kind.cards == [])
        default: #expect(kind.cards == [.red])
        }
    }
}
