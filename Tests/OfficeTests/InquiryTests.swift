import CivilTime
import Deadlines
import RuleTesting
import SeededRandom
import Store
import Testing
import WorkCalendar

@testable import Office

@Suite struct InquiryTests {
    private static let people = ["a", "b", "c", "d"].map {
        InquiryFile.Person(login: $0, department: "D-\($0)")
    }

    private static func actor(_ person: InquiryFile.Person) -> Actor {
        Actor(login: person.login, roles: [.staff], department: person.department)
    }

    private static func registered(at now: Instant) -> InquiryFile {
        InquiryFile.register(
            number: 7,
            asked: [
                .init(people[1], rank: 2), .init(people[0], rank: 2), .init(people[2], rank: 1),
            ],
            replyDays: 3,
            question: "如何办理",
            inquirer: "",
            by: actor(people[3]),
            in: Circumstances(now: now, calendars: .builtIn, policy: Policy())
        )
    }

    @Test func theHighestPostAnswersAndTheFirstNamedAmongEquals() {
        #expect(Self.registered(at: "2026-06-01T10:00").record.owner == Self.people[1])
    }

    /// Whatever is done in whatever order: somebody answers for it, the time never begins anew, and who has
    /// had it is never offered it without the office's knowing.
    @Test(arguments: seeds) func somebodyAlwaysAnswersForIt(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reached: Set<InquiryFile.State> = []
        for number in 0..<400 {
            var now: Instant = "2026-06-01T10:00"
            var file = Self.registered(at: now)
            let start = try #require(file.clocks.first).deadline.ledger
            for step in 0..<15 {
                let circumstances = Circumstances(
                    now: now,
                    calendars: .builtIn,
                    policy: Policy()
                )
                file.settle(in: circumstances)
                var changed = file
                let person = Self.people.randomElement(using: &random) ?? Self.people[0]
                do {
                    try Self.act(
                        .random(in: 0..<11, using: &random),
                        on: &changed,
                        person,
                        in: circumstances
                    )
                    file = changed
                } catch {}
                for index in file.clocks.indices where file.clocks[index].key == nil {
                    file.assign(key: Int64(index + 1), toClock: index)
                }
                let name: Comment = "seed \(seed), inquiry \(number), step \(step)"
                #expect(try Row.roundTrip(file.record) == file.record, name)
                #expect(file.clocks.map(\.deadline.ledger) == [start], name)
                #expect(file.record.owners.last == file.record.owner.login, name)
                #expect(file.record.isOpen == !file.runningClocks.isEmpty, name)
                if case .offered(let offered) = file.record.progress {
                    #expect(!file.record.owners.contains(offered.login), name)
                }
                let bearers = Set(file.clocks.map(file.bearer))
                #expect(bearers == [file.record.owner.department], name)
                reached.insert(file.state)
                now = now.adding(seconds: .random(in: 1...40_000, using: &random))
            }
        }
        guard fixedSeeds.contains(seed) else { return }
        #expect(reached.isSuperset(of: [.registered, .answered, .deferred, .offered, .handedOver]))
        #expect(reached.isSuperset(of: [.referredOut, .unclear, .assigned, .closed]))
    }

    private static func act(
        _ number: Int,
        on file: inout InquiryFile,
        _ person: InquiryFile.Person,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let (owner, today) = (actor(file.record.owner), circumstances.now.date)
        switch number {
        case 0, 1, 2: try file.offer(to: person, by: owner, in: circumstances)
        case 3, 4: try file.take(by: actor(person), in: circumstances)
        case 5: try file.decline(reason: "非本人职责", by: actor(person), in: circumstances)
        case 6: try file.assign(to: person, by: owner, in: circumstances)
        case 7:
            try file.defer(
                until: today.adding(days: 1),
                reason: "待核",
                by: owner,
                in: circumstances
            )
        case 8: try file.answer("请带证件", by: owner, in: circumstances)
        case 9: try file.referOut(to: "税务局", route: "二楼", by: owner, in: circumstances)
        default: try file.close(by: owner, in: circumstances)
        }
    }

    @Test func anAnswerIsPutOffNoFurtherThanTheReplyIsDue() throws {
        var file = Self.registered(at: "2026-06-01T10:00")
        let circumstances = Circumstances(
            now: "2026-06-02T10:00",
            calendars: .builtIn,
            policy: Policy()
        )
        let owner = Self.actor(file.record.owner)
        for day: CivilDate in ["2026-06-01", "2026-06-05"] {
            #expect(
                throws: Refusal.outOfRange(field: "until", allowed: "2026-06-02…2026-06-04")
            ) {
                try file.defer(until: day, reason: "待核", by: owner, in: circumstances)
            }
        }
        try file.defer(until: "2026-06-04", reason: "待核", by: owner, in: circumstances)
        #expect(file.state == .deferred)
    }

    @Test func rowsOfOtherHandsAreRefused() {
        let record = Self.registered(at: "2026-06-01T10:00").record
        let columns = InquiryRecord.table.columns.map(\.name)
        func refuses(_ column: String, _ value: Value) {
            var values = Row.values(of: record)
            guard let index = columns.firstIndex(of: column) else {
                Issue.record("no column \(column)")
                return
            }
            values[index] = value
            #expect(throws: StoreError.self, "\(column) \(value)") {
                try Row.read(InquiryRecord.self, key: record.key, values)
            }
        }
        for number: Int64 in [-1, 0, 2, 3, 5, 7, 8, 9, 10, .max] {
            refuses("progress", .integer(number))
        }
        refuses("received", .integer(.max))
        refuses("owners", .blob([7]))
        refuses("owner", .null)
    }
}
