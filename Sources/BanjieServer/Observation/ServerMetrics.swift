internal import Synchronization
internal import Telemetry
internal import Transport
internal import Wire

/// What the server tells of itself beside its calls.
final class ServerMetrics: Sendable {
    let registry = MetricRegistry()
    /// How many commands a commit answered.
    private let batchSize: Histogram
    private let commitDuration: Histogram
    private let firingLag: Histogram
    private let cancelled: Counter
    private let failedConnections: Counter
    /// In seconds of the epoch; 0 while there is no certificate.
    private let certificateEnd = SharedNumber()
    private let signIns = SignInCounts()
    private let missingCalendars = SharedNumber()
    private let longPauses = SharedNumber()

    init() {
        registry.add(
            MetricFamily("banjie_build_info", .gauge, "1, with the server's version.") {
                $0.add(UInt64(1), ("version", DiagnosticsService.version))
            }
        )
        batchSize = registry.addHistogram(
            "banjie_command_batch_size",
            "Commands that the engine answered at once, after the commit that they share.",
            LogLinearScale(from: 0, through: 10, subdivisionBits: 0),
            unit: .count
        )
        // From 66 µs to 17 s, each bucket at most half as wide again as the one below it.
        commitDuration = registry.addHistogram(
            "banjie_commit_duration_seconds",
            "How long the store took to make a transaction durable.",
            LogLinearScale(from: 16, through: 34, subdivisionBits: 1),
            unit: .nanoseconds
        )
        // From a millisecond to 18 hours, each bucket twice as wide as the one below it.
        firingLag = registry.addHistogram(
            "banjie_firing_lag_seconds",
            "How long after the instant at which a rung was due its firing was durable, by the server's clock.",
            LogLinearScale(from: 0, through: 26, subdivisionBits: 0),
            unit: .milliseconds
        )
        cancelled = registry.addCounter(
            "banjie_calls_cancelled_total",
            "Calls whose callers no longer wanted an answer."
        )
        failedConnections = registry.addCounter(
            "banjie_tls_failures_total",
            "Connections under TLS that failed, most often in their handshake."
        )
        registry.addGauge(
            "banjie_certificate_end_seconds",
            "When the certificate that is shown under TLS expires, in seconds of the epoch."
        ) { [certificateEnd] in
            let end = certificateEnd.value.load(ordering: .relaxed)
            return end == 0 ? nil : Double(end)
        }
        registry.addGauge(
            "banjie_calendar_missing",
            "Whether it is December and the next year's calendar isn't loaded: 1 or 0."
        ) { [missingCalendars] in Double(missingCalendars.value.load(ordering: .relaxed)) }
        registry.addGauge(
            "banjie_cases_paused_too_long",
            "Matters that stand longer than was planned, of which a hundred are counted at the most."
        ) { [longPauses] in Double(longPauses.value.load(ordering: .relaxed)) }
        ProcessFigures.add(to: registry)
        registry.add(
            MetricFamily(
                "banjie_sign_ins_total",
                .counter,
                "Attempts to sign in, by what came of them: accepted, or the reason of a refusal."
            ) { [signIns] samples in
                for (outcome, count) in signIns.all { samples.add(count, ("outcome", outcome)) }
            }
        )
    }

    func connectionFailed() { failedConnections.add() }

    /// Takes note of the end of the certificate that is shown under TLS.
    func certificate(validUntil end: Int64) { certificateEnd.value.store(end, ordering: .relaxed) }

    func warned(_ warnings: OfficeWarnings) {
        missingCalendars.value.store(warnings.missingYear == nil ? 0 : 1, ordering: .relaxed)
        longPauses.value.store(Int64(warnings.longPauses.count), ordering: .relaxed)
    }

    func answered(commands: Int) { batchSize.record(UInt64(commands)) }

    func committed(_ figures: CommitFigures) {
        commitDuration.record(figures.nanoseconds)
        for lag in figures.firedAfterMilliseconds { firingLag.record(lag) }
    }

    func callCancelled() { cancelled.add() }

    func judged(_ verdict: Verdict) {
        let outcome =
            switch verdict {
            case .accepted: "accepted"
            case .refused(let failure): failure.reason.lowercased()
            }
        signIns.add(outcome)
    }

    /// Adds what the engine tells of the store and the deadlines.
    func add(_ shared: SharedState) {
        let firstCommit = shared.current.status.commit
        registry.add(
            MetricFamily(
                "banjie_commits_total",
                .counter,
                "Transactions that the store has kept since the server's start."
            ) { $0.add(shared.current.status.commit &- firstCommit) }
        )
        func add(
            _ name: String,
            _ help: String,
            _ read: @escaping @Sendable (ServerStatus) -> Double
        ) {
            registry.addGauge(name, help) { read(shared.current.status) }
        }
        add("banjie_store_writable", "Whether the store took the last batch: 1 or 0.") {
            $0.writable ? 1 : 0
        }
        add("banjie_firing", "Whether deadlines fire: 0 while the clock awaits confirmation.") {
            $0.firing ? 1 : 0
        }
        add("banjie_draining", "Whether the server is stopping: 1 or 0.") { $0.draining ? 1 : 0 }
        add("banjie_deadlines_armed", "Deadlines that will fire.") { Double($0.armed) }
        add("banjie_deadlines_behind", "Whether some are due and not recorded as fired: 1 or 0.") {
            $0.isBehind ? 1 : 0
        }
    }

    /// Adds how much waits for those who carry calls out.
    func add(queues: [(name: String, depth: @Sendable () -> Int)]) {
        registry.add(
            MetricFamily(
                "banjie_queue_depth",
                .gauge,
                "Calls that wait for the engine or a query thread, by queue."
            ) { samples in
                for queue in queues { samples.add(Double(queue.depth()), ("queue", queue.name)) }
            }
        )
    }

    /// Adds what the transport tells of its connections.
    func add(_ exit: ReplyExit) {
        registry.addGauge("banjie_connections", "Connections open.") { Double(exit.connections) }
        func add(
            _ name: String,
            _ help: String,
            _ read: @escaping @Sendable (Transport.Server) -> Int
        ) {
            registry.add(
                MetricFamily(name, .counter, help) { samples in
                    samples.add(UInt64(clamping: exit.figures(read) ?? 0))
                }
            )
        }
        add("banjie_connections_accepted_total", "Connections that came.") {
            $0.connectionsSinceStart.accepted
        }
        add(
            "banjie_connections_turned_away_total",
            "Connections turned away since there were too many or the server was stopping."
        ) { $0.connectionsSinceStart.turnedAway }
        add("banjie_received_bytes_total", "Bytes of frames that were received.") {
            $0.bytesSinceStart.received
        }
        add("banjie_sent_bytes_total", "Bytes that were sent, under TLS with what that adds.") {
            $0.bytesSinceStart.sent
        }
    }

    /// Adds what the log tells of itself.
    func add(_ writer: LineWriter) {
        registry.add(
            MetricFamily(
                "banjie_log_lines_dropped_total",
                .counter,
                "Lines of the log that nobody read in time."
            ) { $0.add(writer.dropped) }
        )
    }
}

private final class SharedNumber: Sendable {
    let value = Atomic<Int64>(0)
}

/// Attempts to sign in, by outcome.
private final class SignInCounts: Sendable {
    /// `accepted`, and the reasons of refusals, of which the server has a handful.
    private let counts = Mutex<[String: UInt64]>(["accepted": 0])

    func add(_ outcome: String) { counts.withLock { $0[outcome, default: 0] += 1 } }

    var all: [(outcome: String, count: UInt64)] {
        counts.withLock { counts in
            counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
