import Foundation

/// Durable `Deadlines.Arm`, and what becomes of the deadlines when they are due, against plain SQLite
/// writing the same rows in groups as large as the calls in flight.
struct ArmComparison {
    let workshop: Workshop

    private static let connections = 8
    private static let inFlight = 64

    private struct Peer: Decodable {
        struct Commits: Decodable { let perSecond: Double }

        let armed: Commits
        let fired: Commits
    }

    func rows() async throws -> [Row] {
        let seconds = workshop.seconds ?? 10
        var armed = Row(
            "durable Arm, 8 × 64",
            in: "rows/s",
            against: "SQLite in C, same rows",
            .atLeast(1)
        )
        var fired = Row(
            "due → recorded as fired",
            in: "rows/s",
            against: "SQLite in C, an update a row",
            .atLeast(5)
        )
        for round in 1...workshop.rounds {
            workshop.note("arm, round \(round) of \(workshop.rounds)")
            let data = workshop.folder.appending(path: "arm-\(round)")
            let banjied = try workshop.startBanjied(data: data, clock: Workshop.virtualClock)
            let ours = try workshop.load(
                banjied,
                "arm",
                Self.connections,
                Self.inFlight,
                signIn: ["operator", data.appending(path: "operator.secret").path],
                seconds: seconds
            )
            banjied.stop()
            // What banjied has just written is what the peer writes again.
            let peer: Peer = try result(
                of: workshop.peer("sqlite_commit"),
                [
                    data.appending(path: "banjie.sqlite").path,
                    data.appending(path: "peer.sqlite").path,
                    "\(Self.connections * Self.inFlight)", "\(seconds)",
                ]
            )
            armed.add(ours: ours.perSecond, peer: peer.armed.perSecond)
            let again = try workshop.startBanjied(data: data, clock: Workshop.virtualClock)
            let ended = try await workshop.fireAll(again, data)
            fired.add(ours: ended, peer: peer.fired.perSecond)
            again.stop()
            try FileManager.default.removeItem(at: data)
        }
        return [armed, fired]
    }
}
