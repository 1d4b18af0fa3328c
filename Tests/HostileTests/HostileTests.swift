import HostilePeers
import LocalServer
import Testing

/// Whatever peers do to it, a server ends them by the rule that they broke, holds little memory for them,
/// and goes on serving the others.
@Suite(.serialized) struct HostileTests {
    /// What an attack may take more than there was before: unread streams take the most, 10 peers × 100 streams
    /// of which each queues 250 KiB at most.
    private static let memoryMax = 256 << 20

    @Test func aServerOutlivesThemAllAndServesTheOthers() async throws {
        let campaign = try await Campaign(program: ServerProcess.builtProgram)
        for attack in Attack.all {
            let report = try await campaign.run(attack)
            let endedAsExpected = report.endedAsExpected
            #expect(endedAsExpected, "\(attack.name): \(report.endings)")
            #expect(report.service.failures == [], "\(attack.name)")
            let served = [report.service.echoes, report.service.arms, report.service.watches]
                .map(\.count)
            #expect(served.allSatisfy { $0 > 0 }, "\(attack.name)")
            let taken = report.peak - report.before
            #expect(taken < Self.memoryMax, "\(attack.name)")
        }
        #expect(campaign.stop())
    }
}
