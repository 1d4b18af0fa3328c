import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Digest
import Foundation
import FoundationNetworking
import LocalServer
import Office
import Testing
import Wire

/// What becomes of personal data on a real server: sealed, masked, opened, searched for, rotated, erased,
/// and nowhere else.
@Suite(.serialized) struct PersonalDataTests {
    private static let name = "欧阳若曦"
    private static let citizenID = "330106199003077718"
    private static let phone = "13957199234"
    private static let otherName = "澹台明镜"
    private static let otherPhone = "13888001766"
    private static let clerkName = "司徒望舒"
    private static let clerkID = "330106198801012233"
    /// What may be nowhere but in replies of those who may see it.
    private static let unmistakable = [
        name, citizenID(of: citizenID), phone, otherName, otherPhone, clerkName,
        citizenID(of: clerkID),
    ]

    /// The number with its right check character.
    private static func citizenID(of digits: String) -> String {
        let body = Array(digits.utf8.prefix(17))
        let check = CitizenID.checkCharacter(for: body) ?? 0
        return String(decoding: body + [check], as: UTF8.self)
    }

    private struct City {
        let office: LocalOffice
        let item: String
        var server: ServerProcess { office.server }
    }

    private func start(_ options: [String] = []) async throws -> City {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(
            .virtual(TestOffice.morning),
            options: [
                "--metrics", "127.0.0.1:0", "--log-level", "debug", "--slow-call-millis", "1",
                "--policy-personal-days", "30",
            ] + options
        )
        let office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD", "SIDE"],
            people: [
                Member("clerk", department: "LEAD", roles: [.staff]),
                Member("other", department: "SIDE", roles: [.staff]),
                Member("boss", roles: [.supervisor]),
                Member("zhao", roles: [.applicant]),
                Member("qian", roles: [.applicant]),
            ]
        )
        let directory = DirectoryClient(try office.operator())
        _ = try await directory.putPerson(
            Person(
                login: "zhao",
                name: Self.name,
                roles: [.applicant],
                citizenId: Self.citizenID(of: Self.citizenID),
                phone: Self.phone
            )
        )
        let clerk = try await directory.putPerson(
            Person(
                login: "clerk",
                name: Self.clerkName,
                department: "LEAD",
                post: "post-clerk",
                roles: [.staff],
                citizenId: Self.citizenID(of: Self.clerkID)
            )
        )
        #expect(clerk.name == "司*")
        #expect(clerk.citizenId.hasPrefix("330***********22"))
        let item = try LocalOffice.itemCode(1)
        _ = try await directory.publishItem(
            PublishItemRequest(
                code: item,
                name: "事项",
                department: "LEAD",
                limits: ItemLimits(statutory: 20, promised: 10)
            )
        )
        return City(office: office, item: item)
    }

    private func cases(_ city: City, as login: String) throws -> CasesClient {
        CasesClient(try city.office.channel(as: login))
    }

    private func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            Issue.record("it isn't refused")
            return ""
        } catch {
            return "\(error) \(String(reflecting: error))"
        }
    }

    /// What lies on the disk under the store's name, the log and the scraped page.
    private func traces(of city: City, metrics: String, _ others: [String]) throws -> [Data] {
        let folder = city.server.folder
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.contains("banjie.sqlite"))
        return try files.map { try Data(contentsOf: folder.appending(path: $0)) }
            + ([metrics] + others).map { Data($0.utf8) }
    }

    private func scrape(_ server: ServerProcess) async throws -> String {
        let field = server.readyLine.split(separator: " ").first { $0.hasPrefix("metrics=") }
        let address = try #require(field?.dropFirst("metrics=".count))
        let url = try #require(URL(string: "http://\(address)/metrics"))
        return String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
    }

    private static let materialID = [UInt8](repeating: 7, count: 16)

    /// Brings a scan, in as many parts as a slice of erasing doesn't hold.
    private func bringMaterial(to serial: String, by login: String, in city: City) async throws {
        let part = Array("\(Self.name) \(Self.citizenID(of: Self.citizenID))\n".utf8)
        let count = 300
        let whole = Array((0..<count).map { _ in part }.joined())
        let call = OnlineClient(try city.office.channel(as: login)).uploadMaterial(
            MaterialPart(
                material: Self.materialID,
                case: serial,
                name: "\(Self.name)身份证.jpg",
                size: UInt64(whole.count),
                digest: SHA256.hash(whole),
                offset: 0,
                content: part
            )
        )
        for number in 1..<count {
            try await call.send(
                MaterialPart(offset: UInt64(number * part.count), content: part)
            )
        }
        #expect(try await call.finish().completed != nil)
    }

    @Test func nothingPersonalIsAnywhereButInOpenedReplies() async throws {
        let city = try await start()
        let (zhao, clerk) = (try cases(city, as: "zhao"), try cases(city, as: "clerk"))
        let first = try await zhao.submit(SubmitCaseRequest(item: city.item))
        let second = try await clerk.submit(
            SubmitCaseRequest(
                item: city.item,
                applicant: "qian",
                details: ApplicantDetails(
                    name: Self.otherName,
                    phone: Self.otherPhone,
                    firm: "某某有限公司"
                )
            )
        )

        try await bringMaterial(to: first.case, by: "zhao", in: city)

        // Masked for whoever sees the case.
        for reader in ["clerk", "zhao", "boss"] {
            let view = try await cases(city, as: reader).getApplicant(CaseRequest(case: first.case))
            #expect(view.details?.name == "欧*")
            #expect(view.details?.citizenId.hasPrefix("330***********77") == true)
            #expect(view.details?.phone == "139****9234")
        }
        // Opened by the handling department and by the applicant.
        for opener in [clerk, zhao] {
            let open = try await opener.openApplicant(
                OpenApplicantRequest(case: first.case, reason: "核实 \(Self.phone) 与材料")
            )
            #expect(open.details?.name == Self.name)
            #expect(open.details?.citizenId == Self.citizenID(of: Self.citizenID))
            #expect(open.details?.phone == Self.phone)
        }
        var refusals: [String] = []
        for stranger in ["other", "qian"] {
            let client = try cases(city, as: stranger)
            refusals.append(
                await failure {
                    _ = try await client.openApplicant(
                        OpenApplicantRequest(case: first.case, reason: "好奇")
                    )
                }
            )
        }
        // Found by number, whoever's department it is.
        let found = try await cases(city, as: "other").findCases(
            FindCasesRequest(phone: Self.otherPhone, reason: "窗口查询", limit: 10)
        )
        #expect(found.cases.map(\.case) == [second.case])
        let byID = try await clerk.findCases(
            FindCasesRequest(
                citizenId: Self.citizenID(of: Self.citizenID),
                reason: "窗口查询",
                limit: 10
            )
        )
        #expect(byID.cases.map(\.case) == [first.case])

        // What is wrong is told without what was written.
        refusals += await self.refusals(city)
        for refusal in refusals {
            for value in Self.unmistakable { #expect(!refusal.contains(value), "\(refusal)") }
        }

        // The openings and searches stand in the audit log: who, what, why.
        let audit = try await auditText(city)
        #expect(
            audit.contains(
                "clerk PERSONAL_OPENED case/\(first.case) name, citizen_id, phone: 核实 139****9234 与材料"
            )
        )
        #expect(audit.contains("zhao PERSONAL_OPENED case/\(first.case)"))
        #expect(audit.contains("other PERSONAL_SEARCHED department/SIDE phone, 1 found: 窗口查询"))

        let metrics = try await scrape(city.server)
        // Once while everything is in the log, once as it lies when the server has stopped.
        for isStopped in [false, true] {
            if isStopped {
                city.server.terminate()
                #expect(city.server.waitForExit(seconds: 20) == .code(0))
            }
            let traces = try traces(of: city, metrics: metrics, [audit])
            #expect(traces.contains { $0.range(of: Data("PERSONAL_OPENED".utf8)) != nil })
            for value in Self.unmistakable {
                for trace in traces {
                    #expect(trace.range(of: Data(value.utf8)) == nil, "\(value)")
                }
            }
        }
    }

    /// Requests with personal values that are refused.
    private func refusals(_ city: City) async -> [String] {
        var refusals: [String] = []
        refusals.append(
            await failure {
                _ = try await DirectoryClient(try city.office.operator()).putPerson(
                    Person(login: Self.phone, name: Self.name, roles: [.applicant])
                )
            }
        )
        refusals.append(
            await failure {
                _ = try await DirectoryClient(try city.office.operator()).putPerson(
                    Person(
                        login: "sun",
                        name: Self.name,
                        roles: [.applicant],
                        citizenId: Self.citizenID(of: Self.citizenID).prefix(17) + "Y"
                    )
                )
            }
        )
        refusals.append(
            await failure {
                _ = try await cases(city, as: "clerk").findCases(
                    FindCasesRequest(
                        citizenId: Self.citizenID(of: Self.citizenID),
                        phone: Self.phone,
                        reason: "窗口查询",
                        limit: 10
                    )
                )
            }
        )
        return refusals
    }

    private func auditText(_ city: City) async throws -> String {
        let reply = try await AdminClient(try city.office.operator())
            .readAudit(ReadAuditRequest(limit: 1000))
        return reply.entries.map { "\($0.actor) \($0.kind) \($0.subject) \($0.detail)" }
            .joined(separator: "\n")
    }

    @Test func personalDataAreErasedWhenTheirTimeIsOver() async throws {
        let city = try await start()
        let (zhao, clerk) = (try cases(city, as: "zhao"), try cases(city, as: "clerk"))
        let case1 = try await zhao.submit(SubmitCaseRequest(item: city.item)).case
        let case2 = try await zhao.submit(SubmitCaseRequest(item: city.item)).case
        try await bringMaterial(to: case1, by: "zhao", in: city)
        _ = try await zhao.withdraw(CaseRequest(case: case1))
        let admin = AdminClient(try city.office.operator())
        let start = TestOffice.morning
        _ = try await admin.advanceClock(
            AdvanceClockRequest(to: start.adding(seconds: 30 * Instant.secondsPerDay))
        )
        #expect(try await clerk.getApplicant(CaseRequest(case: case1)).details?.name == "欧*")
        _ = try await admin.advanceClock(
            AdvanceClockRequest(to: start.adding(seconds: 31 * Instant.secondsPerDay))
        )
        let erased = try await clerk.getApplicant(CaseRequest(case: case1))
        #expect(erased.erased == start.date.adding(days: 31))
        #expect(erased.details == ApplicantDetails())
        let material = MaterialRequest(material: Self.materialID)
        let online = OnlineClient(try city.office.channel(as: "zhao"))
        let absent = await #expect(throws: CallError.self) {
            try await online.getMaterial(material)
        }
        #expect(absent?.reason == Reason.noSuchMaterial.rawValue)
        // The other case goes on, and so does the person.
        let open = OpenApplicantRequest(case: case2, reason: "核实")
        #expect(try await clerk.openApplicant(open).details?.name == Self.name)
        let operators = DirectoryClient(try city.office.operator())
        #expect(try await operators.getPerson(PersonRequest(login: "zhao")).name == "欧*")

        _ = try await zhao.withdraw(CaseRequest(case: case2))
        _ = try await admin.advanceClock(
            AdvanceClockRequest(to: start.adding(seconds: 70 * Instant.secondsPerDay))
        )
        let last = try await clerk.getApplicant(CaseRequest(case: case2))
        #expect(last.erased != nil && last.details == ApplicantDetails())
        #expect(try await operators.getPerson(PersonRequest(login: "zhao")).name == "")
        let found = try await clerk.findCases(
            FindCasesRequest(phone: Self.phone, reason: "窗口查询", limit: 10)
        )
        #expect(found.cases.isEmpty)
        let audit = try await auditText(city)
        for subject in ["case/\(case1)", "case/\(case2)", "person/zhao"] {
            #expect(audit.contains("system PERSONAL_ERASED \(subject)"))
        }
    }

    @Test func keysRotateWhileTheServerRuns() async throws {
        let city = try await start()
        let zhao = try cases(city, as: "zhao")
        let serial = try await zhao.submit(SubmitCaseRequest(item: city.item)).case
        let open = OpenApplicantRequest(case: serial, reason: "核实")
        let keys = city.server.keys.path
        let mode = try FileManager.default.attributesOfItem(atPath: keys)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let program = ServerProcess.builtProgram
        for command in ["add", "add-search"] {
            let run = try ProgramRun(program, ["keys", command, keys])
            #expect(run.status == 0)
        }
        kill(try #require(city.server.processID), SIGHUP)
        var isTold = false
        for _ in 0..<100 where !isTold {
            isTold = try city.server.logged().contains("sealing key 1 isn't needed any more")
            if !isTold { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(isTold)
        #expect(try ProgramRun(program, ["keys", "remove", keys, "1"]).status == 0)
        kill(try #require(city.server.processID), SIGHUP)
        #expect(try await zhao.openApplicant(open).details?.phone == Self.phone)
        city.server.terminate()
        #expect(city.server.waitForExit(seconds: 20) == .code(0))

        // The new keys open everything; without the file there is no start.
        let later = TestOffice.morning.adding(seconds: 60)
        city.office.disconnect()
        try city.server.start(.virtual(later))
        #expect(try await cases(city, as: "zhao").openApplicant(open).details?.name == Self.name)
        let found = try await cases(city, as: "clerk").findCases(
            FindCasesRequest(phone: Self.phone, reason: "窗口查询", limit: 10)
        )
        #expect(found.cases.map(\.case) == [serial])
        city.server.terminate()
        _ = city.server.waitForExit(seconds: 20)
        city.office.disconnect()
        try FileManager.default.moveItem(atPath: keys, toPath: keys + ".away")
        defer { try? FileManager.default.removeItem(atPath: keys + ".away") }
        #expect(throws: ServerProcessError.self) { try city.server.start(.virtual(later)) }
        #expect(try city.server.logged().contains("restore it from its copy"))
    }
}
