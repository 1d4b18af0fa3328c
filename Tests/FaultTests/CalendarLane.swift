import SeededRandom
import BanjieProtocol
import CivilTime
import LocalServer
import Wire

/// An operator who changes the calendar once a round, so that running clocks are planned anew.
struct CalendarLane: Lane {
    var accepted: [SentCommand] = []
    var pending: SentCommand?
    var surprises: [String] = []
    /// The round's first day: the days that change lie weeks ahead of it.
    var today: CivilDate
    private var numbers: RequestNumbers
    private var generator: SeededGenerator

    init(_ number: Int, today: CivilDate, seed: UInt64) {
        self.today = today
        numbers = RequestNumbers(lane: number)
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> SentCommand {
        let day = today.adding(days: .random(in: 25...60, using: &generator))
        let request =
            day.weekday.isWeekend
            ? ChangeCalendarRequest(work: [day], reason: "调休 \(day)")
            : ChangeCalendarRequest(off: [day], reason: "临时放假 \(day)")
        return SentCommand(
            login: "operator",
            method: CalendarMethods.change,
            body: request.encoded(),
            requestID: numbers.next()
        )
    }

    mutating func took(_ command: SentCommand, _ reply: [UInt8]) throws {
        _ = try CalendarVersionView(decoding: reply)
    }

    mutating func wasRefused(_ command: SentCommand, _ error: CallError) -> Bool { false }
}
