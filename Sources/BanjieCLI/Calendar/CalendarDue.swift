import CivilTime
import WorkCalendar

/// What is asked of `banjie calendar due`.
struct LimitQuestion: Hashable {
    let from: CivilDate
    let days: Int
    let unit: LimitCalculation.Unit
    let pauses: [PauseSpan]

    func answer(
        in calendar: WorkCalendar,
        today: CivilDate
    ) throws(LimitError) -> LimitExplanation {
        try LimitCalculation.due(
            from: from,
            days: days,
            unit: unit,
            pauses: pauses,
            in: calendar,
            today: today
        )
    }
}

extension CalendarCommand {
    /// `due`: one limit, explained day by day.
    static func explainDue(_ invocation: Invocation) throws(CommandFailure) -> ExitStatus {
        let question: LimitQuestion
        do { question = try LimitQuestion(invocation.values) } catch { throw .usage(error) }
        let calendar = try calendar(invocation)
        let console = invocation.console
        let explanation: LimitExplanation
        do {
            explanation = try question.answer(in: calendar, today: console.today)
        } catch {
            throw .limit(error)
        }
        var output = OutputBuffer()
        if invocation.wantsJSON {
            output.append(explanation, calendar.version)
        } else {
            output.append(explaining: explanation, question, calendar, console.language)
        }
        console.write(output.bytes)
        return .success
    }
}

extension LimitQuestion {
    /// The limit that the options of `due` describe, two of which only lines go without.
    fileprivate init(_ values: ArgumentValues) throws(UsageError) {
        guard let from = values.value("from", .date) else {
            throw .missingOption("from", expected: ValueForm<CivilDate>.date.expected)
        }
        guard let days = values.value("days", .limitDays) else {
            throw .missingOption("days", expected: ValueForm<Int>.limitDays.expected)
        }
        self.init(
            from: from,
            days: days,
            unit: values.required("unit", .limitUnit),
            pauses: values.all("pause", .pauseSpan)
        )
    }
}

extension LimitCalculation.Unit {
    /// The unit that the protocol calls `name`, or nil.
    init?(name: String) {
        switch name {
        case "WORKING": self = .working
        case "NATURAL": self = .natural
        default: return nil
        }
    }
}

extension PauseSpan {
    /// Parses `DATE..DATE`, or `DATE..` for a pause that lasts; nil when resumed before it began.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 12, bytes[10...11].elementsEqual("..".utf8),
            let pause = CivilDate(text.prefix(10))
        else { return nil }
        if bytes.count == 12 {
            self.init(pause: pause, resume: nil)
        } else {
            guard let resume = CivilDate(text.dropFirst(12)), resume >= pause else { return nil }
            self.init(pause: pause, resume: resume)
        }
    }
}

extension OutputBuffer {
    /// Appends an explanation as one JSON object on a line.
    fileprivate mutating func append(_ explanation: LimitExplanation, _ version: CalendarVersion) {
        append("{\"due\":")
        append(quoting: explanation.due)
        append(",\"counted\":")
        append(list: explanation.counted) { $0.append(quoting: $1) }
        append(",\"skipped\":")
        append(list: explanation.skipped) { output, skipped in
            output.append("{\"day\":")
            output.append(quoting: skipped.day)
            output.append(",\"why\":\"")
            output.append(skipped.why.rawValue)
            output.append("\"}")
        }
        append(",\"provisional\":")
        append(explanation.provisional ? "true" : "false")
        append(",\"calendar_version\":")
        append(String(version.rawValue))
        append("}\n")
    }

    /// Appends an explanation for a person: every day from the start through the due date.
    fileprivate mutating func append(
        explaining explanation: LimitExplanation,
        _ question: LimitQuestion,
        _ calendar: WorkCalendar,
        _ language: Language
    ) {
        let unit =
            switch question.unit {
            case .working: language.text("working days", "个工作日")
            case .natural: language.text("natural days", "个自然日")
            }
        let due = "\(explanation.due) \(explanation.due.weekday.name(in: language))"
        appendLine(
            language.text(
                "due \(due), at 24:00 (\(question.days) \(unit) from \(question.from))",
                "\(due) 24:00 届满（自 \(question.from) 起 \(question.days) \(unit)）"
            )
        )
        appendLine("")
        append(
            row: nil,
            question.from,
            note: language.text("the day it runs from", "起算日，不计入"),
            language
        )
        var skipped = explanation.skipped[...]
        for (index, day) in explanation.counted.enumerated() {
            append(skipped: &skipped, before: day, language)
            let isMakeUp = calendar.kind(of: day) == .makeUp
            let note = isMakeUp ? language.text("make-up working day", "调休上班") : ""
            append(row: index + 1, day, note: note, language)
        }
        append(skipped: &skipped, before: nil, language)
        if explanation.due != (explanation.counted.last ?? question.from) {
            append(
                row: nil,
                explanation.due,
                note: language.text("due, as the last day was off", "末日为休息日，顺延至此"),
                language
            )
        }
        if explanation.provisional {
            appendLine("")
            appendLine(CalendarCommand.provisionalNote(in: language))
        }
    }

    /// Appends and removes the first days of `skipped`: those before `day`, or all.
    private mutating func append(
        skipped: inout ArraySlice<LimitExplanation.SkippedDay>,
        before day: CivilDate?,
        _ language: Language
    ) {
        while let next = skipped.first, day.map({ next.day < $0 }) ?? true {
            append(row: nil, next.day, note: next.why.name(in: language), language)
            skipped.removeFirst()
        }
    }

    private mutating func append(
        row number: Int?,
        _ day: CivilDate,
        note: String,
        _ language: Language
    ) {
        let number = number.map(String.init) ?? ""
        append(String(repeating: " ", count: max(0, 5 - number.utf8.count)))
        append("\(number)  \(day) \(day.weekday.name(in: language))")
        appendLine(note.isEmpty ? "" : "  \(note)")
    }
}
