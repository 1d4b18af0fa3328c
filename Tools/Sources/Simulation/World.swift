import Synchronization
import Transport

/// Monotonic time that moves only when it is told to.
final class VirtualTime: Sendable {
    private let nanoseconds = Mutex<UInt64>(1_000_000_000)

    var now: MonotonicTime { MonotonicTime(nanoseconds: nanoseconds.withLock { $0 }) }

    var seconds: Int64 { Int64(nanoseconds.withLock { $0 } / 1_000_000_000) }

    func advance(milliseconds: Int) {
        precondition(milliseconds >= 0, "time doesn't go back")
        nanoseconds.withLock { $0 += UInt64(milliseconds) * 1_000_000 }
    }
}

/// What all parts of a simulation share: chance, time, the trace, and what was found wrong first.
final class World {
    var chance: Chance
    let time = VirtualTime()
    let trace: Trace
    let fault: PlantedFault?
    /// Whether nothing is broken any more, so that all must come to rest.
    var isQuiet = false
    /// How often commands ran on top of a batch that wasn't durable.
    var overlaps = 0
    /// The first thing that was found wrong.
    private(set) var finding: String?

    init(seed: UInt64, fault: PlantedFault?, trace: Trace) {
        chance = Chance(seed: seed)
        self.fault = fault
        self.trace = trace
    }

    var now: MonotonicTime { time.now }

    /// Takes note of a promise that was broken.
    func found(_ what: String) {
        trace.note("FOUND \(what)")
        if finding == nil { finding = what }
    }

    /// Whether a planted fault shows itself now.
    func shows(_ planted: PlantedFault, oneIn count: Int) -> Bool {
        fault == planted && !isQuiet && chance.happens(oneIn: count)
    }
}
