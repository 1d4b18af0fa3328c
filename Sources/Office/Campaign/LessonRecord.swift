package import CivilTime
package import Store

/// 经验: a problem that a department had, and what it learned from it.
package struct LessonRecord: Record, Hashable {
    /// Where the problem showed.
    package enum Source: Int32, Hashable, Sendable, CaseIterable {
        /// 评价
        case review = 1
        /// 督办牌
        case card = 2
        /// 执法检查
        case inspection = 3
        /// 考核
        case assessment = 4
        /// 工作人员
        case staff = 5
    }

    package let key: Int64
    package let department: String
    package let source: Source
    package let problem: String
    package let cause: String
    package let measure: String
    package let at: Instant

    package init(
        number: Int64,
        of department: String,
        from source: Source,
        problem: String,
        cause: String,
        measure: String,
        at: Instant
    ) {
        key = number
        self.department = department
        self.source = source
        self.problem = problem
        self.cause = cause
        self.measure = measure
        self.at = at
    }

    package static let table = Table(
        "lesson",
        key: [Column("id", .integer)],
        columns: [
            Column("department", .text), Column("source", .choice(of: Source.self)),
            Column("problem", .text),
            Column("cause", .text), Column("measure", .text), Column("at", .instant),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(department)
        row.enumeration(source)
        row.text(problem)
        row.text(cause)
        row.text(measure)
        row.instant(at)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        department = try row.text()
        source = try row.enumeration(Source.self)
        problem = try row.text()
        cause = try row.text()
        measure = try row.text()
        at = try row.instant()
    }
}

/// 推广: what a department to which a lesson was offered makes of it.
package struct LessonAnswerRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let lesson: Int64
        package let department: String

        package init(_ lesson: Int64, _ department: String) {
            self.lesson = lesson
            self.department = department
        }

        package func write(to row: inout RowWriter) {
            row.integer(lesson)
            row.text(department)
        }

        package init(row: inout RowReader) throws(StoreError) {
            lesson = try row.integer()
            department = try row.text()
        }
    }

    package struct Answer: Hashable, Sendable {
        package let isAdopted: Bool
        package let text: String
        package let by: String
        package let at: Instant

        package init(isAdopted: Bool, text: String, by: String, at: Instant) {
            self.isAdopted = isAdopted
            self.text = text
            self.by = by
            self.at = at
        }
    }

    package let key: Key
    /// Nil while the department hasn't said anything.
    package var answer: Answer?

    package init(_ key: Key) { self.key = key }

    package static let table = Table(
        "lesson_answer",
        key: [Column("lesson", .integer), Column("department", .text)],
        columns: [
            Column("adopted", .flag, optional: true), Column("text", .text, optional: true),
            Column("by_login", .text, optional: true), Column("at", .instant, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.flag(answer?.isAdopted)
        row.text(answer?.text)
        row.text(answer?.by)
        row.instant(answer?.at)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        let isAdopted = try row.optionalInteger()
        let (text, login, at) = (
            try row.optionalText(), try row.optionalText(), try row.optionalInstant()
        )
        if let isAdopted, let text, let login, let at {
            answer = Answer(isAdopted: isAdopted != 0, text: text, by: login, at: at)
        }
    }
}
