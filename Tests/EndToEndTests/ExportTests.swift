import BanjieClient
import BanjieProtocol
import Foundation
import LocalServer
import Testing

/// `banjie export` of a store that has records of every module.
@Suite struct ExportTests {
    @Test func everyModuleIsExportedWhileTheServerRuns() async throws {
        let office = try await TestOffice()
        _ = try await office.keepFurtherRecords()
        _ = try await office.issueCertificate()
        _ = try await office.issue(SupervisionMethods.issueOrder)
        _ = try await office.registerInquiry()
        _ = try await office.dispatchCase()
        let delivered = try await office.deliverCase()
        let folder = office.server.folder.appending(path: "export")
        let run = try ProgramRun(
            URL(filePath: ServerProcess.builtProgram).deletingLastPathComponent()
                .appending(path: "banjie").path,
            [
                "export", folder.path, "--store", office.server.store.path, "--keys",
                office.server.keys.path, "--json",
            ]
        )
        #expect(run.status == 0, "\(run.errors)")
        let manifest = try #require(
            try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        )
        let files = try #require(manifest["files"] as? [[String: Any]])
        let filled = Set(
            files.filter { $0["rows"] as? Int ?? 0 > 0 }.compactMap { $0["name"] as? String }
        )
        for table in [
            "assignment", "audit", "body", "case_applicant", "case_file", "certificate",
            "co_handler", "consultation", "deadline", "department", "draft", "enrolment",
            "inquiry", "item", "joint", "lesson", "notification", "person", "publication", "review",
            "review_link", "round", "training_plan", "work", "work_tally",
        ] {
            #expect(filled.contains("\(table).jsonl"), "\(table)")
        }
        for file in files {
            let name = try #require(file["name"] as? String)
            let lines = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                .split(separator: "\n")
            #expect(lines.count == file["rows"] as? Int, "\(name)")
            for line in lines {
                #expect(throws: Never.self, "\(name)") {
                    try JSONSerialization.jsonObject(with: Data(line.utf8))
                }
            }
        }
        let cases = try String(
            contentsOf: folder.appending(path: "case_file.jsonl"),
            encoding: .utf8
        )
        #expect(
            cases.split(separator: "\n").contains {
                $0.contains(delivered.case) && $0.contains("\"state\":\"DELIVERED\"")
                    && $0.contains("\"decision\":\"GRANT\"")
            }
        )
    }
}
