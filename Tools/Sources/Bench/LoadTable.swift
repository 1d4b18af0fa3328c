import Foundation

/// What banjie-load tells of a load.
struct LoadFigures: Decodable {
    struct Latency: Decodable { let p50, p99: Double }

    let seconds: Double
    let callsPerSecond: Double
    let latencies: [Latency]
    let toldPerSecond: Double?
    let serverBytes: Double?

    /// In microseconds.
    var p50: Double { latencies.first?.p50 ?? .nan }
    /// In microseconds.
    var p99: Double { latencies.first?.p99 ?? .nan }
}

/// A table for people, printed line by line while it is measured.
struct LoadTable {
    init(_ title: String, _ columns: [String]) {
        Self.say("\n### \(title)\n")
        add(columns)
        add(columns.map { _ in "---:" })
    }

    func add(_ cells: [String]) { Self.say("| " + cells.joined(separator: " | ") + " |") }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    // MARK: - Cells

    static func count(_ number: Int) -> String {
        switch number {
        case 1_000_000...: "\(number / 1_000_000) M"
        case 1000...: "\(number / 1000) k"
        default: "\(number)"
        }
    }

    static func figure(_ value: Double) -> String {
        value >= 100 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }

    static func milliseconds(_ microseconds: Double) -> String {
        String(format: "%.1f", microseconds / 1000)
    }

    static func mebibytes(_ bytes: Double?) -> String { figure((bytes ?? .nan) / 1_048_576) }
}
