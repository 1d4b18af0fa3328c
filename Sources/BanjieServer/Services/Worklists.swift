internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import Wire
internal import WorkCalendar

// What departments have to do, how they stand, and what an operator is warned of.
extension SupervisionService {
    func worklist(
        _ request: WorklistRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> WorklistReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        var after: [Value]?
        if request.after > 0 {
            let key = Int64(clamping: request.after)
            // What is done by now was last on a page that began with what was due before it.
            let last = try context.load(
                DeadlineRecord.self,
                key,
                or: .none(kind: .deadline, name: "\(key)")
            )
            let listed = try context.loadIfPresent(WorkRecord.self, key)?.due
            let day = listed ?? last.deadline.due(on: context.now.date, in: context.calendars)
            after = [.integer(Int64(day.daysSinceEpoch)), .integer(key)]
        }
        let isPersonal = !request.person.isEmpty
        let page = try context.page(
            WorkRecord.self,
            Search(
                by: isPersonal ? WorkRecord.byPerson : WorkRecord.byDepartment,
                prefix: [.text(isPersonal ? request.person : department)],
                after: after,
                limit: Int(request.limit)
            )
        )
        var items: [WorkItem] = []
        for work in page.records where work.department == department {
            if let item = try context.item(work) { items.append(item) }
        }
        return WorklistReply(items: items, more: page.isMore)
    }

    func figures(
        _ request: FiguresRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> DepartmentFigures {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        let today = context.now.date
        let key = WorkTally.Key(request.month ?? today, department)
        let tally = try context.loadIfPresent(WorkTally.self, key) ?? WorkTally(key)
        let (overdue, dueToday) = try context.countDue(of: department, on: today)
        let open = try context.loadIfPresent(OpenWorkRecord.self, department)?.open ?? 0
        return DepartmentFigures(
            department: department,
            open: UInt64(clamping: open),
            dueToday: dueToday,
            overdue: overdue,
            month: key.month,
            received: UInt64(clamping: tally.received),
            accepted: UInt64(clamping: tally.accepted),
            completed: UInt64(clamping: tally.completed),
            early: UInt64(clamping: tally.early),
            late: UInt64(clamping: tally.late),
            reminders: UInt64(clamping: tally.reminders),
            yellow: UInt64(clamping: tally.yellow),
            red: UInt64(clamping: tally.red)
        )
    }

    func warnings(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> WarningsReply {
        WarningsReply(warnings: try context.warnings())
    }
}

extension QueryContext {
    /// A clock on a worklist as it stands; nil when it has ended by now.
    fileprivate func item(_ work: WorkRecord) throws(HandlerFailure) -> WorkItem? {
        let record = try asOfNow(
            try load(
                DeadlineRecord.self,
                work.key,
                or: .none(kind: .deadline, name: "\(work.key)")
            )
        )
        let deadline = record.deadline
        guard deadline.isRunning else { return nil }
        let today = now.date
        let due = deadline.due(on: today, in: calendars)
        let overdue = deadline.overdueDays(at: now, in: calendars)
        let calendar = calendars.current.calendar
        return WorkItem(
            deadline: UInt64(clamping: work.key),
            clock: work.clock.message,
            department: work.department,
            person: work.person ?? "",
            subject: work.subject,
            due: due,
            daysLeft: overdue > 0
                ? Int32(clamping: -overdue)
                : Int32(clamping: calendar.workingDays(after: today, through: due)),
            paused: deadline.isPaused,
            card: deadline.fired.last { $0.rung != .expire }?.rung.message
        )
    }

    /// How many of a department's clocks are overdue, and end today: those that stand aren't.
    fileprivate func countDue(
        of department: String,
        on today: CivilDate
    ) throws(HandlerFailure) -> (overdue: UInt64, today: UInt64) {
        let pageSize = 512
        var (overdue, due): (UInt64, UInt64) = (0, 0)
        var after: [Value]?
        while true {
            let works = try find(
                WorkRecord.self,
                Search(
                    by: WorkRecord.byDepartment,
                    prefix: [.text(department)],
                    after: after,
                    limit: pageSize
                )
            )
            for work in works where work.due <= today {
                guard let item = try item(work), !item.paused else { continue }
                if item.daysLeft < 0 { overdue += 1 } else if item.due == today { due += 1 }
            }
            guard works.count == pageSize, let last = works.last, last.due <= today else {
                return (overdue, due)
            }
            after = [.integer(Int64(last.due.daysSinceEpoch)), .integer(last.key)]
        }
    }
}

/// Tells a caller when what a department has to do changes.
struct WorkWatch: ServedWatch {
    private let department: String
    private var cursor: EventCursor

    init(
        _ request: WatchWorkRequest,
        in context: WatchContext
    ) throws(HandlerFailure) {
        department = try context.query.readableDepartment(request.department)
        cursor = try EventCursor(after: request.after, topic: EventTopic.workChanged, in: context)
    }

    mutating func next(
        in context: inout WatchContext
    ) throws(HandlerFailure) -> StreamStep<WorkEvent> {
        let department = department
        return try cursor.next(in: &context) { (change: WorkChange) in
            change.department == department
        } telling: {
            WorkEvent(sequence: $0, change: $1)
        }
    }
}

extension SupervisionService: SupervisionWatches {
    func watchWork(
        _ request: WatchWorkRequest,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> WorkWatch {
        try validating(request)
        return try WorkWatch(request, in: context)
    }
}
