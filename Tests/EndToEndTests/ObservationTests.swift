import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import FoundationNetworking
import LocalServer
import Testing
import Wire

/// What an operator sees of a server at work: its metrics and its log.
@Suite(.serialized) struct ObservationTests {
    private static let options = [
        "--metrics", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug",
    ]

    /// A server that tells everything of itself.
    private func start() throws -> LocalOffice {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(TestOffice.morning), options: Self.options)
        return try LocalOffice(on: server)
    }

    /// The server's metrics, by name and labels as they are written.
    private func scrape(_ server: ServerProcess) async throws -> [String: Double] {
        let field = server.readyLine.split(separator: " ").first { $0.hasPrefix("metrics=") }
        let address = try #require(field?.dropFirst("metrics=".count))
        let url = try #require(URL(string: "http://\(address)/metrics"))
        let (body, _) = try await URLSession.shared.data(from: url)
        var metrics: [String: Double] = [:]
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            metrics[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return metrics
    }

    /// The lines of the log, once the server has stopped.
    private func lines(_ server: ServerProcess) throws -> [[String: Any]] {
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        return try server.logged().split(separator: "\n").map { line in
            try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                "\(line)"
            )
        }
    }

    @Test func commitsAndFiringsAreTimed() async throws {
        let office = try start()
        let connection = try office.operator()
        _ = try await DeadlinesClient(connection).arm(ArmRequest(limit: 5, unit: .working))
        let hour = try #require(Instant("2026-03-10T01:00:00"))
        let moved = try await AdminClient(connection)
            .advanceClock(AdvanceClockRequest(to: hour))
        #expect(moved.fired > 0)
        let metrics = try await scrape(office.server)
        #expect(metrics["banjie_firing_lag_seconds_count"] == Double(moved.fired))
        // The last of them was due at midnight, an hour before.
        #expect(metrics["banjie_firing_lag_seconds_sum", default: 0] >= 3600)
        #expect(metrics["banjie_commit_duration_seconds_count", default: 0] >= 2)
        #expect(metrics["banjie_commit_duration_seconds_sum", default: 0] > 0)
        for queue in ["commands", "queries"] {
            #expect(metrics["banjie_queue_depth{queue=\"\(queue)\"}"] == 0)
        }
    }

    @Test("in December an operator is warned, unasked, of a calendar that isn't loaded")
    func missingCalendar() async throws {
        let office = try start()
        let before = try await scrape(office.server)
        #expect(before["banjie_calendar_missing"] == 0)
        #expect(before["banjie_cases_paused_too_long"] == 0)
        #expect(
            try lines(office.server).allSatisfy { $0["event"] as? String != "calendar.missing" }
        )

        let december = try #require(Instant("2026-12-01T09:00:00"))
        try office.server.start(.virtual(december), options: Self.options)
        office.disconnect()
        // The first commit looks for what there is to warn of.
        _ = try await DeadlinesClient(try office.operator())
            .arm(ArmRequest(limit: 5, unit: .working))
        #expect(try await scrape(office.server)["banjie_calendar_missing"] == 1)
        let warnings = try lines(office.server).filter {
            $0["event"] as? String == "calendar.missing"
        }
        #expect(warnings.map { $0["year"] as? Int } == [2027])
    }

    @Test func callsAreCountedByMethodAndStatus() async throws {
        let office = try start()
        try await office.admit(
            departments: ["LEAD"],
            people: [Member("clerk", department: "LEAD", roles: [.staff])]
        )
        let clerk = DeadlinesClient(try office.channel(as: "clerk"))
        let id = [UInt8](repeating: 7, count: 16)
        for _ in 0..<3 {
            _ = try await clerk.arm(
                ArmRequest(limit: 5, unit: .working),
                options: CallOptions(requestID: id)
            )
        }
        await #expect(throws: CallError.self) {
            try await clerk.get(DeadlineRequest(deadline: 99))
        }
        let stranger = try office.connect(as: nil)
        await #expect(throws: CallError.self) {
            try await AdminClient(stranger).confirmClock(Empty())
        }
        let diagnostics = DiagnosticsClient(stranger)
        for _ in 0..<5 { _ = try await diagnostics.echo(EchoRequest(payload: [1])) }

        let metrics = try await scrape(office.server)
        func calls(_ service: String, _ method: String, _ status: String) -> Double? {
            metrics[
                #"banjie_calls_total{service="\#(service)",method="\#(method)",status="\#(status)"}"#
            ]
        }
        #expect(calls("Deadlines", "Arm", "OK") == 3)
        #expect(calls("Deadlines", "Get", "NOT_FOUND") == 1)
        #expect(calls("Deadlines", "Get", "OK") == 0)
        #expect(calls("Deadlines", "Extend", "NOT_FOUND") == nil)
        #expect(calls("Admin", "ConfirmClock", "UNAUTHENTICATED") == 1)
        #expect(calls("Diagnostics", "Echo", "OK") == 5)
        #expect(metrics["banjie_calls_replayed_total"] == 2)
        for kind in ["query", "command"] {
            #expect(metrics["banjie_calls_in_flight{kind=\"\(kind)\"}"] == 0)
        }
        // Three times Arm, and what furnished the office: a department, a post, a person, a secret.
        let commands = try #require(metrics[#"banjie_call_duration_seconds_count{kind="command"}"#])
        #expect(commands >= 6)
        #expect(
            metrics[#"banjie_call_duration_seconds_bucket{kind="command",le="+Inf"}"#] == commands
        )
        #expect(metrics["banjie_command_batch_size_sum"] == commands)
        #expect(metrics["banjie_deadlines_armed"] == 1)
        #expect(metrics["banjie_store_writable"] == 1 && metrics["banjie_firing"] == 1)
        #expect(metrics["banjie_connections"] == 3)
        #expect(metrics["banjie_connections_accepted_total"] == 3)
        #expect(metrics["banjie_connections_turned_away_total"] == 0)
        // A call and its answer are a header of 24 bytes each at least.
        for direction in ["received", "sent"] {
            let bytes = try #require(metrics["banjie_\(direction)_bytes_total"])
            #expect(bytes > 24 * (commands + 7) && bytes < 100_000, "\(direction) \(bytes)")
        }
        #expect(metrics[#"banjie_sign_ins_total{outcome="accepted"}"#] == 2)
        #expect(try #require(metrics["banjie_commits_total"]) >= 4)
        #expect(metrics["banjie_log_lines_dropped_total"] == 0)
        #expect(try #require(metrics["process_open_fds"]) > 8)
    }

    @Test func aFailedCallIsLoggedWithItsTrace() async throws {
        let office = try start()
        let trace = try #require(
            TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        )
        let admin = DeadlinesClient(try office.operator())
        try await TraceContext.$current.withValue(trace) {
            await #expect(throws: CallError.self) {
                try await admin.get(DeadlineRequest(deadline: 99))
            }
            _ = try await admin.arm(ArmRequest(limit: 20, unit: .working))
        }
        let log = try await AdminClient(try office.operator()).readAudit(
            ReadAuditRequest(after: 0, limit: 100)
        )
        let entry = try #require(log.entries.last)
        #expect(entry.kind == "DEADLINE_ARMED")
        #expect(entry.trace.map { String(format: "%02x", $0) }.joined() == "\(trace.traceID)")
        #expect(log.entries.dropLast().allSatisfy { $0.trace.isEmpty })
        _ = try await DiagnosticsClient(try office.operator()).status()
        let lines = try lines(office.server)
        let failed = try #require(lines.first { $0["event"] as? String == "call.failed" })
        #expect(failed["method"] as? String == "Deadlines/Get")
        #expect(failed["status"] as? String == "NOT_FOUND")
        #expect(failed["reason"] as? String == "NO_SUCH_DEADLINE")
        #expect(failed["level"] as? String == "info")
        #expect(failed["trace_id"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(failed["parent_id"] as? String == "00f067aa0ba902b7")
        #expect(failed["duration_ms"] is Double && failed["connection"] is String)
        let answered = try #require(
            lines.last { $0["event"] as? String == "call.answered" }
        )
        #expect(answered["method"] as? String == "Diagnostics/Status")
        #expect(answered["trace_id"] == nil)
        #expect(
            lines.map { $0["event"] as? String }.filter { $0?.hasPrefix("server.") == true }
                == ["server.listening", "server.draining", "server.stopped"]
        )
    }

    /// A traceparent that isn't valid is passed over, and its bytes get nowhere.
    @Test func aTraceThatIsNotValidIsPassedOver() async throws {
        let office = try start()
        let connection = try FrameConnection(to: office.server.address)
        try connection.open(as: nil)
        let lie = Array("00-\"}\nevil=1".utf8) + [0xFF]
        let answer = try connection.call(
            DiagnosticsMethods.status.id,
            Empty().encoded(),
            traceparent: lie
        )
        guard case .reply = answer else {
            Issue.record("\(answer)")
            return
        }
        _ = try lines(office.server)
        #expect(try !office.server.logged().contains("evil"))
    }

    /// Neither a login, a secret, a name, a label nor any other content of a request is told.
    @Test func nothingOfPeopleOrRequestsIsTold() async throws {
        let office = try start()
        let marks = [
            "zhang-login", "王小明", "SECRETDEPT", "label-of-mine", "wrong-secret", "NOSUCHDEPT",
        ]
        try await office.admit(
            departments: ["SECRETDEPT"],
            people: [Member("zhang-login", department: "SECRETDEPT", roles: [.staff])]
        )
        let directory = DirectoryClient(try office.operator())
        _ = try await directory.putPerson(
            Person(
                login: "zhang-login",
                name: "王小明",
                department: "SECRETDEPT",
                roles: [.staff]
            )
        )
        await #expect(throws: CallError.self) {
            try await directory.putPerson(
                Person(login: "zhang-login", name: "王小明", department: "NOSUCHDEPT", roles: [.staff])
            )
        }
        let clerk = DeadlinesClient(try office.channel(as: "zhang-login"))
        _ = try await clerk.arm(ArmRequest(limit: 5, unit: .working, label: "label-of-mine"))
        await #expect(throws: CallError.self) {
            try await clerk.arm(ArmRequest(limit: -1, unit: .working, label: "label-of-mine"))
        }
        let intruder = try FrameConnection(to: office.server.address)
        #expect(throws: (any Error).self) {
            try intruder.open(as: Credentials(login: "zhang-login", secret: "wrong-secret"))
        }
        let metrics = try await scrape(office.server)
        #expect(metrics[#"banjie_sign_ins_total{outcome="wrong_credentials"}"#] == 1)
        let lines = try lines(office.server)
        #expect(lines.contains { $0["event"] as? String == "sign_in.refused" })
        #expect(lines.contains { $0["event"] as? String == "call.failed" })
        let told = try office.server.logged() + metrics.keys.joined()
        for mark in marks + [try office.server.operatorSecret()] {
            #expect(!told.contains(mark), "\(mark)")
        }
    }

    /// Whatever is sent to any method, by whoever may call it: it isn't told.
    @Test func noMethodsRequestIsTold() async throws {
        let office = try start()
        let mark = "xq7mark"
        try await office.admit(
            departments: ["LEAD"],
            people: [
                Member(mark, department: "LEAD", rank: 9, roles: BanjieProtocol.Role.known)
            ]
        )
        let connection = try FrameConnection(to: office.server.address)
        try connection.open(as: try office.credentials(of: mark))
        var answered = 0
        // What stops the others from working comes last.
        for method in BanjieProtocolSchema.services.flatMap(\.methods)
        where !method.kind.isStream && method.id != AdminMethods.advanceClock.id {
            let request = Self.marked(method.request.descriptor, with: mark, depth: 0)
            let body = try JSONTranscoder.encode(request, as: method.request)
            if case .reply = try connection.call(
                method.id,
                body,
                requestID: Array("\(mark)-\(method.id)".utf8),
                traceparent: Array(mark.utf8)
            ) {
                answered += 1
            }
        }
        #expect(answered > 5)
        let metrics = try await scrape(office.server)
        let lines = try lines(office.server)
        #expect(lines.filter { $0["event"] as? String == "call.failed" }.count > 5)
        let told = (try office.server.logged() + metrics.keys.joined()).lowercased()
        for form in [mark, MarkForm.text(of: mark), MarkForm.hexadecimal(of: mark)] {
            #expect(!told.contains(form.lowercased()), "\(form)")
        }
    }

    /// A message in JSON whose every text and bytes hold a mark.
    private static func marked(
        _ message: MessageDescriptor,
        with mark: String,
        depth: Int
    ) -> String {
        guard depth < 4 else { return "{}" }
        let members = message.fields.map { field in
            let value =
                switch field.type {
                case .bool: "true"
                case .int32, .int64, .uint32, .uint64: "1"
                case .string: "\"\(mark)\""
                case .bytes: "\"\(MarkForm.text(of: mark))\""
                case .instant: "\"2026-03-02T10:00:00\""
                case .date: "\"2026-03-02\""
                case .enumeration: "1"
                case .message(let type): marked(type.descriptor, with: mark, depth: depth + 1)
                }
            return "\"\(field.name)\":\(field.isList ? "[\(value)]" : value)"
        }
        return "{\(members.joined(separator: ","))}"
    }
}

/// The other forms in which a mark might be told.
private enum MarkForm {
    static func text(of mark: String) -> String { Data(mark.utf8).base64EncodedString() }

    static func hexadecimal(of mark: String) -> String {
        mark.utf8.map { String($0, radix: 16) }.joined()
    }
}
