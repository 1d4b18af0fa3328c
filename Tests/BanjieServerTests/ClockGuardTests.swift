import CivilTime
import Testing

@testable import BanjieServer

@Suite struct ClockGuardTests {
    private let noon = Instant("2026-03-02T12:00:00") ?? .earliest

    private func makeGuard(lastCommit: Instant? = nil, gapMax: Int64? = 3600) -> ClockGuard {
        ClockGuard(wall: noon, monotonic: 100, lastCommit: lastCommit, gapMax: gapMax)
    }

    @Test func itTrustsAClockThatRunsWithMonotonicTime() {
        var clock = makeGuard()
        #expect(
            clock.observe(wall: noon.adding(seconds: 5), monotonic: 105) == noon.adding(seconds: 5)
        )
        #expect(clock.isTrusted)
    }

    @Test func timeNeverGoesBackBySmallCorrections() {
        var clock = makeGuard()
        #expect(clock.observe(wall: noon.adding(seconds: -30), monotonic: 101) == noon)
        #expect(clock.isTrusted)
        #expect(
            clock.observe(wall: noon.adding(seconds: 1), monotonic: 132) == noon.adding(seconds: 1)
        )
    }

    @Test(arguments: [3601, -3601] as [Int64])
    func aLeapOfMoreThanAnHourStopsIt(_ leap: Int64) {
        var clock = makeGuard()
        #expect(clock.observe(wall: noon.adding(seconds: leap), monotonic: 100) == noon)
        #expect(clock.doubt == .leapt(seconds: leap))
        // It stays stopped, whatever the clock says, until it is confirmed.
        #expect(clock.observe(wall: noon.adding(seconds: 1), monotonic: 101) == noon)
        clock.confirm(wall: noon.adding(seconds: leap), monotonic: 102)
        #expect(clock.isTrusted)
        let later = noon.adding(seconds: leap + 1)
        #expect(clock.observe(wall: later, monotonic: 103) == later)
    }

    @Test func anHourIsNotALeap() {
        var clock = makeGuard()
        _ = clock.observe(wall: noon.adding(seconds: 3600), monotonic: 100)
        #expect(clock.isTrusted)
    }

    @Test func aStartBeforeTheLastCommitIsDoubted() {
        let last = noon.adding(seconds: 1)
        #expect(makeGuard(lastCommit: last).doubt == .beforeLastCommit(last))
        #expect(makeGuard(lastCommit: noon).isTrusted)
    }

    @Test func aStartLongAfterTheLastCommitIsDoubted() {
        let last = noon.adding(seconds: -3601)
        #expect(makeGuard(lastCommit: last).doubt == .longAfterLastCommit(last))
        #expect(makeGuard(lastCommit: noon.adding(seconds: -3600)).isTrusted)
        #expect(makeGuard(lastCommit: last, gapMax: nil).isTrusted)
    }
}
