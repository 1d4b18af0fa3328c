package import Foundation

/// The figures of a run, as they are kept and compared.
package struct Summary: Codable, Hashable, Sendable {
    /// Of the calls of one kind that succeeded, in microseconds.
    package struct Latency: Codable, Hashable, Sendable {
        package let operation: String
        package let calls: UInt64
        package let mean: Double
        package let shortest: Double
        package let p50: Double
        package let p90: Double
        package let p99: Double
        package let p999: Double
        package let p9999: Double
        package let longest: Double
    }

    package struct Failure: Codable, Hashable, Sendable {
        package let status: String
        package let reason: String
        package let calls: UInt64
        /// What the first one said.
        package let message: String
    }

    /// One second or so.
    package struct Moment: Codable, Hashable, Sendable {
        /// Its end, since the counting began.
        package let atSeconds: Double
        package let callsPerSecond: Double
        package let p50: Double
        package let p99: Double
        package let longest: Double
        package let failures: UInt64
    }

    /// A latency, and the share of the calls that took no longer.
    package struct Point: Codable, Hashable, Sendable {
        package let share: Double
        package let microseconds: Double
    }

    package let load: String
    package let connections: Int
    package let callersPerConnection: Int
    /// Calls a second that were to begin; nil in a closed loop.
    package let rate: Double?
    package let payload: Int?
    package let seconds: Double
    package let callsPerSecond: Double
    /// Of all kinds together, then of each.
    package let latencies: [Latency]
    package let failures: [Failure]
    /// Calls of an open loop that hadn't begun when it ended.
    package let unbegun: UInt64
    /// The server's CPU time for a call in microseconds; nil when its process isn't known.
    package let serverMicroseconds: Double?
    /// The server's memory when it was over; nil when its process isn't known.
    package let serverBytes: Double?
    /// What watchers were told a second, all together; nil without any.
    package let toldPerSecond: Double?
    package let course: [Moment]
    package let curve: [Point]

    package init(
        _ result: LoadResult,
        of load: WorkloadName,
        connections: Int,
        payload: Int? = nil,
        watchers: Int? = nil,
        serverBytes: Double? = nil,
        plan: LoadPlan
    ) {
        self.load = load.rawValue
        self.connections = connections
        callersPerConnection = plan.callersPerConnection
        if case .rate(let rate) = plan.pace { self.rate = rate } else { rate = nil }
        self.payload = payload
        self.serverBytes = serverBytes
        toldPerSecond = watchers.map { result.callsPerSecond * Double($0) }
        seconds = result.seconds
        callsPerSecond = result.callsPerSecond
        let all = result.total.all
        var latencies = [Latency("all", all)]
        if result.operations.count > 1 {
            latencies += zip(result.operations, result.total.latencies).map(Latency.init)
        }
        self.latencies = latencies
        failures = result.total.failures.sorted { $0.key < $1.key }.map { kind, calls in
            Failure(
                status: kind.status,
                reason: kind.reason,
                calls: calls,
                message: result.total.messages[kind] ?? ""
            )
        }
        unbegun = result.unbegun
        serverMicroseconds = result.serverSeconds.flatMap {
            all.count > 0 ? $0 * 1e6 / Double(all.count) : nil
        }
        course = result.samples.map(Moment.init)
        curve = Self.shares.map {
            Point(share: $0, microseconds: Double(all.quantile($0)) / 1000)
        }
    }

    /// Ever nearer to 1, in the steps in which the percentile curve of HdrHistogram goes.
    private static let shares: [Double] = (0...16).flatMap { halving in
        let base = 1 - pow(0.5, Double(halving))
        let step = pow(0.5, Double(halving)) / 10
        return (0..<5).map { base + Double($0) * step }
    }

    package var hasFailures: Bool { !failures.isEmpty }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}

extension Summary.Latency {
    fileprivate init(_ operation: String, _ histogram: LatencyHistogram) {
        func microseconds(_ share: Double) -> Double { Double(histogram.quantile(share)) / 1000 }
        self.init(
            operation: operation,
            calls: histogram.count,
            mean: histogram.mean / 1000,
            shortest: microseconds(0),
            p50: microseconds(0.5),
            p90: microseconds(0.9),
            p99: microseconds(0.99),
            p999: microseconds(0.999),
            p9999: microseconds(0.9999),
            longest: Double(histogram.longest) / 1000
        )
    }
}

extension Summary.Moment {
    package init(_ sample: Sample) {
        let all = sample.observations.all
        self.init(
            atSeconds: sample.atSeconds,
            callsPerSecond: sample.seconds > 0 ? Double(all.count) / sample.seconds : 0,
            p50: Double(all.quantile(0.5)) / 1000,
            p99: Double(all.quantile(0.99)) / 1000,
            longest: Double(all.longest) / 1000,
            failures: sample.observations.failureCount
        )
    }

    /// What is shown while a load runs.
    package var line: String {
        "\(Summary.figure(atSeconds)) s: \(Summary.figure(callsPerSecond)) calls/s, "
            + "p50 \(Summary.figure(p50)) µs, p99 \(Summary.figure(p99)) µs"
            + (failures > 0 ? ", \(failures) failed" : "")
    }
}

// MARK: - For people

extension Summary {
    /// The figures as a table.
    package var text: String {
        var lines = [
            "\(load): \(Self.figure(callsPerSecond)) calls/s over \(Self.figure(seconds)) s, "
                + "\(connections) connections × \(callersPerConnection) in flight, "
                + (rate.map { "open loop at \(Self.figure($0))/s" } ?? "closed loop")
        ]
        if let serverMicroseconds {
            lines.append("server CPU: \(Self.figure(serverMicroseconds)) µs a call")
        }
        if let serverBytes {
            lines.append("server memory: \(Self.figure(serverBytes / 1_048_576)) MiB")
        }
        if let toldPerSecond {
            lines.append("watchers: told of \(Self.figure(toldPerSecond)) changes/s, all together")
        }
        let header = ["µs", "calls", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "longest"]
        lines += Self.aligned(
            [header]
                + latencies.map { latency in
                    [latency.operation, "\(latency.calls)"]
                        + [
                            latency.mean, latency.p50, latency.p90, latency.p99, latency.p999,
                            latency.p9999, latency.longest,
                        ].map(Self.figure)
                }
        )
        if unbegun > 0 {
            lines.append(
                "\(unbegun) calls hadn't begun when the time was over: the rate is too high"
            )
        }
        for failure in failures {
            lines.append(
                "failed: \(failure.calls) × \(failure.status)/\(failure.reason): \(failure.message)"
            )
        }
        return lines.joined(separator: "\n")
    }

    /// This run beside an earlier one.
    package func compared(with earlier: Summary) -> String {
        func row(_ name: String, _ before: Double, _ now: Double) -> [String] {
            let ratio = before > 0 ? String(format: "%.2f", now / before) : "–"
            return [name, Self.figure(before), Self.figure(now), ratio]
        }
        var rows = [["", "before", "now", "ratio"]]
        rows.append(row("calls/s", earlier.callsPerSecond, callsPerSecond))
        for latency in latencies {
            guard
                let before = earlier.latencies.first(where: { $0.operation == latency.operation })
            else { continue }
            rows.append(row("\(latency.operation) p50, µs", before.p50, latency.p50))
            rows.append(row("\(latency.operation) p99, µs", before.p99, latency.p99))
            rows.append(row("\(latency.operation) p99.9, µs", before.p999, latency.p999))
        }
        if let before = earlier.serverMicroseconds, let now = serverMicroseconds {
            rows.append(row("server CPU, µs", before, now))
        }
        rows.append(
            row(
                "failed",
                Double(earlier.failures.reduce(0) { $0 + $1.calls }),
                Double(failures.reduce(0) { $0 + $1.calls })
            )
        )
        var text = Self.aligned(rows).joined(separator: "\n")
        let isAlike =
            earlier.load == load && earlier.connections == connections
            && earlier.callersPerConnection == callersPerConnection && earlier.rate == rate
            && earlier.payload == payload
        if !isAlike { text += "\nThe earlier run was of another plan: compare with care." }
        return text
    }

    static func figure(_ value: Double) -> String {
        value >= 100 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
    }
}
