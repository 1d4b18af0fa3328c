import BanjieClient
import BanjieProtocol
import CivilTime
import Digest
import Foundation
import LocalServer
import Synchronization
import Testing
import Wire

/// Materials: uploads that are cut and go on, and what comes of wrong ones, on real servers.
@Suite(.serialized, .timeLimit(.minutes(2))) struct MaterialTests {
    private static let partBytes = 60_000

    /// Bytes that repeat with no part.
    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
    }

    private static func parts(
        _ content: [UInt8],
        of id: UInt8,
        for serial: String = "",
        draft: UInt64 = 0,
        from start: Int = 0,
        digest: [UInt8]? = nil
    ) -> [MaterialPart] {
        var parts = stride(from: start, to: content.count, by: partBytes).map { offset in
            let end = min(offset + partBytes, content.count)
            return MaterialPart(offset: UInt64(offset), content: Array(content[offset..<end]))
        }
        if parts.isEmpty { parts = [MaterialPart(offset: UInt64(start))] }
        parts[0].material = [UInt8](repeating: id, count: 16)
        (parts[0].case, parts[0].draft) = (serial, draft)
        parts[0].name = "材料.pdf"
        parts[0].size = UInt64(content.count)
        parts[0].digest = digest ?? SHA256.hash(content)
        return parts
    }

    private static func upload(
        _ parts: [MaterialPart],
        over channel: any CallChannel
    ) async throws -> MaterialView {
        let call = OnlineClient(channel).uploadMaterial(parts[0])
        for part in parts.dropFirst() { try await call.send(part) }
        return try await call.finish()
    }

    private static func download(
        _ id: UInt8,
        from offset: Int = 0,
        over channel: any CallChannel
    ) async throws -> [UInt8] {
        let request = DownloadMaterialRequest(
            material: [UInt8](repeating: id, count: 16),
            offset: UInt64(offset)
        )
        var content: [UInt8] = []
        for try await part in OnlineClient(channel).downloadMaterial(request) {
            #expect(Int(part.offset) == offset + content.count)
            content += part.content
        }
        return content
    }

    @Test func aMaterialGoesUpAndComesDownWhole() async throws {
        let office = try await TestOffice()
        let channel = try office.office.channel(as: TestOffice.everybody)
        let serial = try await office.submitCase().case
        for (id, count) in [(1, 0), (2, 1), (3, Self.partBytes), (4, 3_000_001)] {
            let content = Self.content(count)
            let view = try await Self.upload(
                Self.parts(content, of: UInt8(id), for: serial),
                over: channel
            )
            #expect(view.received == UInt64(count) && view.completed != nil)
            #expect(try await Self.download(UInt8(id), over: channel) == content)
            if count > 0 {
                let middle = count / 2
                let rest = try await Self.download(UInt8(id), from: middle, over: channel)
                #expect(rest == Array(content[middle...]))
            }
        }
        let list = try await OnlineClient(channel).listMaterials(ListMaterialsRequest(case: serial))
        #expect(list.materials.map(\.material.first) == [1, 2, 3, 4])
        // The same once more changes nothing, and its sender is told.
        let content = Self.content(1)
        let again = try await Self.upload(
            Self.parts(content, of: 2, for: serial),
            over: channel
        )
        #expect(again.completed != nil && again.received == 1)
        let log = try await AdminClient(try office.office.operator()).readAudit(
            ReadAuditRequest(after: 0, limit: 1000)
        )
        #expect(log.entries.filter { $0.kind == "MATERIAL_RECEIVED" }.count == 4)
    }

    /// What is prepared with a draft is its owner's alone, goes along when that is submitted, finished or not,
    /// and goes with it when it is dropped.
    @Test func materialsOfADraftGoWhereItGoes() async throws {
        let office = try await TestOffice()
        let (channel, other) = (
            try office.office.channel(as: TestOffice.everybody),
            try office.office.channel(as: TestOffice.coHandler)
        )
        let online = OnlineClient(channel)
        let draft = try await online.saveDraft(SaveDraftRequest(item: office.item)).draft
        let content = Self.content(200_000)
        let whole = try await Self.upload(Self.parts(content, of: 1, draft: draft), over: channel)
        #expect(whole.draft == draft && whole.case.isEmpty && whole.completed != nil)
        _ = try await Self.upload(
            Array(Self.parts(content, of: 2, draft: draft).prefix(2)),
            over: channel
        )
        #expect(try await Self.download(1, over: channel) == content)
        let list = ListMaterialsRequest(draft: draft)
        #expect(try await online.listMaterials(list).materials.count == 2)

        await #expect(throws: CallError.self) { try await Self.download(1, over: other) }
        for refused in [
            Self.parts(content, of: 3, draft: draft), Self.parts(content, of: 1, draft: draft),
        ] {
            let error = await #expect(throws: CallError.self) {
                try await Self.upload(refused, over: other)
            }
            #expect(error?.reason == Reason.noSuchDraft.rawValue)
        }
        let hidden = await #expect(throws: CallError.self) {
            try await OnlineClient(other).listMaterials(list)
        }
        #expect(hidden?.reason == Reason.noSuchDraft.rawValue)
        for nothing in [Self.parts(content, of: 3), Self.parts(content, of: 3, for: "x", draft: 1)]
        {
            let error = await #expect(throws: CallError.self) {
                try await Self.upload(nothing, over: channel)
            }
            #expect(error?.reason == Reason.outOfRange.rawValue)
        }

        let view = try await online.submitDraft(DraftRequest(draft: draft))
        let brought = try await OnlineClient(other)
            .listMaterials(ListMaterialsRequest(case: view.case)).materials
        #expect(
            brought.map(\.case) == [view.case, view.case] && brought.allSatisfy { $0.draft == 0 }
        )
        #expect(try await Self.download(1, over: other) == content)
        let rest = try await Self.upload(
            Self.parts(content, of: 2, for: view.case, from: 2 * Self.partBytes),
            over: channel
        )
        #expect(rest.completed != nil)

        let second = try await online.saveDraft(SaveDraftRequest(item: office.item)).draft
        let dropped = Self.parts(Self.content(3_000_000), of: 4, draft: second)
        _ = try await Self.upload(dropped, over: channel)
        _ = try await online.dropDraft(DraftRequest(draft: second))
        await #expect(throws: CallError.self) { try await Self.download(4, over: channel) }
        let admin = AdminClient(try office.office.operator())
        _ = try await admin.advanceClock(
            AdvanceClockRequest(to: TestOffice.morning.adding(seconds: Instant.secondsPerDay))
        )
        let head = try await admin.getAuditHead(Empty()).sequence
        let erased = try await admin.readAudit(ReadAuditRequest(after: 0, limit: Int32(head)))
            .entries.filter { $0.kind == "PERSONAL_ERASED" }
        #expect(erased.map(\.subject) == ["draft/\(second)"])
        #expect(erased.map(\.detail) == ["dropped"])
        // Nothing of it is left: its id is free, and its first part is one that nobody has.
        let anew = try await Self.upload(
            Self.parts([7], of: 4, for: view.case),
            over: channel
        )
        #expect(anew.completed != nil)
    }

    /// A download goes on where it was cut, by the library and from a shell.
    @Test func aDownloadOutlivesItsConnections() async throws {
        let office = try await TestOffice()
        let serial = try await office.submitCase().case
        let content = Self.content(1_000_001)
        _ = try await Self.upload(
            Self.parts(content, of: 1, for: serial),
            over: try office.office.channel(as: TestOffice.everybody)
        )
        let request = DownloadMaterialRequest(material: [UInt8](repeating: 1, count: 16))
        let credentials = try office.office.credentials(of: TestOffice.everybody)

        let proxy = try CuttingProxy(to: office.server.address, cuts: 3, after: 250_000)
        defer { proxy.stop() }
        var options = ConnectionOptions(realm: "banjie", credentials: credentials)
        options.initialBackoffMillis = 10
        let cuts = Mutex(0)
        var resumption = Resumption { notice in
            if case .interrupted = notice { cuts.withLock { $0 += 1 } }
        }
        resumption.initialBackoffMillis = 10
        let connection = try Connection(to: proxy.address, options: options)
        var received: [UInt8] = []
        for try await part in OnlineClient(connection)
            .downloadMaterialResuming(request, resuming: resumption)
        {
            #expect(Int(part.offset) == received.count)
            received += part.content
        }
        #expect(received == content)
        #expect(cuts.withLock { $0 } == 3)
        connection.close()

        let shaky = try CuttingProxy(to: office.server.address, cuts: 1, after: 250_000)
        defer { shaky.stop() }
        let file = office.server.folder.appending(path: "fetched.bin")
        let banjie = URL(filePath: ServerProcess.builtProgram)
            .deletingLastPathComponent().appending(path: "banjie").path
        let id = String(repeating: "01", count: 16)
        let run = try ProgramRun(
            "/bin/sh",
            ["-c", "\(banjie) material download \(id) > \(file.path)"],
            environment: [
                "BANJIE_SERVER": shaky.address, "BANJIE_LOGIN": TestOffice.everybody,
                "BANJIE_SECRET": credentials.secret, "LANG": "en_US.UTF-8",
            ]
        )
        #expect(run.status == 0, "\(run)")
        #expect(run.errors.contains("the download was interrupted and will go on where it was"))
        #expect(try Data(contentsOf: file) == Data(content))
    }

    /// As an applicant does it, from a shell: what comes down is what went up.
    @Test func theCommandLineBringsAndFetches() async throws {
        let office = try await TestOffice()
        let serial = try await office.submitCase().case
        let folder = office.server.folder
        let (file, secret) = (folder.appending(path: "form.bin"), folder.appending(path: "secret"))
        let content = Self.content(150_000)
        try Data(content).write(to: file)
        let credentials = try office.office.credentials(of: TestOffice.everybody)
        try Data((credentials.secret + "\n").utf8).write(to: secret)
        chmod(secret.path, 0o600)
        let banjie = URL(filePath: ServerProcess.builtProgram)
            .deletingLastPathComponent().appending(path: "banjie").path
        func shell(_ line: String) throws -> ProgramRun {
            try ProgramRun(
                "/bin/sh",
                ["-c", "\(banjie) material \(line)"],
                environment: [
                    "BANJIE_SERVER": office.server.address,
                    "BANJIE_LOGIN": TestOffice.everybody,
                    "BANJIE_SECRET_FILE": secret.path, "LANG": "en_US.UTF-8",
                ]
            )
        }
        let up = try shell("upload \(serial) \(file.path) --json")
        #expect(up.status == 0, "\(up.errors)")
        let list = try shell("list \(serial)")
        #expect(list.output.contains("form.bin") && list.output.contains("150000"))
        let id: Substring = try #require(
            list.output.split(whereSeparator: \.isWhitespace).first {
                $0.count == 32 && $0.allSatisfy(\.isHexDigit)
            }
        )
        let copy = folder.appending(path: "copy.bin")
        let down = try shell("download \(id) > \(copy.path)")
        #expect(down.status == 0, "\(down.errors)")
        #expect(try [UInt8](Data(contentsOf: copy)) == content)
        #expect(try shell("show \(id)").output.contains("150000 / 150000"))
    }

    /// The server is killed while parts come: whatever it has given credit back for is there.
    @Test func aCutUploadGoesOnWhereItWas() async throws {
        let office = try await TestOffice()
        let serial = try await office.submitCase().case
        let content = Self.content(4_000_000)
        var start = 0
        for round in 0..<3 {
            let channel = try office.office.channel(as: TestOffice.everybody)
            let parts = Self.parts(content, of: 7, for: serial, from: start)
            let call = OnlineClient(channel).uploadMaterial(parts[0])
            let sent = min(parts.count, 12 + round)
            // Each waits for the credit of those before.
            for part in parts[1..<sent] { try await call.send(part) }
            office.server.kill()
            office.office.disconnect()
            try office.server.start(.virtual(TestOffice.morning))
            let view = try await OnlineClient(try office.office.channel(as: TestOffice.everybody))
                .getMaterial(MaterialRequest(material: [UInt8](repeating: 7, count: 16)))
            #expect(view.completed == nil)
            // The window holds four parts; what went beyond it had been made durable before.
            #expect(Int(view.received) >= start + (sent - 9) * Self.partBytes)
            #expect(Int(view.received) <= start + sent * Self.partBytes)
            start = Int(view.received)
        }
        let channel = try office.office.channel(as: TestOffice.everybody)
        let view = try await Self.upload(
            Self.parts(content, of: 7, for: serial, from: start),
            over: channel
        )
        #expect(view.completed != nil)
        #expect(try await Self.download(7, over: channel) == content)
    }

    @Test func whatDoesNotFitIsRefusedAndChangesNothing() async throws {
        let office = try await TestOffice()
        try await office.office.admit(
            departments: [],
            people: [Member("zhang", roles: [.applicant]), Member("li", roles: [.applicant])]
        )
        let channel = try office.office.channel(as: TestOffice.everybody)
        let clerk = CasesClient(channel)
        let serial = try await clerk.submit(
            SubmitCaseRequest(item: office.item, channel: .window, applicant: "zhang")
        ).case
        let content = Self.content(200_000)
        func reason(
            _ parts: [MaterialPart],
            as login: String = "zhang"
        ) async throws -> String? {
            let error = await #expect(throws: CallError.self) {
                try await Self.upload(parts, over: try office.office.channel(as: login))
            }
            return error?.reason
        }
        let right = Self.parts(content, of: 9, for: serial)
        #expect(try await reason(right, as: "li") == Reason.notApplicant.rawValue)
        var wrong = right
        wrong[2].offset += 1
        #expect(try await reason(wrong) == Reason.partOutOfOrder.rawValue)
        wrong = right
        wrong[0].size = 100_000
        wrong[0].material = [UInt8](repeating: 8, count: 16)
        #expect(try await reason(wrong) == Reason.outOfRange.rawValue)
        wrong[0].size = 1 << 40
        #expect(try await reason(wrong) == Reason.outOfRange.rawValue)
        wrong = Self.parts(content, of: 10, for: serial, digest: [UInt8](repeating: 1, count: 32))
        #expect(try await reason(wrong) == Reason.digestMismatch.rawValue)
        // Ended early: what has come stays, for the same material only.
        let zhang = try office.office.channel(as: "zhang")
        let begun = try await Self.upload(
            Array(Self.parts(content, of: 13, for: serial).prefix(2)),
            over: zhang
        )
        #expect(begun.completed == nil && Int(begun.received) == 2 * Self.partBytes)
        wrong = Self.parts(content + [1], of: 13, for: serial)
        #expect(try await reason(wrong) == Reason.exists.rawValue)
        wrong = Self.parts(content, of: 11, for: "nosuchcase")
        #expect(try await reason(wrong) == Reason.noSuchCase.rawValue)
        wrong = Self.parts(content, of: 11, for: serial)
        wrong[0].material = [1]
        #expect(try await reason(wrong) == Reason.outOfRange.rawValue)
        // What was begun out of order begins anew from 0.
        #expect(try await Self.upload(right, over: zhang).completed != nil)
        #expect(try await Self.download(9, over: zhang) == content)
        let hidden = await #expect(throws: CallError.self) {
            try await Self.download(9, over: try office.office.channel(as: "li"))
        }
        #expect(hidden?.reason == Reason.noSuchMaterial.rawValue)
        let unfinished = await #expect(throws: CallError.self) {
            try await Self.download(13, over: zhang)
        }
        #expect(unfinished?.reason == Reason.wrongState.rawValue)
        _ = try await CasesClient(zhang).withdraw(CaseRequest(case: serial))
        #expect(
            try await reason(Self.parts(content, of: 12, for: serial))
                == Reason.wrongState.rawValue
        )
    }
}
