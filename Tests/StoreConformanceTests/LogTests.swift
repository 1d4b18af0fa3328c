import CivilTime
import Digest
import SeededRandom
import Store
import StoreSamples
import Testing

@Suite struct LogTests {
    private func key(_ number: UInt8, _ principal: String = "window-3") -> RequestKey {
        RequestKey(principal: principal, id: [0, number])
    }

    private func reply(_ number: UInt8) -> StoredReply {
        StoredReply(
            requestHash: SHA256.hash([number]),
            reply: [UInt8](repeating: number, count: 40)
        )
    }

    @Test(arguments: StoreKind.allCases) func repliesAreFoundAgain(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        do {
            let unit = try UnitOfWork(store: try place.open())
            for number in [5, 9, 7] as [UInt8] {
                #expect(try unit.storedReply(key(number)) == nil)
                unit.beginCommand()
                unit.acceptCommand(reply: (key(number), reply(number)))
                #expect(try unit.storedReply(key(number)) == reply(number))
            }
            unit.beginCommand()
            unit.rejectCommand()
            _ = try unit.commit(at: noon)
            #expect(try unit.storedReply(key(7)) == reply(7))
            #expect(try unit.storedReply(key(6)) == nil)
            #expect(try unit.storedReply(key(7, "window-4")) == nil)
            unit.beginCommand()
            unit.acceptCommand(reply: (key(200), reply(200)))
            _ = try unit.commit(at: noon)
        }
        let unit = try UnitOfWork(store: try place.open())
        for number in [5, 7, 9, 200] as [UInt8] {
            #expect(try unit.storedReply(key(number)) == reply(number))
        }
        #expect(try unit.storedReply(key(201)) == nil)
        #expect(try unit.storedReply(key(8)) == nil)
    }

    /// As they come from clients whose clocks and lines differ, with one batch on its way to the disk.
    @Test(arguments: StoreKind.allCases) func repliesOfShuffledIdsAreFound(kind: StoreKind) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let place = try StorePlace(kind)
        let unit = try UnitOfWork(store: try place.open())
        var answered: Set<UInt8> = []
        var rest = Array(UInt8(1)...240).shuffled(using: &generator)
        while !rest.isEmpty {
            for number in rest.prefix(20) {
                #expect(try unit.storedReply(key(number)) == nil, "seed \(seed)")
                unit.beginCommand()
                unit.acceptCommand(reply: (key(number), reply(number)))
                answered.insert(number)
            }
            rest.removeFirst(min(20, rest.count))
            let batch = unit.seal(at: noon)
            // While it is under way, and when it has arrived.
            for number in UInt8(1)...240 {
                let expected = answered.contains(number) ? reply(number) : nil
                #expect(try unit.storedReply(key(number)) == expected, "seed \(seed)")
            }
            _ = try unit.committer.commit(batch)
            unit.didCommit()
            for number in UInt8(1)...240 {
                let expected = answered.contains(number) ? reply(number) : nil
                #expect(try unit.storedReply(key(number)) == expected, "seed \(seed)")
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func repliesExpireInBoundedSlices(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        for batch in 0..<4 as Range<UInt8> {
            for number in 0..<10 as Range<UInt8> {
                unit.beginCommand()
                unit.acceptCommand(reply: (key(batch * 10 + number), reply(number)))
            }
            _ = try unit.commit(at: noon.adding(seconds: Int64(batch)))
        }
        let limit = noon.adding(seconds: 3)
        #expect(try store.writer.expireReplies(before: noon, limit: 100) == 0)
        #expect(try store.writer.expireReplies(before: limit, limit: 0) == 0)
        #expect(try store.writer.expireReplies(before: limit, limit: 4) == 10)
        #expect(try store.storedReply(key(9)) == nil)
        #expect(try store.storedReply(key(10)) == reply(0))
        #expect(try store.writer.expireReplies(before: limit, limit: 19) == 10)
        #expect(try store.writer.expireReplies(before: limit, limit: 100) == 10)
        #expect(try store.writer.expireReplies(before: limit, limit: 100) == 0)
        #expect(try store.storedReply(key(29)) == nil)
        #expect(try store.storedReply(key(30)) == reply(0))
    }

    @Test(arguments: StoreKind.allCases) func auditEntriesAreChained(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        var heads: [StoreHead] = []
        do {
            let store = try place.open()
            #expect(try store.head() == .empty)
            let unit = try UnitOfWork(store: store)
            for batch in 0..<5 {
                for number in 0..<batch {
                    try unit.accept { $0.audit(.sample("case/\(number)", "batch \(batch)")) }
                }
                try unit.accept { $0.audit(.sample("deadline/1")) }
                heads.append(try unit.commit(at: noon.adding(seconds: Int64(batch))).head)
            }
        }
        let store = try place.open()
        #expect(try store.head() == heads.last)
        let entries = try store.auditEntries(after: 0, limit: 100)
        #expect(entries.map(\.sequence) == Array(1...15))
        #expect(entries.last?.hash == heads.last?.auditHash)
        for head in heads {
            #expect(entries[Int(head.auditSequence) - 1].hash == head.auditHash)
        }
        #expect(try store.auditEntries(after: 4, limit: 3) == Array(entries[4..<7]))
        #expect(try store.auditEntries(after: 15, limit: 3).isEmpty)

        let about = entries.filter { $0.draft.subject == "case/1" }
        #expect(about.count == 3)
        #expect(try store.auditEntries(of: "case/1", after: 0, limit: 100) == about)
        #expect(
            try store.auditEntries(of: "case/1", after: about[0].sequence, limit: 1)
                == [about[1]]
        )
        #expect(try store.auditEntries(of: "case/9", after: 0, limit: 100).isEmpty)
        #expect(try store.auditEntries(of: "deadline/1", after: 0, limit: 100).isEmpty)
    }

    @Test(arguments: StoreKind.allCases) func eventsAreFoundByTopic(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        var all: [Event] = []
        for batch in 0..<300 {
            // Topic 0 in every batch, 1 in every third, 62 in the last alone.
            var drafts = [EventDraft(topic: 0, payload: [UInt8(batch % 256)])]
            if batch % 3 == 0 { drafts.append(EventDraft(topic: 1, payload: [])) }
            if batch == 299 { drafts.append(EventDraft(topic: 62, payload: [9])) }
            drafts.append(EventDraft(topic: 0, payload: []))
            try unit.accept { for draft in drafts { $0.publish(draft) } }
            for draft in drafts {
                all.append(Event(sequence: UInt64(all.count) + 1, draft: draft))
            }
            let summary = try unit.commit(at: noon)
            #expect(summary.head.eventSequence == UInt64(all.count))
            #expect(summary.topics == drafts.reduce(0) { $0 | 1 << UInt64($1.topic) })
        }
        let masks: [UInt64] = [1, 2, 3, 1 << 62, 1 << 62 | 2, 4, .max, 0]
        for topics in masks {
            let expected = all.filter { topics & (1 << UInt64($0.draft.topic)) != 0 }
            for after in [0, 1, 350, 700, 701, .max] as [UInt64] {
                for limit in [0, 1, 3, 64, 129, 10_000] {
                    let found = try store.events(after: after, topics: topics, limit: limit)
                    let wanted = expected.filter { $0.sequence > after }.prefix(limit)
                    #expect(found == Array(wanted), "topics \(topics) after \(after)")
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func emptyBatchesCount(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        #expect(unit.isEmpty)
        #expect(try unit.commit(at: noon).head.commit == 1)
        let later = noon.adding(seconds: 1)
        #expect(try unit.commit(at: later).head.commit == 2)
        #expect(try store.head().at == later)
        #expect(try store.head().auditHash == StoreHead.empty.auditHash)
    }

    @Test(arguments: StoreKind.allCases) func readersSeeWhatIsCommitted(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        let reader = try store.makeReader()
        for key in 1...20 as ClosedRange<Int64> {
            try unit.accept {
                $0.save(Matter(key, "t"))
                $0.publish(EventDraft(topic: 1, payload: []))
            }
            #expect(try reader.count(Matter.self) == Int(key) - 1)
            _ = try unit.commit(at: noon)
            #expect(try reader.count(Matter.self) == Int(key))
            #expect(try reader.head().commit == UInt64(key))
            #expect(try reader.events(after: 0, topics: 2, limit: 99).count == Int(key))
        }
    }
}
