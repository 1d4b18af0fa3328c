import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import Load

/// What a server's clock shows.
enum BenchClock {
    /// The machine's time.
    case machine
    /// A time that stands still until it is moved on.
    case virtual

    var option: String {
        switch self {
        case .machine: "machine"
        case .virtual: "virtual:2026-03-02T09:00:00"
        }
    }
}

extension Workshop {
    /// Lets all deadlines of a server on the virtual clock fall due; returns how many rungs a second
    /// that took.
    func fireAll(_ server: RunningServer, _ data: URL) async throws -> Double {
        let connection = try connect(to: server, data)
        defer { connection.close() }
        guard let later = Instant("2027-03-02T09:00:00") else { return .nan }
        let clock = ContinuousClock()
        let begun = clock.now
        let moved = try await AdminClient(connection).advanceClock(
            AdvanceClockRequest(to: later),
            options: CallOptions(timeoutMillis: 600_000)
        )
        return Double(moved.fired) / (clock.now - begun).seconds
    }
}
