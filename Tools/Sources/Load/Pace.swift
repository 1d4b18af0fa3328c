import Synchronization

/// When calls begin.
package enum Pace: Hashable, Sendable {
    /// Each caller's next one when the one before has ended: a slow server is asked less (closed loop).
    case closed
    /// So many a second, whatever the server does (open loop). A call that begins late, since every caller
    /// waits for an answer, counts from when it was to begin.
    case rate(Double)
}

/// How many calls there may be.
package enum Extent: Hashable, Sendable {
    case seconds(Double)
    case calls(UInt64)
}

/// How many calls of a load may still begin.
final class CallBudget: Sendable {
    private let taken = Atomic<UInt64>(0)
    private let wasEnded = Atomic<Bool>(false)
    private let most: UInt64

    init(most: UInt64) { self.most = most }

    /// Takes one; false when there are no more.
    func take() -> Bool {
        !isOver && taken.wrappingAdd(1, ordering: .relaxed).oldValue < most
    }

    /// Hands out no more.
    func end() { wasEnded.store(true, ordering: .relaxed) }

    /// Whether it was ended.
    var isOver: Bool { wasEnded.load(ordering: .relaxed) }

    /// Whether every call was handed out.
    var isSpent: Bool { taken.load(ordering: .relaxed) >= most }
}

/// The calls of an open loop: those whose moment has come and that no caller was free for, and the callers
/// that are free.
final class OpenLoop: Sendable {
    private struct State {
        /// How many calls were due by now.
        var due: UInt64 = 0
        /// How many of those have begun.
        var begun: UInt64 = 0
        var free: [Int] = []
    }

    private let state: Mutex<State>
    private let start: UInt64
    private let nanosecondsBetween: Double

    /// - Parameters:
    ///   - start: in nanoseconds of the monotonic clock.
    ///   - rate: calls a second, above 0.
    init(callers: Int, rate: Double, from start: UInt64) {
        self.start = start
        nanosecondsBetween = 1e9 / rate
        state = Mutex(State(free: Array((0..<callers).reversed())))
    }

    /// When the call of this number is to begin.
    func moment(of number: UInt64) -> UInt64 {
        start &+ UInt64(Double(number) * nanosecondsBetween)
    }

    /// Takes note that every call up to and without this number is due; returns the free callers that begin
    /// them, each with its call's number.
    func advance(to number: UInt64) -> [(caller: Int, call: UInt64)] {
        state.withLock { state in
            state.due = max(state.due, number)
            var beginning: [(caller: Int, call: UInt64)] = []
            while state.begun < state.due, let caller = state.free.popLast() {
                beginning.append((caller, state.begun))
                state.begun += 1
            }
            return beginning
        }
    }

    /// The call that a caller begins next since it is late already; without one the caller is free.
    func next(for caller: Int) -> UInt64? {
        state.withLock { state in
            guard state.begun < state.due else {
                state.free.append(caller)
                return nil
            }
            defer { state.begun += 1 }
            return state.begun
        }
    }

    /// How many calls are late.
    var backlog: UInt64 { state.withLock { $0.due - $0.begun } }
}
