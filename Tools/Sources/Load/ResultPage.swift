import Foundation

/// A run as one page that needs nothing else: figures, and plots drawn as SVG.
package struct ResultPage {
    private let summary: Summary

    package init(_ summary: Summary) { self.summary = summary }

    package var html: String {
        let title = "banjie-load \(summary.load)"
        let course = summary.course
        let throughput = Plot(
            title: "Throughput",
            across: "seconds",
            up: "calls/s",
            lines: [
                Plot.Line("calls/s", course.map { ($0.atSeconds, $0.callsPerSecond) }),
                Plot.Line("failed", course.map { ($0.atSeconds, Double($0.failures)) }),
            ]
        )
        let latency = Plot(
            title: "Latency",
            across: "seconds",
            up: "µs",
            lines: [
                Plot.Line("p50", course.map { ($0.atSeconds, $0.p50) }),
                Plot.Line("p99", course.map { ($0.atSeconds, $0.p99) }),
                Plot.Line("longest", course.map { ($0.atSeconds, $0.longest) }),
            ],
            isLogarithmic: true
        )
        // Each nine of the share takes as much room as the one before it.
        let curve = Plot(
            title: "Latency by percentile",
            across: "percentile",
            up: "µs",
            lines: [
                Plot.Line(
                    "all calls",
                    summary.curve.filter { $0.share < 0.99999 }
                        .map { (-log10(1 - $0.share), $0.microseconds) }
                )
            ],
            isLogarithmic: true,
            marks: [
                (0, "0"), (1, "90"), (2, "99"), (3, "99.9"), (4, "99.99"), (5, "99.999"),
            ]
        )
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(title)</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
              color: #1a1a1a; background: #fff }
            h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
            pre { overflow-x: auto; background: #f4f4f4; padding: 1rem }
            svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: #444 }
            </style>
            </head>
            <body>
            <h1>\(title)</h1>
            <pre>\(Self.escaped(summary.text))</pre>
            \([throughput, latency, curve].map(\.html).joined(separator: "\n"))
            </body>
            </html>

            """
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}

/// Lines in one field, as SVG.
private struct Plot {
    struct Line {
        let name: String
        let points: [(across: Double, up: Double)]

        init(_ name: String, _ points: [(Double, Double)]) {
            self.name = name
            self.points = points.map { (across: $0.0, up: $0.1) }
        }
    }

    let title: String
    let across: String
    let up: String
    let lines: [Line]
    var isLogarithmic = false
    /// What is written below the field; round numbers when empty.
    var marks: [(Double, String)] = []

    private static let width = 900.0
    private static let height = 320.0
    private static let left = 80.0
    private static let right = 32.0
    private static let bottom = 40.0
    private static let top = 16.0
    /// Told apart by people who see no colours by their dashes, too.
    private static let strokes = [
        ("#005a9c", "none"), ("#b34700", "8 4"), ("#5b2a86", "2 3"),
    ]

    var html: String {
        let points = lines.flatMap(\.points)
        guard points.count > 1 else { return "" }
        let farthest = max(points.map(\.across).max() ?? 1, marks.last?.0 ?? 0, 1e-9)
        let values = points.map(\.up)
        let highest = max(values.max() ?? 1, 1) * (isLogarithmic ? 1.05 : 1)
        let lowest = isLogarithmic ? max(1, (values.filter { $0 > 0 }.min() ?? 1) * 0.9) : 0
        func x(_ value: Double) -> Double {
            Self.left + (Self.width - Self.left - Self.right) * value / farthest
        }
        func y(_ value: Double) -> Double {
            let share: Double
            if isLogarithmic {
                let span = log10(max(highest / lowest, 1.0001))
                share = log10(max(value, lowest) / lowest) / span
            } else {
                share = value / highest
            }
            return Self.height - Self.bottom - (Self.height - Self.bottom - Self.top) * share
        }
        var parts: [String] = []
        for value in steps(from: lowest, through: highest) {
            parts.append(
                "<line x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(Self.number(y(value)))\" "
                    + "y2=\"\(Self.number(y(value)))\" stroke=\"#ddd\"/>"
                    + "<text x=\"\(Self.left - 8)\" y=\"\(Self.number(y(value) + 4))\" "
                    + "text-anchor=\"end\">\(Summary.figure(value))</text>"
            )
        }
        let below =
            marks.isEmpty
            ? Self.roundSteps(through: farthest).map { ($0, Summary.figure($0)) } : marks
        for (value, text) in below {
            parts.append(
                "<text x=\"\(Self.number(x(value)))\" y=\"\(Self.height - Self.bottom + 18)\" "
                    + "text-anchor=\"middle\">\(text)</text>"
            )
        }
        for (line, stroke) in zip(lines, Self.strokes) {
            let path = line.points
                .map { "\(Self.number(x($0.across))),\(Self.number(y($0.up)))" }
                .joined(separator: " ")
            parts.append(
                "<polyline fill=\"none\" stroke=\"\(stroke.0)\" stroke-width=\"2\" "
                    + "stroke-dasharray=\"\(stroke.1)\" points=\"\(path)\"/>"
            )
        }
        for (place, (line, stroke)) in zip(lines, Self.strokes).enumerated() {
            let start = Self.left + Double(place) * 120
            let level = Self.height - 6
            parts.append(
                "<line x1=\"\(start)\" x2=\"\(start + 28)\" y1=\"\(level - 4)\" y2=\"\(level - 4)\" "
                    + "stroke=\"\(stroke.0)\" stroke-width=\"2\" stroke-dasharray=\"\(stroke.1)\"/>"
                    + "<text x=\"\(start + 34)\" y=\"\(level)\">\(line.name)</text>"
            )
        }
        return """
            <h2>\(title): \(up) by \(across)</h2>
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(title)">
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    /// Round values within the field, for its lines.
    private func steps(from lowest: Double, through highest: Double) -> [Double] {
        guard isLogarithmic else { return Self.roundSteps(through: highest) }
        let first = Int(log10(lowest).rounded(.down))
        let last = Int(log10(highest).rounded(.down))
        return (first...max(first, last))
            .flatMap { decade in [1, 2, 5].map { $0 * pow(10, Double(decade)) } }
            .filter { (lowest...highest).contains($0) }
    }

    private static func roundSteps(through highest: Double) -> [Double] {
        let step = roundStep(highest / 5)
        return (0...5).map { step * Double($0) }.filter { $0 <= highest }
    }

    /// 1, 2 or 5 times a power of ten, at least `step`.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(max(step, 1e-9)).rounded(.down))
        return ([1, 2, 5].first { $0 * power >= step } ?? 10) * power
    }

    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
