import Telemetry
import Testing

/// What a scraper reads; `Tests/Interop/run-metrics` has promtool judge the whole of a server's.
struct ExpositionTests {
    private func text(_ registry: MetricRegistry) -> String {
        String(decoding: registry.exposition(), as: UTF8.self)
    }

    @Test func aCounterIsToldWithItsMeaning() {
        let registry = MetricRegistry()
        let counter = registry.addCounter("parcels_sent_total", "Parcels sent.")
        counter.add()
        counter.add(41)
        #expect(
            text(registry) == """
                # HELP parcels_sent_total Parcels sent.
                # TYPE parcels_sent_total counter
                parcels_sent_total 42

                """
        )
    }

    @Test func labelsAndHelpAreEscaped() {
        let registry = MetricRegistry()
        registry.add(
            MetricFamily("ways", .gauge, "A \\ and\na line, \"quoted\".") { samples in
                samples.add(1.5, ("way", "a\\b\n\"c\""), ("season", "夏"))
                samples.add(UInt64.max)
            }
        )
        #expect(
            text(registry) == #"""
                # HELP ways A \\ and\na line, "quoted".
                # TYPE ways gauge
                ways{way="a\\b\n\"c\"",season="夏"} 1.5
                ways 18446744073709551615

                """#
        )
    }

    @Test func aHistogramsBucketsAreCumulative() {
        let registry = MetricRegistry()
        let histogram = registry.addHistogram(
            "wait_seconds",
            "Time waited.",
            LogLinearScale(from: 29, through: 31, subdivisionBits: 0),
            unit: .nanoseconds
        )
        for nanoseconds: UInt64 in [1, 600_000_000, 600_000_000, 1 << 30, 5_000_000_000] {
            histogram.record(nanoseconds)
        }
        #expect(
            text(registry) == """
                # HELP wait_seconds Time waited.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.536870912"} 1
                wait_seconds_bucket{le="1.073741824"} 4
                wait_seconds_bucket{le="2.147483648"} 4
                wait_seconds_bucket{le="+Inf"} 5
                wait_seconds_sum 7.273741825
                wait_seconds_count 5

                """
        )
    }

    @Test func aGaugeThatCanNotBeReadIsLeftOut() {
        let registry = MetricRegistry()
        registry.addGauge("depth", "Depth.") { nil }
        registry.addGauge("height", "Height.") { -.infinity }
        let told = text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(told == ["height -Inf"])
    }

    @Test(arguments: ["parcels", "Parcels_total", "parcels-sent_total", "_total7"])
    func aNameOutsideTheConventionsIsOurMistake(_ name: String) async {
        await #expect(processExitsWith: .failure) { [name] in
            _ = MetricRegistry().addCounter(name, "Parcels.")
        }
    }

    @Test func theProcessTellsItsOwnFigures() throws {
        let registry = MetricRegistry()
        ProcessFigures.add(to: registry)
        var figures: [Substring: Double] = [:]
        for line in text(registry).split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            figures[parts[0]] = Double(parts[1])
        }
        #expect(try #require(figures["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(figures["process_open_fds"]) >= 3)
        #expect(try #require(figures["process_max_fds"]) >= 3)
        #expect(try #require(figures["process_start_time_seconds"]) > 1_600_000_000)
        #expect(figures["process_cpu_seconds_total"] != nil)
        #expect(figures["process_virtual_memory_bytes"] != nil)
    }
}
