import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import Load
import Telemetry

/// How cost grows: the same work beside ever more deadlines, matters, connections and watchers.
struct GrowthBench {
    /// How far it goes.
    enum Extent {
        /// In a few minutes.
        case short
        /// As far as a city of many millions goes.
        case large
    }

    let workshop: Workshop
    let extent: Extent

    private struct Load: Decodable {
        struct Latency: Decodable { let p50, p99: Double }

        let callsPerSecond: Double
        let latencies: [Latency]
        let toldPerSecond: Double?
        let serverBytes: Double?

        var memory: String { GrowthBench.figure((serverBytes ?? .nan) / 1_048_576) }
        var p50: Double { latencies.first?.p50 ?? .nan }
        var p99: Double { latencies.first?.p99 ?? .nan }
    }

    /// Prints a table for each kind.
    func run(_ kinds: [String]) async throws {
        if kinds.contains("deadlines") { try await deadlines() }
        if kinds.contains("matters") { try matters() }
        if kinds.contains("connections") { try connections() }
        if kinds.contains("watchers") { try watchers() }
    }

    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func count(_ number: Int) -> String {
        switch number {
        case 1_000_000...: "\(number / 1_000_000) M"
        case 1000...: "\(number / 1000) k"
        default: "\(number)"
        }
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |"
    }

    private func header(_ title: String, _ cells: [String]) {
        say("\n### \(title)\n")
        say(Self.row(cells))
        say(Self.row(cells.map { _ in "---:" }))
    }

    fileprivate static func figure(_ value: Double) -> String {
        value >= 100 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }

    private static func milliseconds(_ microseconds: Double) -> String {
        String(format: "%.1f", microseconds / 1000)
    }

    // MARK: - Loads

    private func load(
        _ kind: String,
        _ server: (server: RunningServer, data: URL)?,
        _ options: [String]
    ) throws -> Load {
        try workshop.loadTool(arguments(kind, server, options))
    }

    private func arguments(
        _ kind: String,
        _ server: (server: RunningServer, data: URL)?,
        _ options: [String]
    ) -> [String] {
        guard let (server, data) = server else {
            return [kind, "--banjied", workshop.banjied.path] + options
        }
        return [
            kind, "--server", server.address, "--login", "operator", "--secret-file",
            data.appending(path: "operator.secret").path,
        ] + options
    }

    private func start(_ data: URL) throws -> (server: RunningServer, seconds: Double) {
        let clock = ContinuousClock()
        let begun = clock.now
        let server = try workshop.startBanjied(data: data)
        return (server, (clock.now - begun).seconds)
    }

    private static func mebibytes(_ server: RunningServer) -> String {
        let process = Int32(server.processIdentifier) ?? 0
        return figure((ProcessFigures.residentBytes(of: process) ?? .nan) / 1_048_576)
    }

    // MARK: - Deadlines

    private func deadlines() async throws {
        let sizes = [10_000, 100_000, 1_000_000] + (extent == .large ? [10_000_000] : [])
        header(
            "Open deadlines",
            [
                "open", "Arm/s, 8 × 64", "p99 ms", "1 × 1 p50 ms", "start-up s", "memory MiB",
                "re-plan s", "Arm p99 ms meanwhile",
            ]
        )
        let data = workshop.folder.appending(path: "growth-deadlines")
        var server = try start(data).server
        defer { server.stop() }
        var open = 0
        for size in sizes {
            _ = try load(
                "arm",
                (server, data),
                ["--connections", "8", "--in-flight", "256", "--count", "\(size - open)"]
            )
            let wide = try load(
                "arm",
                (server, data),
                ["--connections", "8", "--in-flight", "64", "--count", "60000"]
            )
            let alone = try load(
                "arm",
                (server, data),
                ["--connections", "1", "--in-flight", "1", "--count", "1000"]
            )
            open = size + 61_000
            server.stop()
            let again = try start(data)
            server = again.server
            let memory = Self.mebibytes(server)
            let (replanning, meanwhile) = try await changeCalendar(server, data)
            say(
                Self.row([
                    Self.count(size), Self.figure(wide.callsPerSecond),
                    Self.milliseconds(wide.p99), String(format: "%.2f", alone.p50 / 1000),
                    String(format: "%.2f", again.seconds), memory,
                    String(format: "%.1f", replanning), Self.milliseconds(meanwhile),
                ])
            )
        }
    }

    /// Changes the calendar; returns how long the clocks are re-planned, and the p99 of Arm meanwhile.
    private func changeCalendar(
        _ server: RunningServer,
        _ data: URL
    ) async throws -> (seconds: Double, p99: Double) {
        let connection = try workshop.connect(to: server, data)
        defer { connection.close() }
        let calendar = CalendarClient(connection)
        let today = Instant(unixSeconds: Int64(Date().timeIntervalSince1970)).date
        let clock = ContinuousClock()
        let begun = clock.now
        // A day off in the next weeks moves every clock whose limit reaches that far.
        let version = try await calendar.change(
            ChangeCalendarRequest(off: [today.adding(days: 20)], reason: "测量")
        ).version
        let arguments = arguments(
            "arm",
            (server, data),
            ["--connections", "8", "--in-flight", "8", "--seconds", "1", "--warm-up", "0"]
        )
        let arming = Task { [workshop] in (try workshop.loadTool(arguments) as Load).p99 }
        while try await !calendar.getVersion(CalendarVersionRequest(version: version)).replanned {
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = (clock.now - begun).seconds
        return (seconds, try await arming.value)
    }

    // MARK: - Matters

    private func matters() throws {
        let sizes = [10_000, 100_000] + (extent == .large ? [1_000_000, 5_000_000] : [])
        header(
            "Matters in the store",
            [
                "matters", "Submit/s, 8 × 64", "p99 ms", "a life, calls/s", "p99 ms", "start-up s",
                "memory MiB",
            ]
        )
        let data = workshop.folder.appending(path: "growth-matters")
        var server = try start(data).server
        defer { server.stop() }
        var there = 0
        for size in sizes {
            let shape = ["--connections", "8", "--in-flight", "64"]
            _ = try load(
                "submissions",
                (server, data),
                shape + ["--count", "\(size - there)"]
            )
            let submitted = try load("submissions", (server, data), shape + ["--count", "20000"])
            let lives = try load("cases", (server, data), shape + ["--count", "40000"])
            there = size + 30_000
            server.stop()
            let again = try start(data)
            server = again.server
            say(
                Self.row([
                    Self.count(size), Self.figure(submitted.callsPerSecond),
                    Self.milliseconds(submitted.p99), Self.figure(lives.callsPerSecond),
                    Self.milliseconds(lives.p99), String(format: "%.2f", again.seconds),
                    Self.mebibytes(server),
                ])
            )
        }
    }

    // MARK: - Connections and watchers

    private func connections() throws {
        header(
            "Connections",
            ["connections", "echo/s", "p99 ms", "Arm/s", "p99 ms", "memory MiB", "idle, KiB each"]
        )
        for count in [1, 10, 100, 1000, 10_000] {
            let shape = ["--connections", "\(count)", "--in-flight", "\(max(1, 512 / count))"]
            let echo = try load("echo", nil, shape + ["--seconds", "3"])
            let arm = try load("arm", nil, shape + ["--seconds", "3"])
            let idle = try workshop.bytesOfIdleConnection(of: count)
            say(
                Self.row([
                    Self.count(count), Self.figure(echo.callsPerSecond),
                    Self.milliseconds(echo.p99), Self.figure(arm.callsPerSecond),
                    Self.milliseconds(arm.p99), arm.memory,
                    // One alone has no memory that could be told from the rest.
                    count < 100 ? "" : String(format: "%.2f", idle / 1024),
                ])
            )
        }
    }

    private func watchers() throws {
        header(
            "Watchers",
            ["watchers", "all told, p50 ms", "p99 ms", "told of, changes/s", "memory MiB"]
        )
        for count in [1, 10, 100, 1000, 10_000] {
            let result = try load(
                "watch",
                nil,
                ["--watchers", "\(count)", "--seconds", "3"]
            )
            say(
                Self.row([
                    Self.count(count), Self.milliseconds(result.p50),
                    Self.milliseconds(result.p99), Self.figure(result.toldPerSecond ?? .nan),
                    result.memory,
                ])
            )
        }
    }
}
