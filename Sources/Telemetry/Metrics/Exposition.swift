/// What tells one series of a family from another.
package typealias MetricLabel = (name: StaticString, value: String)

/// The series of one family, as they are collected.
package struct MetricSamples {
    let name: String
    fileprivate var writer: ExpositionWriter

    /// Adds a series.
    package mutating func add(_ value: UInt64, _ labels: MetricLabel...) {
        writer.write(name, labels, "\(value)")
    }

    /// Adds a series.
    package mutating func add(_ value: Double, _ labels: MetricLabel...) {
        writer.write(name, labels, ExpositionWriter.text(of: value))
    }

    /// Adds a histogram's series: its buckets, each counting what the ones below it count too, their
    /// sum and their count.
    package mutating func add(_ histogram: Histogram, _ labels: MetricLabel...) {
        let counts = histogram.counts
        var soFar: UInt64 = 0
        for (index, count) in counts.enumerated() {
            soFar &+= count
            let bound =
                index < histogram.scale.boundCount
                ? histogram.unit.told(histogram.scale.bound(ofBucket: index)) : .infinity
            writer.write(
                "\(name)_bucket",
                labels + [("le", ExpositionWriter.text(of: bound))],
                "\(soFar)"
            )
        }
        let sum = histogram.unit.told(histogram.sum)
        writer.write("\(name)_sum", labels, ExpositionWriter.text(of: sum))
        writer.write("\(name)_count", labels, "\(soFar)")
    }
}

/// Writes metrics in the text format of Prometheus ("Exposition formats", version 0.0.4).
struct ExpositionWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ family: MetricFamily) {
        append("# HELP \(family.name) ")
        appendEscaped(family.help, quotes: false)
        append("\n# TYPE \(family.name) \(family.kind.rawValue)\n")
        var samples = MetricSamples(name: family.name, writer: self)
        family.collect(&samples)
        self = samples.writer
    }

    fileprivate mutating func write(_ name: String, _ labels: [MetricLabel], _ value: String) {
        append(name)
        for (index, label) in labels.enumerated() {
            append(index == 0 ? "{" : ",")
            append("\(label.name)=\"")
            appendEscaped(label.value, quotes: true)
            append("\"")
        }
        if !labels.isEmpty { append("}") }
        append(" \(value)\n")
    }

    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value.magnitude < 1e15 && value == value.rounded() ? "\(Int64(value))" : "\(value)"
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Backslashes and line feeds are escaped everywhere, quotes in labels only.
    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
