import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Testing
import Wire

/// Watches of what fires and of what happens to cases, on real servers.
@Suite(.serialized, .timeLimit(.minutes(1))) struct WatchTests {
    /// Days after the first, a Monday, by which what was armed on the one before has fired.
    private static let days = [2, 4, 8, 10]

    private func expire(_ office: TestOffice, days: Int) async throws {
        let target = TestOffice.morning.date.adding(days: days)
        _ = try await AdminClient(try office.office.operator()).advanceClock(
            AdvanceClockRequest(to: target.start)
        )
    }

    private func arm(_ office: TestOffice, _ labels: some Sequence<String>) async throws {
        let deadlines = DeadlinesClient(try office.office.operator())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for label in labels {
                group.addTask {
                    let request = ArmRequest(limit: 1, unit: .working, label: label)
                    _ = try await deadlines.arm(request)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Reads until a number of firings has come; marks are looked at and passed over.
    private func firings(
        _ count: Int,
        of stream: ReplyStream<FiredEvent>
    ) async throws -> [Firing] {
        var found: [Firing] = []
        var last: UInt64 = 0
        for try await event in stream {
            #expect(event.sequence >= last)
            last = event.sequence
            guard let firing = event.firing else { continue }
            #expect(firing.sequence == event.sequence)
            found.append(firing)
            if found.count == count { break }
        }
        return found
    }

    private func read(_ office: TestOffice, after: UInt64 = 0) async throws -> [Firing] {
        let deadlines = DeadlinesClient(try office.office.operator())
        var found: [Firing] = []
        var next = after
        while true {
            let page = try await deadlines.readFired(ReadFiredRequest(after: next, limit: 1000))
            if page.firings.isEmpty { return found }
            found += page.firings
            next = page.next
        }
    }

    @Test func whatFiresIsToldAsItFires() async throws {
        let office = try await TestOffice()
        try await arm(office, ["old"])
        try await expire(office, days: 2)
        let deadlines = DeadlinesClient(try office.office.channel(as: TestOffice.everybody))
        let stream = deadlines.watch(WatchFiredRequest())
        var iterator = stream.makeAsyncIterator()
        let mark = try #require(try await iterator.next())
        #expect(mark.firing == nil && mark.sequence > 0)
        try await arm(office, ["new"])
        try await expire(office, days: 4)
        let event = try #require(try await iterator.next())
        #expect(event.firing?.label == "new" && event.firing?.rung == .expire)
        #expect(event.firing?.at == TestOffice.morning.date.adding(days: 4).start)
    }

    @Test func everyPointOfTheLogCanBeGoneOnFrom() async throws {
        let office = try await TestOffice()
        try await arm(office, (0..<300).map { "\($0)" })
        try await expire(office, days: 2)
        let all = try await read(office)
        #expect(all.count == 300)
        let deadlines = DeadlinesClient(try office.office.operator())
        for start in [0, 1, 150, 299] {
            let after = start == 0 ? 0 : all[start - 1].sequence
            let found = try await firings(
                300 - start,
                of: deadlines.watch(WatchFiredRequest(after: after))
            )
            #expect(found == Array(all[start...]))
        }
        let labelled = try await firings(
            11,
            of: deadlines.watch(WatchFiredRequest(after: 0, label: "29"))
        )
        #expect(labelled == all.filter { $0.label.hasPrefix("29") })
        let error = await #expect(throws: CallError.self) {
            _ = try await firings(1, of: deadlines.watch(WatchFiredRequest(after: 1 << 40)))
        }
        #expect(error?.reason == Reason.outOfRange.rawValue)
    }

    /// Many watch at once; one of them never reads, and another leaves.
    @Test func aWatchThatIsNotReadHoldsUpNobody() async throws {
        let office = try await TestOffice()
        let channel = try office.office.channel(as: TestOffice.everybody)
        let deadlines = DeadlinesClient(channel)
        let unread = deadlines.watch(WatchFiredRequest(after: 0))
        let left = deadlines.watch(WatchFiredRequest(after: 0))
        let watches = (0..<50).map { _ in deadlines.watch(WatchFiredRequest(after: 0)) }
        // Far more than the stream's window.
        let count = 6000
        for round in 0..<3 {
            try await arm(office, (0..<count / 3).map { "\(round)/\($0)" })
            try await expire(office, days: Self.days[round])
            if round == 0 { left.cancel() }
        }
        let all = try await read(office)
        #expect(all.count == count)
        try await withThrowingTaskGroup(of: [Firing].self) { group in
            for watch in watches { group.addTask { try await firings(count, of: watch) } }
            for try await found in group { #expect(found == all) }
        }
        #expect(try await firings(count, of: unread) == all)
        let error = await #expect(throws: CallError.self) { try await firings(1, of: left) }
        #expect(error?.status == .cancelled)
    }

    /// The server is killed again and again; the watcher goes on from the last number it has.
    @Test func nothingIsMissedOverRestarts() async throws {
        let office = try await TestOffice()
        var seen: [Firing] = []
        for round in 0..<4 {
            try await arm(office, (0..<200).map { "\(round)/\($0)" })
            let deadlines = DeadlinesClient(try office.office.channel(as: TestOffice.everybody))
            let stream = deadlines.watch(WatchFiredRequest(after: seen.last?.sequence ?? 0))
            try await expire(office, days: Self.days[round])
            // Not all of it, but for the last time.
            seen += try await firings(
                round < 3 ? 100 + 10 * round : 200 * 4 - seen.count,
                of: stream
            )
            let now = try await DiagnosticsClient(try office.office.operator()).status().now
            office.server.kill()
            office.office.disconnect()
            try office.server.start(.virtual(now))
        }
        #expect(try await read(office) == seen)
    }

    @Test func aCaseIsToldToThoseWhoMaySeeIt() async throws {
        let office = try await TestOffice()
        try await office.office.admit(
            departments: ["OTHER"],
            people: [
                Member("zhang", roles: [.applicant]), Member("li", roles: [.applicant]),
                Member("clerk", department: "LEAD", roles: [.staff]),
                Member("stranger", department: "OTHER", roles: [.staff]),
            ]
        )
        func watch(_ login: String) throws -> ReplyStream<CaseEvent> {
            CasesClient(try office.office.channel(as: login)).watch(WatchCasesRequest(after: 0))
        }
        let streams = try ["zhang", "li", "clerk", "stranger"].map(watch)
        let clerk = CasesClient(try office.office.channel(as: "clerk"))
        var cases: [String] = []
        for applicant in ["zhang", "li", "zhang"] {
            let request = SubmitCaseRequest(
                item: office.item,
                channel: .window,
                applicant: applicant
            )
            cases.append(try await clerk.submit(request).case)
        }
        _ = try await clerk.accept(CaseRequest(case: cases[2]))
        func told(_ count: Int, _ stream: ReplyStream<CaseEvent>) async throws -> [String] {
            var found: [String] = []
            for try await event in stream {
                guard let change = event.change else { continue }
                found.append("\(change.case) \(change.what) \(change.state)")
                if found.count == count { break }
            }
            return found
        }
        let received = cases.map { "\($0) CASE_SUBMITTED RECEIVED" }
        let accepted = "\(cases[2]) CASE_ACCEPTED ACCEPTED"
        #expect(try await told(4, streams[2]) == received + [accepted])
        #expect(try await told(3, streams[0]) == [received[0], received[2], accepted])
        #expect(try await told(1, streams[1]) == [received[1]])
        // What the stranger may not see is passed over: only the first mark has come.
        var iterator = streams[3].makeAsyncIterator()
        #expect(try await iterator.next()?.change == nil)
        let quiet = Task { try await iterator.next() }
        try await Task.sleep(for: .milliseconds(100))
        quiet.cancel()
        await #expect(throws: CallError.self) { try await quiet.value }
    }
}
