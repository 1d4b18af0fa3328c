import Store
import StoreSamples
import Testing

/// Random commands against the naive model, after every command and after every commit.
@Suite struct RandomTests {
    @Test(
        arguments: StoreKind.allCases,
        [1, 2, 3, 4, UInt64.random(in: 100...UInt64(UInt32.max))]
    )
    func storesDoWhatTheModelDoes(kind: StoreKind, seed: UInt64) throws {
        let place = try StorePlace(kind)
        var commands = RandomCommands(seed: seed)
        var model = NaiveModel()
        var chain = StoreHead.empty
        for round in 0..<4 {
            let store = try place.open()
            let unit = try UnitOfWork(store: store)
            for batch in 0..<8 {
                for _ in 0..<commands.number(1...12) {
                    let command = commands.next(after: model)
                    if let request = command.request {
                        #expect(try unit.storedReply(request) == nil)
                    }
                    try unit.run(command)
                    model.run(command)
                    try compareSearches(unit, model, "seed \(seed), round \(round), batch \(batch)")
                }
                chain = try unit.commit(at: noon).head
            }
            let stored = try NaiveModel(reading: store, asked: model.replies.keys)
            #expect(stored == model, "seed \(seed), round \(round)")
            #expect(try store.head() == chain)
            #expect(try AuditVerifier.verify(store) == .intact(chain.audit), "seed \(seed)")
        }
    }

    /// Commands run on top of a batch that is on its way, in the store already, or dropped in the end.
    @Test(
        arguments: StoreKind.allCases,
        [1, 2, 3, 1_168_759_365, UInt64.random(in: 100...UInt64(UInt32.max))]
    )
    func batchesRunOnTopOfSealedOnes(kind: StoreKind, seed: UInt64) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let unit = try UnitOfWork(store: store)
        var commands = RandomCommands(seed: seed)
        var model = NaiveModel()
        var durable = model
        var sealed: (batch: SealedBatch, model: NaiveModel, isCommitted: Bool)?
        for step in 0..<60 {
            for _ in 0..<commands.number(1...6) {
                let command = commands.next(after: model)
                try unit.run(command)
                model.run(command)
                try compareSearches(unit, model, "seed \(seed), step \(step)")
            }
            for (request, reply) in model.replies {
                #expect(try unit.storedReply(request) == reply, "seed \(seed), step \(step)")
            }
            guard let (batch, snapshot, isCommitted) = sealed else {
                sealed = (unit.seal(at: noon), model, false)
                continue
            }
            switch commands.number(1...4) {
            case 1 where !isCommitted:
                _ = try unit.committer.commit(batch)
                sealed = (batch, snapshot, true)
            case 2 where !isCommitted:
                unit.drop()
                model = durable
                sealed = nil
            case 3, 4:
                if !isCommitted { _ = try unit.committer.commit(batch) }
                unit.didCommit()
                durable = snapshot
                sealed = nil
            default:
                break
            }
        }
        if let (batch, _, isCommitted) = sealed {
            if !isCommitted { _ = try unit.committer.commit(batch) }
            unit.didCommit()
        }
        _ = try unit.commit(at: noon)
        let stored = try NaiveModel(reading: store, asked: model.replies.keys)
        #expect(stored == model, "seed \(seed)")
        #expect(try AuditVerifier.verify(store) == .intact(try store.head().audit), "seed \(seed)")
    }

    private func compareSearches(
        _ unit: UnitOfWork,
        _ model: NaiveModel,
        _ context: Comment
    ) throws {
        for key in 1...30 as ClosedRange<Int64> {
            #expect(try unit.load(Matter.self, key) == model.matters[key], context)
        }
        for limit in [1, 3, 100] {
            for owner in RandomCommands.owners {
                let search = Search(by: Matter.byOwner, prefix: [.text(owner)], limit: limit)
                let expected = Array(model.matters(ofOwner: owner).prefix(limit))
                #expect(try unit.find(Matter.self, search) == expected, context)
            }
            let due = Search(
                by: Matter.byDue,
                after: [.integer(1), .integer(15)],
                limit: limit
            )
            let expected = Array(model.mattersDue(after: 1, 15).prefix(limit))
            #expect(try unit.find(Matter.self, due) == expected, context)
            let file = Search(prefix: [.integer(2)], limit: limit)
            #expect(
                try unit.find(Opinion.self, file)
                    == Array(model.opinions(onFile: 2).prefix(limit)),
                context
            )
        }
        for department in RandomCommands.departments {
            for answer in [nil, 1] as [Int64?] {
                let search = Search(
                    by: Opinion.byDepartment,
                    prefix: [.text(department), answer.map(Value.integer) ?? .null],
                    limit: 100
                )
                let expected = model.opinions(of: department, answering: answer)
                #expect(try unit.find(Opinion.self, search) == expected, context)
            }
        }
        for code in 1...6 {
            let search = Search(by: Matter.byCode, prefix: [.text("code \(code)")], limit: 2)
            let expected = model.matter(ofCode: "code \(code)").map { [$0] } ?? []
            #expect(try unit.find(Matter.self, search) == expected, context)
        }
    }
}
