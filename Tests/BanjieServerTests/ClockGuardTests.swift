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

    /// Until an operator has confirmed it, it is the moment of the last commit, whatever the machine says.
    @Test(arguments: [-400_000, 400_000] as [Int64])
    func aClockInDoubtStandsAtTheLastCommit(off: Int64) {
        let commit: Instant = Instant(unixSeconds: 1_780_000_000)
        let wall = commit.adding(seconds: off)
        var clock = ClockGuard(wall: wall, monotonic: 5, lastCommit: commit, gapMax: 3600)
        #expect(!clock.isTrusted)
        for second: Int64 in 0..<3 {
            let seen = clock.observe(wall: wall.adding(seconds: second), monotonic: 5 + second)
            #expect(seen == commit)
        }
        clock.confirm(wall: wall.adding(seconds: 9), monotonic: 14)
        #expect(
            clock.observe(wall: wall.adding(seconds: 10), monotonic: 15) == wall.adding(seconds: 10)
        )
    }
}
