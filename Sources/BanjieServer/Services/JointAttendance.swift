internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store
internal import Synchronization
internal import Wire

/// Which daemon that attends has which task of its department. It is forgotten with the server: then the
/// daemons attend anew.
final class AttendanceBoard: Sendable {
    fileprivate struct Place {
        let department: String
        let worker: String
        /// The cases whose tasks it has.
        var cases: Set<String> = []
    }

    fileprivate struct State {
        var places: [UInt64: Place] = [:]
        var last: UInt64 = 0
    }

    fileprivate let state = Mutex(State())

    /// A place for a daemon; one of the same name that holds another is put out of it.
    func enter(_ worker: String, of department: String) -> AttendanceHold {
        state.withLock { state in
            state.places = state.places.filter {
                $0.value.department != department || $0.value.worker != worker
            }
            state.last += 1
            state.places[state.last] = Place(department: department, worker: worker)
            return AttendanceHold(on: self, at: state.last)
        }
    }
}

/// A daemon's place on the board: given up with the session that has it, and its tasks with it.
final class AttendanceHold: Sendable {
    private let board: AttendanceBoard
    private let number: UInt64

    fileprivate init(on board: AttendanceBoard, at number: UInt64) {
        self.board = board
        self.number = number
    }

    deinit { board.state.withLock { $0.places[number] = nil } }

    /// Whether nobody else has taken the place.
    var isHeld: Bool { board.state.withLock { $0.places[number] != nil } }

    /// The tasks of the department that some daemon has.
    var taken: Set<String> {
        board.state.withLock { state in
            guard let mine = state.places[number] else { return [] }
            return state.places.values.filter { $0.department == mine.department }
                .reduce(into: []) { $0.formUnion($1.cases) }
        }
    }

    func take(_ serial: String) {
        board.state.withLock { _ = $0.places[number]?.cases.insert(serial) }
    }

    func giveUp(_ serial: String) {
        board.state.withLock { _ = $0.places[number]?.cases.remove(serial) }
    }
}

/// A department's daemon at work: it gets what waits, earliest deadline first, as much as it takes at a
/// time, and tells what the department says.
struct AttendSession: ServedSession {
    /// What the daemon was told of a case, and hasn't been done with.
    private enum Given: Equatable {
        case task(round: Int64, isSigned: Bool)
        case overridden

        init(_ coHandler: Office.CoHandler) {
            self =
                coHandler.isAwaited
                ? .task(round: coHandler.round, isSigned: coHandler.signed != nil) : .overridden
        }

        /// Whether it is about the same asking.
        func isAbout(_ other: Given) -> Bool {
            switch (self, other) {
            case (.task(let round, _), .task(let otherRound, _)): round == otherRound
            case (.overridden, .overridden): true
            default: false
            }
        }
    }

    private let department: String
    private let capacity: Int
    private let hold: AttendanceHold
    private let service: JointService
    private var given: [String: Given] = [:]
    /// What it gave back: another daemon's turn, as long as this one attends.
    private var declined: Set<String> = []
    private var acknowledgements: [AttendReply] = []
    /// It says no more, and so can do nothing more.
    private var isLeaving = false

    init(of department: String, capacity: Int, hold: AttendanceHold, service: JointService) {
        self.department = department
        self.capacity = capacity
        self.hold = hold
        self.service = service
    }

    mutating func receive(
        _ request: AttendRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) {
        let service = service
        if let sign = request.sign {
            try acknowledge(sign.case, in: &context) { (context) throws(HandlerFailure) in
                _ = try service.sign(sign, in: &context)
            }
        }
        if let opinion = request.opinion {
            let known = try record(of: opinion.case, in: context)
            let round = UInt32(clamping: known?.content.round ?? 0)
            try acknowledge(
                opinion.case,
                round: opinion.round > 0 ? opinion.round : round,
                in: &context
            ) { (context) throws(HandlerFailure) in
                if let known, service.has(opinion, been: known.content) { return }
                _ = try service.giveOpinion(opinion, in: &context)
            }
        }
        if let served = request.served {
            try acknowledge(served.case, in: &context) { (context) throws(HandlerFailure) in
                _ = try service.acknowledgeOverride(served, in: &context)
            }
        }
        if let task = request.giveBack {
            declined.insert(task.case)
            letGo(of: task.case)
        }
    }

    mutating func finishReceiving(in context: inout CommandContext) throws(HandlerFailure) {
        isLeaving = true
    }

    mutating func next(
        in context: inout CommandContext
    ) throws(HandlerFailure) -> StreamStep<AttendReply> {
        guard hold.isHeld else { return .finished }
        if !acknowledgements.isEmpty { return .message(acknowledgements.removeFirst()) }
        guard !isLeaving else { return .finished }
        if let change = try firstChange(in: context) { return .message(change) }
        return try nextTask(in: context).map(StreamStep.message) ?? .waiting
    }

    /// Carries out what the daemon told, and tells it what became of that. A refusal ends nothing; what
    /// is told again is done already.
    private mutating func acknowledge(
        _ serial: String,
        round: UInt32 = 0,
        in context: inout CommandContext,
        _ body: (inout CommandContext) throws(HandlerFailure) -> Void
    ) throws(HandlerFailure) {
        var acknowledgement = JointAcknowledgement(case: serial, round: round)
        do throws(HandlerFailure) {
            try body(&context)
        } catch .store(let error) {
            throw .store(error)
        } catch {
            let report = error.report(in: .english)
            acknowledgement.refusal = report.reason.rawValue
            acknowledgement.message = report.sentence
        }
        let known = try record(of: serial, in: context)
        acknowledgement.state = known?.content.state ?? .pending
        if let told = given[serial], let wanted = Self.wanted(of: known), wanted.isAbout(told) {
            // It knows of its own signature.
            given[serial] = wanted
        } else {
            letGo(of: serial)
        }
        acknowledgements.append(AttendReply(acknowledged: acknowledgement))
    }

    private func record(
        of serial: String,
        in context: CommandContext
    ) throws(HandlerFailure) -> CoHandlerRecord? {
        let key = CoHandlerRecord.Key(serial, department)
        return try context.loadIfPresent(CoHandlerRecord.self, key)
    }

    /// What is wanted of the department by now.
    private static func wanted(of record: CoHandlerRecord?) -> Given? {
        guard let record, record.due != nil else { return nil }
        return Given(record.content)
    }

    /// What has changed about something that the daemon was told: it isn't wanted any more, or a person has
    /// signed for it.
    private mutating func firstChange(
        in context: CommandContext
    ) throws(HandlerFailure) -> AttendReply? {
        for (serial, told) in given.sorted(by: { $0.key < $1.key }) {
            let wanted = Self.wanted(of: try record(of: serial, in: context))
            if wanted == told { continue }
            guard let wanted, wanted.isAbout(told) else {
                letGo(of: serial)
                return AttendReply(withdrawn: JointRequest(case: serial))
            }
            given[serial] = wanted
            let file = try context.open(JointFile.self, serial)
            if let task = file.task(of: department, in: context.circumstances) {
                return AttendReply(task: task)
            }
        }
        return nil
    }

    private mutating func letGo(of serial: String) {
        given[serial] = nil
        hold.giveUp(serial)
    }

    /// The earliest task that no daemon of the department has, while this one takes another.
    private mutating func nextTask(
        in context: CommandContext
    ) throws(HandlerFailure) -> AttendReply? {
        guard given.count < capacity else { return nil }
        let taken = hold.taken
        let found = try context.find(
            CoHandlerRecord.self,
            Search(
                by: CoHandlerRecord.byWork,
                prefix: [.text(department)],
                limit: taken.count + declined.count + 1
            )
        )
        for record in found {
            let serial = record.key.caseSerial
            guard !taken.contains(serial), !declined.contains(serial) else { continue }
            hold.take(serial)
            let file = try context.open(JointFile.self, serial)
            if let task = file.task(of: department, in: context.circumstances) {
                given[serial] = Given(record.content)
                return AttendReply(task: task)
            }
            given[serial] = .overridden
            let override = file.coHandler(department).flatMap(\.override)
            return AttendReply(
                overridden: OverrideNotice(case: serial, reason: override?.reason ?? "")
            )
        }
        return nil
    }
}
