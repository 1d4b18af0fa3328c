import SeededRandom
package import Store

/// A command of a test, as data: so that it can be given to a store and to the naive model.
package struct Command: Sendable {
    package enum Step: Sendable {
        case saveMatter(Matter)
        case deleteMatter(Int64)
        case saveBadge(Badge)
        case deleteBadge(String)
        case saveOpinion(Opinion)
        case deleteOpinion(Opinion.Key)
        case audit(AuditDraft)
        case publish(EventDraft)
    }

    package let steps: [Step]
    package let isAccepted: Bool
    package let request: RequestKey?

    package var reply: StoredReply? {
        request.map {
            StoredReply(requestHash: $0.id, reply: [UInt8]("to \($0.principal)".utf8))
        }
    }
}

extension UnitOfWork {
    /// Runs a command's steps, without its end.
    private func run(_ steps: [Command.Step]) throws(StoreError) {
        // Of every other command they are read ahead.
        if steps.count % 2 == 0 {
            let keys: [Int64] = steps.compactMap {
                switch $0 {
                case .saveMatter(let record): record.key
                case .deleteMatter(let key): key
                default: nil
                }
            }
            try preload(Matter.self, keys)
        }
        for (number, step) in steps.enumerated() {
            switch step {
            case .saveMatter(let record):
                // Every other one is known to the unit of work before.
                if number % 2 == 0 { _ = try load(Matter.self, record.key) }
                save(record)
            case .deleteMatter(let key): delete(Matter.self, key)
            case .saveBadge(let record): save(record)
            case .deleteBadge(let key):
                if number % 2 == 0 { _ = try load(Badge.self, key) }
                delete(Badge.self, key)
            case .saveOpinion(let record): save(record)
            case .deleteOpinion(let key): delete(Opinion.self, key)
            case .audit(let draft): audit(draft)
            case .publish(let event): publish(event)
            }
        }
    }

    package func run(_ command: Command) throws(StoreError) {
        beginCommand()
        do throws(StoreError) {
            try run(command.steps)
        } catch {
            rejectCommand()
            throw error
        }
        guard command.isAccepted else { return rejectCommand() }
        if let request = command.request, let reply = command.reply {
            acceptCommand(reply: (request, reply))
        } else {
            acceptCommand(reply: nil)
        }
    }
}

/// What the commands should have made of the records, in the plainest way.
package struct NaiveModel: Equatable, Sendable {
    package private(set) var matters: [Int64: Matter] = [:]
    package private(set) var badges: [String: Badge] = [:]
    package private(set) var opinions: [Opinion.Key: Opinion] = [:]
    package private(set) var audited: [AuditDraft] = []
    package private(set) var events: [Event] = []
    package private(set) var replies: [RequestKey: StoredReply] = [:]

    package init() {}

    package mutating func run(_ command: Command) {
        guard command.isAccepted else { return }
        for step in command.steps {
            switch step {
            case .saveMatter(let record): matters[record.key] = record
            case .deleteMatter(let key): matters[key] = nil
            case .saveBadge(let record): badges[record.key] = record
            case .deleteBadge(let key): badges[key] = nil
            case .saveOpinion(let record): opinions[record.key] = record
            case .deleteOpinion(let key): opinions[key] = nil
            case .audit(let draft): audited.append(draft)
            case .publish(let draft):
                events.append(Event(sequence: UInt64(events.count) + 1, draft: draft))
            }
        }
        if let request = command.request { replies[request] = command.reply }
    }

    /// What a store holds of all that; replies to the requests of `asked`.
    package init(
        reading store: any Store,
        asked: some Sequence<RequestKey>
    ) throws(StoreError) {
        for record in try store.find(Matter.self, Search(limit: .max)) {
            matters[record.key] = record
        }
        for record in try store.find(Badge.self, Search(limit: .max)) {
            badges[record.key] = record
        }
        for record in try store.find(Opinion.self, Search(limit: .max)) {
            opinions[record.key] = record
        }
        audited = try store.auditEntries(after: 0, limit: .max).map(\.draft)
        events = try store.events(after: 0, topics: .max, limit: .max)
        for request in asked { replies[request] = try store.storedReply(request) }
    }

    // MARK: Searches, by hand

    package func matters(ofOwner owner: String) -> [Matter] {
        matters.values.filter { $0.owner == owner }
            .sorted { ($0.due ?? .min, $0.key) < ($1.due ?? .min, $1.key) }
    }

    package func mattersDue(after due: Int64, _ key: Int64) -> [Matter] {
        matters.values.filter { matter in
            matter.due.map { ($0, matter.key) > (due, key) } ?? false
        }
        .sorted { ($0.due ?? .min, $0.key) < ($1.due ?? .min, $1.key) }
    }

    package func matter(ofCode code: String) -> Matter? {
        matters.values.first { $0.code == code }
    }

    package func opinions(onFile file: Int64) -> [Opinion] {
        opinions.values.filter { $0.key.file == file }
            .sorted { $0.key.department.utf8.lexicographicallyPrecedes($1.key.department.utf8) }
    }

    package func opinions(of department: String, answering answer: Int64?) -> [Opinion] {
        opinions.values.filter { $0.key.department == department && $0.answer == answer }
            .sorted { $0.key.file < $1.key.file }
    }
}

/// Makes commands up: few keys and values, so that they meet each other.
package struct RandomCommands {
    private var random: SeededGenerator
    private var lastRequest: UInt64 = 0

    package static let owners = ["张伟", "an owner whose name is longer than fifteen bytes", ""]
    package static let departments = ["规划局", "消防", "a", "B"]

    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func isLucky(_ chance: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < chance
    }

    /// A command that the model allows: no code stands twice at the end of any of its steps.
    package mutating func next(after model: NaiveModel) -> Command {
        var steps: [Command.Step] = []
        var scratch = model
        for _ in 0..<number(0...5) {
            let step = step(scratch)
            steps.append(step)
            scratch.run(Command(steps: [step], isAccepted: true, request: nil))
        }
        return Command(
            steps: steps,
            isAccepted: isLucky(0.8),
            request: isLucky(0.6) ? request() : nil
        )
    }

    private mutating func step(_ model: NaiveModel) -> Command.Step {
        switch number(0...9) {
        case 0...2: .saveMatter(matter(model))
        case 3: .deleteMatter(Int64(number(1...30)))
        case 4: .saveBadge(Badge("badge-\(number(1...9))", "holder \(number(1...3))"))
        case 5: .deleteBadge("badge-\(number(1...9))")
        case 6: .saveOpinion(opinion())
        case 7: .deleteOpinion(opinion().key)
        case 8: .audit(.sample(isLucky(0.3) ? "deadline/1" : "matter/\(number(1...30))"))
        default:
            .publish(
                EventDraft(
                    topic: UInt8(number(0...4)),
                    payload: [UInt8](repeating: 7, count: number(0...60))
                )
            )
        }
    }

    private mutating func matter(_ model: NaiveModel) -> Matter {
        let key = Int64(number(1...30))
        var matter = model.matters[key] ?? Matter(key, "new")
        if isLucky(0.7) { matter.title = "title \(number(1...5))" }
        if isLucky(0.4) {
            matter.owner = isLucky(0.2) ? nil : Self.owners.randomElement(using: &random)
        }
        if isLucky(0.4) { matter.due = isLucky(0.3) ? nil : Int64(number(-2...4)) }
        if isLucky(0.1) { matter.body = [UInt8](repeating: UInt8(key), count: number(0...6000)) }
        if isLucky(0.3) {
            let code = "code \(number(1...6))"
            matter.code = model.matter(ofCode: code).map { $0.key == key } ?? true ? code : nil
        }
        matter.isDone = isLucky(0.5)
        return matter
    }

    private mutating func opinion() -> Opinion {
        Opinion(
            Int64(number(1...4)),
            Self.departments[number(0...3)],
            answer: isLucky(0.3) ? nil : Int64(number(1...3))
        )
    }

    /// Mostly larger than all before, of one of three principals.
    private mutating func request() -> RequestKey {
        lastRequest += UInt64(number(1...3))
        let late = lastRequest > 40 && isLucky(0.1)
        // What comes late fills a gap that nobody used: 2³² apart from the others.
        let id = late ? (lastRequest - 40) << 32 | UInt64(lastRequest) : lastRequest << 32
        return RequestKey(
            principal: "principal \(number(1...3))",
            id: withUnsafeBytes(of: id.bigEndian) { [UInt8]($0) }
        )
    }
}
