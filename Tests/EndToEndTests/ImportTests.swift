import BanjieClient
import BanjieProtocol
import City
import CivilTime
import Digest
import Foundation
import LocalServer
import Sealing
import Testing
import Wire

/// Files of rows brought in by the command: all of them or none, and every bad line told.
@Suite struct ImportTests {
    private static var command: String {
        URL(filePath: ServerProcess.builtProgram).deletingLastPathComponent()
            .appending(path: "banjie").path
    }

    private let server: ServerProcess
    private let office: LocalOffice

    init() throws {
        server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.machine)
        office = try LocalOffice(on: server)
    }

    private func write(_ text: String, as name: String) throws -> String {
        let file = server.folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private func bring(_ arguments: String..., language: String = "C") throws -> ProgramRun {
        try ProgramRun(
            Self.command,
            ["import"] + arguments,
            environment: [
                "BANJIE_SERVER": server.address, "BANJIE_LOGIN": "operator",
                "BANJIE_SECRET": try server.operatorSecret(), "LANG": language, "LC_ALL": "",
            ]
        )
    }

    private func auditHead() async throws -> UInt64 {
        try await AdminClient(try office.operator()).getAuditHead(Empty()).sequence
    }

    /// A whole city, and the same once more.
    @Test func aCityComesInWhole() async throws {
        let size = City.Size(departments: 30, items: 300, staff: 1500, applicants: 500)
        let city = City(seed: 1, size: size)
        for file in city.files {
            let kind = String(file.name.prefix { $0 != "." })
            let run = try bring(kind, try write(file.content, as: file.name))
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        let directory = DirectoryClient(try office.operator())
        var people = 0
        var after = ""
        while true {
            let page = try await directory.listPeople(ListPeopleRequest(after: after, limit: 1000))
            people += page.people.count
            guard page.more, let last = page.people.last else { break }
            after = last.login
        }
        // The operator was there before.
        #expect(people == city.staff.count + city.applicants.count + 1)
        let item = try #require(city.items.last)
        let published = try await directory.getItem(ItemRequest(code: item.code))
        #expect(published.name == item.name && published.version == 1)
        #expect(published.limits?.promised == item.promisedDays)

        let head = try await auditHead()
        for file in city.files {
            let path = server.folder.appending(path: file.name).path
            let run = try bring(String(file.name.prefix { $0 != "." }), path, "--json")
            #expect(run.output.contains(#""changed":0"#) && run.output.contains(#""kept":true"#))
        }
        #expect(try await auditHead() == head)
    }

    /// Whatever is wrong is told by its line, and then nothing is kept.
    @Test func everyBadLineIsToldAndNothingKept() async throws {
        let departments = try write("code,name\r\nPLAN,规划局\r\n", as: "d.csv")
        #expect(try bring("departments", departments).status == 0)
        let head = try await auditHead()
        let people = try write(
            """
            login,name,department,roles,citizen_id
            good,"王, 小明",PLAN,STAFF,
            wrong-department,李,NOWHERE,STAFF,
            wrong-id,张,PLAN,STAFF,440303199001010000
            wrong-role,陈,PLAN,KING,
            short,row
            ,nobody,PLAN,STAFF,
            """,
            as: "people.csv"
        )
        let run = try bring("people", people, "--json")
        #expect(run.status == 65)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        )
        let problems = try #require(report["problems"] as? [[String: Any]])
        let told = problems.map { problem in
            [problem["line"] as? Int ?? 0].map(String.init)
                + [problem["reason"] as? String ?? "", problem["field"] as? String ?? ""]
        }
        #expect(
            told == [
                ["3", "NO_SUCH_DEPARTMENT", ""], ["4", "BAD_CODE", "citizen_id"],
                ["5", "", "roles[0]"], ["6", "", ""], ["7", "OUT_OF_RANGE", "login"],
            ]
        )
        #expect(report["kept"] as? Bool == false)
        #expect(try await auditHead() == head)
        let chinese = try bring("people", people, language: "zh_CN.UTF-8")
        #expect(chinese.output.contains("部门") && chinese.status == 65)
    }

    @Test func checkingKeepsNothing() async throws {
        let file = try write(
            """
            {"code": "PLAN", "name": "规划局"}

            {"code": "FIRE", "name": "消防救援局"}
            """,
            as: "d.jsonl"
        )
        let head = try await auditHead()
        let check = try bring("departments", file, "--check", "--json")
        #expect(check.status == 0 && check.output.contains(#""changed":2"#))
        #expect(try await auditHead() == head)
        #expect(try bring("departments", file).status == 0)
        #expect(try await auditHead() == head + 2)
        let array = try write(#"[{"code": "ENV", "name": "生态环境局"}]"#, as: "d.json")
        #expect(try bring("departments", array).status == 0)
    }

    /// People sign in with what another installation kept of their secrets and passwords.
    @Test func credentialsOfAnotherInstallationAreGoodHere() async throws {
        let people = "login,name,department,roles\nwang,王,,APPLICANT\nli,李,,APPLICANT\n"
        #expect(try bring("people", try write(people, as: "people.csv")).status == 0)
        let secret = String(repeating: "5a", count: 32)
        let digest = Hexadecimal.text(of: SHA256.hash(Array(secret.utf8)))
        let password = "correct horse battery"
        let cost = try #require(
            Scrypt.Cost(logarithmicCost: 4, blockSize: 8, parallelization: 1)
        )
        let hash = PasswordHash(of: password, cost: cost).stored
        let rows = "login,secret_digest,password_hash\nwang,\(digest),\nli,,\"\(hash)\"\n"
        let file = try write(rows, as: "credentials.csv")
        #expect(try bring("credentials", file).status == 0)
        let again = try bring("credentials", file, "--json")
        #expect(again.output.contains(#""changed":0"#))
        for (login, proof) in [("wang", secret), ("li", password)] {
            let credentials = Credentials(login: login, secret: proof)
            let connection = try Connection(
                to: server.address,
                options: ConnectionOptions(realm: "banjie", credentials: credentials)
            )
            _ = try await CasesClient(connection).list(ListCasesRequest(limit: 1))
        }
        let bad = try bring(
            "credentials",
            try write(
                "login,secret_digest,password_hash\nwang,00,\nli,,$scrypt$\nli,\(digest),x\nwho,\(digest),\nli,,\n",
                as: "bad.csv"
            ),
            "--json"
        )
        #expect(bad.status == 65)
        #expect(bad.output.components(separatedBy: "\"line\":").count == 6)
    }

    /// Years come from CSV, ranges of days among their cells; one that is known so makes no version.
    @Test func yearsOfTheCalendarComeFromAFile() async throws {
        let calendar = CalendarClient(try office.operator())
        let before = try await calendar.getVersion(CalendarVersionRequest()).version
        let rows = """
            year,off,make_up,source
            2030,2030-01-01;2030-02-02..2030-02-08;2030-10-01..2030-10-07,2030-02-09;2030-09-29,国办发〔2029〕1号
            2031,2031-01-01..2031-01-03,,国办发〔2030〕1号
            """
        let file = try write(rows, as: "calendars.csv")
        #expect(try bring("calendars", file).status == 0)
        let version = try await calendar.getVersion(CalendarVersionRequest())
        #expect(version.version == before + 2)
        #expect(version.knownYears.suffix(2) == [2030, 2031])
        // The 1st is off, the 2nd to the 8th too, and the 9th, a Saturday, is worked.
        let due = try await calendar.due(
            DueRequest(from: try #require(CivilDate("2030-02-01")), days: 1, unit: .working)
        )
        #expect(due.due == CivilDate("2030-02-09"))
        #expect(try bring("calendars", file, "--json").output.contains(#""changed":0"#))
        #expect(try await calendar.getVersion(CalendarVersionRequest()).version == before + 2)
        let bad = try bring(
            "calendars",
            try write(
                "year,off,make_up\n2032,2031-01-01,\n2033,2033-01-01..x,\n2034,,2034-01-02\n2035,2035-01-01,\n",
                as: "bad.csv"
            ),
            "--json"
        )
        #expect(bad.status == 65)
        for line in [2, 3, 4] { #expect(bad.output.contains(#""line":\#(line)"#), "\(line)") }
        #expect(!bad.output.contains(#""line":5"#))
        #expect(try await calendar.getVersion(CalendarVersionRequest()).version == before + 2)
    }

    @Test func whatIsNoFileOfRowsIsTold() throws {
        let broken: [(String, Int)] = [
            ("code,nome\nA,B\n", 1), ("code,name\n\"A,B\n", 2), ("code,name\nA,B\"C\n", 2),
        ]
        for (text, line) in broken {
            let run = try bring("departments", try write(text, as: "x.csv"), "--json")
            #expect(run.status == 65 && run.output.contains(#""line":\#(line)"#), "\(run.output)")
        }
        let bytes = server.folder.appending(path: "y.csv")
        try Data([0x63, 0xFF]).write(to: bytes)
        #expect(try bring("departments", bytes.path).status == 65)
        #expect(try bring("departments", "/no/such/file").status == 66)
    }
}
