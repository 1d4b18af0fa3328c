import Store
import StoreSamples
import Testing

@Suite struct RecordTests {
    @Test(arguments: StoreKind.allCases) func savedRecordsAreReadBack(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let long = String(repeating: "办结", count: 5000)
        let matter = Matter(
            7,
            "",
            owner: "o'Brien \"\u{0}\" 张",
            due: -1,
            body: [UInt8](repeating: 0xFF, count: 9000)
        )
        do {
            let store = try place.open()
            let unit = try UnitOfWork(store: store)
            try unit.accept {
                $0.save(matter)
                $0.save(Badge("", long))
                $0.save(Opinion(.min, "规划局"))
                $0.save(Opinion(.max, "", answer: .max))
            }
            #expect(try unit.load(Matter.self, 7) == matter)
            #expect(try store.load(Matter.self, 7) == nil)
            _ = try unit.commit(at: noon)
        }
        let store = try place.open()
        let reader = try store.makeReader()
        for source in [store, reader] as [any RecordReader] {
            #expect(try source.load(Matter.self, 7) == matter)
            #expect(try source.load(Matter.self, 8) == nil)
            #expect(try source.load(Badge.self, "") == Badge("", long))
            #expect(
                try source.load(Opinion.self, .init(.min, "规划局")) == Opinion(.min, "规划局")
            )
            #expect(
                try source.find(Opinion.self, Search(limit: 9)).map(\.key.file) == [.min, .max]
            )
            #expect(try source.count(Opinion.self) == 2)
        }
        #expect(try store.largestKey(Matter.self) == 7)
    }

    @Test(arguments: StoreKind.allCases) func recordsReadAheadAreThoseOfTheBatch(
        kind: StoreKind
    ) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        var unit = try UnitOfWork(store: store)
        try unit.accept { unit in
            for key in 1...4 { unit.save(Opinion(Int64(key), "a", answer: 1)) }
        }
        _ = try unit.commit(at: noon)
        unit = try UnitOfWork(store: store)
        try unit.accept {
            $0.save(Opinion(2, "a", answer: 2))
            $0.delete(Opinion.self, .init(3, "a"))
        }
        // The last one isn't there, and one is asked for twice.
        let keys = [4, 1, 2, 3, 1, 9].map { Opinion.Key($0, "a") }
        try unit.preload(Opinion.self, keys)
        let answers = try keys.map { try unit.load(Opinion.self, $0)?.answer }
        #expect(answers == [1, 1, 2, nil, 1, nil])
        // What was read ahead isn't read again: other hands change it meanwhile.
        let other = try UnitOfWork(store: store)
        try other.accept { $0.save(Opinion(1, "a", answer: 7)) }
        _ = try other.commit(at: noon)
        #expect(try unit.load(Opinion.self, .init(1, "a"))?.answer == 1)
    }

    @Test(arguments: StoreKind.allCases) func changedAndDeletedRecords(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        var unit = try UnitOfWork(store: store)
        try unit.accept { unit in
            for key in 1...5 { unit.save(Matter(Int64(key), "t\(key)", owner: "a", due: 10)) }
        }
        _ = try unit.commit(at: noon)
        // Known and unknown to the unit of work: with and without a load before.
        unit = try UnitOfWork(store: store)
        try unit.accept { unit in
            var first = try #require(try unit.load(Matter.self, 1))
            first.isDone = true
            first.due = nil
            unit.save(first)
            unit.save(Matter(2, "new", owner: "b"))
            unit.delete(Matter.self, 3)
            _ = try unit.load(Matter.self, 4)
            unit.delete(Matter.self, 4)
            unit.delete(Matter.self, 99)
            unit.save(Matter(6, "gone at once"))
            unit.delete(Matter.self, 6)
            unit.delete(Matter.self, 5)
            unit.save(Matter(5, "back"))
        }
        _ = try unit.commit(at: noon)
        var first = Matter(1, "t1", owner: "a")
        first.isDone = true
        let expected = [first, Matter(2, "new", owner: "b"), Matter(5, "back")]
        #expect(try store.find(Matter.self, Search(limit: 100)) == expected)
        #expect(try store.find(Matter.self, Search(by: Matter.byDue, limit: 100)).isEmpty)
        #expect(
            try store.find(
                Matter.self,
                Search(by: Matter.byOwner, prefix: [.text("a")], limit: 100)
            )
                == [first]
        )
        #expect(try store.count(Matter.self) == 3)
    }

    @Test(arguments: StoreKind.allCases) func rejectedCommandsLeaveNothing(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.save(Matter(1, "one", owner: "a")) }
        _ = try unit.commit(at: noon)
        try unit.accept { $0.save(Matter(1, "uno", owner: "a")) }
        try unit.reject {
            $0.save(Matter(1, "eins", owner: "b"))
            $0.save(Matter(1, "zwei", owner: "b"))
            $0.delete(Matter.self, 1)
            $0.save(Matter(2, "two", owner: "b"))
            $0.audit(.sample("matter/2"))
            $0.publish(EventDraft(topic: 3, payload: [1]))
        }
        #expect(try unit.load(Matter.self, 1)?.title == "uno")
        #expect(try unit.load(Matter.self, 2) == nil)
        let search = Search(by: Matter.byOwner, prefix: [.text("b")], limit: 9)
        #expect(try unit.find(Matter.self, search).isEmpty)
        let summary = try unit.commit(at: noon)
        #expect(summary.topics == 0)
        #expect(summary.head.auditSequence == 0)
        #expect(try store.find(Matter.self, Search(limit: 9)) == [Matter(1, "uno", owner: "a")])

        try unit.reject { $0.save(Matter(3, "three")) }
        #expect(unit.isEmpty)
    }

    @Test(arguments: StoreKind.allCases) func integerKeysAreNeverHandedOutTwice(kind: StoreKind)
        throws
    {
        let place = try StorePlace(kind)
        do {
            let unit = try UnitOfWork(store: try place.open())
            unit.beginCommand()
            #expect(try unit.nextKey(Matter.self) == 1)
            unit.save(Matter(1, "one"))
            unit.acceptCommand(reply: nil)
            unit.beginCommand()
            let refused = try unit.nextKey(Matter.self)
            unit.save(Matter(refused, "two"))
            unit.rejectCommand()
            try unit.accept {
                let key = try $0.nextKey(Matter.self)
                #expect(key > 1)
                $0.save(Matter(key, "three"))
                $0.save(Matter(40, "forty"))
                #expect(try $0.nextKey(Matter.self) == 41)
            }
            _ = try unit.commit(at: noon)
            try unit.accept { $0.delete(Matter.self, 40) }
            _ = try unit.commit(at: noon)
            #expect(try unit.nextKey(Matter.self) == 42)
        }
        let unit = try UnitOfWork(store: try place.open())
        try unit.accept { $0.save(Matter(50, "fifty")) }
        #expect(try unit.nextKey(Matter.self) == 51)
    }

    @Test(arguments: StoreKind.allCases) func uniqueValuesMoveWithinABatch(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        try unit.accept {
            $0.save(Matter(1, "one", code: "A"))
            $0.save(Matter(2, "two", code: "B"))
            $0.save(Matter(3, "three"))
            $0.save(Matter(4, "four"))
        }
        _ = try unit.commit(at: noon)
        try unit.accept {
            $0.save(Matter(1, "one", code: "B"))
            $0.save(Matter(2, "two", code: "A"))
            $0.save(Matter(5, "five", code: "C"))
        }
        _ = try unit.commit(at: noon)
        try unit.accept {
            $0.delete(Matter.self, 5)
            $0.save(Matter(3, "three", code: "C"))
        }
        _ = try unit.commit(at: noon)
        #expect(
            try store.find(Matter.self, Search(by: Matter.byCode, limit: 9)).map(\.key) == [
                2, 1, 3,
            ]
        )

        try unit.accept { $0.save(Matter(4, "four", code: "A")) }
        #expect(throws: StoreError.self) { try unit.commit(at: noon) }
        #expect(try store.load(Matter.self, 4) == Matter(4, "four"))
        #expect(try unit.load(Matter.self, 4) == Matter(4, "four"))
        try unit.accept { $0.save(Matter(4, "four", code: "D")) }
        #expect(try unit.commit(at: noon).head.commit == 4)
    }

    @Test(arguments: StoreKind.allCases) func scansGiveWhatAnIndexCarries(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)

        func carried(by index: Index) throws -> [Int64: Int64] {
            var carried: [Int64: Int64] = [:]
            try store.scan(Matter.self, by: index) { key, value in
                #expect(carried.updateValue(value, forKey: key) == nil)
            }
            return carried
        }

        // All, some and few of them are in the index, or have what it carries.
        for step in [1, 10, 100] as [Int64] {
            let due = (1...1000 as ClosedRange<Int64>).filter { $0 % step == 0 }
            try unit.accept { unit in
                for key in 1...1000 as ClosedRange<Int64> {
                    var matter = Matter(key, "t", due: key % step == 0 ? key * step : nil)
                    matter.isDone = key % 3 == 0
                    unit.save(matter)
                }
            }
            _ = try unit.commit(at: noon)
            #expect(
                try carried(by: Matter.byTitle)
                    == Dictionary(uniqueKeysWithValues: due.map { ($0, $0 * step) })
            )
            #expect(
                try carried(by: Matter.byDue)
                    == Dictionary(uniqueKeysWithValues: due.map { ($0, $0 % 3 == 0 ? 1 : 0) })
            )
        }
    }

    @Test(arguments: StoreKind.allCases) func searchesPageWithoutGaps(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        let dues: [Int64?] = [nil, 5, nil, 3, 5, 5, nil, -2]
        try unit.accept { unit in
            for (key, due) in dues.enumerated() {
                unit.save(Matter(Int64(key), "t", owner: "a", due: due))
            }
            unit.save(Matter(100, "t", owner: "b", due: 1))
        }
        _ = try unit.commit(at: noon)
        // Within one owner: those without a due date first, then by date and key.
        for limit in 1...4 {
            var keys: [Int64] = []
            var after: [Value]?
            while true {
                let page = try store.find(
                    Matter.self,
                    Search(by: Matter.byOwner, prefix: [.text("a")], after: after, limit: limit)
                )
                guard let last = page.last else { break }
                keys += page.map(\.key)
                after = [last.due.map(Value.integer) ?? .null, .integer(last.key)]
            }
            #expect(keys == [0, 2, 6, 7, 3, 1, 4, 5])
        }
        let undated = Search(by: Matter.byOwner, prefix: [.text("a"), .null], limit: 9)
        #expect(try store.find(Matter.self, undated).map(\.key) == [0, 2, 6])
        #expect(try store.find(Matter.self, Search(by: Matter.byDue, limit: 0)).isEmpty)
    }
}
