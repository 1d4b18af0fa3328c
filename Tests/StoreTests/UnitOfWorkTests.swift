import Store
import StoreModel
import StoreSamples
import Testing

/// What a unit of work does by itself; what it does with a store stands in StoreConformanceTests.
@Suite struct UnitOfWorkTests {
    @Test func aFailedCommitDropsTheBatch() throws {
        let store = ModelStore()
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.save(Badge("a", "one")) }
        _ = try unit.commit(at: noon)
        try unit.accept {
            $0.save(Badge("a", "two"))
            $0.save(Badge("b", "two"))
            $0.audit(.sample("badge/a"))
            $0.publish(EventDraft(topic: 1, payload: []))
        }
        let key = RequestKey(principal: "p", id: [1])
        unit.beginCommand()
        unit.acceptCommand(reply: (key, StoredReply(requestHash: [], reply: [])))
        store.nextCommitFailure = .notWritable("full")
        #expect(throws: StoreError.notWritable("full")) { try unit.commit(at: noon) }
        #expect(unit.isEmpty)
        #expect(try unit.load(Badge.self, "a")?.holder == "one")
        #expect(try unit.load(Badge.self, "b") == nil)
        #expect(try unit.storedReply(key) == nil)
        try unit.accept { $0.publish(EventDraft(topic: 2, payload: [])) }
        let summary = try unit.commit(at: noon)
        #expect(summary.head.eventSequence == 1)
        #expect(summary.head.commit == 2)
        #expect(summary.head.auditSequence == 0)
    }

    /// More records than stay in memory: what isn't there any more is read again.
    @Test func manyRecordsPassThroughMemory() throws {
        let store = ModelStore()
        let unit = try UnitOfWork(store: store)
        let count = Int64(Opinion.keptMax * 5 / 2)
        var key: Int64 = 0
        while key < count {
            try unit.accept { unit in
                for _ in 0..<4096 where key < count {
                    key += 1
                    unit.save(Opinion(key, "a", answer: key))
                }
            }
            _ = try unit.commit(at: noon)
        }
        for key in stride(from: 1, through: count, by: 997) {
            #expect(try unit.load(Opinion.self, .init(key, "a")) == Opinion(key, "a", answer: key))
        }
    }

    @Test func unchangedRecordsAreNotWritten() throws {
        let store = ModelStore()
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.save(Badge("a", "one")) }
        _ = try unit.commit(at: noon)
        // Written by other hands: a row that nobody changed would be set back.
        let other = try UnitOfWork(store: store)
        try other.accept { $0.save(Badge("a", "two")) }
        _ = try other.commit(at: noon)
        let late = try UnitOfWork(store: store)
        _ = try late.load(Badge.self, "a")
        try late.accept {
            $0.save(Badge("a", "three"))
            $0.save(Badge("a", "two"))
        }
        _ = try late.commit(at: noon)
        #expect(try store.load(Badge.self, "a")?.holder == "two")
    }

    @Test func changesOutsideOfACommandTrap() async {
        await #expect(processExitsWith: .failure) {
            let unit = try UnitOfWork(store: ModelStore())
            unit.save(Badge("a", "one"))
        }
    }
}
