import Foundation

/// What a ratio of ours to the peer's should be.
enum Aim {
    case atMost(Double)
    case atLeast(Double)

    /// How far a ratio is from the aim: up to 1 when it holds, 2 at half of it.
    func distance(of ratio: Double) -> Double {
        switch self {
        case .atMost(let most): ratio / most
        case .atLeast(let least): least / ratio
        }
    }

    var text: String {
        switch self {
        case .atMost(let most): "≤ \(most)"
        case .atLeast(let least): "≥ \(least)"
        }
    }
}

/// One comparison: the same figure of ours and of a peer, several times each, in turn.
struct Row {
    let name: String
    let unit: String
    let peer: String
    let aim: Aim
    private(set) var ours: [Double] = []
    private(set) var peers: [Double] = []

    init(_ name: String, in unit: String, against peer: String, _ aim: Aim) {
        self.name = name
        self.unit = unit
        self.peer = peer
        self.aim = aim
    }

    mutating func add(ours: Double, peer: Double) {
        self.ours.append(ours)
        peers.append(peer)
    }

    var ratio: Double { Self.median(ours) / Self.median(peers) }
    var distance: Double { aim.distance(of: ratio) }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// The rows of a run, for people and for programs.
struct Report {
    let rows: [Row]

    /// Beyond this distance from its aim a row counts as failed.
    private static let farthest = 2.0

    private var worst: Row? { rows.max { $0.distance < $1.distance } }
    var fails: Bool { rows.contains { !($0.distance <= Self.farthest) } }

    func table() -> String {
        let header = ["", "ours", "peer", "", "ratio", "aim", ""]
        let lines =
            [header]
            + rows.map { row in
                [
                    row.name, Self.figure(Row.median(row.ours)), Self.figure(Row.median(row.peers)),
                    "\(row.unit), \(row.peer)", String(format: "%.2f", row.ratio), row.aim.text,
                    row.distance <= 1 ? "holds" : row.distance <= Self.farthest ? "short" : "FAILS",
                ]
            }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { line in
            zip(line, widths)
                .map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ")
        }
        guard let worst else { return "" }
        let verdict =
            worst.distance <= 1
            ? "All aims hold; the nearest to missing its own is: \(worst.name)."
            : "Furthest from its aim: \(worst.name), "
                + String(format: "%.2f where %@ is wanted.", worst.ratio, worst.aim.text)
        return table.joined(separator: "\n") + "\n\n" + verdict
    }

    func json() throws -> Data {
        struct Figures: Encodable {
            let row, unit, peer, aim: String
            let ratio, distance: Double
            let ours, peers: [Double]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(
            rows.map {
                Figures(
                    row: $0.name,
                    unit: $0.unit,
                    peer: $0.peer,
                    aim: $0.aim.text,
                    ratio: $0.ratio,
                    distance: $0.distance,
                    ours: $0.ours,
                    peers: $0.peers
                )
            }
        )
    }

    private static func figure(_ value: Double) -> String {
        value >= 1000 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }
}
