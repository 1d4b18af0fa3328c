import Foundation
import Load

/// The timing wheel against binary heaps in C++, each measurement in a process of its own.
struct WheelComparison {
    let workshop: Workshop

    private struct Figures: Decodable {
        let scheduleNs, cancelNs, fireNs, bytesEach: Double
    }

    func rows() throws -> [Row] {
        try [1_000_000, 10_000_000].flatMap { count in
            try [WheelLoad.Instants.year, .two].flatMap { try rows(count, $0) }
        }
    }

    private func rows(_ count: Int, _ instants: WheelLoad.Instants) throws -> [Row] {
        let timers =
            "\(count / 1_000_000) M timers, "
            + (instants == .year ? "any second of a year" : "two instants a day")
        let heap = "binary heap"
        var schedule = Row("schedule, \(timers)", in: "ns", against: heap, .atMost(1.2))
        var cancel = Row("cancel, \(timers)", in: "ns", against: heap, .atMost(5))
        var fire = Row("fire, \(timers)", in: "ns", against: heap, .atMost(0.2))
        var bytes = Row("memory, \(timers)", in: "bytes", against: "limit", .atMost(1))
        for round in 1...workshop.rounds {
            workshop.note("wheel, \(timers), round \(round) of \(workshop.rounds)")
            let peer: Figures = try result(
                of: workshop.peer("heap"),
                ["lazy", instants.rawValue, "\(count)"]
            )
            let ours: Figures = try workshop.loadTool([
                "wheel", "--timers", "\(count)", "--instants", instants.rawValue,
            ])
            schedule.add(ours: ours.scheduleNs, peer: peer.scheduleNs)
            cancel.add(ours: ours.cancelNs, peer: peer.cancelNs)
            fire.add(ours: ours.fireNs, peer: peer.fireNs)
            bytes.add(ours: ours.bytesEach, peer: 48)
        }
        return [schedule, cancel, fire, bytes]
    }
}
