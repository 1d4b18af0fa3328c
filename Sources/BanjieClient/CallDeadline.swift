import Transport

/// The moment by which some work must be done, however many calls it takes: what one of them uses up
/// isn't left to the others.
///
///     try await CallDeadline.within(millis: 5_000) {
///         let case = try await cases.get(request)      // at most 5 s
///         try await deadlines.arm(next)                // at most what is left of them
///     }
public struct CallDeadline: Hashable, Comparable, Sendable {
    let moment: MonotonicTime

    /// The moment that is `millis` milliseconds from now.
    public init(afterMillis millis: UInt64) {
        moment = MonotonicTime.now().adding(milliseconds: millis)
    }

    /// What is left, in milliseconds, rounded up; 0 when the moment has passed.
    public var remainingMillis: UInt64 { MonotonicTime.now().milliseconds(until: moment) }

    /// The deadline of the task's work: none of its calls takes longer, whatever its own timeout, and the
    /// servers that it calls are told what is left.
    @TaskLocal public static var current: CallDeadline?

    /// Does work that must be done within a time, and by the deadline that the task already has.
    ///
    /// It isn't the work that ends then, but its calls.
    public static func within<Value>(
        millis: UInt64,
        isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws -> Value
    ) async rethrows -> Value {
        let own = CallDeadline(afterMillis: millis)
        let deadline = current.map { min($0, own) } ?? own
        return try await $current.withValue(deadline, operation: work, isolation: isolation)
    }

    public static func < (left: CallDeadline, right: CallDeadline) -> Bool {
        left.moment < right.moment
    }

    /// When a call with a timeout, if it has one, must have ended.
    static func moment(afterMillis timeout: UInt64?) -> MonotonicTime {
        let own = timeout.map { MonotonicTime.now().adding(milliseconds: $0) } ?? .never
        return current.map { min($0.moment, own) } ?? own
    }
}
