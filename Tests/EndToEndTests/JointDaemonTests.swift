import BanjieClient
import BanjieJoint
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// Departments' daemons as processes, with programs of the shell's as their handling, on a real server.
@Suite(.serialized, .timeLimit(.minutes(6))) struct JointDaemonTests {
    /// A `banjie-joint` of ours.
    private final class Daemon {
        let process: ChildProcess
        let folder: URL
        let log: URL

        /// - Parameters:
        ///   - outbox: shared by runs that follow each other.
        ///   - script: the handler, in the shell's language; people give the opinions when nil.
        init(
            _ worker: String,
            of office: JointOffice,
            as login: String,
            capacity: Int = 2,
            signs: Bool = true,
            handler script: String?,
            outbox: String
        ) throws {
            folder = office.folder.appending(path: "\(worker)-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            log = folder.appending(path: "log")
            try Data().write(to: log)
            let secret = folder.appending(path: "secret")
            try Data(try office.office.credentials(of: login).secret.utf8).write(to: secret)
            var settings: [String: Any] = [
                "server": "unix:\(office.socket)", "login": login, "secret_file": secret.path,
                "worker": worker, "capacity": capacity, "sign": signs, "outbox": outbox,
                "drain_seconds": 10,
            ]
            if let script {
                settings["handler"] = ["/bin/sh", "-c", script]
                settings["handler_timeout_seconds"] = 20
                settings["handler_attempts"] = 2
            }
            let file = folder.appending(path: "joint.json")
            try JSONSerialization.data(withJSONObject: settings).write(to: file)
            process = try ChildProcess(
                URL(filePath: ServerProcess.builtProgram)
                    .deletingLastPathComponent().appending(path: "banjie-joint").path,
                ["--config", file.path],
                errors: .file(try FileHandle(forWritingTo: log))
            )
        }

        func kill() {
            process.send(SIGKILL)
            process.wait()
        }

        func lines(_ event: String) throws -> [String] {
            try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
                .filter { $0.contains("event=\(event)") }
        }
    }

    /// A server on a Unix socket that stays where it is, with a lead and two departments.
    private final class JointOffice {
        let office: LocalOffice
        let folder: URL
        let socket: String
        private let item: String

        init() async throws {
            folder = FileManager.default.temporaryDirectory
                .appending(path: "bj-\(UUID().uuidString.prefix(8))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            socket = folder.appending(path: "s").path
            let server = try ServerProcess(program: ServerProcess.builtProgram)
            try Self.start(server, on: socket)
            office = try LocalOffice(on: server)
            try await office.admit(
                departments: ["LEAD", "A", "B"],
                people: [
                    Member("clerk", department: "LEAD", roles: [.staff]),
                    Member("clerk-A", department: "A", roles: [.staff]),
                    Member("daemon-A", department: "A", roles: [.daemon]),
                    Member("daemon-B", department: "B", roles: [.daemon]),
                    Member("supervisor", department: "LEAD", roles: [.supervisor]),
                    Member("zhang", roles: [.applicant]),
                ]
            )
            item = try LocalOffice.itemCode(1)
            _ = try await DirectoryClient(try office.operator()).publishItem(
                PublishItemRequest(
                    code: item,
                    name: "事项",
                    department: "LEAD",
                    limits: ItemLimits(statutory: 45, promised: 45),
                    joint: true
                )
            )
        }

        deinit {
            office.server.kill()
            try? FileManager.default.removeItem(at: folder)
        }

        private static func start(_ server: ServerProcess, on socket: String) throws {
            try server.start(
                .virtual(Instant(unixSeconds: 1_781_488_800)),
                options: ["--listen", "127.0.0.1:0,unix:\(socket)"]
            )
        }

        func crash() throws {
            office.server.kill()
            office.disconnect()
            try Self.start(office.server, on: socket)
        }

        var joint: JointApprovalClient {
            get throws { JointApprovalClient(try office.channel(as: "clerk")) }
        }

        var outbox: String { folder.appending(path: "outbox").path }

        /// A case before departments, dispatched; returns its serial.
        func dispatch(_ co: [BanjieProtocol.CoHandler]) async throws -> String {
            let cases = CasesClient(try office.channel(as: "clerk"))
            let serial = try await cases.submit(
                SubmitCaseRequest(item: item, applicant: "zhang")
            ).case
            _ = try await cases.accept(CaseRequest(case: serial))
            _ = try await joint.open(OpenJointRequest(case: serial, co: co, opinionDays: 5))
            _ = try await joint.dispatch(JointRequest(case: serial))
            return serial
        }

        /// Cases before department A alone; returns their serials.
        func dispatchToA(_ count: Int) async throws -> [String] {
            let co = [BanjieProtocol.CoHandler(department: "A", role: .consult)]
            var serials: [String] = []
            for _ in 0..<count { serials.append(try await dispatch(co)) }
            return serials
        }

        /// An outbox in which consent to cases lies, as a daemon that was killed leaves it.
        func outbox(holding serials: [String]) throws -> String {
            let outbox = try Outbox(outbox)
            for serial in serials {
                try outbox.put(OpinionRequest(case: serial, kind: .agree, round: 1))
            }
            return self.outbox
        }

        /// Waits until something holds of a joint approval.
        func wait(
            for serial: String,
            until holds: (JointView) -> Bool
        ) async throws -> JointView {
            var view = JointView()
            for _ in 0..<4500 {
                view = try await joint.get(JointRequest(case: serial))
                if holds(view) { return view }
                try await Task.sleep(for: .milliseconds(20))
            }
            throw ServerProcessError("90 s have passed, and \(serial) stands at \(view)")
        }

        /// How often something was done, by subject.
        func audits(_ kind: String) async throws -> [String: Int] {
            let admin = AdminClient(try office.channel(as: "supervisor"))
            var counts: [String: Int] = [:]
            var after: UInt64 = 0
            while true {
                let page = try await admin.readAudit(ReadAuditRequest(after: after, limit: 1000))
                for entry in page.entries where entry.kind == kind {
                    counts[entry.subject, default: 0] += 1
                }
                guard let last = page.entries.last else { return counts }
                after = last.sequence
            }
        }
    }

    private static let agrees = #"cat >/dev/null; sleep 0.05; echo '{"kind":"AGREE"}'"#

    @Test func twoDaemonsShareTheWork() async throws {
        let office = try await JointOffice()
        let serials = try await office.dispatchToA(12)
        let daemons = try ["a-1", "a-2"].map {
            try Daemon(
                $0,
                of: office,
                as: "daemon-A",
                handler: Self.agrees,
                outbox: office.outbox + $0
            )
        }
        for serial in serials {
            let view = try await office.wait(for: serial) { $0.awaiting.isEmpty }
            #expect(view.co.first?.state == .agree)
            #expect(view.co.first?.signed != nil)
        }
        let given = try await office.audits("OPINION_GIVEN")
        #expect(given == Dictionary(uniqueKeysWithValues: serials.map { ("joint/\($0)", 1) }))
        for daemon in daemons { #expect(try !daemon.lines("opinion").isEmpty) }
    }

    @Test func whatADeadDaemonHadMovesOn() async throws {
        let office = try await JointOffice()
        let co = [BanjieProtocol.CoHandler(department: "A", role: .licensor)]
        let dead = try Daemon(
            "a-1",
            of: office,
            as: "daemon-A",
            capacity: 1,
            handler: "exec sleep 100",
            outbox: office.outbox + "1"
        )
        let serial = try await office.dispatch(co)
        _ = try await office.wait(for: serial) { $0.co.first?.signed != nil }
        let living = try Daemon(
            "a-2",
            of: office,
            as: "daemon-A",
            handler: Self.agrees,
            outbox: office.outbox + "2"
        )
        let second = try await office.dispatch(co)
        _ = try await office.wait(for: second) { $0.awaiting.isEmpty }
        #expect(try await office.joint.get(JointRequest(case: serial)).awaiting == ["A"])
        dead.kill()
        let view = try await office.wait(for: serial) { $0.awaiting.isEmpty }
        #expect(view.co.first?.state == .agree)
        #expect(try living.lines("opinion").count == 2)
    }

    /// Daemons and server are killed again and again: every department's opinion is given, once.
    @Test func nothingIsLostOrDoubledOverKills() async throws {
        let office = try await JointOffice()
        let co = [
            BanjieProtocol.CoHandler(department: "A", role: .consult),
            BanjieProtocol.CoHandler(department: "B", role: .licensor),
        ]
        func daemon(_ worker: String, _ login: String) throws -> Daemon {
            try Daemon(
                worker,
                of: office,
                as: login,
                capacity: 3,
                handler: Self.agrees,
                outbox: office.outbox + worker
            )
        }
        var serials: [String] = []
        var a = try daemon("a", "daemon-A")
        var b = try daemon("b", "daemon-B")
        for round in 0..<4 {
            for _ in 0..<5 { serials.append(try await office.dispatch(co)) }
            try await Task.sleep(for: .milliseconds(150 * (round % 3)))
            switch round {
            case 0:
                a.kill()
                a = try daemon("a", "daemon-A")
            case 1: try office.crash()
            case 2:
                b.kill()
                try office.crash()
                b = try daemon("b", "daemon-B")
            default: try office.crash()
            }
        }
        for serial in serials {
            let view = try await office.wait(for: serial) { $0.awaiting.isEmpty }
            #expect(view.co.map(\.state) == [.agree, .agree])
            let concluded = try await office.joint.conclude(JointRequest(case: serial))
            #expect(concluded.outcome == .agreed)
        }
        let given = try await office.audits("OPINION_GIVEN")
        #expect(given == Dictionary(uniqueKeysWithValues: serials.map { ("joint/\($0)", 2) }))
        let signed = try await office.audits("JOINT_SIGNED")
        #expect(signed == Dictionary(uniqueKeysWithValues: serials.map { ("joint/\($0)", 2) }))
    }

    /// The server died with the signature that an opinion rests on: the daemon signs again before it gives
    /// what lies in its outbox.
    @Test func anOpinionOutlivesItsSignature() async throws {
        let office = try await JointOffice()
        let serials = try await office.dispatchToA(3)
        let outbox = try office.outbox(holding: serials)
        let daemon = try Daemon(
            "a",
            of: office,
            as: "daemon-A",
            capacity: 1,
            handler: "exit 1",
            outbox: outbox
        )
        for serial in serials {
            let view = try await office.wait(for: serial) { $0.awaiting.isEmpty }
            #expect(view.co.map(\.state) == [.agree])
        }
        #expect(try daemon.lines("wants.person").isEmpty)
    }

    /// A daemon that doesn't sign has its opinion ready before a person has signed.
    @Test func anOpinionWaitsForAPersonsSignature() async throws {
        let office = try await JointOffice()
        let serials = try await office.dispatchToA(1)
        let daemon = try Daemon(
            "a",
            of: office,
            as: "daemon-A",
            signs: false,
            handler: Self.agrees,
            outbox: office.outbox
        )
        while try daemon.lines("acknowledged").isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        let clerk = JointApprovalClient(try office.office.channel(as: "clerk-A"))
        let view = try await clerk.sign(JointRequest(case: serials[0]))
        #expect(view.co.map(\.state) == [.signed])
        _ = try await office.wait(for: serials[0]) { $0.awaiting.isEmpty }
        #expect(try daemon.lines("opinion").count == 1)
    }

    /// An opinion was given, and the daemon died before it heard so: the next one says it again, and it
    /// counts once. One on an earlier asking counts for nothing.
    @Test func whatIsSaidAgainCountsOnce() async throws {
        let office = try await JointOffice()
        let serial = try await office.dispatch([
            BanjieProtocol.CoHandler(department: "A", role: .consult)
        ])
        let session = JointApprovalClient(try office.office.channel(as: "daemon-A")).attend(
            AttendRequest(attend: Attendance(worker: "a", capacity: 1))
        )
        var replies = session.replies.makeAsyncIterator()
        #expect(try await replies.next()?.task?.case == serial)
        try await session.send(AttendRequest(sign: JointRequest(case: serial)))
        #expect(try await replies.next()?.acknowledged?.state == .signed)
        let opinion = OpinionRequest(case: serial, kind: .correction, items: ["图纸"], round: 1)
        for _ in 0..<2 {
            try await session.send(AttendRequest(opinion: opinion))
            let acknowledgement = try await replies.next()?.acknowledged
            #expect(acknowledgement?.refusal == "")
            #expect(acknowledgement?.state == .correction)
            #expect(acknowledgement?.round == 1)
        }
        var other = opinion
        other.kind = .agree
        try await session.send(AttendRequest(opinion: other))
        #expect(try await replies.next()?.acknowledged?.refusal == "WRONG_STATE")
        // The applicant corrects it: asked anew, and what answers the first asking is none.
        _ = try await CasesClient(try office.office.channel(as: "zhang"))
            .resubmit(ResubmitRequest(case: serial))
        let task = try await replies.next()?.task
        #expect(task?.round == 2)
        #expect(task?.state == .signed)
        #expect(task?.corrected == ["图纸"])
        try await session.send(AttendRequest(opinion: opinion))
        #expect(try await replies.next()?.acknowledged?.refusal == "STALE_VERSION")
        #expect(try await office.audits("OPINION_GIVEN") == ["joint/\(serial)": 1])
        session.cancel()
    }

    @Test func aPersonAnswersWhatNoProgramCould() async throws {
        let office = try await JointOffice()
        let daemon = try Daemon(
            "a",
            of: office,
            as: "daemon-A",
            handler: "echo out of order >&2; exit 1",
            outbox: office.outbox
        )
        let serial = try await office.dispatch([
            BanjieProtocol.CoHandler(department: "A", role: .consult)
        ])
        for _ in 0..<1000 where try daemon.lines("wants.person").isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try daemon.lines("handler.failed").count == 2)
        #expect(try daemon.lines("handler.failed").first?.contains("out of order") == true)
        let clerk = JointApprovalClient(try office.office.channel(as: "clerk-A"))
        let tasks = try await clerk.listTasks(ListJointTasksRequest(limit: 10)).tasks
        #expect(tasks.map(\.case) == [serial])
        _ = try await clerk.giveOpinion(OpinionRequest(case: serial, kind: .agree))
        // Told to stop it ends, and well.
        daemon.process.send(SIGTERM)
        #expect(daemon.process.wait() == .code(0))
    }

    @Test func theReasonsOfAnOverrideReachTheDepartment() async throws {
        let office = try await JointOffice()
        let daemon = try Daemon(
            "a",
            of: office,
            as: "daemon-A",
            handler: #"echo '{"kind":"DISAGREE","reason":"噪声超标"}'"#,
            outbox: office.outbox
        )
        let serial = try await office.dispatch([
            BanjieProtocol.CoHandler(department: "A", role: .consult)
        ])
        _ = try await office.wait(for: serial) { $0.awaiting.isEmpty }
        _ = try await office.joint.override(
            OverrideRequest(case: serial, department: "A", reason: "已落实隔声措施")
        )
        let view = try await office.wait(for: serial) { $0.co.first?.overrideServed == true }
        #expect(view.co.first?.overridden == "已落实隔声措施")
        #expect(
            try String(contentsOfFile: "\(office.outbox)/\(serial).overridden", encoding: .utf8)
                == "已落实隔声措施\n"
        )
        #expect(try daemon.lines("overridden").count == 1)
        // Served in time: nobody is late.
        let clocks = try await DeadlinesClient(try office.office.operator())
            .listDue(ListDueRequest(limit: 100)).deadlines
        #expect(!clocks.contains { $0.owner == "joint/\(serial)" })
    }
}
