import BanjieCLI
import CivilTime
import WorkCalendar

enum CalendarTarget {
    private static let calendar = WorkCalendar(
        BuiltInArrangements.newest,
        version: CalendarVersion(rawValue: 1)
    )
    private static let today = CivilDate(daysSinceEpoch: 20_514)

    static func run(_ bytes: UnsafeRawBufferPointer) {
        var script = Script(bytes)
        let cut = Int(script.byte()) + 1
        let text = script.rest()
        let whole = CalendarInput.answers(to: [text], in: calendar, today: today)
        var pieces: [[UInt8]] = []
        for start in stride(from: 0, to: text.count, by: cut) {
            pieces.append(Array(text[start..<min(start + cut, text.count)]))
        }
        let cutUp = CalendarInput.answers(to: pieces, in: calendar, today: today)
        precondition(cutUp == whole, "how the lines are cut into chunks doesn't matter")
        let lines = text.split(separator: UInt8(ascii: "\n")).filter { line in
            !line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        }
        let answers = whole.split(separator: UInt8(ascii: "\n"))
        precondition(answers.count == lines.count, "each line that isn't blank has one answer")
        _ = CalendarInput.calendar(text, over: calendar)
    }
}
