package import CivilTime
package import WorkCalendar

extension CalendarCommand {
    /// `due -`: a limit a line of JSON, answered a line each and in order.
    ///
    /// A line that can't be answered gets one that says why, and the process fails in the end.
    static func answerLines(_ invocation: Invocation) throws(CommandFailure) -> ExitStatus {
        let console = invocation.console
        var answerer = LineAnswerer(
            calendar: try calendar(invocation),
            language: console.language,
            today: console.today,
            write: console.write
        )
        var splitter = LineSplitter()
        do {
            while let chunk = try console.read() {
                for line in splitter.lines(in: chunk) { answerer.answer(line) }
                answerer.flush()
            }
        } catch {
            throw .file(error)
        }
        if let line = splitter.lastLine { answerer.answer(line) }
        answerer.flush()
        return answerer.failed ? .dataError : .success
    }
}

/// What `banjie calendar` makes of bytes from outside, without a console.
package enum CalendarInput {
    /// The answers to `chunks` of lines, as `due -` writes them.
    package static func answers(
        to chunks: [[UInt8]],
        in calendar: WorkCalendar,
        today: CivilDate
    ) -> [UInt8] {
        var output: [UInt8] = []
        var answerer = LineAnswerer(
            calendar: calendar,
            language: .english,
            today: today,
            write: { output += $0 }
        )
        var splitter = LineSplitter()
        for chunk in chunks {
            for line in splitter.lines(in: chunk) { answerer.answer(line) }
        }
        if let line = splitter.lastLine { answerer.answer(line) }
        answerer.flush()
        return output
    }

    /// `calendar` with the arrangements of a file, or nil when it isn't one.
    package static func calendar(_ file: [UInt8], over calendar: WorkCalendar) -> WorkCalendar? {
        (try? CalendarFile(parsing: file))?.loaded(into: calendar)
    }
}

/// Answers limits, line by line.
private struct LineAnswerer {
    let calendar: WorkCalendar
    let language: Language
    let today: CivilDate
    let write: ([UInt8]) -> Void
    private(set) var failed = false
    private var number = 0
    private var output = OutputBuffer()

    init(
        calendar: WorkCalendar,
        language: Language,
        today: CivilDate,
        write: @escaping ([UInt8]) -> Void
    ) {
        self.calendar = calendar
        self.language = language
        self.today = today
        self.write = write
    }

    /// Answers one line; a blank one isn't a question.
    mutating func answer(_ line: LineSplitter.Line) {
        number += 1
        do throws(LineError) {
            guard let question = try LimitQuestion(line) else { return }
            let explanation: LimitExplanation
            do {
                explanation = try question.answer(in: calendar, today: today)
            } catch {
                throw .limit(error)
            }
            output.append("{\"due\":")
            output.append(quoting: explanation.due)
            output.append(",\"counted\":")
            output.append(list: explanation.counted) { $0.append(quoting: $1) }
            output.append(
                explanation.provisional ? ",\"provisional\":true}\n" : ",\"provisional\":false}\n"
            )
        } catch {
            failed = true
            let place = language.text("line \(number): ", "第 \(number) 行：")
            output.append("{\"error\":")
            output.append(quoting: place + error.text(in: language))
            output.append("}\n")
        }
        if output.bytes.count >= 1 << 16 { flush() }
    }

    mutating func flush() {
        write(output.bytes)
        output.removeAll()
    }
}

/// Why a line has no answer.
enum LineError: Error, Hashable {
    /// The line is longer than `LineSplitter.lengthMax` bytes.
    case tooLong
    case form(JSONReadingError)
    /// The pause at this place in the list is resumed before it began.
    case resumedBeforePause(Int)
    case limit(LimitError)

    func text(in language: Language) -> String {
        switch self {
        case .tooLong:
            language.text(
                "longer than \(LineSplitter.lengthMax) bytes",
                "超过 \(LineSplitter.lengthMax) 字节"
            )
        case .form(let error): error.text(in: language)
        case .resumedBeforePause(let index):
            language.text(
                "pauses[\(index)]: resumed before it was paused",
                "pauses[\(index)]：恢复早于中止"
            )
        case .limit(let error): error.text(in: language)
        }
    }
}

extension LimitQuestion {
    /// Reads a line, which may be blank.
    fileprivate init?(_ line: LineSplitter.Line) throws(LineError) {
        guard case .whole(let bytes) = line else { throw .tooLong }
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0D }) { return nil }
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch { throw .form(.notJSON(error)) }
        do { try self.init(value) } catch { throw .form(error) }
        for (index, pause) in pauses.enumerated() {
            if let resume = pause.resume, resume < pause.pause { throw .resumedBeforePause(index) }
        }
    }

    private init(_ value: JSON) throws(JSONReadingError) {
        let range = LimitCalculation.days
        var fields = try JSONFields(value)
        from = try fields.required("from", .date) { $0.date }
        days = try fields.required("days", .integer(range)) { $0.integer(in: range) }
        unit =
            try fields.optional("unit", .unit) { $0.text.flatMap { .init(name: $0) } } ?? .working
        let pairs = try fields.optional("pauses", .list) { $0.elements } ?? []
        try fields.finish()
        var pauses: [PauseSpan] = []
        for (index, pair) in pairs.enumerated() {
            guard let pause = PauseSpan(pair) else {
                throw .wrongValue("pauses[\(index)]", found: pair, expected: .pausePair)
            }
            pauses.append(pause)
        }
        self.pauses = pauses
    }
}

extension PauseSpan {
    /// Reads `[pause, resume]`, the latter null while the pause lasts.
    fileprivate init?(_ value: JSON) {
        guard let pair = value.elements, pair.count == 2, let pause = pair[0].date else {
            return nil
        }
        if pair[1] == .null {
            self.init(pause: pause, resume: nil)
        } else {
            guard let resume = pair[1].date else { return nil }
            self.init(pause: pause, resume: resume)
        }
    }
}

/// Cuts chunks of bytes into lines.
struct LineSplitter {
    /// The longest line taken, in bytes.
    static let lengthMax = 1 << 20

    enum Line: Hashable {
        case whole(ArraySlice<UInt8>)
        /// A line longer than `lengthMax`, whose bytes weren't kept.
        case tooLong
    }

    /// The start of a line whose end hasn't come.
    private var pending: [UInt8] = []
    private var overflowed = false

    /// The lines that `chunk` ends.
    mutating func lines(in chunk: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = chunk.startIndex
        while let end = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if pending.isEmpty, !overflowed {
                lines.append(.whole(chunk[start..<end]))
            } else {
                keep(chunk[start..<end])
                lines.append(overflowed ? .tooLong : .whole(pending[...]))
                (pending, overflowed) = ([], false)
            }
            start = end + 1
        }
        keep(chunk[start...])
        return lines
    }

    /// The line that no line feed ended, or nil.
    var lastLine: Line? {
        if overflowed { return .tooLong }
        return pending.isEmpty ? nil : .whole(pending[...])
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        if overflowed || pending.count + bytes.count > Self.lengthMax {
            (pending, overflowed) = ([], true)
        } else {
            pending += bytes
        }
    }
}
