import CivilTime
import Deadlines
import RuleTesting
import SeededRandom
import Store
import Testing
import WorkCalendar

@testable import Office

@Suite struct CertificateTests {
    private static let office = Actor(login: "o", roles: [.office], department: "OFFICE")

    private static func circumstances(_ now: Instant) -> Circumstances {
        Circumstances(now: now, calendars: .builtIn, policy: Policy())
    }

    private static func issued() throws -> CertificateFile {
        try CertificateFile.issue(
            number: "K1",
            to: "officer",
            of: "LEAD",
            scope: ["城管"],
            validTo: "2029-06-30",
            by: office,
            in: circumstances("2026-03-02T10:00")
        )
    }

    /// Whatever is done in whatever order: it is valid exactly when nothing is the matter with it, one check at
    /// most is awaited, and nothing runs once it is over.
    @Test(arguments: seeds) func theFactsHoldTogether(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reached: Set<CertificateFile.State> = []
        for number in 0..<200 {
            var file = try Self.issued()
            var now: Instant = "2026-03-02T10:00"
            for step in 0..<25 {
                let circumstances = Self.circumstances(now)
                file.settle(in: circumstances)
                var changed = file
                do {
                    try Self.act(
                        .random(in: 0..<12, using: &random),
                        on: &changed,
                        in: circumstances
                    )
                    file = changed
                } catch {}
                for index in file.clocks.indices where file.clocks[index].key == nil {
                    file.assign(key: Int64(index + 1), toClock: index)
                }
                let name: Comment = "seed \(seed), certificate \(number), step \(step)"
                #expect(try Row.roundTrip(file.record) == file.record, name)
                let running = file.runningClocks.map(\.kind)
                let isOver = file.record.isOver
                #expect(isOver ? running.isEmpty : running.contains(.certificate), name)
                #expect(
                    running.contains(.annualCheck) == (!isOver && !file.record.isUnchecked),
                    name
                )
                let invalidity = file.invalidity(for: "城管")
                #expect(invalidity.isEmpty == (file.state == .active), name)
                #expect(invalidity.map(\.rawValue) == invalidity.map(\.rawValue).sorted(), name)
                #expect(file.invalidity(for: "环保") == invalidity + [.outOfScope], name)
                #expect(now.date <= file.record.validTo || isOver, name)
                reached.insert(file.state)
                now = now.adding(seconds: .random(in: 1...9_000_000, using: &random))
            }
        }
        guard fixedSeeds.contains(seed) else { return }
        #expect(reached.isSuperset(of: [.active, .unchecked, .suspended, .lost, .expired]))
        #expect(reached.isSuperset(of: [.revoked, .surrendered]))
    }

    private static func act(
        _ number: Int,
        on file: inout CertificateFile,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch number {
        case 0, 1: try file.suspend(reason: "核查", by: office, in: circumstances)
        case 2, 3, 4: try file.reinstate(by: office, in: circumstances)
        case 5: try file.reportLost(by: office, in: circumstances)
        case 6, 7: try file.replace(by: office, in: circumstances)
        case 8, 9: try file.recordCheck(ofYear: nil, by: office, in: circumstances)
        case 10 where circumstances.now.date.year >= 2028:
            try file.revoke(reason: "违法", by: office, in: circumstances)
        case 11 where circumstances.now.date.year >= 2028:
            try file.surrender(reason: "离岗", by: office, in: circumstances)
        default: break
        }
    }

    @Test func rowsOfOtherHandsAreRefused() throws {
        let record = try Self.issued().record
        let columns = CertificateRecord.table.columns.map(\.name)
        func refuses(_ column: String, _ value: Value) {
            var values = Row.values(of: record)
            guard let index = columns.firstIndex(of: column) else {
                Issue.record("no column \(column)")
                return
            }
            values[index] = value
            #expect(throws: StoreError.self, "\(column) \(value)") {
                try Row.read(CertificateRecord.self, key: record.key, values)
            }
        }
        for number: Int64 in [-1, 0, 2, 4, 5, 6, .max] { refuses("custody", .integer(number)) }
        refuses("reason", .text("none was due"))
        refuses("next_check", .integer(0))
        refuses("next_check", .integer(10_000))
        refuses("scope", .blob([1]))
        refuses("valid_to", .integer(.max))
        refuses("replaced", .integer(-1))
        for other: any Record in [
            InspectionRecord(
                number: 1,
                at: "2026-03-02T10:00",
                scope: "城管",
                findings: "整洁",
                officers: ["a", "b"]
            ),
            AnnouncementRecord(
                number: 1,
                at: "2026-03-02T10:00",
                certificate: "K1",
                department: "LEAD",
                what: "CERTIFICATE_ISSUED"
            ),
        ] as [any Record] { try comesBack(other) }
    }

    private func comesBack<R: Record>(_ record: R) throws {
        #expect(try Row.roundTrip(record) == record)
    }
}
