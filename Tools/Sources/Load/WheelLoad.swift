import CivilTime
import Deadlines
import Foundation
import SeededRandom
import Telemetry

/// The timing wheel alone, in this process: under the timers of `bench-peers/heap.cpp`.
package struct WheelLoad {
    package enum Instants: String, CaseIterable, Sendable {
        /// Any second of a year.
        case year
        /// 00:00 or 09:00 of any day of a year.
        case two
    }

    private static let start = Instant(unixSeconds: 1_767_196_800)
    private static let year: Int64 = 365 * 86_400
    private static let slice = 1024

    /// Nanoseconds a timer, and bytes.
    package struct Figures: Codable, Hashable, Sendable {
        package let instants: String
        package let count: Int
        package let scheduleNs, cancelNs, fireNs, bytesEach: Double

        package var text: String {
            func figure(_ value: Double) -> String { String(format: "%.1f", value) }
            return "wheel: \(count) timers, "
                + (instants == "year" ? "any second of a year" : "two instants a day")
                + "\nschedule \(figure(scheduleNs)) ns, cancel \(figure(cancelNs)) ns, fire "
                + "\(figure(fireNs)) ns, \(figure(bytesEach)) bytes each"
        }
    }

    private let instants: Instants
    private let count: Int

    package init(_ count: Int, at instants: Instants) {
        self.count = count
        self.instants = instants
    }

    /// Measures schedule (ids in order), fire (all, in slices, the clock going by the hour) and
    /// cancel (all, in random order).
    package func run() -> Figures {
        var random = SeededGenerator(seed: UInt64(count))
        let at = (0..<count).map { _ in instant(random.next()) }
        var order = Array(0..<UInt64(count))
        for index in stride(from: count, to: 1, by: -1) {
            order.swapAt(index - 1, Int(random.next() % UInt64(index)))
        }

        let before = residentBytes()
        var wheel = TimingWheel()
        let schedule = seconds { arm(&wheel, at) }
        let bytes = residentBytes() - before

        var fired = 0
        let fire = seconds { fired = fireAll(&wheel) }
        precondition(fired == count && wheel.count == 0, "every timer fires once")

        wheel = TimingWheel()
        arm(&wheel, at)
        let cancel = seconds {
            for id in order { wheel.cancel(id) }
        }
        precondition(fireAll(&wheel) == 0, "what was cancelled doesn't fire")

        let each = 1e9 / Double(count)
        return Figures(
            instants: instants.rawValue,
            count: count,
            scheduleNs: schedule * each,
            cancelNs: cancel * each,
            fireNs: fire * each,
            bytesEach: bytes / Double(count)
        )
    }

    private func arm(_ wheel: inout TimingWheel, _ at: [Instant]) {
        for id in 0..<count { wheel.schedule(UInt64(id), at: at[id]) }
    }

    private func fireAll(_ wheel: inout TimingWheel) -> Int {
        var fired = 0
        var due: [(id: UInt64, at: Instant)] = []
        due.reserveCapacity(Self.slice)
        for hour in 0...Self.year / 3600 {
            let now = Self.start.adding(seconds: hour * 3600)
            var more = true
            while more {
                due.removeAll(keepingCapacity: true)
                more = wheel.takeDue(through: now, limit: Self.slice, into: &due)
                fired += due.count
            }
        }
        return fired
    }

    private func instant(_ word: UInt64) -> Instant {
        switch instants {
        case .year: Self.start.adding(seconds: Int64(word % UInt64(Self.year)))
        case .two:
            Self.start.adding(
                seconds: Int64(word % 365) * 86_400 + Int64(word >> 32 & 1) * 32_400
            )
        }
    }

    private func residentBytes() -> Double { ProcessFigures.residentBytes(of: getpid()) ?? .nan }

    private func seconds(_ work: () -> Void) -> Double { ContinuousClock().measure(work).seconds }
}

extension Duration {
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
