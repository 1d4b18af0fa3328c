package import CivilTime
package import Store

/// Who applies in a case, as it was given with it. It is kept apart from the case so that it can be
/// erased when its time is over.
package struct ApplicantRecord: Record, Hashable {
    /// The case serial.
    package let key: String
    package private(set) var details: PersonDetails
    /// Where it stands in its time.
    package private(set) var retention: Retention

    package enum Retention: Hashable, Sendable {
        /// The case goes on; its applicant's login.
        case open(login: String)
        /// The case ended on this day, from which the time is counted.
        case ended(CivilDate, login: String)
        case erased(CivilDate)
    }

    package init(case serial: String, login: String, details: PersonDetails) {
        key = serial
        self.details = details
        retention = .open(login: login)
    }

    /// The case has ended; the first time counts.
    package mutating func end(on day: CivilDate) {
        guard case .open(let login) = retention else { return }
        retention = .ended(day, login: login)
    }

    /// Erases what is personal.
    package mutating func erase(on day: CivilDate) {
        details = details.erased
        retention = .erased(day)
    }

    package static let byCitizenID = Index("case_applicant_by_citizen_id", on: ["citizen_id"])
    package static let byPhone = Index("case_applicant_by_phone", on: ["phone"])
    /// Those of ended cases that aren't erased, by the day of the end.
    package static let byEnd = Index("case_applicant_by_end", on: ["ended"])
    /// Those that aren't erased, by login.
    package static let byLogin = Index("case_applicant_by_login", on: ["login"])

    package static let table = Table(
        "case_applicant",
        key: [Column("serial", .text)],
        columns: PersonDetails.columns + [
            Column("login", .text, optional: true),
            Column("ended", .day, optional: true),
            Column("erased", .day, optional: true),
        ],
        indexes: [byCitizenID, byPhone, byEnd, byLogin]
    )

    package func write(to row: inout RowWriter) {
        details.write(to: &row)
        switch retention {
        case .open(let login):
            row.text(login)
            row.null()
            row.null()
        case .ended(let day, let login):
            row.text(login)
            row.day(day)
            row.null()
        case .erased(let day):
            row.null()
            row.null()
            row.day(day)
        }
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        details = try PersonDetails(row: &row)
        let login = try row.optionalText()
        let ended = try row.optionalDay()
        let erased = try row.optionalDay()
        retention =
            switch (login, ended, erased) {
            case (let login?, nil, nil): .open(login: login)
            case (let login?, let day?, nil): .ended(day, login: login)
            case (nil, nil, let day?): .erased(day)
            default: throw row.mismatch("where an applicant stands in his time", .null)
            }
    }
}
