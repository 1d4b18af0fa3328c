public import Wire

extension TraceContext {
    /// The trace that the task takes part in: every call that it makes carries it, unless the call's
    /// options name another.
    @TaskLocal public static var current: TraceContext?
}
