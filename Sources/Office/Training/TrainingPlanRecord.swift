package import CivilTime
package import Store

/// 培训计划: what is taught on which days, for whom, and what passes.
package struct TrainingPlanRecord: Record, Hashable {
    package struct Session: Hashable, Sendable {
        package let day: CivilDate
        package let hours: Int32

        package init(day: CivilDate, hours: Int32) {
            self.day = day
            self.hours = hours
        }
    }

    package let key: Int64
    package let title: String
    /// The department that it is for; nil for all.
    package let department: String?
    /// In the order of their days.
    package let sessions: [Session]
    package let enrolBy: CivilDate
    package let places: Int32
    /// Of 100; nil for a plan without an exam.
    package let passMark: Int32?
    /// Whether passing qualifies for a certificate.
    package let isQualifying: Bool
    package private(set) var enrolled: Int64 = 0

    /// - Throws: `outOfRange` when the sessions aren't in the order of their days, enrolment ends after the
    ///   first, or a qualifying plan has no exam.
    package init(
        number: Int64,
        title: String,
        department: String?,
        sessions: [Session],
        enrolBy: CivilDate,
        places: Int32,
        passMark: Int32?,
        isQualifying: Bool
    ) throws(Refusal) {
        guard let first = sessions.first?.day,
            zip(sessions, sessions.dropFirst()).allSatisfy({ $0.day <= $1.day })
        else { throw .outOfRange(field: "sessions", allowed: "in the order of their days") }
        guard enrolBy <= first else {
            throw .outOfRange(field: "enrol_by", allowed: "\(first) or earlier")
        }
        guard passMark != nil || !isQualifying else {
            throw .outOfRange(field: "pass_mark", allowed: "given, for what qualifies")
        }
        key = number
        self.title = title
        self.department = department
        self.sessions = sessions
        self.enrolBy = enrolBy
        self.places = places
        self.passMark = passMark
        self.isQualifying = isQualifying
    }

    /// Gives somebody a place.
    ///
    /// - Throws: `wrongDepartment`, `enrolmentClosed`, `noPlaces`.
    package mutating func enrol(from place: String, on day: CivilDate) throws(Refusal) {
        if let department, department != place { throw .wrongDepartment(answers: department) }
        guard day <= enrolBy else { throw .enrolmentClosed(since: enrolBy) }
        guard enrolled < Int64(places) else { throw .noPlaces(of: places) }
        enrolled += 1
    }

    private static let sessionColumns = [Column("day", .day), Column("hours", .integer)]

    package static let table = Table(
        "training_plan",
        key: [Column("id", .integer)],
        columns: [
            Column("title", .text), Column("department", .text, optional: true),
            Column("sessions", .rows(sessionColumns)), Column("enrol_by", .day),
            Column("places", .integer),
            Column("pass_mark", .integer, optional: true), Column("qualifying", .flag),
            Column("enrolled", .integer),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(title)
        row.text(department)
        row.list(
            sessions.map {
                [.integer(Int64($0.day.daysSinceEpoch)), .integer(Int64($0.hours))]
            }
        )
        row.day(enrolBy)
        row.integer(Int64(places))
        row.integer(passMark.map(Int64.init))
        row.flag(isQualifying)
        row.integer(enrolled)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        title = try row.text()
        department = try row.optionalText()
        let bytes = try row.blob()
        var sessions: [Session] = []
        for values in try ValueList.decode(bytes) {
            guard values.count == 2, case .integer(let day) = values[0],
                case .integer(let hours) = values[1]
            else { throw row.mismatch("a session", .blob(bytes)) }
            sessions.append(
                Session(
                    day: CivilDate(daysSinceEpoch: Int32(clamping: day)),
                    hours: Int32(clamping: hours)
                )
            )
        }
        self.sessions = sessions
        enrolBy = try row.day()
        places = try row.integer(as: Int32.self)
        passMark = try row.optionalInteger().map { Int32(clamping: $0) }
        isQualifying = try row.flag()
        enrolled = try row.integer(in: 0...Int64.max / 2)
    }
}
