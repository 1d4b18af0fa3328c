import Testing

@testable import BanjieServer

@Suite struct SignInDelaysTests {
    @Test func delaysGrowFromASecondToAQuarterOfAnHour() {
        var delays = SignInDelays()
        var now: Int64 = 1000
        var waits: [Int64] = []
        for _ in 0..<17 {
            _ = delays.failed("a", at: now)
            let left = delays.secondsLeft(for: "a", at: now)
            waits.append(left)
            now += left
            #expect(delays.secondsLeft(for: "a", at: now) == 0)
        }
        #expect(waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
        #expect(delays.secondsLeft(for: "b", at: now) == 0)
    }

    @Test func aRightPasswordAndADayOfQuietEndIt() {
        var delays = SignInDelays()
        for _ in 0..<9 { _ = delays.failed("a", at: 50) }
        #expect(delays.secondsLeft(for: "a", at: 50) == 16)
        #expect(delays.succeeded("a") == 9)
        #expect(delays.secondsLeft(for: "a", at: 50) == 0)
        #expect(delays.succeeded("a") == 0)
        for count in 1...8 { #expect(delays.failed("a", at: 60) == count) }
        #expect(delays.failed("a", at: 60 + SignInDelays.memorySeconds - 1) == 9)
        #expect(delays.failed("a", at: 60 + 2 * SignInDelays.memorySeconds) == 1)
    }

    @Test func itTakesBoundedMemoryAndForgetsTheOldestFirst() {
        var delays = SignInDelays()
        for _ in 0..<8 { _ = delays.failed("old", at: 0) }
        for number in 0..<SignInDelays.loginsMax + 500 {
            _ = delays.failed("login \(number)", at: Int64(number) + 1)
        }
        #expect(delays.succeeded("old") == 0)
        #expect(delays.succeeded("login \(SignInDelays.loginsMax)") == 1)
        let remembered = (0..<SignInDelays.loginsMax + 500).count {
            delays.succeeded("login \($0)") > 0
        }
        #expect((SignInDelays.loginsMax * 9 / 10...SignInDelays.loginsMax).contains(remembered))
    }

    @Test func anyNumberOfFailuresHasADelay() {
        #expect(SignInDelays.delay(after: .max) == SignInDelays.longestSeconds)
        #expect(SignInDelays.delay(after: 0) == 0)
    }
}
