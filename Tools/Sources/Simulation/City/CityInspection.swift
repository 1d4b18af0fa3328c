import BanjieProtocol
import BanjieServer
import CivilTime
import Deadlines
import Office
import Store
import StoreSQLite
import Wire

/// What must hold in a city at the end of every day, looked at from outside: in the store, and in what the
/// server tells.
final class CityInspection {
    /// A rung of a deadline.
    private struct Fired: Hashable {
        let deadline: Int64
        let rung: Deadlines.Rung
    }

    /// How many deadlines and matters are looked at closely each day.
    private static let sampleSize = 5

    private let people: CityPeople
    private let world: World
    /// What nobody without the right may be shown, by login.
    private let personal: [String: [[UInt8]]]
    private var audit = AuditVerifier(expecting: nil)
    private var lastEvent: UInt64 = 0
    private var lastLook = Instant(unixSeconds: 0)
    private var lastDeadline: Int64 = 0
    private var running: Set<Int64> = []
    private var fired: [Fired: Instant] = [:]
    private var count = CityCount()
    /// When something happened to a file that may have planned a clock, by file and day.
    private var happenings: [String: Set<Instant>] = [:]

    init(of people: CityPeople, in world: World) {
        self.people = people
        self.world = world
        personal = Dictionary(
            uniqueKeysWithValues: people.people.map { person in
                let values = [person.name, person.citizenId, person.phone]
                return (person.login, values.filter { !$0.isEmpty }.map { Array($0.utf8) })
            }
        )
    }

    var firingCount: Int { fired.count }

    /// Looks at everything that has changed since the last look, and at all that goes on.
    func inspect(_ office: CityOffice, expecting open: Set<Int>, of matters: [Matter]) throws {
        try checkAudit(office.store)
        try checkFirings(office)
        try checkClocks(office)
        for index in open.sorted() { try checkIsAlive(matters[index], office.store) }
        try checkExplanations(office)
        try checkMasks(office, Array(open.sorted().map { matters[$0] }))
        try checkFigures(office)
        try checkReviewChain(office)
        lastLook = office.now
        let head = try office.store.head()
        world.trace.note("\(office.today) ends at \(head.audit), event \(head.eventSequence)")
    }

    // MARK: - The audit log

    private func checkAudit(_ store: SQLiteStore) throws {
        happenings = [:]
        while true {
            let entries = try store.auditEntries(after: audit.head.sequence, limit: 1000)
            if entries.isEmpty { return }
            for entry in entries {
                if let damage = audit.check(entry) {
                    return world.found("the audit log is broken: \(damage)")
                }
                happenings[entry.draft.subject, default: []].insert(entry.draft.at)
                try count.take(entry.draft, from: store)
                world.trace.note("\(entry.draft.at) \(entry.draft.kind) \(entry.draft.subject)")
            }
        }
    }

    // MARK: - Firings and clocks

    /// Every rung fires once, at the moment at which a slow recount has it due.
    private func checkFirings(_ office: CityOffice) throws {
        let topics = EventTopic.mask(EventTopic.fired)
        while true {
            let events = try office.store.events(after: lastEvent, topics: topics, limit: 1000)
            for event in events {
                try check(try Firing(decoding: event.draft.payload), office)
                lastEvent = event.sequence
            }
            if events.count < 1000 { return }
        }
    }

    private func check(_ firing: BanjieProtocol.Firing, _ office: CityOffice) throws {
        let key = Int64(clamping: firing.deadline)
        guard let rung = Deadlines.Rung(rawValue: Int(firing.rung.rawValue)),
            let record = try office.store.load(DeadlineRecord.self, key)
        else { return world.found("a rung of deadline \(key) fires, and there is none") }
        let name = "\(rung) of \(record.kind) of \(Self.subject(record.owner))"
        if fired.updateValue(firing.at, forKey: Fired(deadline: key, rung: rung)) != nil {
            world.found("\(name) fires twice")
        }
        guard firing.at > lastLook, firing.at <= office.now else {
            return world.found("\(name) bears \(firing.at), and is told on \(office.today)")
        }
        let recount = ClockRecount(deadline: record.deadline, calendars: office.calendars)
        guard let due = recount.moment(of: rung, asOf: firing.at) else {
            return world.found("\(name) fires at \(firing.at), when nothing was due")
        }
        let madeDue = recount.changes.union(happenings[Self.subject(record.owner)] ?? [])
        if due != firing.at, due > firing.at || !madeDue.contains(firing.at) {
            world.found("\(name) fires at \(firing.at), and was due at \(due)")
        }
    }

    /// Every clock has an owner that knows it, shows the date that a recount comes to, and leaves out no rung.
    private func checkClocks(_ office: CityOffice) throws {
        let store = office.store
        while true {
            let search = Search(after: [.integer(lastDeadline)], limit: 1000)
            let records = try store.find(DeadlineRecord.self, search)
            for record in records {
                running.insert(record.key)
                lastDeadline = record.key
            }
            if records.count < 1000 { break }
        }
        for key in running.sorted() {
            guard let record = try store.load(DeadlineRecord.self, key) else {
                world.found("deadline \(key) is gone")
                continue
            }
            try checkOwner(record, store)
            checkDates(record, office)
            try checkCards(record, store)
            if !record.deadline.isRunning { running.remove(key) }
        }
    }

    private func checkOwner(_ record: DeadlineRecord, _ store: SQLiteStore) throws {
        guard case .file(let kind, let key) = record.owner else { return }
        let clocks: [Int64]? =
            switch kind {
            case CaseFile.kind: try store.load(CaseRecord.self, key)?.trail.clockKeys
            case JointFile.kind: try store.load(JointRecord.self, key)?.trail.clockKeys
            case ReviewFile.kind: try store.load(ReviewRecord.self, key)?.trail.clockKeys
            case InquiryFile.kind: try store.load(InquiryRecord.self, key)?.trail.clockKeys
            case CertificateFile.kind: try store.load(CertificateRecord.self, key)?.trail.clockKeys
            case AssignmentFile.kind: try store.load(AssignmentRecord.self, key)?.trail.clockKeys
            case ConsultationFile.kind:
                try store.load(ConsultationRecord.self, key)?.trail.clockKeys
            default: nil
            }
        if clocks?.contains(record.key) != true {
            world.found("\(Self.subject(record.owner)) doesn't know its clock \(record.kind)")
        }
    }

    private func checkDates(_ record: DeadlineRecord, _ office: CityOffice) {
        let deadline = record.deadline
        let recount = ClockRecount(deadline: deadline, calendars: office.calendars)
        let name = "\(record.kind) of \(Self.subject(record.owner))"
        let end = min(deadline.endedAt ?? office.now, office.now)
        let shown = deadline.due(on: office.today, in: office.calendars)
        if let due = recount.due(asOf: end), due != shown {
            world.found("\(name) shows \(shown) on \(office.today), and a recount has \(due)")
        }
        for rung in Deadlines.Rung.allCases where deadline.rungs.contains(rung) {
            guard deadline.instant(of: rung) == nil,
                let due = recount.moment(of: rung, asOf: end), due <= end
            else { continue }
            world.found("\(name) hasn't fired \(rung), which was due at \(due)")
        }
    }

    /// Every rung of a file's clock but its end is a card.
    private func checkCards(_ record: DeadlineRecord, _ store: SQLiteStore) throws {
        guard case .file = record.owner else { return }
        for firing in record.deadline.fired where firing.rung != .expire {
            let key = CardRecord.key(deadline: record.key, rung: firing.rung)
            let card = try store.load(CardRecord.self, key)
            if card?.at != firing.at {
                world.found("\(firing.rung) of \(Self.subject(record.owner)) is no card")
            }
        }
    }

    private static func subject(_ owner: DeadlineOwner) -> String {
        switch owner {
        case .client(let login): login
        case .file(CaseFile.kind, let key): "\(CaseFile.name)/\(key)"
        case .file(JointFile.kind, let key): "\(JointFile.name)/\(key)"
        case .file(ReviewFile.kind, let key): "\(ReviewFile.name)/\(key)"
        case .file(InquiryFile.kind, let key): "\(InquiryFile.name)/\(key)"
        case .file(CertificateFile.kind, let key): "\(CertificateFile.name)/\(key)"
        case .file(AssignmentFile.kind, let key): "\(AssignmentFile.name)/\(key)"
        case .file(ConsultationFile.kind, let key): "\(ConsultationFile.name)/\(key)"
        case .file(let kind, let key): "file \(kind.rawValue)/\(key)"
        }
    }

    // MARK: - Matters

    /// A matter that isn't ended, and doesn't wait for its applicant, has a clock that runs.
    private func checkIsAlive(_ matter: Matter, _ store: SQLiteStore) throws {
        guard let record = try store.load(CaseRecord.self, matter.serial) else {
            return world.found("\(matter.serial) is gone")
        }
        switch record.state {
        case .waitCorrection, .delivered: return
        case _ where record.state.isEnded: return
        default: break
        }
        for key in record.trail.clockKeys {
            if try store.load(DeadlineRecord.self, key)?.deadline.isRunning == true { return }
        }
        world.found("\(matter.serial) is \(record.state), and no clock runs")
    }

    // MARK: - What the server tells

    /// The explanation of a date counts the days that a recount does.
    private func checkExplanations(_ office: CityOffice) throws {
        for _ in 0..<Self.sampleSize {
            guard let key = world.chance.pick(running.sorted()),
                let record = try office.store.load(DeadlineRecord.self, key),
                case .workingDays = record.deadline.ledger.budget
            else { continue }
            let answer: Result<DeadlineExplanation, CallFailure> = try office.ask(
                DeadlinesMethods.explain,
                DeadlineRequest(deadline: UInt64(key)),
                as: people.supervisor
            )
            let explanation = try answer.expected("an explanation")
            let counted = explanation.days.filter { $0.number != nil }.map(\.day)
            let end = min(record.deadline.endedAt ?? office.now, office.now)
            let recount = ClockRecount(deadline: record.deadline, calendars: office.calendars)
            let expected = recount.chargedDays(record.deadline.ledger.total, asOf: end)
            let due = expected.last ?? record.deadline.ledger.startDay
            if counted != expected || explanation.deadline?.due != due {
                world.found(
                    "deadline \(key) is explained by \(counted), and a recount has \(expected)"
                )
            }
        }
    }

    /// A department's month comes to what the log and the cards say.
    private func checkFigures(_ office: CityOffice) throws {
        guard let department = world.chance.pick(people.departments)?.code else { return }
        let answer: Result<DepartmentFigures, CallFailure> = try office.ask(
            SupervisionMethods.figures,
            FiguresRequest(department: department),
            as: people.supervisor
        )
        let told = CityCount.told(try answer.expected("figures"))
        let expected = try count.expected(department, on: office.today, in: office.store)
        if told != expected {
            world.found("\(department)'s month is told as \(told), and a recount has \(expected)")
        }
    }

    /// A year's summary comes to what the log and the cards say.
    func checkSummary(of year: Int, _ office: CityOffice) throws {
        let answer: Result<YearSummary, CallFailure> = try office.ask(
            CampaignMethods.summary,
            SummaryRequest(year: Int32(year)),
            as: people.supervisor
        )
        let summary = try answer.expected("a summary")
        if CityCount.told(summary) != count.expected(in: year) {
            world.found(
                "\(year) is told as \(CityCount.told(summary)), and a recount has "
                    + "\(count.expected(in: year))"
            )
        }
        for told in summary.departments {
            let expected = try count.expected(told.department, in: year, of: office.store)
            if CityCount.told(told) != expected {
                world.found(
                    "\(told.department)'s \(year) is told as \(CityCount.told(told)), and a recount has "
                        + "\(expected)"
                )
            }
        }
    }

    /// Once in a while: it walks through all steps.
    private func checkReviewChain(_ office: CityOffice) throws {
        guard world.chance.happens(oneIn: 10) else { return }
        let answer: Result<ReviewChainVerdict, CallFailure> = try office.ask(
            ReviewsMethods.verifyChain,
            Empty(),
            as: people.supervisor
        )
        let verdict = try answer.expected("a verdict")
        if !verdict.problem.isEmpty || !verdict.differing.isEmpty {
            world.found("the reviews' chain: \(verdict.problem) \(verdict.differing)")
        }
    }

    /// Who hasn't the right sees nobody's name, number or telephone.
    private func checkMasks(_ office: CityOffice, _ open: [Matter]) throws {
        for _ in 0..<Self.sampleSize {
            guard let matter = world.chance.pick(open) else { return }
            let answer: Result<ApplicantView, CallFailure> = try office.ask(
                CasesMethods.getApplicant,
                CaseRequest(case: matter.serial),
                as: people.supervisor
            )
            try check(try answer.expected("an applicant").encoded(), hides: matter.applicant)
        }
        let answer: Result<ListPeopleReply, CallFailure> = try office.ask(
            DirectoryMethods.listPeople,
            ListPeopleRequest(after: world.chance.pick(people.applicants) ?? "", limit: 20),
            as: people.supervisor
        )
        let found = try answer.expected("people").people
        for person in found { try check(person.encoded(), hides: person.login) }
    }

    private func check(_ bytes: [UInt8], hides login: String) throws {
        for value in personal[login] ?? [] where bytes.contains(value) {
            world.found("\(login) is shown to who hasn't the right")
        }
    }
}
