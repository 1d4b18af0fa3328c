import CivilTime
import Deadlines
import RuleTesting
import Store
import Testing
import WorkCalendar

@testable import Office

@Suite struct AssignmentTests {
    private static func circumstances(_ now: Instant) -> Circumstances {
        Circumstances(now: now, calendars: .builtIn, policy: Policy())
    }

    private static let supervisor = Actor(
        login: "supervisor",
        roles: [.supervisor],
        department: "OFFICE"
    )
    private static let clerk = Actor(login: "clerk", roles: [.staff], department: "LEAD")
    private static let issued = circumstances("2026-03-02T10:00")

    private static func issue(_ sort: AssignmentRecord.Sort = .order) -> AssignmentFile {
        AssignmentFile.issue(
            sort,
            number: 1,
            to: "LEAD",
            title: "取号",
            content: "公示取号规则",
            days: 5,
            by: supervisor,
            in: issued
        )
    }

    private static func act(_ command: String, on file: inout AssignmentFile) throws(Refusal) {
        let circumstances = circumstances("2026-03-03T10:00")
        switch command {
        case "receive": try file.receive(by: clerk, in: circumstances)
        case "report": try file.report("已整改", by: clerk, in: circumstances)
        case "accept": try file.accept(by: supervisor, in: circumstances)
        case "return": try file.sendBack(reason: "不够", by: supervisor, in: circumstances)
        case "extend":
            try file.extend(by: 2, reason: "采购", by: supervisor, in: circumstances)
        case "withdraw": try file.withdraw(reason: "重复", by: supervisor, in: circumstances)
        default: Issue.record("\(command)?")
        }
    }

    /// Every command in every state: where it leads; a dot is a refusal as the wrong state.
    @Test(
        arguments: [
            (
                "",
                "ISSUED receive:RECEIVED report:. accept:. return:. extend:ISSUED withdraw:WITHDRAWN"
            ),
            (
                "receive",
                "RECEIVED receive:. report:REPORTED accept:. return:. extend:RECEIVED withdraw:WITHDRAWN"
            ),
            (
                "receive report",
                "REPORTED receive:. report:. accept:ACCEPTED return:RETURNED extend:. withdraw:WITHDRAWN"
            ),
            (
                "receive report return",
                "RETURNED receive:. report:REPORTED accept:. return:. extend:RETURNED withdraw:WITHDRAWN"
            ),
            (
                "receive report return report",
                "REPORTED receive:. report:. accept:ACCEPTED return:once extend:. withdraw:WITHDRAWN"
            ),
            (
                "receive report accept",
                "ACCEPTED receive:. report:. accept:. return:. extend:. withdraw:."
            ),
            ("withdraw", "WITHDRAWN receive:. report:. accept:. return:. extend:. withdraw:."),
        ]
    )
    func everyCommandInEveryState(_ path: String, _ row: String) throws {
        var file = Self.issue()
        for command in path.split(separator: " ") { try Self.act(String(command), on: &file) }
        let entries = row.split(separator: " ").map(String.init)
        #expect(file.state.rawValue == entries[0])
        for entry in entries.dropFirst() {
            let parts = entry.split(separator: ":").map(String.init)
            var changed = file
            do throws(Refusal) {
                try Self.act(parts[0], on: &changed)
                #expect(changed.state.rawValue == parts[1], "\(parts[0]) in \(entries[0])")
                #expect(changed.record.trail.version == file.record.trail.version + 1)
            } catch {
                let expected: Refusal =
                    parts[1] == "once" ? .returnedOnce : .wrongState(entries[0])
                #expect(error == expected, "\(parts[0]) in \(entries[0])")
            }
        }
    }

    /// Whatever its state, what lies in the store is read as it was.
    @Test(
        arguments: [
            "", "receive", "receive report", "receive report return", "receive report accept",
            "withdraw", "extend",
        ]
    )
    func itIsStoredAsItIs(_ path: String) throws {
        for sort in AssignmentRecord.Sort.allCases {
            var file = Self.issue(sort)
            for command in path.split(separator: " ") { try Self.act(String(command), on: &file) }
            var writer = RowWriter()
            file.record.write(to: &writer)
            var reader = RowReader(table: "assignment", values: writer.values)
            let read = try AssignmentRecord(key: file.record.key, row: &reader)
            #expect(read == file.record)
        }
    }

    @Test func aTaskAndAnOrderHaveClocksOfTheirOwn() {
        #expect(Self.issue(.order).clocks.map(\.kind) == [.order])
        #expect(Self.issue(.task).clocks.map(\.kind) == [.task])
        #expect(Self.issue(.order).history.audits.map(\.kind) == ["ORDER_ISSUED"])
        #expect(Self.issue(.task).history.audits.map(\.kind) == ["TASK_ISSUED"])
    }

    @Test func nobodyElseDoesIt() {
        let file = Self.issue()
        #expect(throws: Refusal.wrongDepartment(answers: "LEAD")) {
            try file.requireDoer(Actor(login: "a", roles: [.staff], department: "A"))
        }
        #expect(throws: Refusal.noAssignment("order-1")) { try file.requireSort(.task) }
    }
}
