import BanjieProtocol
import CivilTime
import Office
import Synchronization
import Testing
import Transport
import WorkCalendar
import Wire

@testable import BanjieServer
@testable import Transport

/// What a watch of the server's health is told, and what isn't worth a word.
@Suite struct HealthWatchTests {
    private let shared: SharedState

    init() throws {
        let morning = try #require(Instant("2026-03-02T10:00:00"))
        shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: ServerClock(virtual: morning),
            policy: Policy()
        )
    }

    private func told(by watch: inout HealthWatch) throws -> [HealthReply] {
        var replies: [HealthReply] = []
        var status = shared.current.status
        while case .message(let reply) = try watch.next(in: &status) { replies.append(reply) }
        return replies
    }

    @Test func everyChangeIsToldOnce() throws {
        var watch = HealthWatch()
        #expect(try told(by: &watch) == [HealthReply(serving: true)])
        #expect(try told(by: &watch) == [])
        shared.update { $0.status.armed = 7 }
        #expect(try told(by: &watch) == [])
        shared.update { $0.status.writable = false }
        shared.update { $0.status.firing = false }
        let problems: [HealthProblem] = [.storeNotWritable, .clockUnconfirmed]
        #expect(try told(by: &watch) == [HealthReply(serving: false, problems: problems)])
        shared.update { $0.status.writable = true }
        #expect(
            try told(by: &watch) == [HealthReply(serving: false, problems: [.clockUnconfirmed])]
        )
        shared.update { $0.status.draining = true }
        #expect(
            try told(by: &watch)
                == [HealthReply(serving: false, problems: [.draining, .clockUnconfirmed])]
        )
        var status = shared.current.status
        guard case .finished = try watch.next(in: &status) else {
            Issue.record("a watch goes on while the server drains")
            return
        }
    }

    /// Batches change the status all the time, and wake nobody by that.
    @Test func whoWatchesIsWokenByChangesOfHealthAlone() throws {
        let wakes = Mutex(0)
        let morning = try #require(Instant("2026-03-02T10:00:00"))
        let shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: ServerClock(virtual: morning),
            policy: Policy(),
            healthChanged: { wakes.withLock { $0 += 1 } }
        )
        for number in 0..<100 as Range<UInt64> {
            shared.update {
                $0.status.commit = number
                $0.status.armed = number
                $0.status.writable = true
            }
        }
        #expect(wakes.withLock { $0 } == 0)
        shared.update { $0.status.writable = false }
        shared.update { $0.status.writable = false }
        shared.update { $0.status.writable = true }
        #expect(wakes.withLock { $0 } == 2)
    }
}
