import BanjieProtocol
import CivilTime
import Deadlines
import Office
import Store
import StoreSQLite

/// What has been done in a city, counted from the audit log and the cards alone: the figures that the server
/// keeps must come to the same.
struct CityCount {
    private struct Month: Hashable {
        let year: Int
        let month: Int

        init(_ day: CivilDate) {
            year = day.year
            month = day.fields.month
        }
    }

    private struct Work {
        var received: UInt64 = 0
        var accepted: UInt64 = 0
        var completed: UInt64 = 0
    }

    /// By department.
    private var work: [String: [Month: Work]] = [:]
    /// How often something happened, by year; what becomes of a review counts for the year of its invitation.
    private var happenings: [Int: [String: UInt64]] = [:]
    /// By review.
    private var yearOfInvitation: [String: Int] = [:]

    mutating func take(_ draft: AuditDraft, from store: SQLiteStore) throws {
        let day = draft.at.date
        if draft.kind == "REVIEW_INVITED" { yearOfInvitation[draft.subject] = day.year }
        let year = yearOfInvitation[draft.subject] ?? day.year
        happenings[year, default: [:]][draft.kind, default: 0] += 1
        let counter: WritableKeyPath<Work, UInt64>
        switch draft.kind {
        case "CASE_SUBMITTED": counter = \.received
        case "CASE_ACCEPTED", "CASE_ACCEPTED_WITH_GAP", "CASE_DEEMED_ACCEPTED":
            counter = \.accepted
        case "CASE_DECIDED": counter = \.completed
        default: return
        }
        let serial = String(draft.subject.dropFirst("\(CaseFile.name)/".count))
        guard let department = try store.load(CaseRecord.self, serial)?.department else { return }
        work[department, default: [:]][Month(day), default: Work()][keyPath: counter] += 1
    }

    /// What the figures of a department's month should say, in the order of `told`.
    func expected(_ department: String, on day: CivilDate, in store: SQLiteStore) throws -> [UInt64]
    {
        let month = Month(day)
        let done = work[department]?[month] ?? Work()
        return [done.received, done.accepted, done.completed]
            + (try cards(of: department, in: store) { Month($0) == month })
    }

    static func told(_ figures: DepartmentFigures) -> [UInt64] {
        [
            figures.received, figures.accepted, figures.completed, figures.reminders,
            figures.yellow, figures.red,
        ]
    }

    /// The same of a whole year.
    func expected(_ department: String, in year: Int, of store: SQLiteStore) throws -> [UInt64] {
        let months = (work[department] ?? [:]).filter { $0.key.year == year }.values
        return [
            months.reduce(0) { $0 + $1.received }, months.reduce(0) { $0 + $1.accepted },
            months.reduce(0) { $0 + $1.completed },
        ] + (try cards(of: department, in: store) { $0.year == year })
    }

    static func told(_ year: DepartmentYear) -> [UInt64] {
        [year.received, year.accepted, year.completed, year.reminders, year.yellow, year.red]
    }

    /// What the rest of a year's summary should say, in the order of `told`.
    func expected(in year: Int) -> [UInt64] {
        [
            "REVIEW_INVITED", "REVIEW_RATED", "INQUIRY_REGISTERED", "INSPECTION_RECORDED",
            "ORDER_ISSUED", "TASK_ISSUED", "LESSON_RECORDED", "LESSON_ADOPTED",
        ].map { happenings[year]?[$0] ?? 0 }
    }

    static func told(_ year: YearSummary) -> [UInt64] {
        [
            year.invited, year.rated, year.inquiries, year.inspections, year.orders, year.tasks,
            year.lessons, year.adoptions,
        ]
    }

    /// Reminders, yellow and red cards that stand.
    private func cards(
        of department: String,
        in store: SQLiteStore,
        on isCounted: (CivilDate) -> Bool
    ) throws -> [UInt64] {
        let search = Search(by: CardRecord.byDepartment, prefix: [.text(department)], limit: .max)
        let cards = try store.find(CardRecord.self, search)
            .filter { $0.revocation == nil && isCounted($0.at.date) }
        return [.remind, .yellow, .red].map { rung in
            UInt64(cards.count { $0.rung == rung })
        }
    }
}
