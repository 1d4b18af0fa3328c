internal import BanjieProtocol
internal import Telemetry
internal import Wire

/// Counts calls, by method and outcome, and measures how long they take.
final class CallMetrics: ServerInterceptor {
    private static let statuses = Status.allCases
    /// The statuses are numbered from 0.
    private static let statusCount = 17

    private let methodCount: Int
    /// A counter for each method and status; the last methods' are those of unknown methods.
    private let ended: CounterArray
    private let replayed: Counter
    private let overloaded: Counter
    private let inFlight = ByKind { Gauge() }
    private let durations: ByKind<Histogram>

    init(_ registry: MetricRegistry) {
        let methods = ServiceRegistry.methods
        methodCount = methods.count
        precondition(Self.statuses.map { Int($0.rawValue) } == Array(0..<Self.statusCount))
        let ended = CounterArray(count: (methods.count + 1) * Self.statusCount)
        registry.add(
            MetricFamily(
                "banjie_calls_total",
                .counter,
                "Calls answered, by method and gRPC's name of the status."
            ) { Self.tell(ended, of: methods, in: &$0) }
        )
        replayed = registry.addCounter(
            "banjie_calls_replayed_total",
            "Commands answered with the stored reply to an earlier request of the same id."
        )
        overloaded = registry.addCounter(
            "banjie_calls_overloaded_total",
            "Calls refused because more waited for the query threads or the engine than may."
        )
        let lasting = [ObservedMethod.Kind.query, .command, .stream]
        registry.add(
            MetricFamily(
                "banjie_calls_in_flight",
                .gauge,
                "Calls waiting for or in the hands of the workers, and open streams, by kind."
            ) { [inFlight] samples in
                for kind in lasting {
                    samples.add(Double(inFlight[kind].value), ("kind", kind.rawValue))
                }
            }
        )
        let waiting = [ObservedMethod.Kind.query, .command]
        // From 16 µs to 69 s, each bucket at most half as wide again as the one below it.
        let scale = LogLinearScale(from: 14, through: 36, subdivisionBits: 1)
        let durations = ByKind { Histogram(scale, unit: .nanoseconds) }
        registry.add(
            MetricFamily(
                "banjie_call_duration_seconds",
                .histogram,
                "Time from the arrival of a request to its answer, by the method's kind."
            ) { samples in
                for kind in waiting { samples.add(durations[kind], ("kind", kind.rawValue)) }
            }
        )
        self.ended = ended
        self.durations = durations
    }

    /// Every method's successes, and what else there has been.
    private static func tell(
        _ ended: CounterArray,
        of methods: [MethodDescriptor],
        in samples: inout MetricSamples
    ) {
        for index in 0...methods.count {
            let isKnown = index < methods.count
            for (number, status) in statuses.enumerated() {
                let count = ended[index * statusCount + number]
                guard count > 0 || (isKnown && status == .ok) else { continue }
                samples.add(
                    count,
                    ("service", isKnown ? methods[index].serviceName : "unknown"),
                    ("method", isKnown ? methods[index].name : "unknown"),
                    ("status", status.name)
                )
            }
        }
    }

    let mustSeeInlineSuccesses = false

    /// What `before` and `after` do for a call that succeeds where it is read.
    func countInlineSuccess(of method: ObservedMethod) {
        ended.add(at: method.index * Self.statusCount + Int(Status.ok.rawValue))
    }

    func before(_ call: ObservedCall) {
        guard let method = call.method, method.kind != .inline else { return }
        inFlight[method.kind].add(1)
    }

    func after(_ call: ObservedCall, _ ending: CallEnding) {
        let index = call.method?.index ?? methodCount
        ended.add(at: index * Self.statusCount + Int(ending.status.rawValue))
        guard let method = call.method, method.kind != .inline else { return }
        inFlight[method.kind].add(-1)
        if ending.isReplay { replayed.add() }
        if ending.reason == .overloaded { overloaded.add() }
        if let duration = ending.duration { durations[method.kind].record(duration) }
    }
}

/// Something for each kind of method, found without hashing.
private struct ByKind<Value: Sendable>: Sendable {
    private let query: Value
    private let command: Value
    private let stream: Value
    private let inline: Value

    init(_ value: () -> Value) {
        (query, command, stream, inline) = (value(), value(), value(), value())
    }

    subscript(kind: ObservedMethod.Kind) -> Value {
        switch kind {
        case .query: query
        case .command: command
        case .stream: stream
        case .inline: inline
        }
    }
}
