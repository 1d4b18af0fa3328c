internal import Synchronization

/// The metrics of a process, each of which is read when somebody asks.
package final class MetricRegistry: Sendable {
    private let families = Mutex<[MetricFamily]>([])

    package init() {}

    /// Adds a family. Its name must be new, and follow the conventions of Prometheus: lower-case words
    /// joined by underscores, `_total` at the end of a counter's and of no other.
    package func add(_ family: MetricFamily) {
        precondition(family.isWellNamed, "\(family.name) follows the conventions of its kind")
        families.withLock { families in
            precondition(
                !families.contains { $0.name == family.name },
                "\(family.name) is told once"
            )
            families.append(family)
        }
    }

    /// All metrics in the text format of Prometheus, version 0.0.4, in UTF-8.
    package func exposition() -> [UInt8] {
        let families = families.withLock { $0 }
        var writer = ExpositionWriter()
        for family in families { writer.write(family) }
        return writer.bytes
    }
}

extension MetricRegistry {
    package func addCounter(_ name: String, _ help: String) -> Counter {
        let counter = Counter()
        add(MetricFamily(name, .counter, help) { $0.add(counter.value) })
        return counter
    }

    package func addHistogram(
        _ name: String,
        _ help: String,
        _ scale: LogLinearScale,
        unit: Histogram.Unit
    ) -> Histogram {
        let histogram = Histogram(scale, unit: unit)
        add(MetricFamily(name, .histogram, help) { $0.add(histogram) })
        return histogram
    }

    /// Adds a gauge that is read by `read`; nil leaves it out.
    package func addGauge(
        _ name: String,
        _ help: String,
        _ read: @escaping @Sendable () -> Double?
    ) {
        add(
            MetricFamily(name, .gauge, help) { samples in
                if let value = read() { samples.add(value) }
            }
        )
    }
}

/// A metric with all its series: what it is called, what it means, and how it is read.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    /// What it means and, where the name doesn't say so, in which unit: one sentence.
    package let help: String
    let collect: @Sendable (inout MetricSamples) -> Void

    /// - Parameter collect: Adds the series' present values; called from any thread.
    package init(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ collect: @escaping @Sendable (inout MetricSamples) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.collect = collect
    }

    fileprivate var isWellNamed: Bool {
        let isSpelled = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        }
        return isSpelled && !name.isEmpty && !help.isEmpty
            && name.hasSuffix("_total") == (kind == .counter)
    }
}
