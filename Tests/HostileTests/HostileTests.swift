import HostilePeers
import LocalServer
import Testing

/// Whatever peers do to it, a server ends them by the rule that they broke, holds little memory for them,
/// and goes on serving the others.
@Suite(.serialized) struct HostileTests {
    /// What an attack may take more than there was before: 10 peers' unread streams are the most, each with
    /// 100 streams and 256 KiB queued on each.
    private static let memoryMax = 400 << 20

    @Test func aServerOutlivesThemAllAndServesTheOthers() async throws {
        let campaign = try await Campaign(program: ServerProcess.builtProgram)
        for attack in Attack.all {
            let report = try await campaign.run(attack)
            #expect(report.endedAsExpected, "\(attack.name): \(report.endings)")
            #expect(report.service.failures == [], "\(attack.name)")
            #expect(!report.service.echoes.isEmpty && !report.service.arms.isEmpty)
            #expect(!report.service.watches.isEmpty, "\(attack.name)")
            #expect(report.peak - report.before < Self.memoryMax, "\(attack.name)")
        }
        #expect(campaign.stop())
    }
}
