import Foundation
import LocalServer
import Testing

/// Nothing that was acknowledged is lost, and nothing happens twice, whenever the server is killed.
@Suite(.serialized) struct KillTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// Rounds of load, SIGKILL, recovery and comparison; `BANJIE_KILL_ROUNDS` sets how many,
    /// `BANJIE_KILL_SEED` repeats a run as far as its choices go.
    @Test func survivesKillsUnderLoad() async throws {
        let rounds = Self.environment["BANJIE_KILL_ROUNDS"].flatMap(Int.init) ?? 8
        let seed =
            Self.environment["BANJIE_KILL_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("kill campaign: \(rounds) rounds, seed \(seed)")
        let campaign = try await KillCampaign(program: ServerProcess.builtProgram, seed: seed)
        for number in 0..<rounds {
            try await campaign.round(number)
            // What follows a first difference only repeats it.
            guard campaign.findings.isEmpty else { break }
        }
        if campaign.findings.isEmpty { try await campaign.finish() }
        print("kill campaign: \(campaign.figures)")
        #expect(campaign.findings == [], "seed \(seed)")
        #expect(campaign.figures.acknowledged > 0 && campaign.figures.unanswered > 0)
        #expect(campaign.figures.firings > 0)
    }
}
