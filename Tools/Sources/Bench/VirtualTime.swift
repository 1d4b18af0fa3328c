import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import Load
import LocalServer

extension Workshop {
    /// 09:00 of 2026-03-02, a Monday.
    private static let monday = Instant(unixSeconds: 1_772_413_200)

    /// A clock that stands still until `fireAll` moves it.
    static let virtualClock = ServerProcess.Clock.virtual(monday)

    /// Lets all deadlines of a server on the virtual clock fall due; returns how many rungs
    /// a second that took.
    func fireAll(_ server: RunningServer, _ data: URL) async throws -> Double {
        let connection = try connect(to: server, data)
        defer { connection.close() }
        let clock = ContinuousClock()
        let begun = clock.now
        let moved = try await AdminClient(connection).advanceClock(
            AdvanceClockRequest(to: Self.monday.adding(seconds: 365 * 86_400)),
            options: CallOptions(timeoutMillis: 600_000)
        )
        return Double(moved.fired) / (clock.now - begun).seconds
    }
}
