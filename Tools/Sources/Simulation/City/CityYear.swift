import BanjieProtocol
package import CivilTime
package import Foundation
import Store
import StoreSQLite
import Wire
import WorkCalendar

/// How much happens in a simulated city.
package struct CityPlan: Sendable {
    /// The first day, whose year's calendar is known.
    package var firstDay: CivilDate
    /// How many days matters arrive.
    package var days: Int
    /// How many matters arrive on a working day.
    package var mattersADay: Int
    /// The server dies during one command of so many; never when 0.
    package var deathOneIn: Int
    /// What is done wrong, from the tenth day on, to be found.
    package var fault: CityFault?

    /// - Parameter firstDay: New Year's Day of 2026 when nil.
    package init(
        firstDay: CivilDate? = nil,
        days: Int,
        mattersADay: Int,
        deathOneIn: Int = 300
    ) {
        self.firstDay = firstDay ?? CivilDate(daysSinceEpoch: 20_454)
        self.days = days
        self.mattersADay = mattersADay
        self.deathOneIn = deathOneIn
    }
}

/// What came of a city's time.
package struct CityResult: Equatable, Sendable {
    package let seed: UInt64
    package let digest: UInt64
    package let lineCount: Int
    /// What was found wrong first; nil when all held.
    package let finding: String?
    package let matters: Int
    package let acknowledged: Int
    package let refused: Int
    package let repeated: Int
    package let crashes: Int
    package let firings: Int
    /// The head of the audit chain, after all.
    package let head: String
}

extension CityResult: CustomStringConvertible {
    package var description: String {
        "\(matters) matters, \(acknowledged) commands acknowledged, \(repeated) asked for again, "
            + "\(refused) refused, \(firings) firings, \(crashes) crashes; \(lineCount) lines, "
            + "digest \(String(digest, radix: 16)), audit head \(head)"
    }
}

/// A city's offices over some time, moved by one seed: people bring matters, err and forget, departments work
/// well and badly, processes die, the State Council changes holidays. After each day everything is looked at
/// that must hold.
///
/// The server's parts are the product's, on the product's store; the people know only what it tells them.
package final class CityYear {
    /// In how many days after the last has arrived all matters end.
    static let daysToEnd = 200

    let plan: CityPlan
    let people: CityPeople
    let world: World
    let office: CityOffice
    private let seed: UInt64
    private var inspection: CityInspection
    var agenda = Agenda<Doing>()
    var matters: [Matter] = []
    private var matterOfSerial: [String: Int] = [:]
    /// The tasks that a department's daemon has in memory.
    var remembered: [String: Set<Int>] = [:]
    private var openMatters: Set<Int> = []
    /// The notifications that the gateway is done with.
    var sent: Set<UInt64> = []
    /// When somebody is away.
    var absences: [String: [ClosedRange<CivilDate>]] = [:]
    /// The hours that somebody has been taught, by year.
    var trainedHours: [String: [Int: Int]] = [:]
    /// Whether the plan's fault has been done.
    private var isSpoilt = false

    /// - Parameters:
    ///   - folder: an empty one for the store.
    ///   - tell: is told each line of the trace.
    package init(
        seed: UInt64,
        plan: CityPlan,
        people: CityPeople,
        folder: URL,
        tell: ((String) -> Void)? = nil
    ) throws {
        self.seed = seed
        self.plan = plan
        self.people = people
        world = World(seed: seed, fault: nil, trace: Trace(tell: tell))
        let place = CityStore(folder: folder, seed: seed)
        try place.admit(
            people.people.map(\.login),
            operator: CityPeople.operator,
            at: plan.firstDay.start
        )
        office = try CityOffice(
            place,
            at: plan.firstDay.start,
            deathOneIn: plan.deathOneIn,
            in: world
        )
        inspection = CityInspection(of: people, in: world)
    }

    // MARK: - The run

    package func run() -> CityResult {
        do {
            try settle()
            try enterTheYear()
            let last = plan.firstDay.adding(days: plan.days + Self.daysToEnd)
            while world.finding == nil, let entry = agenda.take(), entry.at.date <= last {
                office.move(to: max(entry.at, office.now))
                try carryOut(entry.doing)
            }
            if world.finding == nil { try checkThatAllHasEnded() }
        } catch {
            world.found("the city can't go on: \(error)")
        }
        let head = (try? office.store.head())?.audit
        return CityResult(
            seed: seed,
            digest: world.trace.digest,
            lineCount: world.trace.lineCount,
            finding: world.finding,
            matters: matters.count,
            acknowledged: office.acknowledged,
            refused: office.refused,
            repeated: office.repeated,
            crashes: office.starts - 1,
            firings: inspection.firingCount,
            head: head.map { "\($0)" } ?? ""
        )
    }

    /// Makes departments, posts, people and items known.
    private func settle() throws {
        for place in people.places {
            _ = try asOperator(DirectoryMethods.putDepartment, place, Department.self)
        }
        for post in people.posts {
            _ = try asOperator(DirectoryMethods.putPost, post, Post.self)
        }
        for person in people.people {
            _ = try asOperator(DirectoryMethods.putPerson, person, Person.self)
        }
        for item in people.items {
            _ = try asOperator(DirectoryMethods.publishItem, item.request, ItemView.self)
        }
        try putDuties()
        try certify()
    }

    func asOperator<Reply: Message>(
        _ method: MethodDescriptor,
        _ request: some Message,
        _ reply: Reply.Type
    ) throws -> Reply {
        let answer: Result<Reply, CallFailure> = try office.order(
            method,
            request,
            as: CityPeople.operator
        )
        return try answer.expected(method.fullName)
    }

    private func enterTheYear() throws {
        for offset in 0..<plan.days {
            let day = plan.firstDay.adding(days: offset)
            agenda.enter(.morning, at: Instant(day, secondOfDay: 8 * 3600))
        }
        agenda.enter(.evening, at: evening(of: plan.firstDay))
        for index in people.departments.indices {
            agenda.enter(.attend(department: index), at: plan.firstDay.start)
        }
        if plan.days > 60 {
            let day = plan.firstDay.adding(days: world.chance.number(in: 30...plan.days - 20))
            agenda.enter(.changeCalendar, at: Instant(day, secondOfDay: 10 * 3600))
        }
        let announced = CivilDate(year: plan.firstDay.year, month: 11, day: 20)
        if let announced, announced < plan.firstDay.adding(days: plan.days) {
            agenda.enter(
                .loadYear(plan.firstDay.year + 1),
                at: Instant(announced, secondOfDay: 15 * 3600)
            )
        }
    }

    private func carryOut(_ doing: Doing) throws {
        if world.chance.happens(oneIn: 40) { try office.askAgain() }
        switch doing {
        case .morning: try begin(office.today)
        case .evening: try end(office.today)
        case .bring: try bring()
        case .look(let matter): try look(at: matter)
        case .supply(let matter): try supply(matter)
        case .answer(let matter, let department): try answer(matter, of: department)
        case .attend(let index): try attend(people.departments[index])
        case .rate(let matter): try rate(matter)
        case .makeGood(let matter): try makeGood(matter)
        case .inquire: try inquire()
        case .reply(let inquiry, let clerk, let daysLeft):
            try reply(to: inquiry, as: clerk, daysLeft: daysLeft)
        case .assign: try assign()
        case .goOn(let assignment, let sort): try goOn(with: assignment, sort)
        case .learn: try learn()
        case .consult: try consult()
        case .advise(let consultation, let asker): try advise(consultation, asker: asker)
        case .finish(let draft, let item, let applicant): try finish(draft, item, as: applicant)
        case .sendNotifications: try sendNotifications()
        case .beAway: try beAway()
        case .planTraining: try planTraining()
        case .train(let plan, let enrolled): try train(plan, enrolled)
        case .inspectOrLose: try inspectOrLose()
        case .changeCalendar: try changeCalendar()
        case .loadYear(let year): try load(year)
        }
    }

    /// Matters come at any hour, most of them while the offices are open.
    private func begin(_ day: CivilDate) throws {
        let isWorkingDay = office.calendars.current.calendar.isWorkingDay(day)
        let count = isWorkingDay ? plan.mattersADay : plan.mattersADay / 10
        for _ in 0..<count {
            agenda.enter(.bring, at: Instant(day, secondOfDay: hour()))
        }
        guard isWorkingDay else { return }
        for _ in 0..<(plan.mattersADay / 8) {
            agenda.enter(.inquire, at: Instant(day, secondOfDay: hour()))
            agenda.enter(.consult, at: Instant(day, secondOfDay: hour()))
        }
        agenda.enter(.sendNotifications, at: Instant(day, secondOfDay: 18 * 3600))
        let nowAndThen: [(Doing, oneIn: Int)] = [
            (.assign, 3), (.beAway, 2), (.inspectOrLose, 1), (.learn, 5), (.planTraining, 6),
        ]
        for (doing, often) in nowAndThen where world.chance.happens(oneIn: often) {
            agenda.enter(doing, at: Instant(day, secondOfDay: hour()))
        }
    }

    private func evening(of day: CivilDate) -> Instant {
        Instant(day, secondOfDay: 24 * 3600 - 1)
    }

    /// Days go on until nothing is open any more, or that takes too long.
    private func end(_ day: CivilDate) throws {
        try inspection.inspect(office, expecting: openMatters, of: matters)
        if let fault = plan.fault, !isSpoilt, plan.firstDay.days(until: day) >= 10 {
            try office.restart { isSpoilt = fault.spoil($0) }
        }
        let rest = plan.firstDay.adding(days: plan.days)
        guard day < rest || !openMatters.isEmpty && day < rest.adding(days: Self.daysToEnd) else {
            return
        }
        agenda.enter(.evening, at: evening(of: day.adding(days: 1)))
    }

    private func hour() -> Int {
        world.chance.happens(oneIn: 8)
            ? world.chance.number(in: 8 * 3600...23 * 3600)
            : world.chance.number(in: 9 * 3600...17 * 3600 + 1800)
    }

    // MARK: - What all use

    /// A moment in office hours, so many working days from today; today's come later today.
    func moment(inWorkingDays days: Int) -> Instant {
        let calendar = office.calendars.current.calendar
        if days == 0, calendar.isWorkingDay(office.today) {
            let next = office.now.adding(seconds: Int64(world.chance.number(in: 60...3600)))
            if next.date == office.today { return next }
        }
        let day = calendar.workingDay(max(1, days), after: office.today)
        return Instant(day, secondOfDay: world.chance.number(in: 9 * 3600...17 * 3600 + 1800))
    }

    func enter(_ doing: Doing, inWorkingDays days: ClosedRange<Int>) {
        agenda.enter(doing, at: moment(inWorkingDays: world.chance.number(in: days)))
    }

    func add(_ matter: Matter) -> Int {
        matters.append(matter)
        matterOfSerial[matter.serial] = matters.count - 1
        openMatters.insert(matters.count - 1)
        return matters.count - 1
    }

    func matter(of serial: String) -> Int? { matterOfSerial[serial] }

    /// Nothing more is to be done about a matter.
    func close(_ index: Int) { openMatters.remove(index) }

    private func checkThatAllHasEnded() throws {
        try inspection.inspect(office, expecting: openMatters, of: matters)
        try inspection.checkSummary(of: plan.firstDay.year, office)
        if let stuck = openMatters.min() {
            world.found(
                "\(matters[stuck].serial) is stuck: nobody is going to do anything about it"
            )
        }
    }
}
