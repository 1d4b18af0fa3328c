import SeededRandom
import CivilTime
import Testing

@testable import Deadlines

@Suite struct TimingWheelTests {
    private let start = CivilDate(year: 2025, month: 3, day: 3)?.start ?? .earliest

    private func drain(
        _ wheel: inout TimingWheel,
        through now: Instant,
        limit: Int = 1000
    ) -> [UInt64] {
        var due: [(id: UInt64, at: Instant)] = []
        while wheel.takeDue(through: now, limit: limit, into: &due) {}
        return due.map(\.id)
    }

    @Test func emptyWheelHasNothing() {
        var wheel = TimingWheel()
        #expect(wheel.count == 0)
        #expect(wheel.nextInstant() == nil)
        #expect(wheel.instant(of: 1) == nil)
        #expect(drain(&wheel, through: .latest) == [])
        wheel.cancel(1)
        #expect(wheel.count == 0)
    }

    @Test func firesInTheOrderOfInstantThenId() {
        var wheel = TimingWheel()
        wheel.schedule(3, at: start.adding(seconds: 10))
        wheel.schedule(2, at: start.adding(seconds: 10))
        wheel.schedule(1, at: start.adding(seconds: 11))
        wheel.schedule(9, at: start)
        #expect(wheel.nextInstant() == start)
        #expect(drain(&wheel, through: start.adding(seconds: -1)) == [])
        #expect(drain(&wheel, through: start.adding(seconds: 10)) == [9, 2, 3])
        #expect(wheel.nextInstant() == start.adding(seconds: 11))
        #expect(drain(&wheel, through: start.adding(seconds: 11)) == [1])
        #expect(wheel.count == 0)
    }

    @Test func movingReplacesTheInstant() {
        var wheel = TimingWheel()
        wheel.schedule(1, at: start.adding(seconds: 5))
        wheel.schedule(1, at: start.adding(seconds: 500_000))
        #expect(wheel.count == 1)
        #expect(wheel.nextInstant() == start.adding(seconds: 500_000))
        wheel.schedule(1, at: start.adding(seconds: 5))
        #expect(wheel.instant(of: 1) == start.adding(seconds: 5))
        #expect(drain(&wheel, through: start.adding(seconds: 5)) == [1])
        #expect(drain(&wheel, through: .latest) == [])
    }

    @Test func theFirstAndTheLastSecondOfTheCalendarFire() {
        var wheel = TimingWheel()
        wheel.schedule(1, at: .latest)
        wheel.schedule(2, at: .earliest)
        wheel.schedule(.max, at: start)
        wheel.schedule(0, at: start)
        #expect(wheel.nextInstant() == .earliest)
        #expect(drain(&wheel, through: .earliest) == [2])
        #expect(drain(&wheel, through: Instant.latest.adding(seconds: -1)) == [0, .max])
        #expect(wheel.nextInstant() == .latest)
        #expect(drain(&wheel, through: .latest) == [1])
    }

    /// What is armed in the past while a slice is being handed out comes before the rest of it.
    @Test func lateArrivalsTakeTheirPlaceBetweenSlices() {
        var wheel = TimingWheel()
        for id in 1...5000 as ClosedRange<UInt64> { wheel.schedule(id * 2, at: start) }
        var due: [(id: UInt64, at: Instant)] = []
        #expect(wheel.takeDue(through: start, limit: 100, into: &due))
        #expect(due.map(\.id) == Array(stride(from: 2, through: 200, by: 2)))
        wheel.schedule(7, at: start)
        wheel.schedule(203, at: start)
        wheel.schedule(9998, at: start.adding(seconds: -86_400))
        due.removeAll()
        #expect(wheel.takeDue(through: start, limit: 4, into: &due))
        #expect(due.map(\.id) == [9998, 7, 202, 203])
    }

    @Test func slicesAreBoundedAndSayWhetherMoreIsDue() {
        var wheel = TimingWheel()
        for id in 1...10_000 as ClosedRange<UInt64> { wheel.schedule(id, at: start) }
        wheel.schedule(20_000, at: start.adding(seconds: 1))
        var due: [(id: UInt64, at: Instant)] = []
        for slice in 1...10 {
            let more = wheel.takeDue(through: start, limit: 1000, into: &due)
            #expect(due.count == slice * 1000)
            #expect(more == (slice < 10))
        }
        #expect(due.map(\.id) == Array(1...10_000))
        #expect(wheel.count == 1)
    }

    @Test func descendingIdsOfOneInstantComeOutAscending() {
        var wheel = TimingWheel()
        for id in (1...10_000 as ClosedRange<UInt64>).reversed() { wheel.schedule(id, at: start) }
        #expect(drain(&wheel, through: start, limit: 333) == Array(1...10_000))
    }

    @Test func memoryStaysBoundedWhenOneIdIsArmedOverAndOver() {
        var wheel = TimingWheel()
        for round in 0..<200_000 as Range<Int64> {
            wheel.schedule(1, at: start.adding(seconds: round % 2 * 9 * 3600))
            if round % 3 == 0 { wheel.cancel(1) }
        }
        #expect(wheel.allocatedBytes < 1_000_000)
    }

    @Test(arguments: [1, 100, 5000])
    func memoryStaysBoundedWhenManyAreMovedOverAndOver(ids: Int) {
        var random = SeededGenerator(seed: UInt64(ids))
        var wheel = TimingWheel()
        var peak = 0
        for round in 0..<300_000 {
            let id = UInt64(round % ids)
            wheel.schedule(id, at: start.adding(seconds: Int64(random.next() % 300_000_000_000)))
            peak = max(peak, wheel.allocatedBytes)
        }
        #expect(wheel.count == ids)
        // 8 bytes an armed id and 16 an entry, of which two and a half are allowed for each and
        // 4096 beyond; the rest is what chunks and wheels leave empty.
        #expect(peak < ids * 64 + 200_000)
    }

    @Test func memoryIsGivenBackWhenAllHaveFired() {
        var wheel = TimingWheel()
        let empty = wheel.allocatedBytes
        var random = SeededGenerator(seed: 7)
        for id in 0..<50_000 as Range<UInt64> {
            wheel.schedule(id, at: start.adding(seconds: Int64(random.next() % 31_536_000)))
        }
        #expect(wheel.allocatedBytes > empty + 50_000 * 24)
        #expect(drain(&wheel, through: .latest).count == 50_000)
        #expect(wheel.allocatedBytes < empty + 600_000)
    }

    @Test func sparseIdsCostAPageEach() {
        var wheel = TimingWheel()
        for bit in 0..<64 as Range<UInt64> { wheel.schedule(1 << bit, at: start) }
        #expect(wheel.allocatedBytes < 64 * 64_000)
        #expect(drain(&wheel, through: start) == (0..<64).map { 1 << UInt64($0) })
        #expect(wheel.allocatedBytes < 100_000)
    }
}
