import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import Load

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

    /// Prints a table for each kind.
    func run(_ kinds: [String]) async throws {
        if kinds.contains("deadlines") { try await deadlines() }
        if kinds.contains("matters") { try matters() }
        if kinds.contains("connections") { try connections() }
        if kinds.contains("watchers") { try watchers() }
    }

    private func start(_ data: URL) throws -> (server: RunningServer, seconds: Double) {
        let clock = ContinuousClock()
        let begun = clock.now
        let server = try workshop.startBanjied(data: data)
        return (server, (clock.now - begun).seconds)
    }

    // MARK: - Deadlines

    private func deadlines() async throws {
        let sizes = [10_000, 100_000, 1_000_000] + (extent == .large ? [10_000_000] : [])
        let table = LoadTable(
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
            _ = try workshop.loadTool(
                "arm",
                (server, data),
                ["--connections", "8", "--in-flight", "256", "--count", "\(size - open)"]
            )
            let wide = try workshop.loadTool(
                "arm",
                (server, data),
                ["--connections", "8", "--in-flight", "64", "--count", "60000"]
            )
            let alone = try workshop.loadTool(
                "arm",
                (server, data),
                ["--connections", "1", "--in-flight", "1", "--count", "1000"]
            )
            open = size + 61_000
            server.stop()
            let again = try start(data)
            server = again.server
            let memory = LoadTable.mebibytes(server.residentBytes)
            let (replanning, meanwhile) = try await changeCalendar(server, data)
            table.add([
                LoadTable.count(size), LoadTable.figure(wide.callsPerSecond),
                LoadTable.milliseconds(wide.p99), String(format: "%.2f", alone.p50 / 1000),
                String(format: "%.2f", again.seconds), memory,
                String(format: "%.1f", replanning), LoadTable.milliseconds(meanwhile),
            ])
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
        let arming = Task { [workshop] in
            try workshop.loadTool(
                "arm",
                (server, data),
                ["--connections", "8", "--in-flight", "8", "--seconds", "1", "--warm-up", "0"]
            ).p99
        }
        while try await !calendar.getVersion(CalendarVersionRequest(version: version)).replanned {
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = (clock.now - begun).seconds
        return (seconds, try await arming.value)
    }

    // MARK: - Matters

    private func matters() throws {
        let sizes = [10_000, 100_000] + (extent == .large ? [1_000_000, 5_000_000] : [])
        let table = LoadTable(
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
            _ = try workshop.loadTool(
                "submissions",
                (server, data),
                shape + ["--count", "\(size - there)"]
            )
            let submitted = try workshop.loadTool(
                "submissions",
                (server, data),
                shape + ["--count", "20000"]
            )
            let lives = try workshop.loadTool(
                "cases",
                (server, data),
                shape + ["--count", "40000"]
            )
            there = size + 30_000
            server.stop()
            let again = try start(data)
            server = again.server
            table.add([
                LoadTable.count(size), LoadTable.figure(submitted.callsPerSecond),
                LoadTable.milliseconds(submitted.p99), LoadTable.figure(lives.callsPerSecond),
                LoadTable.milliseconds(lives.p99), String(format: "%.2f", again.seconds),
                LoadTable.mebibytes(server.residentBytes),
            ])
        }
    }

    // MARK: - Connections and watchers

    private func connections() throws {
        let table = LoadTable(
            "Connections",
            ["connections", "echo/s", "p99 ms", "Arm/s", "p99 ms", "memory MiB", "idle, KiB each"]
        )
        for count in [1, 10, 100, 1000, 10_000] {
            let shape = ["--connections", "\(count)", "--in-flight", "\(max(1, 512 / count))"]
            let echo = try workshop.loadTool("echo", nil, shape + ["--seconds", "3"])
            let arm = try workshop.loadTool("arm", nil, shape + ["--seconds", "3"])
            let idle = try workshop.bytesOfIdleConnection(of: count)
            table.add([
                LoadTable.count(count), LoadTable.figure(echo.callsPerSecond),
                LoadTable.milliseconds(echo.p99), LoadTable.figure(arm.callsPerSecond),
                LoadTable.milliseconds(arm.p99), LoadTable.mebibytes(arm.serverBytes),
                // One alone has no memory that could be told from the rest.
                count < 100 ? "" : String(format: "%.2f", idle / 1024),
            ])
        }
    }

    private func watchers() throws {
        let table = LoadTable(
            "Watchers",
            ["watchers", "all told, p50 ms", "p99 ms", "told of, changes/s", "memory MiB"]
        )
        for count in [1, 10, 100, 1000, 10_000] {
            let result = try workshop.loadTool(
                "watch",
                nil,
                ["--watchers", "\(count)", "--seconds", "3"]
            )
            table.add([
                LoadTable.count(count), LoadTable.milliseconds(result.p50),
                LoadTable.milliseconds(result.p99), LoadTable.figure(result.toldPerSecond ?? .nan),
                LoadTable.mebibytes(result.serverBytes),
            ])
        }
    }
}
