package import CivilTime
package import Store

/// 咨询: what an applicant asks of a department online, without its clock.
package struct ConsultationRecord: Hashable, Sendable {
    package struct Answer: Hashable, Sendable {
        package let text: String
        package let by: String
        package let at: Instant
    }

    package enum Progress: Hashable, Sendable {
        /// 待答复
        case asked
        /// 已答复
        case answered(Answer)
        /// 已答复并公开, with what everybody reads as the question.
        case published(Answer, question: String)
    }

    /// Its number: `consultation-12`.
    package let key: String
    package var trail = FileTrail()
    package let number: Int64
    package let asker: String
    /// The item that it is about; nil for none in particular.
    package let item: String?
    /// Empty once it is erased.
    package private(set) var question: String
    package let received: CivilDate
    /// The department that answers.
    package internal(set) var department: String
    /// Why it came from another department; nil when it didn't. That is done once.
    package internal(set) var referral: String?
    package internal(set) var progress = Progress.asked

    init(
        number: Int64,
        by asker: String,
        to department: String,
        about item: String?,
        question: String,
        received: CivilDate
    ) {
        key = Self.key(number)
        self.number = number
        self.asker = asker
        self.department = department
        self.item = item
        self.question = question
        self.received = received
    }

    package static func key(_ number: Int64) -> String { "consultation-\(number)" }

    package var answer: Answer? {
        switch progress {
        case .asked: nil
        case .answered(let answer), .published(let answer, _): answer
        }
    }

    package var isOpen: Bool { answer == nil }

    /// Erases what somebody may have written of themselves; what everybody may read stays.
    package mutating func erase() {
        question = ""
        if case .answered(let answer) = progress {
            progress = .answered(Answer(text: "", by: answer.by, at: answer.at))
        }
    }
}

extension ConsultationRecord: FiledRecord {
    /// A department's that wait for an answer, in the order in which they came.
    package static let byOpen = Index("consultation_by_open", on: ["open_department", "number"])
    /// Somebody's own, in order.
    package static let byAsker = Index("consultation_by_asker", on: ["asker", "number"])
    /// Those that everybody may read, in order.
    package static let byPublished = Index("consultation_by_published", on: ["published"])

    /// Those that are answered and not erased, by the moment of the answer.
    package static let byAnswer = Index("consultation_by_answer", on: ["kept_since"])

    package static let table = Table(
        "consultation",
        key: [Column("name", .text)],
        columns: FileTrail.columns + [
            Column("open_department", .text, optional: true),
            Column("number", .integer),
            Column("asker", .text),
            Column("item", .text, optional: true),
            // What people write of themselves nobody can foresee.
            Column("question", .text, personal: true),
            Column("received", .day),
            Column("department", .text),
            Column("referral", .text, optional: true),
            Column("answer", .text, optional: true, personal: true),
            Column("answered_by", .text, optional: true),
            Column("answered_at", .instant, optional: true),
            Column("published", .integer, optional: true),
            Column("published_question", .text, optional: true),
            Column("kept_since", .instant, optional: true),
        ],
        indexes: [byOpen, byAsker, byPublished, byAnswer]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(isOpen ? department : nil)
        row.integer(number)
        row.text(asker)
        row.text(item)
        row.text(question)
        row.day(received)
        row.text(department)
        row.text(referral)
        row.text(answer?.text)
        row.text(answer?.by)
        row.instant(answer?.at)
        if case .published(_, let question) = progress {
            row.integer(number)
            row.text(question)
        } else {
            row.null()
            row.null()
        }
        row.instant(question.isEmpty ? nil : answer?.at)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        _ = try row.optionalText()
        number = try row.integer(in: 0...Int64.max / 2)
        asker = try row.text()
        item = try row.optionalText()
        question = try row.text()
        received = try row.day()
        department = try row.text()
        referral = try row.optionalText()
        let (text, by) = (try row.optionalText(), try row.optionalText())
        let at = try row.optionalInstant()
        _ = try row.optionalInteger()
        let published = try row.optionalText()
        switch (text, by, at) {
        case (let text?, let by?, let at?):
            let answer = Answer(text: text, by: by, at: at)
            progress = published.map { .published(answer, question: $0) } ?? .answered(answer)
        case (nil, nil, nil): progress = .asked
        default: throw row.mismatch("an answer, or none", .null)
        }
    }
}
