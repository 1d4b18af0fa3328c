import Foundation

/// Durable `Deadlines.Arm` against plain SQLite writing the same rows in groups as large as the
/// calls in flight.
struct ArmComparison {
    let workshop: Workshop

    private static let connections = 8
    private static let inFlight = 64

    private struct Commits: Decodable { let perSecond: Double }

    func rows() throws -> [Row] {
        let seconds = workshop.seconds ?? 10
        var row = Row(
            "durable Arm, 8 × 64",
            in: "rows/s",
            against: "SQLite in C, same rows",
            .atLeast(1)
        )
        for round in 1...workshop.rounds {
            workshop.note("arm, round \(round) of \(workshop.rounds)")
            let data = workshop.folder.appending(path: "arm-\(round)")
            let banjied = try workshop.startBanjied(data: data)
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
            let peer: Commits = try result(
                of: workshop.peer("sqlite_commit"),
                [
                    data.appending(path: "banjie.sqlite").path,
                    data.appending(path: "peer.sqlite").path,
                    "\(Self.connections * Self.inFlight)", "\(seconds)",
                ]
            )
            row.add(ours: ours.perSecond, peer: peer.perSecond)
            try FileManager.default.removeItem(at: data)
        }
        return [row]
    }
}
