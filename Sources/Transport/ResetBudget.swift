/// How many running calls a peer may still cancel: `burst` at once, `perSecond` in the long run (W65).
struct ResetBudget {
    private let burst: Int
    private let perSecond: Int
    private var spent = 0
    /// Up to when what was spent has been given back.
    private var refilled: MonotonicTime

    init(burst: Int, perSecond: Int, at now: MonotonicTime) {
        self.burst = burst
        self.perSecond = perSecond
        refilled = now
    }

    /// Takes one; false when there is none left.
    mutating func take(at now: MonotonicTime) -> Bool {
        refill(at: now)
        guard spent < burst else { return false }
        spent += 1
        return true
    }

    private mutating func refill(at now: MonotonicTime) {
        let nanosecondsEach = 1_000_000_000 / UInt64(perSecond)
        guard spent > 0, now > refilled else {
            refilled = max(refilled, now)
            return
        }
        let earned = (now.nanoseconds - refilled.nanoseconds) / nanosecondsEach
        guard earned < spent else {
            spent = 0
            refilled = now
            return
        }
        spent -= Int(earned)
        refilled = MonotonicTime(nanoseconds: refilled.nanoseconds + earned * nanosecondsEach)
    }
}
